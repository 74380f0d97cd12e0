"""From a module's bytes alone: what it imports, and whether it can fetch at all."""

import re
from functools import cache, lru_cache
from typing import Final

from bezoar.facts.loaders import Needs, loaders, split
from bezoar.recon.scan import shell

_IMPORT: Final = re.compile(
    rb"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([^\n#;]{0,400})"
    rb"|import[ \t]+([^\n#;(]{1,400}))"
)
_NAME: Final = re.compile(rb"[A-Za-z_][\w.]*")
_LICENCE: Final = (b"://www.apache.org/licenses", b"://creativecommons.org", b"://opensource.org")
_SAYS_SO: Final = (b"ownload", b"etch", b"etrieve", b"_url", b"wget", b"get_file", b"cached_path")
_SETTINGS: Final = re.compile(rb"(?:config|constant|setting|default|url|path|const|cfg|source)s?\b")
_RUNNERS: Final = (b"subprocess", b".system(", b".popen(", b"getoutput", b"pexpect")
_CONFIGURED: Final = (
    b"load_from",
    b"checkpoint",
    b"pretrained",
    b"resume_from",
    b"init_checkpoint",
)


@lru_cache(maxsize=4)
def imported(data: bytes) -> tuple[str, ...]:
    """Return the names that a module imports, as far as single lines tell."""
    found: dict[str, None] = {}
    for match in _IMPORT.finditer(data):
        start = match[1]
        if start is None:
            for part in match[3].split(b","):
                if name := _NAME.search(part):
                    found[name[0].decode()] = None
            continue
        module = start.decode()
        found[module] = None
        for part in match[2].split(b","):
            if name := _NAME.search(part):
                dot = "" if module.endswith(".") else "."
                found[f"{module}{dot}{name[0].decode()}"] = None
    return tuple(found)


def may_fetch(data: bytes) -> bool:
    """Say whether a module holds anything that can mean a fetch."""
    if any(token in data for token in _everywhere()):
        return True
    address = data.count(b"://") > sum(data.count(one) for one in _LICENCE)
    if address and any(token in data for token in (*_SAYS_SO, *_CONFIGURED)):
        return True
    roots = {name.partition(".")[0] for name in imported(data)}
    if any(token in data for token in _RUNNERS) and shell.may_fetch(data):
        return True
    remote = address or any(_SETTINGS.search(name.encode()) for name in imported(data))
    tokens = _by_root()
    for root in roots & tokens.keys():
        anything, addressed = tokens[root]
        if any(token in data for token in anything):
            return True
        if remote and any(token in data for token in addressed):
            return True
    return False


@cache
def _everywhere() -> tuple[bytes, ...]:
    """Return the names that are enough to know a loader, whatever is imported."""
    names = {name.encode() for name in loaders().distinct_names}
    # A module that imports everything of a library names nothing of it.
    return (*sorted(names), b"load_from_url")


@cache
def _by_root() -> dict[str, tuple[tuple[bytes, ...], tuple[bytes, ...]]]:
    """Return, for each imported package, what must stand in a module that fetches with it.

    Two groups: of the second an address must stand in the module as well.
    """
    catalogue = loaders()
    groups: dict[str, tuple[set[bytes], set[bytes]]] = {}
    others: dict[str, list[str]] = {}
    for other, one in catalogue.same.items():
        others.setdefault(one.partition(".")[0], []).append(other.partition(".")[0])
    for loader in catalogue.all:
        for call in loader.calls:
            parts = split(call)
            if parts[0] == "*":
                continue
            at = int(loader.needs in (Needs.ADDRESS, Needs.WITHIN))
            for root in (parts[0], *others.get(parts[0], ())):
                groups.setdefault(root, (set(), set()))[at].add(_token(parts))
    return {root: (tuple(one), tuple(two)) for root, (one, two) in groups.items()}


def _token(parts: tuple[str, ...]) -> bytes:
    """Return the last part of a pattern that is one name."""
    plain = [part for part in parts if "*" not in part and "{" not in part]
    return plain[-1].removesuffix("()").encode()
