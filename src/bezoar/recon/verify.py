"""`verify`: is this dataset still, byte for byte and label for label, what was registered?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.manifest_diff import ManifestDiff, Pair, diff
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.sample import Dataset
from bezoar.core.severity import Severity
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.reading_rules import listing_outcomes
from bezoar.datasets.survey import Survey, survey

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

CHANGED_BYTES: Final = Rule(
    code="BZ151",
    name="changed-bytes",
    title="Sample's bytes changed",
    severity=Severity.HIGH,
    why="A registered sample was exchanged in place: what was vetted is not what a model will"
    " learn.",
    taxonomy=("ATLAS:AML.T0020",),
)
CHANGED_LABEL: Final = Rule(
    code="BZ152",
    name="changed-label",
    title="Sample's label changed",
    severity=Severity.HIGH,
    why="The same picture now teaches another class. No hash of the files shows it where labels"
    " stand in a table or in the name of a folder.",
    taxonomy=("ATLAS:AML.T0020",),
)
MISSING_SAMPLE: Final = Rule(
    code="BZ153",
    name="missing-sample",
    title="Registered sample is missing",
    severity=Severity.MEDIUM,
    why="Taking samples away shifts what a model learns, and a rare class goes unnoticed.",
)
EXTRA_SAMPLE: Final = Rule(
    code="BZ154",
    name="extra-sample",
    title="Sample that was never registered",
    severity=Severity.HIGH,
    why="Nobody vetted it, and adding a few samples is the cheapest way to poison a dataset.",
    taxonomy=("ATLAS:AML.T0020",),
)
RENAMED_SAMPLE: Final = Rule(
    code="BZ155",
    name="renamed-sample",
    title="Sample was renamed",
    severity=Severity.MEDIUM,
    why="Its bytes and label are known, but splits and lists that go by the name now miss it.",
)

RULES: Final = (CHANGED_BYTES, CHANGED_LABEL, MISSING_SAMPLE, EXTRA_SAMPLE, RENAMED_SAMPLE)
"""What `verify` asks, besides the rules on listing the samples."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a dataset as it is now compares with its manifest.

    Attributes:
        difference: What differs, among the samples that can be read.
        outcomes: One per rule, each finding at a sample.
    """

    difference: ManifestDiff
    outcomes: tuple[Outcome, ...]


def verify(
    manifest: Manifest,
    dataset: Dataset,
    hashes: FileHashes | None = None,
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Compare a dataset with its manifest: every byte is read, no time stamp is believed.

    Args:
        manifest: What was registered.
        dataset: What is there now.
        hashes: What `start_hashing` returned for the dataset, if it was started before.
        progress: Called now and then with (done, total).

    Returns:
        One outcome per rule, each finding at a sample.
    """
    return compare(manifest, survey(dataset, hashes, progress), dataset).outcomes


def compare(manifest: Manifest, found: Survey, dataset: Dataset) -> Comparison:
    """Compare what was registered with a survey of what is there now."""
    difference = diff(manifest, found.manifest)
    unreadable = {finding.place.name: finding.message for finding in found.unreadable}
    findings = list(_findings(difference, unreadable))
    outcomes = [Outcome.of(rule, [f for f in findings if f.rule is rule]) for rule in RULES]
    return Comparison(difference, (*outcomes, *listing_outcomes(dataset)))


def _findings(difference: ManifestDiff, unreadable: Mapping[str, str]) -> Iterator[Finding]:
    known = {entry.path for entry in difference.removed}
    for name, why in unreadable.items():
        rule = CHANGED_BYTES if name in known else EXTRA_SAMPLE
        yield _finding(rule, name, f"its bytes cannot be read: {why}")
    for pair in difference.changed:
        yield _pair(CHANGED_BYTES, pair, "its bytes are not those that were registered")
    for old, new in difference.relabelled:
        moved = f"; it was {old.path}" if old.path != new.path else ""
        message = f"its label was {_label(old)} and is {_label(new)}{moved}"
        yield _pair(CHANGED_LABEL, (old, new), message)
    for entry in difference.removed:
        if entry.path not in unreadable:
            yield _finding(MISSING_SAMPLE, entry.path, "it is gone", {"old": facts(entry)})
    for entry in difference.added:
        message = f"nobody registered it; its label is {_label(entry)}"
        yield _finding(EXTRA_SAMPLE, entry.path, message, {"new": facts(entry)})
    for pair in difference.renamed:
        yield _pair(RENAMED_SAMPLE, pair, f"it was {pair[0].path}")


def facts(entry: Entry) -> dict[str, object]:
    """Return an entry as JSON values."""
    return {
        "path": entry.path,
        "size": entry.size,
        "sha256": entry.sha256.hex(),
        "label": entry.label,
    }


def _pair(rule: Rule, pair: Pair, message: str) -> Finding:
    old, new = pair
    return _finding(rule, new.path, message, {"old": facts(old), "new": facts(new)})


def _finding(
    rule: Rule, name: str, message: str, evidence: Mapping[str, object] | None = None
) -> Finding:
    place = Place(PlaceKind.SAMPLE, name or "(no name)")
    return Finding(rule, place, message, evidence=evidence or {})


def _label(entry: Entry) -> str:
    return "none" if entry.label is None else repr(entry.label)
