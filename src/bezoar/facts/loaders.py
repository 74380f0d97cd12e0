"""What is known of Python loaders: which call fetches, from where, and what ties it to bytes."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

_PART: Final = re.compile(r"\{[^{}]*\}|[^.{}]+")
_HOLE: Final = re.compile(r"\{(?:(?P<call>\w+)\(\)\.)?(?P<argument>[^{}]+)\}")
_CONDITION: Final = re.compile(r"(?P<argument>[^=~]+)(?P<how>[=~])(?P<value>.*)")
_LITERALS: Final = {"True": True, "False": False, "None": None}


class Needs(StrEnum):
    """What a source must be; anything else is no fetch."""

    ANY = "any"
    NAME = "name"  # a text: an object that was made before fetches nothing here
    ADDRESS = "address"  # anything else is a file on this machine
    REMOTE = "remote"  # an address, or what only the caller knows
    DATA = "data"  # an address of data, or the answer is used as data
    WITHIN = "within"  # a text in which addresses stand
    WEIGHTS = "weights"  # the name of a file that the library fetches where it is missing


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call.

    Attributes:
        index: Where it stands without its name; None: it must be named.
        names: What it is called, in one version of the library or another.
        call: The call of the chain that it belongs to (`bucket` in `x.bucket(a).blob(b)`), "" for
            the last one.
    """

    index: int | None
    names: tuple[str, ...]
    call: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that an argument may have.

    Attributes:
        argument: Which one.
        value: The value; of `if_any` the one that it has where the call does not give it.
        contains: Whether a text that holds the value is enough.
    """

    argument: Argument
    value: str | bool | None
    contains: bool = False


@dataclass(frozen=True, slots=True)
class Loader:
    """A call that fetches.

    Attributes:
        calls: Its full names; `*` stands for any one part, and modules in the middle may be left
            out. `()` after a name stands for what that call returns, `**` for any such calls.
        library: The package to install.
        kind: `dataset`, `model`, `archive`, `other`, or `address`: what the address says.
        uri: The source: a text whose `{0:url|uri}` are arguments, by index and names, whose
            `{call}` is the last part of the name and `{class}` the one before it. Of several the
            first one counts whose arguments are all given, else the last one.
        needs: What the source must be to be fetched, see `Needs`.
        if_any: It fetches only where one of these arguments is neither False nor None.
        unless: It fetches nothing where one of these arguments has this value.
        revision: Arguments that name a revision.
        checksum: Arguments that hold a digest which the call compares with.
        checked: Whether the library carries a digest of what it fetches.
        hub: Whether a folder on this machine may stand in place of a name.
        files: The argument that holds what one of `builders` reads.
        builders: Sources that are no data, only ways to read the files that are given.
        distinct: Last parts of its names that are enough to know it.
        dangers: What it does always: `remote-code`, `unsafe-load`.
    """

    calls: tuple[str, ...]
    library: str
    kind: str
    uri: tuple[str, ...]
    needs: Needs = Needs.ANY
    if_any: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    revision: tuple[Argument, ...] = ()
    checksum: tuple[Argument, ...] = ()
    checked: bool = False
    hub: bool = False
    files: Argument | None = None
    builders: frozenset[str] = frozenset()
    distinct: frozenset[str] = frozenset()
    dangers: tuple[str, ...] = ()

    @property
    def templates(self) -> Iterator[tuple[str | Argument, ...]]:
        """The literal parts and arguments of each way to write the source, in order."""
        yield from map(pieces, self.uri)


_Entry = tuple[tuple[str, ...], Loader]


@dataclass(frozen=True)
class Loaders:
    """The catalogue.

    Attributes:
        all: Its entries.
        same: Packages that are one under two names.
        nothing: Names that look like a loader and are none; their last part is written out.
    """

    all: tuple[Loader, ...]
    same: dict[str, str]
    nothing: tuple[tuple[str, ...], ...] = ()
    _same: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _nothing: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    _exact: dict[str, list[_Entry]] = field(default_factory=dict)
    _wild: dict[str, list[_Entry]] = field(default_factory=dict)
    _distinct: dict[str, Loader] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the entries by what they are looked up by."""
        for other, one in self.same.items():
            self._same.setdefault(other.partition(".")[0], []).append((other, one))
        for pattern in self.nothing:
            self._nothing.setdefault(pattern[-1], []).append(pattern)
        for loader in self.all:
            for call in loader.calls:
                parts = split(call)
                if "*" in parts[-1]:
                    self._wild.setdefault(parts[0], []).append((parts, loader))
                else:
                    self._exact.setdefault(parts[-1], []).append((parts, loader))
            for name in loader.distinct:
                self._distinct.setdefault(name, loader)
        for patterns in self._exact.values():
            patterns.sort(key=_vagueness)

    def find(self, name: str) -> Loader | None:
        """Return the loader of a full dotted name."""
        found = self.match(name)
        return None if found is None else found[0]

    def match(self, name: str) -> tuple[Loader, str] | None:
        """Return the loader of a full dotted name, and the name that the catalogue has for it."""
        parts = split(self.canonical(name))
        found: list[_Entry] = [*self._exact.get(parts[-1], ()), *self._wild.get(parts[0], ())]
        for pattern, loader in found:
            if _matches(pattern, parts):
                plain = not any("*" in part for part in pattern)
                return loader, ".".join(pattern if plain else parts)
        return None

    def is_nothing(self, name: str) -> bool:
        """Say whether a call is known to fetch nothing."""
        patterns = self._nothing.get(split(name)[-1])
        if not patterns:
            return False
        parts = split(self.canonical(name))
        return any(_matches(pattern, parts) for pattern in patterns)

    def by_last_part(self, name: str) -> Loader | None:
        """Return the loader that the last part of a name is enough to know."""
        return self._distinct.get(split(name)[-1])

    def canonical(self, name: str) -> str:
        """Return a name with its package written in the one way of the catalogue."""
        root = name.partition(".")[0].removesuffix("()")
        for other, one in self._same.get(root, ()):
            if name.startswith(other) and name[len(other) : len(other) + 1] in ("", ".", "("):
                return one + name[len(other) :]
        return name

    def has(self, last: str) -> bool:
        """Say whether a name that is written out in the catalogue ends like this."""
        return last in self._exact

    def may_be_of_family(self, last: str, roots: frozenset[str]) -> bool:
        """Say whether these packages have a whole family of names of which this may be one."""
        return any(
            _part_matches(parts[-1], last)
            for root in roots & self._wild.keys()
            for parts, _ in self._wild[root]
        )

    def families(self, roots: frozenset[str]) -> frozenset[str]:
        """Return the packages, however written, of which a whole family of names is known.

        Args:
            roots: Packages, as the catalogue writes them; no others are asked.
        """
        known = roots & self._wild.keys()
        others = {
            other.partition(".")[0]
            for other, one in self.same.items()
            if one.partition(".")[0] in known
        }
        return frozenset(known | others)

    @property
    def distinct_names(self) -> frozenset[str]:
        """The names that are enough to know a loader."""
        return frozenset(self._distinct)


@lru_cache(maxsize=4_096)
def split(name: str) -> tuple[str, ...]:
    """Split a dotted name; what stands in braces is one part."""
    return tuple(_PART.findall(name)) or ("",)


@cache
def loaders() -> Loaders:
    """Read the catalogue once."""
    text = files("bezoar.facts").joinpath("loaders.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    nothing = tuple(map(split, table["nothing"]))
    return Loaders(tuple(map(_loader, table["loader"])), table["same"], nothing)


def argument(text: str) -> Argument:
    """Read `0:url|uri`, `url`, or `bucket().0:name`."""
    call, dots, rest = text.rpartition("().")
    index, colon, names = rest.partition(":")
    if not colon:
        index, names = ("", rest) if not rest.isdigit() else (rest, "")
    return Argument(
        int(index) if index else None,
        tuple(filter(None, names.split("|"))),
        call if dots else "",
    )


def _loader(table: dict[str, Any]) -> Loader:
    fields = dict(table)
    for name in ("revision", "checksum"):
        fields[name] = tuple(map(argument, fields.get(name, ())))
    for name in ("if_any", "unless"):
        fields[name] = tuple(map(_condition, fields.get(name, ())))
    uri = fields["uri"]
    fields["uri"] = (uri,) if isinstance(uri, str) else tuple(uri)
    fields["needs"] = Needs(fields.get("needs", "any"))
    fields["files"] = argument(fields["files"]) if "files" in fields else None
    fields["builders"] = frozenset(fields.get("builders", ()))
    fields["distinct"] = frozenset(fields.get("distinct", ()))
    fields["calls"] = tuple(fields["calls"])
    fields["dangers"] = tuple(fields.get("dangers", ()))
    return Loader(**fields)


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError(f"no condition: {text}")
    value = found["value"]
    return Condition(argument(found["argument"]), _LITERALS.get(value, value), found["how"] == "~")


@cache
def pieces(uri: str) -> tuple[str | Argument, ...]:
    """Split a source's text into literal parts and arguments."""
    found: list[str | Argument] = []
    end = 0
    for hole in _HOLE.finditer(uri):
        found.append(uri[end : hole.start()])
        found.append(argument(hole[0][1:-1]))
        end = hole.end()
    return tuple(piece for piece in (*found, uri[end:]) if piece != "")


def _matches(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Match first and last part; what the pattern has in the middle must come in this order."""
    if len(parts) < len(pattern) or not _part_matches(pattern[-1], parts[-1]):
        return False
    if not _part_matches(pattern[0], parts[0]):
        return False
    middle = iter(parts[1:-1])
    passed: list[str] = []
    for want in pattern[1:-1]:
        for part in middle:
            if _part_matches(want, part):
                break
            passed.append(part)
        else:
            return want == "**"
    passed += middle
    # What is done with what a call returned is another thing than what a module offers.
    return "**" in pattern or not any(part.endswith("()") for part in passed)


def _part_matches(pattern: str, part: str) -> bool:
    if "*" not in pattern:
        return pattern == part
    return not part.endswith("()") and fnmatchcase(part, pattern)


def _vagueness(entry: _Entry) -> tuple[int, int]:
    """Sort key: the more a pattern says, the earlier it is asked."""
    pattern, _ = entry
    return sum("*" in part for part in pattern), -len(pattern)
