"""BZ334: the same bytes under two labels."""

from collections import defaultdict
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

RULE: Final = Rule(
    code="BZ334",
    name="label-conflict",
    title="The same bytes under two labels",
    severity=Severity.MEDIUM,
    why="One of the labels is wrong, by a slip or on purpose: somebody who adds a copy under"
    " another label needs no access to the sample itself.",
    taxonomy=("ATLAS:AML.T0020",),
)

_SHOWN: Final = 3


def label_conflicts(samples: Manifest) -> list[Finding]:
    """Return a finding for each sample whose bytes stand under more than one label."""
    alike: dict[bytes, list[Entry]] = defaultdict(list)
    for entry in samples.entries:
        if entry.label is not None and entry.size:
            alike[entry.sha256].append(entry)
    findings = []
    for entries in alike.values():
        labels = sorted({str(entry.label) for entry in entries})
        if len(labels) > 1:
            place = Place(PlaceKind.SAMPLE, entries[0].path)
            others = ", ".join(entry.path for entry in entries[1 : 1 + _SHOWN])
            message = f"the same bytes as {others}, labelled {' and '.join(labels[:_SHOWN])}"
            evidence = {"copies": len(entries), "labels": labels[:100]}
            findings.append(Finding(RULE, place, message[:500], evidence=evidence))
    return findings
