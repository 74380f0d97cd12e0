"""Names of files as strangers write them: what may become a path here."""

import re
import unicodedata
from collections.abc import Iterable
from email.message import Message
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from bezoar.core.place import printable

_LONGEST: Final = 1_000
_LONGEST_PART: Final = 200
_DEEPEST: Final = 40
_DEVICES: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9._+@=,-]+")
# What git or DVC would act on, were it found in a folder.
_ASIDE: Final = frozenset({".git", ".hg", ".svn", ".dvc", ".bezoar"})


class HostileNameError(Exception):
    """A source names a file so that it would land elsewhere, or on another one.

    Attributes:
        name: The name, as it was written.
        why: What is wrong with it.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{printable(name)[:200]}: {why}")
        self.name, self.why = name, why


def fault_of(path: str) -> str:
    """Say why a relative path of a stranger is not used; empty where it may be."""
    parts = path.split("/")
    if not path or path.startswith("/") or ".." in parts or "\\" in path or ":" in path:
        return "it leads out of the folder"
    if "" in parts or "." in parts:
        return "it has an empty part"
    if not path.isprintable() or "\ufffd" in path:
        return "it holds characters that nobody sees"
    too_long = any(len(part.encode()) > _LONGEST_PART for part in parts)
    if len(path.encode()) > _LONGEST or too_long or len(parts) > _DEEPEST:
        return "it is too long or too deep"
    if any(part[-1] in ". " or _DEVICES.fullmatch(part) for part in parts):
        return "another system reads it as another name"
    return ""


def check_paths(paths: Iterable[str]) -> None:
    """Check all paths of a source, each by itself and against the others.

    Raises:
        HostileNameError: If one leads elsewhere, or two are one on some file system.
    """
    files: dict[str, str] = {}
    folders: set[str] = set()
    for path in paths:
        if why := fault_of(path):
            raise HostileNameError(path, why)
        folded = _folded(path)
        if folded in files:
            raise HostileNameError(path, f"it collides with {printable(files[folded])[:200]}")
        files[folded] = path
        folders.update(map(str, PurePosixPath(folded).parents))
    for folded in folders & files.keys():
        raise HostileNameError(files[folded], "it is a file and a folder")


def is_aside(path: str) -> bool:
    """Say whether a path lies in a folder that git or another program would act on."""
    return any(part.casefold() in _ASIDE for part in path.split("/"))


def name_of(url: str, disposition: str = "") -> str:
    """Return a harmless name for the file behind an address.

    Args:
        url: The address.
        disposition: The `Content-Disposition` of its answer.
    """
    return harmless(_named(disposition) or unquote(urlsplit(url).path).rstrip("/"))


def harmless(text: str) -> str:
    """Return a name of letters, digits and a few signs; `data` where none of it is left."""
    last = re.split(r"[/\\]", text)[-1]
    name = _UNUSUAL.sub("_", last).strip("._ ")[-_LONGEST_PART:].strip("._ ")
    return f"_{name}" if _DEVICES.fullmatch(name) else name or "data"


def _named(disposition: str) -> str:
    header = Message()
    header["Content-Disposition"] = disposition[:_LONGEST]
    return header.get_filename("")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())
