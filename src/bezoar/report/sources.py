"""An inventory of sources for people and for programs: text of 80 columns, and JSON."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bezoar.core.finding import Finding
from bezoar.core.outcome import Status
from bezoar.core.place import printable
from bezoar.core.source import Pin
from bezoar.recon.judging import fetch_fingerprints
from bezoar.recon.rules.idle_suppression import RULE as IDLE_SUPPRESSION
from bezoar.recon.scan.fetch import Checksum, Fetch
from bezoar.report.image import image_json, image_text
from bezoar.report.json import outcomes_json
from bezoar.report.wording import clipped, counted

if TYPE_CHECKING:
    from bezoar.recon.judging import Judgement
    from bezoar.recon.scan.inventory import Inventory
    from bezoar.recon.scanning import Look

COMMANDS_SHOWN = 5
SHOWN = 10
_CODES = 17  # as wide as three codes


def sources_json(look: "Look", subject: str) -> str:
    """Write what a scan saw as JSON.

    Args:
        look: What came of it.
        subject: What was looked at.
    """
    inventory, judgement = look.inventory, look.judgement
    fields = {
        "path": subject,
        "own": look.own,
        "base": look.base,
        "sources": fetches_json(inventory.fetches),
        "unreadable": [{"path": one.path, "why": one.why} for one in inventory.unreadable],
        "suppressed": [
            one.finding.as_json() | {"reason": one.reason} for one in judgement.silenced
        ],
        "known": len(judgement.known),
        "suppressions_not_obeyed": judgement.disobeyed,
        "skipped": list(inventory.skipped),
        "files": inventory.files,
        "files_read": inventory.read,
        "bytes": inventory.bytes,
        "seconds": round(inventory.seconds, 3),
    }
    if look.image is not None:
        fields["image"] = image_json(look.image)
    return outcomes_json(judgement.outcomes, fields=fields)


def fetches_json(fetches: Sequence[Fetch]) -> list[dict[str, Any]]:
    """Return each fetch as JSON values, with its fingerprint."""
    prints = fetch_fingerprints(fetches)
    return [_source(fetch, mark) for fetch, mark in zip(fetches, prints, strict=True)]


def _source(fetch: Fetch, fingerprint: str) -> dict[str, Any]:
    return {
        "path": fetch.path,
        "line": fetch.line,
        "end_line": fetch.end_line,
        "cell": fetch.cell,
        "loader": fetch.loader,
        "kind": str(fetch.kind),
        "uri": fetch.uri,
        "decided_by": list(fetch.decided_by),
        "revision": fetch.revision,
        "pin": str(fetch.pin),
        "checksum": fetch.checksum is not Checksum.NONE,
        "checksum_by": str(fetch.checksum),
        "in_ci": fetch.in_ci,
        "registered": fetch.registered,
        "dangers": sorted(str(danger) for danger in fetch.dangers),
        "snippet": fetch.snippet,
        "fingerprint": fingerprint,
    }


def sources_text(look: "Look", subject: str, *, width: int = 80) -> str:
    """Write what a scan saw for a person at a terminal.

    Args:
        look: What came of it.
        subject: What was looked at.
        width: Columns; a command is never broken, all else is.

    Returns:
        Lines, with a line end after the last.
    """
    parts = (
        _head(look, subject, width),
        _by_file(look, width),
        image_text(look.image, width),
        _rules(look, width),
        _unreadable(look, width),
        _elsewhere(look, width),
        set_aside(look.judgement, look.inventory, look.base, width),
        _next(look),
    )
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def tied(fetch: Fetch) -> bool:
    """Say whether something holds a source to its bytes."""
    pinned = fetch.pin in (Pin.HASH, Pin.REVISION) or fetch.checksum is Checksum.CALL
    return pinned or fetch.registered_bytes


def _head(look: "Look", subject: str, width: int) -> Iterator[str]:
    fetches = look.inventory.fetches
    paths = len({fetch.path for fetch in fetches})
    where = clipped(subject, 40)
    if not fetches:
        yield from _wrapped(f"No source of data in {where}", 0, width)
    else:
        line = f"{counted(len(fetches), 'source')} in {counted(paths, 'file')} of {where}:"
        registered = sum(fetch.registered is not None for fetch in fetches)
        line += f" {sum(map(tied, fetches))} tied to their bytes, {registered} in the DBOM"
        yield from _wrapped(line, 0, width)
    inventory = look.inventory
    line = f"{inventory.files:,} files, {inventory.bytes / 1e6:,.1f} MB; {inventory.read:,} read"
    yield from _wrapped(f"{line} in {inventory.seconds:.1f} s", 0, width)


def _by_file(look: "Look", width: int) -> Iterator[str]:
    codes: dict[tuple[str, int | None, object], list[str]] = {}
    for finding in look.judgement.findings:
        key = (finding.place.name, finding.place.line, finding.evidence.get("uri"))
        codes.setdefault(key, []).append(finding.code)
    for path, fetches in groupby(look.inventory.fetches, key=lambda fetch: fetch.path):
        yield clipped(path, width)
        for fetch in fetches:
            found = sorted(set(codes.get((fetch.path, fetch.line, fetch.uri), ())))
            yield _row(fetch, found, width).rstrip()
    if look.inventory.fetches:
        yield ""
        yield "✓ tied to its bytes   ✗ not   ? nobody can tell   bezoar rule CODE explains"


def _row(fetch: Fetch, codes: Sequence[str], width: int) -> str:
    mark = "✓" if tied(fetch) else "?" if fetch.pin is Pin.DYNAMIC else "✗"
    end = fetch.registered or " ".join(codes[:3])
    if len(codes) > 3 and not fetch.registered:  # noqa: PLR2004 - as above
        end = f"{' '.join(codes[:2])} +{len(codes) - 2}"
    room = width - 19 - _CODES - 2
    source = f"{fetch.uri or fetch.loader}"
    if fetch.revision and fetch.revision not in source:
        source += f"@{fetch.revision}"
    return (
        f"{fetch.line:>6}  {fetch.kind:<7}  {mark} {clipped(source, room):<{room}}"
        f"  {clipped(end, _CODES)}"
    )


def _rules(look: "Look", width: int) -> Iterator[str]:
    found = [one for one in look.judgement.outcomes if one.status is Status.FOUND]
    if not found:
        return
    new = f" that {look.base[:12]} does not have" if look.base else ""
    yield f"Found{new}"
    for outcome in found:
        worst = max(finding.severity for finding in outcome.findings)
        title = clipped(outcome.rule.title, width - 26)
        count = f"{len(outcome.findings):,}"
        yield f"  {outcome.rule.code}  {title:<{width - 26}} {count:>5}  {worst}"


def _unreadable(look: "Look", width: int) -> Iterator[str]:
    unreadable = look.inventory.unreadable
    if unreadable:
        yield "Could not read"
    for one in unreadable[:SHOWN]:
        yield f"  {clipped(one.path, width - 2)}"
        yield from _wrapped(clipped(one.why, 200), 4, width)
    if len(unreadable) > SHOWN:
        yield f"  and {len(unreadable) - SHOWN:,} more"


def _elsewhere(look: "Look", width: int) -> Iterator[str]:
    """Yield the findings that stand at no fetch: suppressions without effect."""
    for outcome in look.judgement.outcomes:
        if outcome.rule is not IDLE_SUPPRESSION:
            continue
        for finding in outcome.findings[:SHOWN]:
            yield from _wrapped(clipped(f"{finding.place}: {finding.message}", 200), 0, width)


def set_aside(
    judgement: "Judgement", inventory: "Inventory", base: str | None, width: int
) -> Iterator[str]:
    """Yield lines on what was found and is not shown, and on what was not looked into.

    Args:
        judgement: What the rules say.
        inventory: What a scan saw.
        base: The commit that was compared with.
        width: Columns.
    """
    skipped = inventory.skipped
    if judgement.silenced:
        yield from _wrapped(f"{counted(len(judgement.silenced), 'finding')} suppressed:", 0, width)
    for one in judgement.silenced[:SHOWN]:
        line = f"{one.finding.place} {one.finding.code}: {one.reason}"
        yield from _wrapped(clipped(line, 200), 2, width)
    if judgement.known:
        where = "the commit compared with" if base else "the baseline"
        line = f"{counted(len(judgement.known), 'finding')} not shown: {where} has them."
        yield from _wrapped(line, 0, width)
    if judgement.disobeyed:
        line = f"{counted(judgement.disobeyed, 'suppression')} had no say: not your project's own."
        yield from _wrapped(line, 0, width)
    if skipped:
        names = ", ".join(clipped(name, 40) for name in skipped[:SHOWN])
        more = f" and {len(skipped) - SHOWN:,} more" if len(skipped) > SHOWN else ""
        yield from _wrapped(f"Not looked into (--all does): {names}{more}.", 0, width)


def _next(look: "Look") -> Iterator[str]:
    commands = list(dict.fromkeys(_commands(look.judgement.findings)))
    if commands:
        yield "Next"
    for command in commands[:COMMANDS_SHOWN]:
        yield f"  {printable(command)}"
    if len(commands) > COMMANDS_SHOWN:
        yield f"  and {len(commands) - COMMANDS_SHOWN:,} more: --format json has each"


def _commands(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.next.startswith("bezoar "):
            yield finding.next


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    lead = " " * indent
    return textwrap.wrap(text, width, initial_indent=lead, subsequent_indent=lead)
