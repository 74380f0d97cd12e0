"""From a module's bytes alone: what it imports, and whether it can fetch at all."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

from bezoar.facts.loaders import Loader, Needs, loaders, split
from bezoar.facts.programs import programs
from bezoar.recon.scan.words import Words

_IMPORT: Final = re.compile(
    rb"[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([^\n#;]{0,400})"
    rb"|import[ \t]+([^\n#;(]{1,400}))"
)
_LONGEST_LINE: Final = 4_000
_NAME: Final = re.compile(rb"[A-Za-z_][\w.]*")
_LICENCE: Final = (b"://www.apache.org/licenses", b"://creativecommons.org", b"://opensource.org")
# Names that tell that a function fetches, where they are called; see `wrappers.says_so`.
_SAYS_SO: Final = re.compile(
    rb"(?:(?<![a-zA-Z])(?:[dD]ownload|[fF]etch|[rR]etrieve|wget|get_file|cached_path|get_url)"
    rb"\w{0,40}|_url)\("
)
_HINTS: Final = (
    *(b"ownload", b"etch", b"etrieve", b"wget", b"get_file", b"cached_path", b"_url"),
    *(b"load_from", b"checkpoint", b"pretrained", b"resume_from"),
)
_CONFIGURED: Final = re.compile(
    rb"(?:load_from|checkpoint|pretrained|resume_from)['\"]?\s{0,4}[=:]\s{0,8}\(?\s{0,40}['\"]\w{2,20}://"
)
_SETTINGS: Final = re.compile(r"(?:config|constant|setting|default|url|path|const|cfg|source)s?\b")
_COMMON: Final = frozenset({"FROM", "ADD", "http", "https"})
_RUNNERS: Final = (b"subprocess", b".system(", b".popen(", b"getoutput", b"pexpect")


@lru_cache(maxsize=4)
def imported(data: bytes) -> tuple[str, ...]:
    """Return the names that a module imports, as far as single lines tell."""
    found: dict[str, None] = {}
    at = data.find(b"import")
    while at >= 0:
        begin = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        match = _IMPORT.match(data[begin : end if end >= 0 else len(data)][:_LONGEST_LINE])
        if match is not None:
            found.update(dict.fromkeys(_names_in(match)))
        at = data.find(b"import", end) if end >= 0 else -1
    return tuple(found)


def _names_in(match: re.Match[bytes]) -> Iterator[str]:
    start = match[1]
    if start is None:
        for part in match[3].split(b","):
            if name := _NAME.search(part):
                yield name[0].decode()
        return
    module = start.decode()
    names = [
        name[0].decode() for part in match[2].split(b",") if (name := _NAME.match(part.strip()))
    ]
    dot = "" if module.endswith(".") else "."
    for one in names or [""]:
        yield f"{module}{dot}{one}" if one else module


def may_fetch(data: bytes, names: tuple[str, ...] | None = None) -> bool:
    """Say whether a module holds anything that can mean a fetch.

    Args:
        data: Its bytes, or a part of them.
        names: What it imports, if that stands in another part.
    """
    if any(map(data.__contains__, _everywhere())):
        return True
    address = data.count(b"://") > sum(data.count(one) for one in _LICENCE)
    hinted = address and any(map(data.__contains__, _HINTS))
    if hinted and (_SAYS_SO.search(data) or _CONFIGURED.search(data)):
        return True
    if any(map(data.__contains__, _RUNNERS)) and _programs().are_in(data):
        return True
    names = imported(data) if names is None else names
    remote = address or any(_SETTINGS.search(name) for name in names)
    parts = {part.encode() for name in names for part in name.split(".")}
    groups = _by_root()
    return any(
        _holds(data, entry, parts)
        for root in {name.partition(".")[0] for name in names} & groups.keys()
        for entry in groups[root]
        if remote or not entry.addressed
    )


def _holds(data: bytes, entry: "_Entry", imports: set[bytes]) -> bool:
    """Say whether the parts of a loader's name stand in a module as they must."""
    if entry.last not in data or not all(one in data for one in entry.others):
        return False
    by_name = imports.intersection((entry.last, *entry.others)) or b"import *" in data
    if entry.spelled not in data and not by_name:
        return False
    return not entry.flags or any(one in data for one in entry.flags)


