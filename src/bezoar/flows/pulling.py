"""`pull_version`: an approved version comes from the mirror; each pull leaves an event."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.manifest import Manifest
from bezoar.datasets.dbom import Dbom, split_spec
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.flows.events import record_event
from bezoar.flows.past import PastProject, past_project
from bezoar.fortify.mirror.opening import declared_mirror
from bezoar.fortify.mirror.store import Store
from bezoar.fortify.pull.content import Contents
from bezoar.fortify.pull.delivery import Delivered, deliver
from bezoar.fortify.pull.manifests import Manifests, read_manifests
from bezoar.fortify.pull.seen import ReplayedError
from bezoar.fortify.pull.verifying import Verification
from bezoar.fortify.signing import Approval, NotApprovedError
from bezoar.project import Project

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes."""
REFUSALS = (HashMismatch, NotApprovedError, ReplayedError)
"""What a pull raises for data that must not be used."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """An approved version, and where its bytes come from; nothing was delivered yet.

    Attributes:
        entry: Its entry in the DBOM.
        approval: The sign-off behind it.
        manifests: What it consists of.
        contents: Where its bytes come from.
        mirror: Where they were published.
    """

    entry: DbomEntry
    approval: Approval
    manifests: Manifests
    contents: Contents
    mirror: Store


@dataclass(frozen=True, slots=True)
class Pulled:
    """A verified copy.

    Attributes:
        path: The file or folder, absolute.
        entry: Its entry in the DBOM.
        approval: The sign-off behind it.
        delivered: What it took.
        mirror: Where the bytes were published.
        commit: The commit whose DBOM was asked; empty for that of today.
        seconds: Wall-clock time.
    """

    path: Path
    entry: DbomEntry
    approval: Approval
    delivered: Delivered
    mirror: str
    commit: str
    seconds: float


def pull_version(
    project: Project,
    name: str,
    *,
    to: Path | None = None,
    at: str | None = None,
    progress: Progress | None = None,
    verification: Verification | None = None,
) -> Pulled:
    """Pull from the mirror that the project declares; see `bezoar.pull`.

    Args:
        project: The project.
        name: `NAME` or `NAME@VERSION`.
        to: The folder that is to hold it.
        at: A commit whose DBOM says which data is meant.
        progress: Called with (done, total), in bytes.
        verification: What is asked of the data; only a test or a benchmark gives its own.
    """
    began = time.monotonic()
    with judge_of(project, at) as judge:
        entry = chosen(Dbom(judge), name)
        target = target_of(project, entry, to)
        try:
            cleared = clear(judge, entry, name, verification or Verification())
            files, mirror = cleared.manifests.files, cleared.mirror
            delivered = deliver(
                files, target, cleared.contents, workers=mirror.workers, progress=progress
            )
        except REFUSALS as error:
            record_refusal(project, entry, error)
            raise
        commit = judge.commit if isinstance(judge, PastProject) else ""
    path = target / _only(files, entry)
    seconds = round(time.monotonic() - began, 3)
    pulled = Pulled(path, entry, cleared.approval, delivered, mirror.uri, commit, seconds)
    record_event(project, "dataset.pulled", entry, _detail(pulled))
    return pulled


def judge_of(project: Project, at: str | None) -> AbstractContextManager[Project]:
    """Return the project whose approvals count: that of today, or of a commit."""
    return nullcontext(project) if at is None else past_project(project, at)


def chosen(dbom: Dbom, name: str) -> DbomEntry:
    """Return the entry that a name means: the version, or the newest that was ever approved.

    A version that was revoked is not passed over: what came before it is not what was asked for.

    Raises:
        UsageError: If the DBOM knows none.
    """
    plain, version = split_spec(name)
    if version is None:
        judged = (Status.APPROVED, Status.REVOKED)
        for entry in reversed(dbom.entries(plain)):
            if entry.status in judged:
                return entry
    return dbom.find(name)


def clear(project: Project, entry: DbomEntry, name: str, verification: Verification) -> Cleared:
    """Ask everything that can be asked of a version before a byte of it is delivered.

    Args:
        project: Whose approvals count.
        entry: The version.
        name: How it was asked for.
        verification: What is asked.

    Raises:
        NotApprovedError: If no sign-off stands behind it, or it was revoked.
        ReplayedError: If it is older than what was seen before, and was not asked for by version.
        HashMismatch: If a manifest is not what was signed.
        BezoarError: If the mirror does not answer.
    """
    approval = verification.approval(project, entry)
    if isinstance(project, PastProject):
        project.refuse_revoked(entry)
    mirror = declared_mirror(project)
    verification.not_revoked(mirror, project, approval)
    named = "@" in name or isinstance(project, PastProject)
    verification.newest(project, approval, named=named)
    contents = Contents(entry.spec, mirror, verification=verification)
    manifests = read_manifests(approval, project.state / "manifests", contents)
    verification.no_revoked_sample(project, entry.spec, manifests.samples, manifests.files)
    return Cleared(entry, approval, manifests, contents, mirror)


def target_of(project: Project, entry: DbomEntry, to: Path | None) -> Path:
    """Return the folder that is to hold a version.

    Raises:
        BezoarError: If a link lies in the way where nobody but bezoar should write.
    """
    if to is not None:
        return to.expanduser().resolve()
    folder = project.state / "data"
    for path in (folder, folder / entry.spec):
        if path.is_symlink():
            raise BezoarError(f"{path} is a link", next=f"rm {path}")
    return folder / entry.spec


def record_refusal(project: Project, entry: DbomEntry, error: BezoarError) -> None:
    """Leave an event; where the ledger cannot be written, the refusal still stands."""
    detail: dict[str, Any] = {"what": type(error).__name__, "why": error.message}
    if isinstance(error, HashMismatch):
        detail |= {"where": error.place, "expected": error.expected, "found": error.found}
    try:
        record_event(project, "dataset.refused", entry, detail)
    except BezoarError as failed:
        error.add_note(f"the ledger does not know of it: {failed.message}")


def _detail(pulled: Pulled) -> dict[str, Any]:
    delivered = pulled.delivered
    detail = {
        "files": delivered.files,
        "bytes": delivered.bytes,
        "cached": delivered.cached,
        "reused": delivered.reused,
        "present": delivered.present,
        "mirror": pulled.mirror,
        "signers": list(pulled.approval.signers),
        "statement": str(pulled.approval.statement),
        "seconds": pulled.seconds,
    }
    return detail | ({"commit": pulled.commit} if pulled.commit else {})


def _only(files: Manifest, entry: DbomEntry) -> str:
    """Return the name of the file that the dataset is; empty where it is a folder."""
    name = PurePosixPath(entry.registered.location).name
    return name if [one.path for one in files.entries] == [name] else ""
