"""`pull`: where a registered dataset lies, once each byte of it was compared with its entry."""

from pathlib import Path

from bezoar.core.errors import BezoarError
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.files import open_registered
from bezoar.project import Project, find_project
from bezoar.recon.registered import verify_entry


def pull(name: str, *, project: Project | None = None) -> Path:
    """Return the verified local copy of a registered dataset or model.

    Each byte and each label is compared with what was registered, each time; nothing is fetched.

    Args:
        name: `NAME`, whose newest version is meant, or `NAME@VERSION`.
        project: Whose DBOM; by default that of the current folder.

    Returns:
        Absolute path of the file or folder.

    Raises:
        UsageError: If the DBOM knows no such name, or nobody has registered its bytes.
        BezoarError: If it is quarantined or revoked, is not here, or is not what was registered.
    """
    dbom = Dbom(project or find_project())
    entry = dbom.find(name)
    if entry.status in (Status.QUARANTINED, Status.REVOKED):
        raise BezoarError(f"{entry.spec} is {entry.status}: {entry.reason}", "bezoar dbom list")
    path = dbom.locate(entry)
    if not path.exists():
        raise BezoarError(
            f"{entry.spec} is not here: {path} does not exist",
            next=f"put it there, then: bezoar verify {entry.spec}",
        )
    _verify(entry, path, dbom)
    return path.absolute()


def _verify(entry: DbomEntry, path: Path, dbom: Dbom) -> None:
    """Raise where the data is not what was registered."""
    outcomes = verify_entry(entry, dbom.manifests, open_registered(entry.registered, path)).outcomes
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    grave = [finding for finding in findings if finding.severity >= Severity.MEDIUM]
    if grave:
        first = grave[0]
        raise BezoarError(
            f"{entry.spec} is not what was registered: {len(grave):,} differences, the first at"
            f" {first.place}: {first.message}",
            next=f"bezoar verify {entry.spec}",
        )
