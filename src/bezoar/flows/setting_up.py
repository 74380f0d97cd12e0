"""`set_up`: a repository that bezoar watches: settings, the first key, CI, what git ignores.

Nothing that is there is overwritten; whoever runs it twice is told what was left alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.datasets.writing import write_whole
from bezoar.flows.ci_files import Ci, ci_file
from bezoar.fortify.mirror.opening import open_mirror
from bezoar.fortify.signing.administration import NewPassphrase, new_key
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import Passphrase
from bezoar.project import Project
from bezoar.project.project import CONFIG

_IGNORED: Final = "/.bezoar/"
_SETTINGS: Final = "# How bezoar works here. Every key: docs/reference/settings.md\n"
_UNDECLARED: Final = '# [mirror]\n# uri = "s3://bucket/prefix"\n'


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants to be set up.

    Attributes:
        mirror: Where the team keeps its own copies; empty: not decided yet.
        key: Whose the first key is; empty: no key is made.
        ci: Where continuous integration runs.
    """

    mirror: str = ""
    key: str = ""
    ci: Ci = Ci.NONE


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was looked after.

    Attributes:
        what: A path relative to the project's folder.
        how: What became of it.
        todo: What a person has to do in addition; empty where nothing.
    """

    what: str
    how: str
    todo: str = ""


def set_up(
    project: Project, wishes: Wishes, new_passphrase: NewPassphrase, passphrase: Passphrase
) -> Iterator[Done]:
    """Set a repository up, step by step.

    Args:
        project: Its folder.
        wishes: What is wanted.
        new_passphrase: Asks for the passphrase of a new key.
        passphrase: Asks for that of a key which lies here already.

    Yields:
        What was done, and what was left alone.

    Raises:
        UsageError: If the address of the mirror or the name of the key is off.
        BezoarError: If something cannot be written.
    """
    yield _settings(project, wishes.mirror)
    yield _ignore(project.root / ".gitignore")
    if wishes.ci is not Ci.NONE:
        path, text, todo = ci_file(wishes.ci, project.root, version("bezoar"))
        yield _new(project.root, path, lambda: text, todo)
    if wishes.key:
        yield _first_key(project, wishes.key, new_passphrase, passphrase)


def _settings(project: Project, mirror: str) -> Done:
    name, table = project.written()
    path = project.root / CONFIG
    if mirror:
        open_mirror(mirror, project.root)
    if name != CONFIG and table:
        return Done(name, "left alone: it has [tool.bezoar]", _declare(mirror))
    if not path.exists():
        return _new(project.root, path, lambda: _SETTINGS + "\n" + _mirror_table(mirror))
    declared = isinstance(table.get("mirror"), dict) and bool(table["mirror"].get("uri"))
    return Done(CONFIG, "left alone: it is there", "" if declared else _declare(mirror))


def _declare(mirror: str) -> str:
    return f"declare the mirror in it:\n{_mirror_table(mirror)}" if mirror else ""


def _mirror_table(mirror: str) -> str:
    if not mirror:
        return _UNDECLARED
    import tomlkit  # noqa: PLC0415 - only what writes TOML pays for it

    return tomlkit.dumps({"mirror": {"uri": mirror}})


def _ignore(path: Path) -> Done:
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise BezoarError(f"cannot read {path}: {error}", next=f"ls -l {path}") from error
    lines = {line.strip() for line in before.splitlines()}
    if lines & {_IGNORED, ".bezoar", ".bezoar/", "/.bezoar"}:
        return Done(path.name, "left alone: it names .bezoar")
    gap = "" if not before or before.endswith("\n") else "\n"
    write_whole(path, f"{before}{gap}{_IGNORED}\n".encode())
    return Done(path.name, f"{_IGNORED} was added" if before else "written")


def _first_key(
    project: Project, name: str, new_passphrase: NewPassphrase, passphrase: Passphrase
) -> Done:
    folder = keys_folder(project.dbom)
    where = folder.relative_to(project.root).as_posix()
    if any(folder.glob("*.json")):
        return Done(where, "left alone: there are keys", "bezoar keys list")
    made = new_key(project, name, None, new_passphrase, passphrase)
    todo = f"tell CI, outside the repository: BEZOAR_TRUST={made.key.public.id}"
    return Done(f"{where}/1.json", f"the first key, {name}; it is pinned on this machine", todo)


def _new(root: Path, path: Path, text: Callable[[], str], todo: str = "") -> Done:
    """Write a file unless there is one."""
    name = path.relative_to(root).as_posix()
    if path.exists() or path.is_symlink():
        return Done(name, "left alone: it is there")
    write_whole(path, text().encode())
    return Done(name, "written", todo)
