"""`bezoar revoke`: data that must not be used any more, and which releases it went into."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.keys import KeyOption, ask_passphrase
from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    as_json,
    note,
    write_result,
)
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from bezoar.flows.release_reach import Reached
    from bezoar.flows.trace import Trace
    from bezoar.project import Project

SCHEMA_VERSION = 1


def revoke(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help="NAME[@VERSION]; or samples: NAME@VERSION/PATH, or the SHA-256 of their bytes.",
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why it must not be used; it is signed along.")],
    key: KeyOption = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Withdraw a dataset, or samples, for good: one signature is enough, and nothing undoes it.

    A sample withdraws each version that holds it, and is refused in what comes later. Names the
    releases that were trained on it, and the newest one that was not.
    """
    from bezoar.flows.revoke import means_sample  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    if all(map(means_sample, what)):
        done = _samples(project, what, reason, key)
    elif len(what) > 1:
        raise UsageError("one dataset at a time, or only samples", "bezoar revoke --help")
    else:
        done = _dataset(project, what[0], reason, key)
    reached, unknown = _reached(project, done)
    if form is Format.JSON:
        fields = {**done.fields, "releases": [one.as_json() for one in reached]}
        write_result(as_json({"schema_version": SCHEMA_VERSION, **fields}), output)
    else:
        from bezoar.cli.trace import release_lines  # noqa: PLC0415 - see the package's docstring

        write_result("\n".join([*done.lines, *release_lines(reached)]), output)
    for one in (*unknown, *done.notes):
        note(one)


@dataclass(frozen=True)
class _Revoked:
    """What was revoked, and what is said of it.

    Attributes:
        lines: For people.
        fields: As JSON values.
        trace: Finds how far it reached.
        notes: What a person should know.
    """

    lines: list[str]
    fields: dict[str, Any]
    trace: "Callable[[], Trace]"
    notes: list[str]


def _dataset(project: "Project", name: str, reason: str, key: str | None) -> _Revoked:
    from bezoar.flows.revoke import revoke as withdraw  # noqa: PLC0415 - see the package
    from bezoar.flows.trace import trace  # noqa: PLC0415 - the same

    entry, path = withdraw(project, name, reason, ask_passphrase, key=key)
    where = path.relative_to(project.root).as_posix()
    return _Revoked(
        [f"{entry.spec} is revoked: {reason}\n  signed: {where}"],
        {"dataset": entry.spec, "root": str(entry.root), "revocation": where},
        lambda: trace(project, entry.spec),
        [f"commit {where} and the entry; {_to_mirror(entry.spec)}"],
    )


def _samples(project: "Project", what: list[str], reason: str, key: str | None) -> _Revoked:
    from bezoar.flows.revoke import withdraw_samples  # noqa: PLC0415 - see the package

    done = withdraw_samples(project, what, reason, ask_passphrase, key=key)
    where = done.path.relative_to(project.root).as_posix()
    lines = [f"{printable(str(one))} is revoked: {reason}" for one in done.samples]
    lines.append(f"  withdrawn: {', '.join(done.versions) or 'no version that is known here'}")
    notes = [f"not looked into, may hold it: {one.what}: {one.why}" for one in done.reach.unread]
    told = f"; {_to_mirror(done.versions[0])}" if done.versions else ""
    return _Revoked(
        [*lines, f"  signed: {where}"],
        {
            "samples": [one.model_dump() for one in done.samples],
            "versions": list(done.versions),
            "revocation": where,
        },
        lambda: done.reach,
        [*notes, f"commit {where} and the entries{told}"],
    )


def _to_mirror(spec: str) -> str:
    return f"what a mirror holds learns of it with the next\n  bezoar mirror {spec}"


def _reached(project: "Project", done: _Revoked) -> "tuple[tuple[Reached, ...], list[str]]":
    """Return the models that it went into, or why that is not known: it is revoked all the same."""
    from bezoar.flows.release_reach import releases_reached  # noqa: PLC0415 - see the package

    try:
        return releases_reached(project, done.trace()), []
    except BezoarError as error:
        return (), [f"which releases were trained on it is not known: {error.message}"]
