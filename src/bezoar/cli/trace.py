"""`bezoar trace`: how far a sample, a dataset or a run reached."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    width,
    write_result,
)
from bezoar.core.errors import BezoarError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.flows.release_reach import Reached
    from bezoar.flows.trace import Trace
    from bezoar.flows.trace_reach import Node

SCHEMA_VERSION = 1
_NARROWEST = 30


def register(app: typer.Typer) -> None:
    """Add `trace`."""
    app.command("trace", rich_help_panel=Panel.ALL)(trace)


def trace(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A digest, NAME[@VERSION], a run's id, a sample's path, or a file: ./x.png.",
        ),
    ],
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Show everything that a sample, a dataset, a run or a model ever reached.

    Datasets that hold it or were made from it, runs that trained on them, models that those made,
    releases that they went into. Exits with 3 where something could not be looked into.
    """
    from bezoar.flows.release_reach import releases_reached  # noqa: PLC0415 - see the package
    from bezoar.flows.trace import trace as follow  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    found = follow(project, subject)
    reached = releases_reached(project, found)
    if form is Format.JSON:
        fields = {**found.as_json(), "releases": [one.as_json() for one in reached]}
        text = as_json({"schema_version": SCHEMA_VERSION, **fields})
    else:
        text = "\n".join([*_lines(found), *release_lines(reached)])
    write_result(text, output)
    if found.unread:
        raise typer.Exit(BezoarError.exit_code)


def release_lines(reached: Iterable["Reached"]) -> Iterator[str]:
    """Yield what is said of the releases that something went into."""
    for one in reached:
        live = "; one of them is IN PRODUCTION" if one.live else ""
        yield f"\nReleases of {one.model} trained on it: {', '.join(one.releases)}{live}"
        if one.live:
            newest = one.untouched or "none that was live"
            yield f"  newest untouched: {newest}\n  next: {one.next}"


def _lines(found: "Trace") -> Iterator[str]:
    if not found.found:
        yield f"{printable(found.subject)}: nothing that is known here holds it or is it"
    for node in found.found:
        yield from _tree(node, "", "")
    if found.unread:
        yield f"\nNot looked into: {len(found.unread):,}. Whatever they hold may be reached, too."
        for one in found.unread:
            yield from _wrapped(f"{one.what}: {one.why}", "  ", "    ")


def _tree(node: "Node", first: str, rest: str) -> Iterator[str]:
    """Yield a node and what is below it; `first` and `rest` are what stands before its lines."""
    bar = rest + ("│  " if node.children else "   ")
    # A run's id says that it is one.
    kind = "" if node.name.startswith(f"{node.kind}-") else f"{node.kind} "
    yield from _wrapped(f"{kind}{_shown(node)}", first, bar)
    for number, child in enumerate(node.children, 1):
        last = number == len(node.children)
        yield from _tree(
            child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  ")
        )


def _shown(node: "Node") -> str:
    from bezoar.flows.trace_reach import short  # noqa: PLC0415 - see the package's docstring

    return f"{short(node.name)}  {node.detail}" if node.detail else short(node.name)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    columns = max(width(), len(rest) + _NARROWEST)
    return textwrap.wrap(
        printable(text),
        columns,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )
