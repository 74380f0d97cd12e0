"""`promote`: a release goes live; only with the gate's word, or against it with a signed reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.release import Release
from bezoar.datasets.entry import timestamp
from bezoar.flows.events import note_event
from bezoar.flows.release_answer import check_release
from bezoar.flows.release_gate import keep, kept_as
from bezoar.flows.release_remote import tell_moved
from bezoar.flows.release_trust import (
    NotReleasedError,
    keyring_or_none,
    open_registry,
    trusted_gate,
)
from bezoar.fortify.signing.private_keys import Passphrase
from bezoar.limit.releases.record import ReleaseRecord, first_fault
from bezoar.limit.releases.statement import Gated
from bezoar.project import Project

PROMOTED: Final = "release.promoted"


@dataclass(frozen=True, slots=True)
class Promoted:
    """What came of a promotion.

    Attributes:
        record: What is in production now.
        before: Version of what was; None where nothing was.
        override: Codes that did not count.
        answered: What the smoke inference did.
        notes: What a person should know.
    """

    record: ReleaseRecord
    before: str | None
    override: tuple[str, ...]
    answered: str
    notes: tuple[str, ...]


def promote(
    project: Project,
    record: ReleaseRecord,
    passphrase: Passphrase,
    *,
    override: Iterable[str] = (),
    reason: str = "",
    key: str | None = None,
) -> Promoted:
    """Put a release into production.

    Args:
        project: Whose releases.
        record: Which one.
        passphrase: Asks for the passphrase of the key, where something is overridden.
        override: Codes of what decided against it and does not count.
        reason: Why not; it is signed along.
        key: Which key signs.

    Raises:
        NotReleasedError: If the gate's word does not hold or does not admit it, or it was trained
            on revoked data: that no override lets go.
        UsageError: If it is in production already, or the override names what did not decide.
        BezoarError: If its bytes are others, it does not answer, or the pointer cannot be written.
    """
    gated = trusted_gate(project, record)
    again, signer = _overridden(gated, tuple(sorted(set(override))), reason), None
    answered = check_release(project, record, gated=False)
    if again != gated:
        signer = keep(project, record, again, keyring_or_none(project), passphrase, key=key)
    registry = open_registry(project)
    with registry.changing(record.name):
        pointer = registry.pointer(record.name)
        before = pointer.champion
        release = Release(Digest.parse(record.model), (), None, again.verdict)
        try:
            history = pointer.history([release]).promote(release.model, again.reason)
        except ValueError as error:
            raise UsageError(str(error), f"bezoar release list {record.name}") from None
        moved = pointer.after(history, {record.model: record.version})
        registry.point(moved)
    detail = {
        **record.binding(),
        **kept_as(again, signer),
        "from": before.version if before else None,
        "override": list(again.override),
        "reason": again.reason,
    }
    notes = note_event(project, PROMOTED, record.model, detail, None)
    notes += tell_moved(project, registry, moved)
    was = before.version if before else None
    return Promoted(record, was, again.override, answered, tuple(notes))


def _overridden(gated: Gated, override: tuple[str, ...], reason: str) -> Gated:
    """Return the statement under which a release goes live."""
    spec = f"{gated.name}@{gated.version}"
    if not override:
        if gated.lacking:
            codes = " ".join(f"--override {code}" for code in gated.deciding)
            then = f"bezoar release promote {spec} {codes} --reason …, if it may be lived with"
            raise NotReleasedError(spec, f"the gate says {gated.lacking}", then)
        return gated
    if idle := sorted(set(override) - set(gated.deciding)):
        message = f"{', '.join(idle)} did not decide against {spec}"
        raise UsageError(message, f"bezoar release gate {spec}")
    fields = {"override": override, "reason": reason.strip(), "time": timestamp()}
    try:
        again = Gated.model_validate(gated.model_dump() | fields)
    except ValidationError as error:
        raise UsageError(first_fault(error), f"bezoar release promote {spec} --reason …") from None
    if missing := [code for code in again.deciding if code not in override]:
        why = f"no override names {', '.join(missing)}; the gate says {again.lacking}"
        raise NotReleasedError(spec, why, f"bezoar release gate {spec}")
    return again
