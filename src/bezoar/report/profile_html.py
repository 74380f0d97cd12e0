"""A profile as one HTML page: what changed, then the classes, what follows the label, columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from bezoar.evaluate.profile.roles import Kind, Role
from bezoar.report.page import page
from bezoar.report.pictures import Album, Fetch, Tile
from bezoar.report.profile_charts import Small, amount, moment, small_histogram
from bezoar.report.profile_words import (
    association_words,
    column_name,
    drift_words,
    headline,
    look_first,
)
from bezoar.report.wording import clipped, counted, figure, quoted, share

if TYPE_CHECKING:
    from bezoar.evaluate.profile.classes import ClassProfile
    from bezoar.evaluate.profile.column_profile import ColumnProfile
    from bezoar.evaluate.profile.comparison import ClassChange, Comparison
    from bezoar.evaluate.profile.drift import Drift
    from bezoar.evaluate.profile.duplicates import Duplicates
    from bezoar.evaluate.profile.outliers import Outlier
    from bezoar.evaluate.profile.profiling import Profile

ROOM_FOR_PICTURES: Final = 3_000_000
CLASSES_PICTURED: Final = 48
CLASSES_SHOWN: Final = 200
CHANGED_CLASSES_SHOWN: Final = 60
SAMPLES_SHOWN: Final = 18
GROUPS_SHOWN: Final = 6
OUTLIERS_SHOWN: Final = 24
COLUMNS_SHOWN: Final = 120
FOLLOWERS_SHOWN: Final = 40
DRIFTS_SHOWN: Final = 30
TOP_SHOWN: Final = 5
LINES_SHOWN: Final = 12
LABELS_PICTURED: Final = 8
CLASSES_OPEN: Final = 12


@dataclass(frozen=True, slots=True)
class Board:
    """Pictures under one title.

    Attributes:
        title: What they have in common.
        tiles: The pictures; a caption below each.
        more: How many more there are.
    """

    title: str
    tiles: tuple[tuple[Tile, str], ...]
    more: int


def samples_shown(profile: "Profile", comparison: "Comparison | None") -> list[str]:
    """Return the ids of the samples whose pictures the page shows, each once."""
    if profile.kind is not Kind.IMAGES:
        return []
    ids = [one for board in _boards(profile, comparison) for one, _ in board[1]]
    ids += [member.id for one in profile.duplicates for member in _members(one)]
    ids += [one.id for found in profile.outliers for one in found.farthest][:OUTLIERS_SHOWN]
    if profile.classes is not None:
        listed = profile.classes.listed[:CLASSES_PICTURED]
        ids += [one for found in listed for one in found.examples]
    return list(dict.fromkeys(ids))


def profile_html(
    profile: "Profile",
    comparison: "Comparison | None",
    subject: str,
    picture: Fetch,
    *,
    made: Mapping[str, Any] | None = None,
) -> str:
    """Write a profile as one HTML page.

    Args:
        profile: What is in it.
        comparison: What changed since another version.
        subject: What it is called.
        picture: Reads the picture of a sample, shape (h, w, 3), by its id.
        made: More lines for "How was this made?".

    Returns:
        The page, at most 5 MB of UTF-8; every name on it is escaped.
    """
    album = Album(picture, ROOM_FOR_PICTURES)
    pictured = profile.kind is Kind.IMAGES
    first = look_first(profile)
    # What changed gets its pictures first: the page may run out of room.
    boards = [_board(album, *one) for one in _boards(profile, comparison)] if pictured else []
    duplicates = [_duplicate(one, album, pictured) for one in profile.duplicates if one.groups]
    outliers = _outliers(profile, album if pictured else None)
    return page(
        "profile.html.j2",
        title=f"Profile of {clipped(subject, 60)}",
        dataset=subject,
        facts=_facts(profile, comparison),
        against=comparison.against if comparison else None,
        whole=comparison is None or comparison.whole,
        headline=_capitalised(headline(comparison))[:LINES_SHOWN] if comparison else [],
        first=_capitalised(first)[:LINES_SHOWN],
        boards=boards,
        changed_classes=_changed_classes(comparison),
        open=CLASSES_OPEN,
        more_changed=max(0, len(comparison.classes) - CHANGED_CLASSES_SHOWN) if comparison else 0,
        drifts=_drifts(comparison),
        still=_still(comparison),
        classes=_classes(profile, album if pictured else None),
        more_classes=max(0, profile.classes.total - CLASSES_SHOWN) if profile.classes else 0,
        discrete=profile.classes is None or profile.classes.discrete,
        follows=_follows(profile),
        more_follows=max(0, len(profile.associations) - FOLLOWERS_SHOWN),
        correlations=[
            (quoted(one.first), quoted(one.second), figure(one.rho))
            for one in profile.correlations[:LINES_SHOWN]
        ],
        duplicates=duplicates,
        outliers=outliers,
        columns=[_column(one) for one in _telling(profile)[:COLUMNS_SHOWN]],
        empty=[quoted(one.name) for one in profile.columns if one.remark == "all null"][:100],
        more_columns=profile.columns_total - min(COLUMNS_SHOWN, len(profile.columns)),
        unread=[(clipped(why), count) for why, count in profile.unread[:LINES_SHOWN]],
        left_out=len(album.left_out),
        made=_made(profile, made or {}),
    )


def _capitalised(lines: Sequence[str]) -> list[str]:
    return [line[:1].upper() + line[1:] + ("" if line.endswith(".") else ".") for line in lines]


def _facts(profile: "Profile", comparison: "Comparison | None") -> list[tuple[str, str]]:
    facts = [("Samples", f"{profile.samples:,}")]
    if comparison is not None:
        facts.append(("Samples before", f"{comparison.samples_before:,}"))
    if profile.classes is not None:
        facts.append(("Classes", f"{profile.classes.total:,}"))
    facts.append(("Columns", f"{profile.columns_total:,}"))
    grave = sum(one.over_labels for one in profile.duplicates)
    facts.append(("Duplicates over labels", f"{grave:,}"))
    return facts


_Listed = tuple[str, list[tuple[str, str]], int]
"""A title, ids with a caption, how many more there are."""


def _boards(profile: "Profile", comparison: "Comparison | None") -> list[_Listed]:
    """Return the samples that changed, what is least expected first."""
    if comparison is None or comparison.samples is None:
        return []
    found = comparison.samples
    flipped = [
        (one.id, f"{quoted(one.before, 18)} → {quoted(one.after, 18)}") for one in found.flipped
    ]
    parts = [
        (f"{counted(len(flipped), 'sample')} with a flipped label", flipped),
        (f"{counted(len(found.changed), 'changed sample')}", [(one, "") for one in found.changed]),
        (f"{counted(len(found.added), 'new sample')}", [(one, "") for one in found.added]),
    ]
    return _new_labels(profile, comparison) + [
        (title, _spread(samples), max(0, len(samples) - SAMPLES_SHOWN))
        for title, samples in parts
        if samples
    ]


def _new_labels(profile: "Profile", comparison: "Comparison") -> list[_Listed]:
    """Return examples of each label that is new."""
    new = {one.label for one in comparison.new_labels[:LABELS_PICTURED]}
    listed = profile.classes.listed if profile.classes else ()
    return [
        (
            f"{counted(one.samples, 'sample')} of the new label {quoted(one.label)}",
            [(sample, "") for sample in one.examples],
            one.samples - len(one.examples),
        )
        for one in listed
        if one.label in new
    ]


def _spread(samples: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return some of many, evenly: what came in one go often looks alike."""
    if len(samples) <= SAMPLES_SHOWN:
        return samples
    return [samples[number * len(samples) // SAMPLES_SHOWN] for number in range(SAMPLES_SHOWN)]


def _board(album: Album, title: str, samples: list[tuple[str, str]], more: int) -> Board:
    tiles = tuple((album.tile(one, f"Picture of {clipped(one)}"), said) for one, said in samples)
    return Board(title, tiles, more)


def _changed_classes(comparison: "Comparison | None") -> list[dict[str, str]]:
    if comparison is None:
        return []
    return [_changed_class(one) for one in comparison.classes[:CHANGED_CLASSES_SHOWN]]


def _changed_class(one: "ClassChange") -> dict[str, str]:
    how = "new" if not one.before else "gone" if not one.after else ""
    growth = one.growth
    sign = "+" if growth and growth > 0 else "-"
    return {
        "label": quoted(one.label),
        "before": f"{one.before:,}",
        "after": f"{one.after:,}",
        "change": how or f"{sign}{share(abs(growth or 0.0))}",
        "status": how,
        "by": f"{quoted(one.brought.value)}: {one.brought.samples:,} of {one.brought.of:,} new ones"
        if one.brought
        else "",
    }


def _drifts(comparison: "Comparison | None") -> list[dict[str, Any]]:
    if comparison is None:
        return []
    moved = [one for one in comparison.drifts if one.moved]
    return [_drift(one) for one in moved[:DRIFTS_SHOWN]]


def _drift(one: "Drift") -> dict[str, Any]:
    chart = small_histogram(one.after, one.role, one.before) if one.after else None
    moved = [
        (quoted(value), share(before), share(after), min(1.0, before), min(1.0, after))
        for value, before, after in one.shares[:TOP_SHOWN]
    ]
    return {
        "name": clipped(one.column, 60),
        "distance": figure(one.distance),
        "words": drift_words(one),
        "chart": chart,
        "shares": moved,
    }


def _still(comparison: "Comparison | None") -> list[str]:
    drifts = comparison.drifts if comparison is not None else ()
    return [clipped(one.column, 40) for one in drifts if not one.moved][:100]


def _classes(profile: "Profile", album: Album | None) -> list[dict[str, Any]]:
    if profile.classes is None:
        return []
    listed = profile.classes.listed[:CLASSES_SHOWN]
    most = listed[0].samples
    return [
        _class(one, most, album if number < CLASSES_PICTURED else None)
        for number, one in enumerate(listed)
    ]


def _class(one: "ClassProfile", most: int, album: Album | None) -> dict[str, Any]:
    tiles = []
    if album is not None:
        tiles = [album.tile(sample, f"Sample {clipped(sample)}") for sample in one.examples]
    return {
        "label": quoted(one.label),
        "samples": f"{one.samples:,}",
        "share": share(one.share),
        "bar": one.samples / most,
        "splits": ", ".join(
            f"{clipped(split, 20) if split is not None else 'no split'} {count:,}"
            for split, count in one.splits
        ),
        "tiles": tiles,
    }


def _follows(profile: "Profile") -> list[dict[str, Any]]:
    return [
        {
            "name": clipped(column_name(one), 60),
            "measure": str(one.measure),
            "strength": figure(one.strength),
            "bar": one.strength,
            "words": association_words(one),
        }
        for one in profile.associations[:FOLLOWERS_SHOWN]
    ]


def _members(one: "Duplicates") -> list[Any]:
    """Return the members of the groups that are shown: those over labels or splits first."""
    return [member for group in one.shown[:GROUPS_SHOWN] for member in group.members]


def _duplicate(one: "Duplicates", album: Album, pictured: bool) -> dict[str, Any]:
    groups = []
    for group in one.shown[:GROUPS_SHOWN]:
        tiles = [
            (
                album.tile(member.id, f"Picture of {clipped(member.id)}") if pictured else None,
                clipped(member.id, 60),
                quoted(member.label, 30) if member.label is not None else "",
                clipped(member.split, 20) if member.split is not None else "",
            )
            for member in group.members
        ]
        groups.append({"members": tiles, "more": group.samples - len(tiles)})
    return {
        "title": f"{counted(one.groups, 'group')} alike: {one.alike}",
        "samples": counted(one.samples, "sample"),
        "over_labels": one.over_labels,
        "over_splits": one.over_splits,
        "groups": groups,
        "more": max(0, one.groups - GROUPS_SHOWN),
    }


def _outliers(profile: "Profile", album: Album | None) -> list[dict[str, Any]]:
    rows = [one for found in profile.outliers for one in found.farthest][:OUTLIERS_SHOWN]
    return [
        {
            "tile": album.tile(one.id, f"Picture of {clipped(one.id)}") if album else None,
            "id": clipped(one.id, 80),
            "label": quoted(one.label) if one.label is not None else "",
            "column": clipped(one.column, 60),
            "value": _said(one.value, one),
            "usual": _said(one.usual, one),
        }
        for one in rows
    ]


def _said(value: str, outlier: "Outlier") -> str:
    """Return a value of an outlier; a rare one is text, whatever it looks like."""
    if outlier.distance is None:
        return clipped(value, 60)
    try:
        return amount(float(value))
    except (ValueError, OverflowError):
        return clipped(value, 60)


def _telling(profile: "Profile") -> list["ColumnProfile"]:
    """Return the columns that hold something to describe, but for those that name samples."""
    return [
        one for one in profile.columns if one.remark != "all null" and one.role is not Role.IDENTITY
    ]


def _column(one: "ColumnProfile") -> dict[str, Any]:
    chart: Small | None = None
    numbers: list[tuple[str, str]] = []
    if one.numbers is not None:
        chart = small_histogram(one.numbers.histogram, one.role)
        say = moment if one.role is Role.TIME else amount
        places = (one.numbers.low, *one.numbers.quantiles[1:6:2], one.numbers.high)
        names = ("least", "5 %", "middle", "95 %", "most")
        numbers = [(name, say(value)) for name, value in zip(names, places, strict=True)]
    top = [
        (quoted(value), share(count / one.rows), count / one.rows)
        for value, count in one.top[:TOP_SHOWN]
    ]
    return {
        "name": clipped(one.name, 60),
        "kind": clipped(one.kind.partition("(")[0], 40),
        "remark": one.remark,
        "facts": _column_facts(one),
        "chart": chart,
        "numbers": numbers,
        "top": top if one.role is Role.CATEGORY else [],
    }


def _column_facts(one: "ColumnProfile") -> str:
    facts = []
    if one.unique is not None:
        facts.append(f"{one.unique:,} different")
    facts.append(f"{share(one.nulls / one.rows)} null" if one.nulls else "no null")
    if one.nan + one.infinite:
        facts.append(f"{one.nan:,} NaN, {one.infinite:,} infinite")
    return ", ".join(facts)


def _made(profile: "Profile", made: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = {"kind": str(profile.kind), "label column": quoted(profile.label)}
    if profile.correlated_every > 1:
        lines["correlations"] = f"of every {profile.correlated_every}th row"
    lines |= {name: str(value) for name, value in made.items()} | {"bezoar": version("bezoar")}
    return [(name, clipped(value, 100)) for name, value in lines.items()]
