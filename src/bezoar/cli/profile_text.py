"""A profile for a person at a terminal."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bezoar.evaluate.profile.column_profile import as_time
from bezoar.evaluate.profile.roles import Role
from bezoar.report.profile_words import (
    association_words,
    column_name,
    drift_words,
    headline,
    look_first,
)
from bezoar.report.wording import clipped, counted, figure, quoted, share

if TYPE_CHECKING:
    from bezoar.evaluate.profile.column_profile import ColumnProfile
    from bezoar.evaluate.profile.comparison import Comparison
    from bezoar.evaluate.profile.profiling import Profile

SHOWN: Final = 12
_COLUMNS: Final = 30


def profile_text(
    profile: "Profile", comparison: "Comparison | None", subject: str, width: int = 80
) -> str:
    """Write a profile as lines; what changed comes first.

    Args:
        profile: What is in it.
        comparison: What changed since another version.
        subject: What it is called.
        width: Columns.
    """
    parts = (
        _difference(comparison, width),
        _head(profile, subject, width),
        _first(profile, width),
        _classes(profile, width),
        _follows(profile, width),
        _columns(profile, width),
    )
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def _difference(comparison: "Comparison | None", width: int) -> Iterator[str]:
    if comparison is None:
        return
    yield from _wrapped(f"Since {clipped(comparison.against, 60)}", 0, width)
    for line in headline(comparison):
        yield from _item(line, width)
    for one in [one for one in comparison.drifts if one.moved][:SHOWN]:
        yield from _item(
            f"{clipped(one.column, 40)} moved by {figure(one.distance)} ({drift_words(one)})", width
        )
    if not comparison.whole:
        line = "its data is gone: labels and bytes were compared by its manifest, columns were not"
        yield from _item(line, width)


def _head(profile: "Profile", subject: str, width: int) -> Iterator[str]:
    what = f"{clipped(subject, 60)}: {counted(profile.samples, 'sample')}"
    if profile.classes is not None:
        number = profile.classes.total
        what += f", {number:,} class" + ("" if number == 1 else "es")
    yield from _wrapped(f"{what}, {counted(profile.columns_total, 'column')}", 0, width)


def _first(profile: "Profile", width: int) -> Iterator[str]:
    lines = look_first(profile)
    if lines:
        yield "Look at first"
    for line in lines[:SHOWN]:
        yield from _item(line, width)


def _classes(profile: "Profile", width: int) -> Iterator[str]:
    if profile.classes is None:
        return
    yield "Classes"
    listed = profile.classes.listed
    most = listed[0].samples
    for one in listed[:SHOWN]:
        bar = "█" * max(1, round(20 * one.samples / most))
        name = quoted(one.label, width - 47)
        yield f"  {name:<{width - 45}} {one.samples:>10,} {share(one.share):>6}  {bar}"
    if (more := profile.classes.total - SHOWN) > 0:
        yield f"  and {more:,} more: --format json has them"


def _follows(profile: "Profile", width: int) -> Iterator[str]:
    if profile.associations:
        yield "What follows the label (0 nothing, 1 all)"
    for one in profile.associations[:SHOWN]:
        name = clipped(column_name(one), 26)
        lines = textwrap.wrap(association_words(one), width - 36)
        yield f"  {figure(one.strength):>5}  {name:<26}  {lines[0]}"
        for line in lines[1:]:
            yield " " * 37 + line


def _columns(profile: "Profile", width: int) -> Iterator[str]:
    yield "Columns"
    for one in profile.columns[:_COLUMNS]:
        lead = f"  {clipped(one.name, 24):<24}  {clipped(one.kind, 12):<12}  "
        yield lead + clipped(_values(one), max(20, width - len(lead)))
    if (more := profile.columns_total - _COLUMNS) > 0:
        yield f"  and {more:,} more: --format json has them"


def _values(column: "ColumnProfile") -> str:
    parts = [column.remark] if column.remark else []
    if column.nulls and column.remark != "all null":
        parts.append(f"{share(column.nulls / column.rows)} null")
    if column.numbers is not None:
        say = as_time if column.role is Role.TIME else figure
        numbers = column.numbers
        places = (numbers.low, numbers.quantiles[3], numbers.high)
        parts.append(" … ".join(say(value) for value in places))
    elif column.top and column.role is Role.CATEGORY:
        parts.append(f"{column.unique:,} different")
        value, count = column.top[0]
        parts.append(f"{quoted(value, 20)} {share(count / column.rows)}")
    elif column.unique is not None:
        parts.append(f"{column.unique:,} different")
    return ", ".join(parts)


def _item(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="  - ", subsequent_indent="    ")


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=" " * indent, subsequent_indent=" " * indent)
