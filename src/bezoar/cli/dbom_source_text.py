"""How a source's standing and its changes read: as text of 80 columns, and as JSON fields."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, findings_in
from bezoar.core.place import printable
from bezoar.recon.outdated import Compared
from bezoar.recon.source.judging import Standing
from bezoar.recon.source.signal import Level, Signal
from bezoar.recon.upstream.answer import State
from bezoar.report.wording import clipped, counted

_MARKS = {
    Level.GOOD: "✓",
    Level.FAIR: "~",
    Level.UNKNOWN: "?",
    Level.POOR: "✗",
    Level.BAD: "!",
}
_ASPECT = 16
_SHOWN = 5
_STATES = {
    State.SAME: "✓",
    State.NEWER: "~",
    State.UNKNOWN: "?",
    State.UNREACHABLE: "?",
    State.MOVED: "✗",
    State.CHANGED: "✗",
    State.GONE: "✗",
}


def standing_fields(standing: Standing) -> dict[str, Any]:
    """Return the JSON fields of `dbom source`."""
    return {
        "uri": standing.uri,
        "place": standing.place,
        "status": "not_applicable" if standing.grade is None else "graded",
        "reason": standing.unreachable,
        "grade": None if standing.grade is None else str(standing.grade),
        "at_best": None if standing.best is None else str(standing.best),
        "known": standing.known,
        "signals": [signal.as_json() for signal in standing.signals],
        "asked": list(standing.asked),
    }


def standing_text(standing: Standing, outcomes: Sequence[Outcome], width: int) -> str:
    """Return what is known of a source, for a person."""
    parts: list[Iterable[str]] = [_answer(standing, width)]
    if standing.grade is not None:
        parts += [_signals(standing, width), ["✓ good  ~ fair  ✗ poor  ! bad  ? nobody said"]]
    parts += [_asked(standing), _next(findings_in(outcomes))]
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def _answer(standing: Standing, width: int) -> Iterator[str]:
    yield clipped(standing.uri, width)
    if standing.place:
        yield clipped(standing.place, width)
    if standing.grade is None:
        yield from _wrapped(f"Not graded: {clipped(standing.unreachable, 300)}", 0, width)
        return
    line = f"Grade {standing.grade}: {standing.known} of 9 aspects known"
    if standing.best != standing.grade:
        line += f"; at best {standing.best}, if all that is unknown were good"
    yield from _wrapped(line, 0, width)
    if standing.unreachable:
        yield from _wrapped(
            f"Its host was not asked: {clipped(standing.unreachable, 300)}", 0, width
        )


def _signals(standing: Standing, width: int) -> Iterator[str]:
    for signal in standing.signals:
        lead = f"  {_MARKS[signal.level]} {signal.aspect:<{_ASPECT}}"
        rest = " " * len(lead)
        says = clipped(signal.says, 300) + _evidence(signal, standing.asked)
        yield from textwrap.wrap(says, width, initial_indent=lead, subsequent_indent=rest)


def _evidence(signal: Signal, asked: Sequence[str]) -> str:
    """Return where it was read: the number of the question, and the field."""
    if signal.url not in asked:
        return ""
    field = clipped(signal.field, 60)
    return f" [{asked.index(signal.url) + 1}{' ' if field else ''}{field}]"


def _asked(standing: Standing) -> Iterator[str]:
    """List what was asked; an address is never broken, so that it can be opened."""
    others = [one.url for one in standing.signals if one.url and one.url not in standing.asked]
    if standing.asked:
        yield "Asked"
    for number, url in enumerate(standing.asked, 1):
        yield f"  [{number}] {printable(url)}"
    if others:
        yield "See"
    for url in dict.fromkeys(others):
        yield f"  {printable(url)}"


def compared_fields(compared: Sequence[Compared]) -> dict[str, Any]:
    """Return the JSON fields of `dbom outdated`."""
    return {
        "origins": [one.as_json() for one in compared],
        "unreachable": [one.uri for one in compared if not one.reached],
    }


def compared_text(compared: Sequence[Compared], outcomes: Sequence[Outcome], width: int) -> str:
    """Return what changed upstream, for a person."""
    reached = sum(one.reached for one in compared)
    head = f"{counted(len(compared), 'origin')}, {reached} answered; what they say is not trusted"
    parts: list[Iterable[str]] = [_wrapped(head, 0, width)]
    parts += [_origin(one, width) for one in compared]
    parts.append(["✓ the same  ~ newer there  ✗ not what you pinned  ? nobody can tell"])
    parts.append(_next(findings_in(outcomes)))
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def _origin(one: Compared, width: int) -> Iterator[str]:
    upstream = one.upstream
    mark = _STATES[upstream.state]
    yield f"{mark} {clipped(one.entry.spec, 40)}  {upstream.state}"
    yield f"  {clipped(one.uri, width - 2)}"
    yield from _wrapped(clipped(upstream.says, 300), 2, width)
    if upstream.pinned:
        yield f"  pinned    {clipped(upstream.pinned, width - 12)}"
    if upstream.head and upstream.head != upstream.pinned:
        yield f"  upstream  {clipped(upstream.head, width - 12)}"
    for change in upstream.changes[:_SHOWN]:
        yield f"    {change.what:<8} {clipped(change.path, width - 13)}"
        if change.digest:
            yield f"             {clipped(change.digest, width - 13)}"
    more = len(upstream.changes) - _SHOWN
    if more > 0:
        at_least = "at least " if upstream.more_changes else ""
        yield f"    and {at_least}{more:,} more: --format json has each"


def _next(findings: Sequence[Finding]) -> Iterator[str]:
    commands = list(dict.fromkeys(finding.next for finding in findings if finding.next))
    if commands:
        yield "Next"
    yield from (f"  {printable(command)}" for command in commands[:_SHOWN])


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    lead = " " * indent
    return textwrap.wrap(text, width, initial_indent=lead, subsequent_indent=lead)
