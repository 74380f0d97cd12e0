"""`verify_entry`: a dataset against its entry in the DBOM and its stored manifest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.manifest_diff import ManifestDiff
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.sample import Dataset
from bezoar.core.severity import Severity
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.manifest import (
    DamagedManifestError,
    check_digest,
    manifest_path,
    read_manifest,
    restore_manifest,
)
from bezoar.datasets.reading_rules import listing_outcomes
from bezoar.datasets.survey import Survey, survey
from bezoar.recon.verify import RULES, compare

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

DAMAGED_MANIFEST: Final = Rule(
    code="BZ156",
    name="damaged-manifest",
    title="Manifest damaged or absent",
    severity=Severity.HIGH,
    why="The manifest says what each sample was. Whoever changes data and wants to go unnoticed"
    " changes it, too.",
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found.

    Attributes:
        samples: How many can be read now.
        root: The Merkle root that was registered.
        difference: What differs; None where there was no manifest to compare with.
        outcomes: One per rule.
    """

    samples: int
    root: Digest
    difference: ManifestDiff | None
    outcomes: tuple[Outcome, ...]

    @property
    def intact(self) -> bool:
        """True where each sample is what was registered, and none came or went."""
        return all(outcome.passed for outcome in self.outcomes if outcome.rule in RULES)


def verify_entry(
    entry: DbomEntry,
    manifests: Path,
    dataset: Dataset,
    hashes: FileHashes | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Compare a dataset with what the DBOM says about it.

    Without a sound manifest the data's own root still decides whether anything differs. Where it
    is the registered one, an absent manifest is made anew.

    Args:
        entry: The entry.
        manifests: The folder of stored manifests.
        dataset: What is there now.
        hashes: What `start_hashing` returned for the dataset, if it was started before.
        progress: Called now and then with (done, total).
    """
    found = survey(dataset, hashes, progress)
    path = manifest_path(manifests, entry.manifest)
    try:
        # Under the same root nothing differs, so that nothing is parsed: only what names the
        # differences needs PyArrow, which takes longer to import than many a dataset to hash.
        check_digest(path, entry.manifest)
        intact = _intact(entry, found)
        manifest = found.manifest if intact else read_manifest(path, entry.manifest, entry.root)
    except DamagedManifestError as error:
        finding = _without_manifest(entry, path, error.message, found)
        outcomes = _by_root_alone(entry, found, finding, dataset)
        return Verification(len(found.manifest), entry.root, None, outcomes)
    result = compare(manifest, found, dataset)
    outcomes = (*result.outcomes, Outcome.of(DAMAGED_MANIFEST, ()))
    return Verification(len(found.manifest), entry.root, result.difference, outcomes)


def _without_manifest(entry: DbomEntry, path: Path, why: str, found: Survey) -> Finding:
    severity, message = Severity.HIGH, why
    if not _intact(entry, found):
        message = f"{why}; the data's root is {found.manifest.root}, not {entry.root}"
    elif not path.exists():
        made = restore_manifest(found.manifest, path.parent, entry.manifest)
        severity = Severity.INFO if made else Severity.LOW
        message = "it was absent; the data has the registered root"
        message += ", so it was made anew" if made else ""
    place = Place(PlaceKind.DATASET, entry.spec)
    evidence = {"manifest": str(entry.manifest), "root": str(entry.root)}
    return Finding(DAMAGED_MANIFEST, place, message, severity, evidence=evidence)


def _intact(entry: DbomEntry, found: Survey) -> bool:
    return not found.unreadable and found.manifest.root == entry.root


def _by_root_alone(
    entry: DbomEntry, found: Survey, finding: Finding, dataset: Dataset
) -> tuple[Outcome, ...]:
    """Return outcomes where only roots can be compared: all samples passed, or none is named."""
    reason = "without its manifest nobody can say which samples differ"
    intact = _intact(entry, found)
    samples = (
        Outcome.of(rule, ()) if intact else Outcome(rule, Status.FAILED, reason=reason)
        for rule in RULES
    )
    return (*samples, *listing_outcomes(dataset), Outcome.of(DAMAGED_MANIFEST, [finding]))
