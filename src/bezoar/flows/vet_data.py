"""The data that `vet` looks at: what lies where the DBOM says, or what a fetch brought."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.outcome import Outcome, Status
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.unpack import RULES, archive_kind, unpack_in_sandbox
from bezoar.fortify.quarantine import FetchRecord, Quarantine
from bezoar.project import Project
from bezoar.sandbox import Isolation, TaskFailed

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

_KEPT_PACKED: Final = frozenset(
    "npz pt pth keras docx docm xlsx xlsm pptx odt ods odp jar apk whl onnx mar ckpt".split()  # noqa: SIM905 - reads better
)
"""Formats that are archives inside: their loaders want them as they are."""


@dataclass(frozen=True, slots=True)
class Held:
    """Where the data lies.

    Attributes:
        root: The folder, or the one file.
        fetched: What fetched it; None where people registered data of their own.
        outcomes: Of the rules on archives, where one was unpacked.
        refused: The archive was not unpacked, so that the data is the archive itself.
        isolation: How far what unpacked it was locked in.
    """

    root: Path
    fetched: FetchRecord | None = None
    outcomes: tuple[Outcome, ...] = ()
    refused: bool = False
    isolation: Isolation | None = None


def hold(entry: DbomEntry, project: Project, dbom: Dbom, minimum: int, progress: Progress) -> Held:
    """Return where the data of an entry lies, unpacked.

    Raises:
        UsageError: If nobody has fetched or registered it.
        NothingToInspectError: If it is an archive without a file.
        BezoarError: If what was fetched is not here, or is not what was fetched.
    """
    quarantine = Quarantine.of(project.state)
    fetched = quarantine.find(entry.spec)
    if fetched is None:
        return Held(_registered(entry, dbom))
    _check(fetched, quarantine)
    whole = quarantine.fetched(entry.spec)
    if fetched.folder:
        return Held(whole, fetched)
    file = whole / fetched.files[0].path
    if not _is_archive(file):
        return Held(file, fetched)
    return _unpacked(file, fetched, quarantine, minimum, progress)


def _registered(entry: DbomEntry, dbom: Dbom) -> Path:
    if entry.content is None:
        raise UsageError(
            f"{entry.spec} has no bytes yet",
            next=f"bezoar fetch SOURCE --name {entry.name} --version {entry.version}",
        )
    path = dbom.locate(entry)
    if not path.exists():
        raise BezoarError(
            f"{entry.spec} is not here: {path} does not exist",
            next=f"put it there, then: bezoar vet {entry.spec}",
        )
    return path


def _check(fetched: FetchRecord, quarantine: Quarantine) -> None:
    """Make sure that what lies in quarantine is what was fetched."""
    folder = quarantine.fetched(fetched.spec)
    names = [file.path for file in fetched.files]
    for file, hashed in zip(fetched.files, FileHashes(folder, names).results(), strict=True):
        if hashed.error or hashed.sha256.hex() != file.sha256:
            name, _, version = fetched.spec.partition("@")
            raise BezoarError(
                f"{fetched.spec}: {file.path} is no longer what was fetched",
                next=f"rm -r {quarantine.folder(fetched.spec)}, then:"
                f" bezoar fetch {fetched.source} --name {name} --version {version}",
            )


def _is_archive(file: Path) -> bool:
    if file.name.rpartition(".")[2].lower() in _KEPT_PACKED:
        return False
    return archive_kind(file) is not None


def _unpacked(
    file: Path, fetched: FetchRecord, quarantine: Quarantine, minimum: int, progress: Progress
) -> Held:
    """Unpack what was fetched, anew each time; what is refused stays the archive that it is."""
    data = quarantine.data(fetched.spec)
    if data.exists():
        shutil.rmtree(data)
    try:
        unpacked = unpack_in_sandbox(file, data, progress=progress, minimum=minimum)
    except TaskFailed as error:
        failed = (Outcome(rule, Status.FAILED, reason=error.message) for rule in RULES)
        return Held(file, fetched, tuple(failed), refused=True)
    if not unpacked.files and not unpacked.refused:
        raise NothingToInspectError(f"{fetched.spec}: {file.name} is an archive without a file")
    outcomes = tuple(
        Outcome.of(rule, [finding for finding in unpacked.findings if finding.rule is rule])
        for rule in RULES
    )
    return Held(
        root=file if unpacked.refused else data,
        fetched=fetched,
        outcomes=outcomes,
        refused=unpacked.refused,
        isolation=unpacked.isolation,
    )
