"""`pull`: a copy of a dataset, of which each byte was verified, or an error."""

from pathlib import Path

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.outcome import findings_in
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.files import open_registered
from bezoar.flows.pulling import pull_version
from bezoar.fortify.signing import check_approval, revocation
from bezoar.fortify.signing.refusing import revoked_sample
from bezoar.project import Project, find_project
from bezoar.recon.registered import verify_entry


def pull(
    name: str,
    *,
    project: Project | None = None,
    to: Path | None = None,
    at: str | None = None,
) -> Path:
    """Return the verified local copy of a registered dataset or model.

    Where `bezoar.toml` declares a mirror, the sign-off, the root and each byte of each file are
    verified while they are copied from there; a copy that is there already is verified where it
    lies. Without a mirror nothing is fetched: each byte and each label of what lies where it was
    registered is compared with its entry. Each time.

    Args:
        name: `NAME`, whose newest version is meant, or `NAME@VERSION`.
        project: Whose DBOM; by default that of the current folder.
        to: The folder that is to hold it; by default one below `.bezoar/data`.
        at: A commit, branch or tag whose DBOM says which data is meant.

    Returns:
        Absolute path of the file or folder.

    Raises:
        HashMismatch: If a byte is not what was approved: nothing is delivered.
        NotApprovedError: If no sign-off stands behind it, or it was revoked.
        UsageError: If the DBOM knows no such name, or nobody has registered its bytes.
        BezoarError: If it is quarantined or revoked, is not here, or is not what was registered.
    """
    project = project or find_project()
    if project.settings.mirror.uri is not None:
        return pull_version(project, name, to=to, at=at).path
    if to is not None or at is not None:
        raise UsageError(
            "no mirror is declared, so that there is nothing to pull from",
            next='write into bezoar.toml: [mirror] uri = "…"',
        )
    return _registered_copy(name, project)


def _registered_copy(name: str, project: Project) -> Path:
    """Return where a registered dataset lies, once each byte of it was compared with its entry."""
    dbom = Dbom(project)
    entry = dbom.find(name)
    if entry.status in (Status.QUARANTINED, Status.REVOKED):
        raise BezoarError(f"{entry.spec} is {entry.status}: {entry.reason}", "bezoar dbom list")
    path = dbom.locate(entry)
    if entry.status is Status.APPROVED:
        check_approval(project, entry)
    elif (why := revocation.remembered(entry.root)) or (why := revoked_sample(project, entry)):
        raise BezoarError(f"{entry.spec} is revoked: {why}", f"bezoar trace {entry.spec}")
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
    findings = findings_in(outcomes)
    grave = [finding for finding in findings if finding.severity >= Severity.MEDIUM]
    if grave:
        first = grave[0]
        raise BezoarError(
            f"{entry.spec} is not what was registered: {len(grave):,} differences, the first at"
            f" {first.place}: {first.message}",
            next=f"bezoar verify {entry.spec}",
        )
