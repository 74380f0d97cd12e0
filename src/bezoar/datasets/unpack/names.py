"""Names of entries: what each may be, and which of them are one file."""

import re
import unicodedata
from typing import Final

from bezoar.datasets.containers import why_unsafe
from bezoar.datasets.unpack.rules import COLLIDING_ENTRIES, UNSAFE_ENTRY_NAME, Refused

_DEEPEST: Final = 32
_LONGEST_PATH: Final = 2_000
_RESERVED: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)
# Controls; and what makes a name look like another one: bidirectional overrides and isolates.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def parts_of(name: str, *, folder: bool) -> tuple[str, ...]:
    """Return the parts of an entry's path; none for the archive's own root.

    Raises:
        Refused: If nothing may be written under this name.
    """
    if folder and name in (".", "./"):
        return ()
    path = name.removeprefix("./")
    if why := _why_refused(path.removesuffix("/") if folder else path, name):
        raise Refused(UNSAFE_ENTRY_NAME, f"not safe to unpack: {why}")
    return tuple(path.removesuffix("/").split("/"))


def _why_refused(path: str, name: str) -> str | None:
    if name.startswith("/"):
        return "its path is absolute"
    return why_unsafe(path) or _too_long(path) or _misread(path)


def _too_long(path: str) -> str | None:
    if path.count("/") >= _DEEPEST:
        return f"folders more than {_DEEPEST} deep"
    if len(path.encode("utf-8", "surrogatepass")) > _LONGEST_PATH:
        return f"a path longer than {_LONGEST_PATH:,} bytes"
    return None


def _misread(path: str) -> str | None:
    if not path.isprintable() and _UNSEEN.search(path):
        return "a control character in its path"
    for part in path.split("/"):
        if part[-1] in ". ":
            return "a part that ends in a dot or space, which some systems drop"
        if _RESERVED.fullmatch(part):
            return "the name of a device, on Windows"
    return None


class Names:
    """All names of an archive so far, as a system sees them that knows neither case nor form.

    Of a name only its hash is kept: a million long ones must not fill the memory.
    """

    def __init__(self) -> None:
        self._files: set[int] = set()
        self._folders: dict[int, int] = {}
        self._last = ""

    def add(self, parts: tuple[str, ...], *, folder: bool) -> int:
        """Note a file or a folder, and the folders that it lies in; return how many are new.

        Raises:
            Refused: If it is, on some system, another entry.
        """
        above = parts if folder else parts[:-1]
        new = self._add_folders(above)
        if folder:
            return new
        path = "/".join(parts)
        key = hash(_folded(path))
        if key in self._files:
            raise _colliding("another file has this name, or one that differs in case or form only")
        if key in self._folders:
            raise _colliding("a folder has this name")
        self._files.add(key)
        return new + 1

    def _add_folders(self, above: tuple[str, ...]) -> int:
        path = "/".join(above)
        if path == self._last:
            return 0
        new = 0
        for depth in range(1, len(above) + 1):
            exact = "/".join(above[:depth])
            key = hash(_folded(exact))
            if key in self._files:
                raise _colliding("it lies in a folder that is a file")
            known = self._folders.get(key)
            if known is None:
                self._folders[key] = hash(exact)
                new += 1
            elif known != hash(exact):
                raise _colliding("it lies in a folder whose name differs in case or form only")
        self._last = path
        return new


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _colliding(why: str) -> Refused:
    return Refused(COLLIDING_ENTRIES, f"not safe to unpack: {why}")
