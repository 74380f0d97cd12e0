"""What `bezoar check` says about approvals."""

from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.entry import Status as EntryStatus
from bezoar.fortify.signing.approval import check_approval
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.refusing import NotApprovedError
from bezoar.fortify.signing.trust import VARIABLE, pinned
from bezoar.project import Project

UNSIGNED: Final = Rule(
    code="BZ341",
    name="approved-without-sign-off",
    title="Approved, and no sign-off holds",
    severity=Severity.HIGH,
    why="Whoever can edit an entry can write `approved` into it. What counts is a signature, by a"
    " key that leads to the pinned one, over the entry, the data and the vet record as they are.",
)


def sign_off_outcome(project: Project, entries: Iterable[DbomEntry]) -> Outcome:
    """Return whether a sign-off stands behind each entry that says it is approved.

    Where there are keys and nobody has pinned one, nobody can know: that is a failure, no pass. A
    project without either has not begun to sign.
    """
    approved = [entry for entry in entries if entry.status is EntryStatus.APPROVED]
    if not approved:
        return Outcome(UNSIGNED, Status.NOT_APPLICABLE, reason="no dataset is approved")
    keys = any(keys_folder(project.dbom).glob("*.json"))
    try:
        trusted = pinned(project.root) is not None
    except BezoarError as error:
        return Outcome(UNSIGNED, Status.FAILED, reason=error.message)
    if not trusted and not keys:
        why = "nobody has made a key yet: bezoar keys new NAME"
        return Outcome(UNSIGNED, Status.NOT_APPLICABLE, reason=why)
    if not trusted:
        why = f"nobody here said which key to trust: bezoar keys trust, or {VARIABLE}"
        return Outcome(UNSIGNED, Status.FAILED, reason=why)
    return Outcome.of(UNSIGNED, _unsigned(project, approved))


def _unsigned(project: Project, approved: Iterable[DbomEntry]) -> Iterator[Finding]:
    for entry in approved:
        try:
            check_approval(project, entry)
        except NotApprovedError as error:
            path = f"{project.dbom.name}/{entry.spec}.toml"
            place, evidence = Place(PlaceKind.FILE, path, 1), {"uri": entry.spec}
            yield Finding(UNSIGNED, place, error.message, evidence=evidence, next=error.next)