@cache
def _programs() -> Words:
    """Return what finds the name of a program that fetches; `from` and `http` are everywhere."""
    names = [one.encode() for one in sorted(programs().fetching) if one not in _COMMON]
    alone = rb"%s(?<![A-Za-z0-9_-]%s)(?![A-Za-z0-9_-])"
    return Words(
        {
            **{one: alone % (re.escape(one), re.escape(one)) for one in names},
            b"http": rb"http(?<!\whttp)s?[ \t]+(?:-d\b|--download|GET\b)",
            b"python": rb"python[0-9.]*[ \t]+-[mc]",
        }
    )


@cache
def _everywhere() -> tuple[bytes, ...]:
    """Return the names that are enough to know a loader, whatever is imported."""
    catalogue = loaders()
    names = []
    for name in sorted(catalogue.distinct_names):
        calls = [split(call) for one in catalogue.all if name in one.distinct for call in one.calls]
        parents = [parts[-2] for parts in calls if parts[-1] == name and len(parts) > 1]
        # A method of a class is always called with a dot, a function need not be.
        of_classes = all(parent == "*" or parent[:1].isupper() for parent in parents)
        names.append(b"." * of_classes + name.encode())
    return tuple(names)


class _Entry(NamedTuple):
    """What must stand in a module that fetches with one loader.

    Attributes:
        last: The last part of its name.
        others: The other parts.
        spelled: How the last two are written where neither is imported by itself.
        flags: Arguments of which one must be given.
        addressed: Whether an address must be there, too.
    """

    last: bytes
    others: tuple[bytes, ...]
    spelled: bytes
    flags: tuple[bytes, ...]
    addressed: bool


@cache
def _by_root() -> dict[str, tuple[_Entry, ...]]:
    """Return, for each imported package, what must stand in a module that fetches with it."""
    catalogue = loaders()
    others: dict[str, list[str]] = {}
    for other, one in catalogue.same.items():
        others.setdefault(one.partition(".")[0], []).append(other.partition(".")[0])
    groups: dict[str, dict[_Entry, None]] = {}
    for loader in catalogue.all:
        for call in loader.calls:
            parts = split(call)
            entry = _entry(loader, parts)
            if entry is None:
                continue
            for root in (parts[0], *others.get(parts[0], ())):
                groups.setdefault(root, {})[entry] = None
    return {root: tuple(entries) for root, entries in groups.items()}


def _entry(loader: Loader, parts: tuple[str, ...]) -> _Entry | None:
    plain = [one.removesuffix("()").encode() for one in parts[1:] if not set("*{") & set(one)]
    if parts[0] == "*" or not plain:
        return None
    flags: list[bytes] = []
    if loader.if_any and not any(one.value for one in loader.if_any):
        flags = [name.encode() for one in loader.if_any for name in one.argument.names]
        if any(one.argument.index is not None for one in loader.if_any):
            flags += [b"(True", b" True"]
    chained = any(part.endswith("()") or part == "**" for part in parts)
    if chained or len(parts) == 2 or "*" in parts[-2]:  # noqa: PLR2004 - package and name
        spelled = b"." + plain[-1]
    elif "*" in parts[-1] or "{" in parts[-1]:
        spelled = plain[-1] + b"."
    else:
        spelled = b".".join(plain[-2:])
    addressed = loader.needs in (Needs.ADDRESS, Needs.WITHIN)
    return _Entry(plain[-1], tuple(plain[:-1]), spelled, tuple(dict.fromkeys(flags)), addressed)
