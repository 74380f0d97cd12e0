"""The gate of a release: what the ledger and the signatures say of the data it was made from.

The verdict is signed and bound to the model's digest and the roots of its data, so that whoever
serves the model can ask for it without asking anybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.event import Event
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Verdict
from bezoar.core.rule import Rule
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, timestamp
from bezoar.datasets.writing import write_whole
from bezoar.evaluate.audit import CHANGED_SINCE_AUDIT
from bezoar.flows.audit_fresh import audited_fresh
from bezoar.flows.release_trust import keyring_or_none, open_registry, revoked_data
from bezoar.flows.revoke_lineage import sample_in_lineage
from bezoar.fortify.signing import NotApprovedError, check_approval
from bezoar.fortify.signing.choosing import choose_key
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.private_keys import Passphrase
from bezoar.fortify.signing.revocation import REVOKERS
from bezoar.fortify.vetting.record import read_vet_record, record_path
from bezoar.ledger import open_ledger
from bezoar.limit.releases import rules
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.limit.releases.statement import Gated
from bezoar.project import Project
from bezoar.recon.coverage import State, coverage
from bezoar.recon.entries import read_entries

GATED: Final = "release.gated"
INSPECTED: Final = "dataset.inspected"
_EXPOSE: Final = "BZ5"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says.

    Attributes:
        record: Of which release.
        outcomes: One per rule.
        gated: The statement.
        signer: Name of the key that signed; None where nobody has a key.
    """

    record: ReleaseRecord
    outcomes: tuple[Outcome, ...]
    gated: Gated
    signer: str | None

    @property
    def verdict(self) -> Verdict:
        """What the policy made of the outcomes."""
        return self.gated.verdict


def gate(
    project: Project, record: ReleaseRecord, passphrase: Passphrase, *, key: str | None = None
) -> GateResult:
    """Judge a release, sign the verdict, and leave it beside the release and in the ledger.

    Args:
        project: Whose policy, DBOM, ledger and keys.
        record: Which release.
        passphrase: Asks for the passphrase of the key.
        key: Which key signs; None: the only one here that may.

    Raises:
        BezoarError: If the keys do not hold, none here may sign, or the ledger cannot be read.
    """
    keyring = keyring_or_none(project)
    outcomes = judge(project, record)
    # What [policy] requires are rules of data, each of which was asked where the data was judged.
    verdict = replace(project.settings.as_policy(), required=frozenset()).decide(outcomes)
    version = keyring.version if keyring else 0
    gated = Gated.of(record, verdict, keyring=version, time=timestamp())
    signer = keep(project, record, gated, keyring, passphrase, key=key)
    detail = {**record.binding(), **verdict.as_json(), **kept_as(gated, signer)}
    with open_ledger(project) as ledger:
        ledger.append(GATED, record.model, detail)
    return GateResult(record, outcomes, gated, signer)


def keep(
    project: Project,
    record: ReleaseRecord,
    gated: Gated,
    keyring: Keyring | None,
    passphrase: Passphrase,
    *,
    key: str | None,
) -> str | None:
    """Sign what the gate says where somebody can, keep it, and return the name of the key.

    Raises:
        BezoarError: If there are keys, and none here may sign.
    """
    signer, data = None, gated.payload()
    if keyring is not None:
        signer = choose_key(keyring, REVOKERS, key, passphrase)
        data = Envelope(gated.payload(), IN_TOTO).with_signature(signer).content()
    write_whole(open_registry(project).gate_path(record), data)
    return keyring.keys[signer.public.id].name if keyring and signer else None


def kept_as(gated: Gated, signer: str | None) -> dict[str, Any]:
    """Return what the ledger keeps of a statement."""
    return {"statement": str(Digest.of(gated.payload())), "signers": [signer] if signer else []}


def judge(project: Project, record: ReleaseRecord) -> tuple[Outcome, ...]:
    """Return what each rule of the gate says of a release.

    Raises:
        BezoarError: If the ledger or the DBOM cannot be read.
    """
    settings = project.settings.release
    with open_ledger(project) as ledger:
        events = tuple(ledger.events())
    entries, _ = read_entries(Dbom(project))
    data = _Data(project, record, entries, events)
    return (
        Outcome.of(rules.NO_DATA, _no_data(record)),
        _on_data(rules.NOT_APPROVED, record, data.unapproved()),
        _wanted(rules.NOT_VERIFIED, settings.require_verified, record, data.unverified),
        _wanted(rules.NOT_INSPECTED, settings.require_inspected, record, data.uninspected),
        _on_data(rules.REVOKED_DATA, record, _revoked(project, record)),
        _card(record, wanted=settings.require_card),
        _audit(project),
    )


