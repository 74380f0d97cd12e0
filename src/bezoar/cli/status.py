"""`bezoar status`: how each stage stands, in one measure each."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    progress_bar,
    write_result,
)
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.flows.measure import Measure

SCHEMA_VERSION = 1
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add `status`."""
    app.command("status", rich_help_panel=Panel.ALL)(status)


def status(
    stage: Annotated[
        str | None,
        typer.Argument(metavar="[STAGE]", help="One stage: recon, evaluate, fortify, limit."),
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Show how each stage stands, in one measure each, and what keeps it from its best."""
    from bezoar.flows.status import measures  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    with progress_bar("Reading") as progress:
        found = measures(find_project(), stage, progress)
    if form is Format.JSON:
        rows = [_as_json(measure) for measure in found]
        write_result(as_json({"schema_version": SCHEMA_VERSION, "measures": rows}), output)
        return
    write_result("\n\n".join("\n".join(_lines(one)) for one in found), output)


def _as_json(measure: "Measure") -> dict[str, Any]:
    return {
        "stage": measure.stage.name.lower(),
        "measure": measure.name,
        "value": measure.value,
        "unit": measure.unit,
        "missing": [
            {"what": one.what, "why": one.why, "next": one.next} for one in measure.missing
        ],
        **measure.detail,
    }


def _lines(measure: "Measure") -> Iterator[str]:
    yield f"{measure.stage.name.lower()}: {measure.name}"
    basis = f" ({measure.basis})" if measure.basis else ""
    yield f"  {_value(measure)}{basis if measure.value is not None else ''}"
    yield from _set_aside(measure.detail.get("set_aside", ()))
    for one in measure.missing[:_SHOWN]:
        yield f"\n  {printable(one.what)}\n    {printable(one.why)}\n    {printable(one.next)}"
    if len(measure.missing) > _SHOWN:
        yield f"\n  and {len(measure.missing) - _SHOWN:,} more: --format json lists all"


def _value(measure: "Measure") -> str:
    match measure.value:
        case None:
            return measure.without
        case bool(answer):
            return "yes" if answer else "no"
        case number:
            return f"{number:,.1f} {measure.unit}".rstrip()


def _set_aside(entries: Sequence[Any]) -> Iterator[str]:
    if entries:
        yield f"  {len(entries):,} more set aside, quarantined or revoked: they do not count"
