"""Opening a mirror by its address."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from bezoar.core.errors import UsageError
from bezoar.fortify.mirror.folder import FolderMirror
from bezoar.fortify.mirror.store import Store

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_KINDS: Final = "a folder, file:, s3://, oci://, https:// or gs://"


def open_mirror(uri: str, project_root: Path) -> Store:
    """Return the mirror at an address; nothing is asked of it yet.

    Args:
        uri: `file:///absolute`, `file:relative` or a path (relative to the project's folder).
        project_root: The project's folder.

    Raises:
        UsageError: If it is no address of a mirror, or names a user or a password.
    """
    match = _SCHEME.match(uri)
    if not match:
        return FolderMirror(_folder(uri, project_root), uri)
    try:
        parts = urlsplit(uri)
        named = parts.username is not None or parts.password is not None
    except ValueError:
        raise _not_one(uri) from None
    if named or not uri.isprintable():
        raise _off("an address of a mirror names no user and no password: they come from outside")
    if parts.scheme == "file":
        return FolderMirror(_folder(_path(parts), project_root), uri)
    raise _not_one(uri)


def _path(parts: SplitResult) -> str:
    if parts.netloc not in {"", "localhost"}:
        raise _off(f"file://{parts.netloc}/ is on another machine: mount it, and give its path")
    if parts.query or parts.fragment:
        raise _off("a path in an address has its ? and # written as %3F and %23")
    return unquote(parts.path)


def _folder(path: str, project_root: Path) -> Path:
    if not path or "\0" in path:
        raise _off("the mirror's path is empty")
    return project_root / Path(path).expanduser()


def _not_one(uri: str) -> UsageError:
    return _off(f"not the address of a mirror: {uri!r} (want {_KINDS})")


def _off(message: str) -> UsageError:
    return UsageError(message, next='write into bezoar.toml: [mirror] uri = "../mirror"')
