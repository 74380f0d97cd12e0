"""`Before`: the project as it was in the commit that a change is compared with.

Its settings, DBOM and baseline are what the change is judged by: what the change itself does to
them counts once somebody has merged it.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import UsageError
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.entry_toml import parse_entry
from bezoar.project.project import CONFIG, Project
from bezoar.project.settings import Settings, read_settings
from bezoar.recon.scan.commit import Commit
from bezoar.recon.scan.git import commit_of, git, top_of

_DIGITS: Final = 12
_PYPROJECT: Final = "pyproject.toml"


@dataclass(frozen=True)
class Before:
    """The project before a change.

    Attributes:
        commit: The commit's full name.
        top: The repository's folder.
        root: Where the project lay, as a folder of today.
        file: The name of its configuration file.
        table: Its settings as they were written.
        settings: Its settings in force; the environment goes before them.
        entries: Its DBOM, by `NAME@VERSION`.
        tracked: Folders that hold what git knows, today; relative to the root.
    """

    commit: str
    top: Path
    root: Path
    file: str
    table: Mapping[str, Any]
    settings: Settings
    entries: Mapping[str, DbomEntry]
    tracked: frozenset[str]

    @property
    def project(self) -> Project:
        """The project as a folder of today, with the settings of before."""
        return Project(self.root, self.settings)

    @property
    def short(self) -> str:
        """The commit's name as people read it."""
        return self.commit[:_DIGITS]

    def tree(self, folder: Path, prefix: str) -> Commit:
        """Return the files below a folder as they were, whatever their folders are called."""
        exclude = self.settings.scan.exclude
        return Commit(folder, self.commit, prefix, everything=True, exclude=exclude)

    def holds(self, path: Path) -> bool:
        """Say whether a path lies in the repository."""
        return _lasting(path).is_relative_to(self.top)

    def text(self, path: Path) -> str | None:
        """Return a small file of the repository as it was, None where there was none."""
        below = _lasting(path).relative_to(self.top)
        return Commit(self.top, self.commit).text(below.as_posix())


def project_before(start: Path, revision: str) -> Before:
    """Read the project that a folder belonged to at a commit; nothing is checked out or run.

    Args:
        start: A folder of the repository, as it lies there today.
        revision: A commit, branch or tag.

    Raises:
        UsageError: If there is no such commit, or its settings or DBOM cannot be read.
    """
    start = start.resolve()
    top, commit = top_of(start), _commit(start, revision)
    root, name, table = _settings_of(start, top, commit)
    where = f"{commit[:_DIGITS]}:"
    return Before(
        commit=commit,
        top=top,
        root=root,
        file=name,
        table=table,
        settings=read_settings(where + name, table, os.environ),
        entries=_entries(Commit(root, commit), where),
        tracked=_tracked(root),
    )


def _commit(folder: Path, revision: str) -> str:
    """Return a commit's full name; before the first commit, HEAD is the tree of no file."""
    try:
        return commit_of(folder, revision)
    except UsageError:
        if revision != "HEAD" or git(folder, "rev-list", "--all", "--max-count=1"):
            raise
        return git(folder, "hash-object", "-t", "tree", "--stdin").decode().strip()


def _table(text: str, name: str, where: str) -> dict[str, Any] | None:
    """Return the settings that a file's text holds, None where it holds none of bezoar."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {where}: {error}", next=f"mend {name}") from None
    if name == CONFIG:
        return table
    tools = table.get("tool", {})
    mine = tools.get("bezoar") if isinstance(tools, dict) else None
    return mine if isinstance(mine, dict) else None


def _settings_of(start: Path, top: Path, commit: str) -> tuple[Path, str, dict[str, Any]]:
    """Return the project's root, and its settings' file and table: what `find_project` would."""
    for folder in (start, *start.parents):
        for name in (CONFIG, _PYPROJECT):
            text = Commit(folder, commit).text(name)
            where = f"{commit[:_DIGITS]}:{name}"
            if text is not None and (table := _table(text, name, where)) is not None:
                return folder, name, table
        if folder == top:
            break
    return top, CONFIG, {}


def _entries(commit: Commit, where: str) -> dict[str, DbomEntry]:
    entries = {}
    for path, text in commit.texts("dbom").items():
        folder, _, name = path.rpartition("/")
        if folder == "dbom" and "@" in name and name.endswith(".toml"):
            entry = parse_entry(text, where + path)
            entries[entry.spec] = entry
    return entries


def _lasting(path: Path) -> Path:
    """Return a path by its real folder; a link that the change put in its place stays a link."""
    return path.parent.resolve() / path.name


def _tracked(root: Path) -> frozenset[str]:
    """Return each folder, below the root, that git has a file of."""
    paths = git(root, "ls-files", "-z").split(b"\0")
    folders: set[str] = set()
    for path in {os.fsdecode(path).rpartition("/")[0] for path in paths}:
        above = path
        while above and above not in folders:
            folders.add(above)
            above = above.rpartition("/")[0]
    return frozenset(folders)
