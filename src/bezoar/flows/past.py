"""A project's approvals as they were at a commit, judged by the keys and revocations of today."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bezoar.core.errors import UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.fortify.signing import RevokedError
from bezoar.fortify.signing.places import keys_folder
from bezoar.project import Project
from bezoar.recon.scan.commit import Commit
from bezoar.recon.scan.git import commit_of

_KEPT = re.compile(r"dbom/((records|signatures)/)?[^/@]+@[^/]+\.(toml|json)")
_REVOKED = "*.revoked.json"


class PastProject(Project):
    """A project of today with the DBOM of another day.

    Attributes:
        commit: The full name of the commit that its DBOM comes from.
    """

    def __init__(self, today: Project, dbom: Path, commit: str) -> None:
        super().__init__(today.root, today.settings)
        self._dbom, self.commit, self._today = dbom, commit, today

    @property
    def dbom(self) -> Path:
        """The data bill of materials of that day."""
        return self._dbom

    def refuse_revoked(self, entry: DbomEntry) -> None:
        """Refuse what today's DBOM says is revoked.

        Raises:
            RevokedError: If it does.
        """
        with suppress(UsageError):  # today's knows no such version
            now = Dbom(self._today).find(entry.spec)
            if now.status is Status.REVOKED:
                raise RevokedError(entry.spec, now.reason)


@contextmanager
def past_project(today: Project, revision: str) -> Iterator[PastProject]:
    """Yield a project with the entries, records and signatures of a commit; nothing is checked out.

    Keys and revocations are those of today: a key that was withdrawn approves nothing any more,
    and what was revoked since is revoked for that day, too.

    Args:
        today: The project.
        revision: A commit, branch or tag.

    Raises:
        UsageError: If there is no such commit, or no git repository.
    """
    name = commit_of(today.root, revision)
    texts = Commit(today.root, name).texts("dbom")
    with tempfile.TemporaryDirectory(prefix="bezoar-") as folder:
        dbom = Path(folder) / "dbom"
        for path, text in texts.items():
            if _KEPT.fullmatch(path) and not path.endswith(".revoked.json"):
                target = Path(folder) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        _copy_todays(today.dbom, dbom)
        yield PastProject(today, dbom, name)


def _copy_todays(today: Path, dbom: Path) -> None:
    if keys_folder(today).is_dir():
        shutil.copytree(keys_folder(today), keys_folder(dbom), symlinks=True)
    (dbom / "signatures").mkdir(parents=True, exist_ok=True)
    for path in (today / "signatures").glob(_REVOKED):
        shutil.copy(path, dbom / "signatures", follow_symlinks=False)
