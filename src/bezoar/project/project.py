"""`Project`: the folder that a team works in, and how it is found."""

import os
import re
import secrets
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from bezoar.project.settings import Settings

CONFIG = "bezoar.toml"
_SQLITE = "sqlite:///"


class Project:
    """The folder that a team works in.

    What people version lies in `dbom/`, what belongs to this checkout alone in `.bezoar/`.

    Attributes:
        root: Absolute path of the folder.
    """

    def __init__(self, root: Path, settings: "Settings | None" = None) -> None:
        self.root = root.absolute()
        # Given where somebody else's word counts: what a change is judged by is not its own file.
        self._given = settings

    def __repr__(self) -> str:
        return f"Project({str(self.root)!r})"

    @property
    def dbom(self) -> Path:
        """The data bill of materials; the folder need not exist."""
        return self.root / "dbom"

    @property
    def state(self) -> Path:
        """The folder for this checkout's own things, made where there is none.

        Nobody else may read it, and git ignores it.

        Raises:
            BezoarError: If it cannot be made, or is a link to another place.
        """
        folder = self._state
        with _writing(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(folder / ".gitignore", "*\n")
        return folder

    @property
    def _state(self) -> Path:
        folder = self.root / ".bezoar"
        # A repository can hold a link, and what bezoar writes must not land where it points.
        if folder.is_symlink():
            raise BezoarError(f"{folder} is a link", next=f"rm {folder}")
        return folder

    @property
    def ledger(self) -> str | Path:
        """Where the ledger is kept: a database URL, or an SQLite file that need not exist."""
        where = self.settings.ledger
        if where is None:
            return self._state / "ledger.sqlite"
        if where.startswith(_SQLITE):
            return self.root / where.removeprefix(_SQLITE)
        return where

    @cached_property
    def writer(self) -> str:
        """The name of this checkout's chain in the ledger.

        Unless it is configured, it is drawn once for each checkout: two checkouts with one name
        would fork the chain.
        """
        state = self.state
        if self.settings.writer:
            return self.settings.writer
        host = re.sub(r"[^A-Za-z0-9.-]+", "-", socket.gethostname())[:40] or "host"
        with _writing(state):
            return _write_once(state / "writer", f"{host}-{secrets.token_hex(4)}\n").strip()

    @cached_property
    def settings(self) -> "Settings":
        """The settings in force: environment over configuration file over defaults.

        Raises:
            UsageError: If a key is unknown or a value is off.
        """
        from bezoar.project.settings import read_settings  # noqa: PLC0415 - it imports pydantic

        if self._given is not None:
            return self._given
        return read_settings(*self.written(), os.environ)

    def written(self) -> tuple[str, dict[str, Any]]:
        """Return the configuration file's name, and its table as it was written.

        Raises:
            UsageError: If the file is no TOML.
        """
        if (self.root / CONFIG).is_file():
            return CONFIG, _read_toml(self.root / CONFIG)
        return "pyproject.toml", _tool_table(self.root) or {}


def find_project(start: Path | None = None) -> Project:
    """Return the project that a folder belongs to.

    That is the nearest folder upward with a `bezoar.toml`, or with a `pyproject.toml` that has
    `[tool.bezoar]`; without one the git root, else the folder itself. What lies above a git root
    belongs to somebody else and is not looked at.

    Args:
        start: A folder; the current one by default.

    Raises:
        UsageError: If a configuration file on the way is no TOML.
        BezoarError: If a folder on the way may not be looked at, or the current one is gone.
    """
    try:
        start = (start or Path.cwd()).absolute()
        for folder in (start, *start.parents):
            if (folder / CONFIG).is_file() or _tool_table(folder) is not None:
                return Project(folder)
            if (folder / ".git").exists():
                return Project(folder)
    except OSError as error:
        where = error.filename or "the current folder"
        raise BezoarError(f"cannot look at {where}: {error.strerror}", next="cd FOLDER") from error
    return Project(start)


def _tool_table(folder: Path) -> dict[str, Any] | None:
    """Return `[tool.bezoar]` of a folder's pyproject.toml, None where there is none."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        return None
    tools = _read_toml(path).get("tool", {})
    table = tools.get("bezoar") if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {path}: {error}", next=f"mend {path}") from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BezoarError(
            f"cannot write {folder}: {error.strerror}", next=f"ls -ld {folder.parent}"
        ) from error


def _write_once(path: Path, text: str) -> str:
    """Write a file unless it exists, and return what it holds: the first process wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    if not path.exists():
        draft.write_text(text, encoding="utf-8")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8")
