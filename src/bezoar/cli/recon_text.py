"""How registrations and differences read: as text of 80 columns, and as JSON."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bezoar.cli.output import FindingsFormat, as_json, findings_result
from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry
from bezoar.core.manifest_diff import ManifestDiff, Pair
from bezoar.core.outcome import Outcome
from bezoar.core.place import printable
from bezoar.datasets.entry import DbomEntry
from bezoar.recon.registered import Verification
from bezoar.recon.registering import Registration
from bezoar.recon.verify import facts

SCHEMA_VERSION = 1
LIST_COLUMNS = ("dataset", "status", "samples", "classes", "licence", "root")
SHOWN = 20
_ROOT_DIGITS = 12


def list_row(entry: DbomEntry) -> tuple[str, ...]:
    """Return an entry as one row of `bezoar dbom list`."""
    content = entry.content
    return (
        entry.spec,
        str(entry.status),
        f"{content.samples:,}" if content else "-",
        str(len(content.classes)) if content else "-",
        entry.origin.licence or "-",
        entry.root.hex[:_ROOT_DIGITS] if content else "-",
    )


def registration_json(result: Registration) -> str:
    """Return what `dbom add` did as JSON."""
    entry = result.entry.model_dump(mode="json") if result.entry else None
    findings = [finding.as_json() for finding in result.findings]
    return as_json({"schema_version": SCHEMA_VERSION, "entry": entry, "findings": findings})


def registration_text(result: Registration, path: Path | None) -> str:
    """Return what `dbom add` did for a person."""
    entry = result.entry
    text = "\n".join(_added(entry)) if entry else f"{printable(str(path))} was not added"
    if result.findings:
        found = findings_result(FindingsFormat.TEXT, _outcomes(result.findings), subject=str(path))
        text = f"{text}\n\n{found}"
    return text


def _added(entry: DbomEntry) -> Iterator[str]:
    content = entry.content
    yield f"{entry.spec} added: dbom/{entry.spec}.toml"
    if content is not None:
        classes = f"{len(content.classes):,} class" + ("es" if len(content.classes) != 1 else "")
        yield f"  samples   {content.samples:,} in {classes}, {content.bytes / 1e6:,.1f} MB"
    yield f"  status    {entry.status}" + (f": {printable(entry.reason)}" if entry.reason else "")
    if content is None:
        yield "  no bytes  when they are here:"
        yield f"            bezoar dbom add PATH --name {entry.name} --version {entry.version}"
        return
    yield f"  root      {content.root.partition(':')[0]}"
    yield f"            {entry.root.hex}"
    yield f"  manifest  {entry.manifest.hex}"


def changes_text(entry: DbomEntry, changes: Mapping[str, Sequence[Any]]) -> str:
    """Return what `dbom set` did for a person."""
    if not changes:
        return f"{entry.spec} says so already: nothing changed"
    lines = [f"{entry.spec} changed: dbom/{entry.spec}.toml"]
    for field, (old, new) in changes.items():
        lines += [f"  {field}", f"    was  {_plain(old)}", f"    is   {_plain(new)}"]
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if value in (None, "", [], {}):
        return "not said"
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def verification_text(result: Verification, entry: DbomEntry, path: Path) -> str:
    """Return the answer of `verify` in a few lines; the findings follow."""
    answer = "holds" if result.intact else "DOES NOT HOLD"
    where = printable(str(path))
    text = f"{entry.spec} {answer}: {result.samples:,} samples in {where}\n  root {result.root}\n"
    # That the bytes are the registered ones says nothing about whether anybody wants them.
    reason = printable(entry.reason)
    return text + (f"  status {entry.status}: {reason}\n" if reason else "")


def _outcomes(findings: Sequence[Finding]) -> list[Outcome]:
    rules = dict.fromkeys(finding.rule for finding in findings)
    return [Outcome.of(rule, [f for f in findings if f.rule is rule]) for rule in rules]


def difference_json(difference: ManifestDiff) -> dict[str, Any]:
    """Return a difference as JSON values."""
    return {
        "differs": bool(difference),
        "added": [facts(entry) for entry in difference.added],
        "removed": [facts(entry) for entry in difference.removed],
        "changed": [_pair_json(pair) for pair in difference.changed],
        "relabelled": [_pair_json(pair) for pair in difference.relabelled],
        "renamed": [_pair_json(pair) for pair in difference.renamed],
    }


def _pair_json(pair: Pair) -> dict[str, Any]:
    return {"old": facts(pair[0]), "new": facts(pair[1])}


def difference_text(difference: ManifestDiff, old: int, new: int) -> str:
    """Return a difference for a person.

    Args:
        difference: What differs.
        old: How many samples the old version has.
        new: How many samples the new version has.
    """
    if not difference:
        return f"no difference: {old:,} samples, the same bytes, labels and names"
    lines = [f"{old:,} samples before, {new:,} now"]
    lines += _block("changed label", difference.relabelled, _relabelled)
    lines += _block("changed bytes", difference.changed, lambda pair: pair[1].path)
    lines += _block("added", difference.added, _labelled)
    lines += _block("removed", difference.removed, _labelled)
    lines += _block("renamed", difference.renamed, lambda pair: f"{pair[0].path} -> {pair[1].path}")
    return "\n".join(lines)


def _block(title: str, items: Sequence[Any], line: Callable[[Any], str]) -> Iterator[str]:
    if items:
        yield f"\n{title}: {len(items):,}"
        yield from (f"  {printable(line(item))}" for item in items[:SHOWN])
    if len(items) > SHOWN:
        yield f"  and {len(items) - SHOWN:,} more: --format json lists all"


def _relabelled(pair: Pair) -> str:
    old, new = pair
    moved = f" (was {old.path})" if old.path != new.path else ""
    return f"{new.path}{moved}: {_label(old)} -> {_label(new)}"


def _labelled(entry: Entry) -> str:
    return f"{entry.path}: {_label(entry)}"


def _label(entry: Entry) -> str:
    return "no label" if entry.label is None else entry.label
