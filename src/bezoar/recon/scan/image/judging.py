"""The rules on what an image holds."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.recon.judging import Judgement, fingerprinted
from bezoar.recon.rules.inquiry import suggested_name
from bezoar.recon.scan.image.faults import Artefact, Contents, FaultKind

BLOB_MISMATCH: Final = Rule(
    code="BZ131",
    name="blob-mismatch",
    title="Blob that is not what its digest says",
    severity=Severity.HIGH,
    why="An image is pinned by digests. A blob with other bytes was damaged or exchanged, and not"
    " every tool looks.",
    taxonomy=("ATLAS:AML.T0010",),
)
HOSTILE_ENTRY: Final = Rule(
    code="BZ132",
    name="hostile-layer-entry",
    title="Layer entry that reaches out of the image",
    severity=Severity.HIGH,
    why="A path with `..`, a link out of the image, a device: whatever unpacks such a layer may"
    " write or read elsewhere on its machine.",
    taxonomy=("ATLAS:AML.T0010",),
)
DATA_IN_IMAGE: Final = Rule(
    code="BZ133",
    name="unregistered-data-in-image",
    title="Data or model in an image that the DBOM does not know",
    severity=Severity.MEDIUM,
    why="Data that is baked into an image comes in without a download that anybody sees. Nobody can"
    " vet, verify or recall what nobody wrote down.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0010.003"),
)
RULES: Final = (BLOB_MISMATCH, HOSTILE_ENTRY, DATA_IN_IMAGE)
"""What an image is judged by, besides the rules on its files."""

_COVERING: Final = frozenset({Status.DRAFT, Status.APPROVED})


def findings(contents: Contents, entries: Iterable[DbomEntry]) -> list[Finding]:
    """Judge what an image holds.

    Args:
        contents: What it holds.
        entries: Of the DBOM: an artefact that one of them pins is known.
    """
    known = _pinned(entries)
    found = []
    for fault in contents.faults:
        rule = BLOB_MISMATCH if fault.kind is FaultKind.MISMATCH else HOSTILE_ENTRY
        place = Place(PlaceKind.FILE, fault.path or "(no name)")
        evidence = {"layer": fault.layer, "uri": fault.path}
        found.append(Finding(rule, place, fault.why, fault.severity, evidence=evidence))
    return found + [_data(one) for one in contents.artefacts if one.digest not in known]


def judged(
    judgement: Judgement,
    contents: Contents,
    entries: Iterable[DbomEntry],
    known: Collection[str] = (),
) -> Judgement:
    """Add what an image holds to what its files say.

    Args:
        judgement: Of its files.
        contents: What it holds.
        entries: Of the DBOM.
        known: Fingerprints of findings that nobody wants to hear again.
    """
    found = fingerprinted(findings(contents, entries))
    new = [one for one in found if one.evidence["fingerprint"] not in known]
    old = tuple(one for one in found if one.evidence["fingerprint"] in known)
    more = (Outcome.of(rule, [one for one in new if one.rule is rule]) for rule in RULES)
    return replace(judgement, outcomes=(*judgement.outcomes, *more), known=(*judgement.known, *old))


def _pinned(entries: Iterable[DbomEntry]) -> dict[str, str]:
    return {
        artefact.digest.removeprefix("sha256:"): entry.spec
        for entry in entries
        if entry.status in _COVERING and entry.content
        for artefact in entry.content.artefacts
    }


def _data(artefact: Artefact) -> Finding:
    what = f"{artefact.kind} ({artefact.form}), {artefact.size:,} bytes"
    what += f" in {artefact.files:,} files" if artefact.files > 1 else ""
    note = f"; {artefact.note}" if artefact.note else ""
    name = suggested_name(artefact.path)
    return Finding(
        DATA_IN_IMAGE,
        Place(PlaceKind.FILE, artefact.path),
        f"{what}, in no entry of the DBOM{note}",
        evidence=artefact.as_json() | {"uri": artefact.path},
        next=f"bezoar dbom add ./PATH --name {name} --version VERSION --origin URI",
    )
