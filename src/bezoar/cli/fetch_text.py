"""How a fetch reads: as text of 80 columns."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from bezoar.cli.output import FindingsFormat, findings_result, width
from bezoar.core.place import printable
from bezoar.datasets.entry import DbomEntry
from bezoar.fortify.fetch.fetching import Fetched
from bezoar.fortify.quarantine import FetchRecord, Quarantine

_INDENT = 12


def fetched_text(fetched: Fetched, entry: DbomEntry | None, root: Path, state: Path) -> str:
    """Return what a fetch brought, for a person.

    Args:
        fetched: What came of it.
        entry: What the DBOM says of it now; None where nothing was kept.
        root: The project's folder.
        state: Its state folder.
    """
    record = fetched.record
    found = ""
    if fetched.findings:
        with_findings = [one for one in fetched.outcomes if one.findings]
        found = findings_result(FindingsFormat.TEXT, with_findings, subject=fetched.spec)
        found = found.partition("\n0 of ")[0].rstrip()
    if record is None or entry is None:
        return f"{fetched.spec} was NOT fetched: nothing is kept\n\n{found}"
    where = Quarantine.of(state).fetched(fetched.spec)
    shown = where.relative_to(root) if where.is_relative_to(root) else where
    lines = [*_about(fetched, record, str(shown)), *_field("status", _status(entry))]
    if found:
        lines += ["", found]
    if entry.content is None:
        lines += ["", "Next", f"  bezoar vet {fetched.spec}"]
    return "\n".join(lines)


def _about(fetched: Fetched, record: FetchRecord, where: str) -> Iterator[str]:
    count = len(record.files)
    files = f"{count:,} file" + ("s" if count != 1 else "")
    already = "was in quarantine already, the same bytes" if fetched.again else "is in quarantine"
    yield f"{record.spec} {already}: {files}, {_amount(record.size)}"
    yield from _field("source", record.source)
    if record.revision:
        yield from _field("revision", record.revision)
    # More digits than fit beside its name, whole: people compare it.
    yield from _field(record.digest.algorithm, record.digest.hex)
    yield from _field("lies in", where)


def _status(entry: DbomEntry) -> str:
    return f"{entry.status}: {entry.reason}" if entry.reason else str(entry.status)


def _field(name: str, value: str) -> Iterator[str]:
    lines = textwrap.wrap(printable(value), width() - _INDENT, break_on_hyphens=False) or [""]
    yield f"  {name:<10}{lines[0]}".rstrip()
    yield from (f"{' ' * _INDENT}{line}" for line in lines[1:])


def _amount(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size:,} bytes"
