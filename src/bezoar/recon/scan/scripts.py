"""`Scripts`: the shell scripts of a tree, for those that run another one.

A script that is sourced brings its variables and functions. One that is called with arguments is
a function, too: what it fetches is told at the call, where a person can see what is fetched.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.shell.prefilter import words_of
from bezoar.recon.scan.shell.run import Place
from bezoar.recon.scan.tree import File
from bezoar.syntax.shell_words import Command, Mark, cut
from bezoar.syntax.unreadable import UnreadableError

# Each begins with what a search can leap to.
_SOURCES: Final = (
    re.compile(rb"\.(?<![^\s;&|{(]\.)[ \t]+[^\s;&|)]"),
    re.compile(rb"source(?<![^\s;&|{(]source)[ \t]+[^\s;&|)]"),
)
_FUNCTION: Final = re.compile(
    r"(?m)^[ \t]*(?:function[ \t]+)?([\w.-]{1,80})[ \t]*\(\)|^[ \t]*function[ \t]+([\w.-]{1,80})"
)
_LARGEST: Final = 1 << 16
"""Bytes: what people source holds settings, and what they call with an address is short."""

_LARGEST_TOGETHER: Final = 1 << 20
_HIGHEST: Final = 8  # Folders above a script from which its author may run it.
_PARAMETERS: Final = frozenset({"@", "*"})


@dataclass(frozen=True, slots=True)
class Script:
    """A script as its callers see it.

    Attributes:
        path: Its file.
        items: Its commands and marks.
    """

    path: str
    items: list[Command | Mark]


@dataclass
class Scripts:
    """The shell scripts of a tree.

    Attributes:
        text: Returns a file's text.
        files: By path.
        sourcing: Paths of those that run another one in their own place.
    """

    text: Callable[[File], str]
    files: dict[str, File] = field(default_factory=dict)
    sourcing: set[str] = field(default_factory=set)
    _told: dict[Place, set[str]] = field(default_factory=dict)
    _callable: set[str] = field(default_factory=set)
    _names: set[str] = field(default_factory=set)
    _functions: set[bytes] = field(default_factory=set)
    _cut: dict[str, Script | None] = field(default_factory=dict)
    _left: int = _LARGEST_TOGETHER

    def see(self, file: File, data: bytes) -> None:
        """Note a script."""
        self.files[file.path] = file
        if any(pattern.search(data) for pattern in _SOURCES):
            self.sourcing.add(file.path)

    def learn(self, fetches: Mapping[str, list[Fetch]]) -> None:
        """Take what each script fetches by itself; see which ones fetch what they are given."""
        for path in fetches.keys() & self.files.keys():
            for fetch in fetches[path]:
                self._told.setdefault((path, fetch.line), set()).add(fetch.uri)
            if any(map(_is_given, fetches[path])):
                self._callable.add(path)
                self._names.add(posixpath.basename(path))
                with suppress(UnreadableError):
                    found = _FUNCTION.findall(self.text(self.files[path])[:_LARGEST])
                    self._functions.update((one or two).encode() for one, two in found)

    def again(self, fetches: Mapping[str, list[Fetch]]) -> Iterator[File]:
        """Yield the scripts whose fetches are decided by what may stand in another one."""
        names = {name.encode() for name in self._names}
        for path, file in sorted(self.files.items()):
            asks = any(fetch.decided_by for fetch in fetches.get(path, ()))
            sources = path in self.sourcing
            called = names | self._functions if sources else names
            if (sources and asks) or (called and self._holds(file, called)):
                yield file

    def _holds(self, file: File, names: set[bytes]) -> bool:
        with suppress(UnreadableError):
            return not names.isdisjoint(words_of(file.read(file.size)))
        return False

    def calls(self, name: str) -> bool:
        """Say whether a command may be one of the scripts that fetch what they are given."""
        return posixpath.basename(name) in self._names

    def called(self, script: str, path: str) -> Script | None:
        """Return the script that another one calls, if it fetches what it is given."""
        found = self._named(script, path) if self.calls(path) else None
        return self._script(found) if found is not None and found.path in self._callable else None

    def sourced(self, script: str, path: str) -> Script | None:
        """Return the script that another one runs in its own place, None where there is none."""
        found = self._named(script, path)
        return self._script(found) if found is not None else None

    def tells(self, place: Place, uri: str) -> bool:
        """Say whether a script by itself tells of a source at a place."""
        return uri in self._told.get(place, ())

    def _script(self, file: File) -> Script | None:
        if file.path not in self._cut:
            self._cut[file.path] = None
            if file.size <= min(_LARGEST, self._left):
                self._left -= file.size
                with suppress(UnreadableError):  # It is a finding of its own.
                    self._cut[file.path] = Script(file.path, cut(self.text(file)))
        return self._cut[file.path]

    def _named(self, script: str, path: str) -> File | None:
        for candidate in _candidates(posixpath.dirname(script), path):
            found = self.files.get(candidate)
            if found is not None and found.path != script:
                return found
        return None


def _is_given(fetch: Fetch) -> bool:
    """Say whether the arguments of a script or of a function decide what is fetched."""
    return any(name.isdigit() or name in _PARAMETERS for name in fetch.decided_by)


def _candidates(folder: str, path: str) -> Iterable[str]:
    """Yield where a path may lead: from the script's folder, or from one above it."""
    # `$(dirname "$0")/a.sh` and the like: what nobody knows is nearly always that folder.
    plain = path.rpartition("}")[2].lstrip("/") if "{" in path else path
    for _ in range(_HIGHEST):
        yield posixpath.normpath(posixpath.join(folder, plain))
        if not folder:
            return
        folder = posixpath.dirname(folder)
    yield posixpath.normpath(plain)