@dataclass(frozen=True, slots=True)
class _Data:
    """What is known of the data of a release."""

    project: Project
    record: ReleaseRecord
    entries: dict[str, DbomEntry]
    events: tuple[Event, ...]

    def unapproved(self) -> Iterator[Finding]:
        """Yield each dataset behind which no sign-off stands, as it is now."""
        for spec, root in self._listed():
            entry = self.entries.get(spec)
            if entry is None:
                yield _about(rules.NOT_APPROVED, spec, "it is not in the DBOM", "bezoar dbom list")
                continue
            try:
                approval = check_approval(self.project, entry)
            except NotApprovedError as error:
                yield _about(rules.NOT_APPROVED, spec, error.why, error.next)
                continue
            if str(approval.root) != root:
                why = "other bytes than those of the release are approved under its name"
                yield _about(rules.NOT_APPROVED, spec, why, f"bezoar trace {root}")

    def unverified(self) -> Iterator[Finding]:
        """Yield each dataset of which the ledger does not say that its bytes hold."""
        known = [self.entries[spec] for spec, _ in self._listed() if spec in self.entries]
        found = {one.dataset: one for one in coverage(known, self.events).counted}
        for spec, _ in self._listed():
            one = found.get(spec)
            if one is None or one.state is not State.VERIFIED:
                why = one.why if one else "it is not there, or set aside"
                yield _about(rules.NOT_VERIFIED, spec, why, f"bezoar verify {spec}")

    def uninspected(self) -> Iterator[Finding]:
        """Yield each dataset that nobody inspected with an admitting verdict, as these bytes."""
        for spec, root in self._listed():
            if why := self._lack_of_inspection(spec, root):
                yield _about(rules.NOT_INSPECTED, spec, why, f"bezoar inspect {spec}")

    def _lack_of_inspection(self, spec: str, root: str) -> str:
        """Return what is missing: the newest inspection counts, else the signed vetting's."""
        seen = [
            event
            for event in self.events
            if event.kind == INSPECTED and event.detail.get("root") == root
        ]
        if seen:
            newest = max(reversed(seen), key=lambda event: event.time)
            verdict = newest.detail.get("verdict")
            return "" if verdict == "admit" else f"its newest inspection says {verdict}"
        if self._vetted_for_poison(spec, root):
            return ""
        return "no inspection of these bytes is in the ledger, nor was one part of its vetting"

    def _vetted_for_poison(self, spec: str, root: str) -> bool:
        entry = self.entries.get(spec)
        if entry is None:
            return False
        try:
            check_approval(self.project, entry)
            record = read_vet_record(record_path(self.project.dbom, spec))
        except NotApprovedError:
            return False
        states = [one.state for one in record.outcomes if one.rule.startswith(_EXPOSE)]
        looked = Status.PASSED in states and Status.FAILED not in states
        return record.root == root and record.verdict == "admit" and looked

    def _listed(self) -> list[tuple[str, str]]:
        return [(one.dataset, one.root) for one in self.record.data]


def _no_data(record: ReleaseRecord) -> Iterator[Finding]:
    if not record.data:
        again = f"bezoar release register {record.name} PATH --version NEW --data NAME"
        place = Place(PlaceKind.MODEL, record.spec)
        yield Finding(rules.NO_DATA, place, "It names no data.", next=again)


def _revoked(project: Project, record: ReleaseRecord) -> Iterator[Finding]:
    entries, _ = read_entries(Dbom(project))
    listed = (sample_in_lineage(project, entries, one.dataset) for one in record.data)
    for why in dict.fromkeys((*revoked_data(project, record), *filter(None, listed))):
        place = Place(PlaceKind.MODEL, record.spec)
        yield Finding(rules.REVOKED_DATA, place, why, next=f"bezoar release list {record.name}")


def _wanted(
    rule: Rule,
    wanted: bool,
    record: ReleaseRecord,
    look: Any,
) -> Outcome:
    if not wanted:
        return Outcome(rule, Status.SKIPPED, reason="[release] does not ask for it")
    return _on_data(rule, record, look())


def _on_data(rule: Rule, record: ReleaseRecord, findings: Iterable[Finding]) -> Outcome:
    if not record.data:
        return Outcome(rule, Status.NOT_APPLICABLE, reason="the release names no data")
    return Outcome.of(rule, findings)


def _card(record: ReleaseRecord, *, wanted: bool) -> Outcome:
    if not wanted:
        return Outcome(rules.NO_CARD, Status.SKIPPED, reason="[release] does not ask for it")
    again = f"bezoar release register {record.name} PATH --version NEW --card FILE"
    place = Place(PlaceKind.MODEL, record.spec)
    lacking = [] if record.card else [Finding(rules.NO_CARD, place, "It has none.", next=again)]
    return Outcome.of(rules.NO_CARD, lacking)


def _audit(project: Project) -> Outcome:
    days = project.settings.audit.require_fresh_days
    if days is None:
        why = "[audit] require_fresh_days does not ask for it"
        return Outcome(CHANGED_SINCE_AUDIT, Status.SKIPPED, reason=why)
    return Outcome.of(CHANGED_SINCE_AUDIT, audited_fresh(project, days).findings)


def _about(rule: Rule, spec: str, why: str, then: str) -> Finding:
    return Finding(rule, Place(PlaceKind.DATASET, spec), f"{why[:1].upper()}{why[1:]}.", next=then)
