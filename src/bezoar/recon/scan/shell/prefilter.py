"""From a script's bytes alone: whether it names a program that fetches."""

import re
from functools import cache
from typing import Final

from bezoar.facts.programs import programs
from bezoar.recon.scan.words import Words

# Every script has an address in a comment; few of them call the program of that name.
_OTHERWISE: Final = Words(
    {
        b"http": rb"http(?<![\w.-]http)s?[ \t]+(?:-|:|[A-Z]+[ \t]|https?:)",
        b"python": rb"python(?<![\w.-]python)[0-9.]*\s+(?:-\s|-?<<|-[a-z]*c\b)",
    }
)
_ELSEWHERE: Final = frozenset({"ADD", "FROM", "http", "https", "python"})
_COMMENT: Final = re.compile(rb"(?m)^[ \t]*#[^\n]*")
_IN_NAMES: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_BLANKED: Final = bytes(byte if byte in _IN_NAMES else 32 for byte in range(256))


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a script names a program that fetches."""
    return _names_one(data) and _names_one(_COMMENT.sub(b"#", data))


def words_of(data: bytes) -> set[bytes]:
    """Return the words of a script in which the name of a program may be one."""
    return set(data.replace(b":-", b": ").translate(_BLANKED).split())  # `${GET:-wget}`


def _names_one(data: bytes) -> bool:
    if _OTHERWISE.are_in(data):
        return True
    # Cutting a script into words takes a tenth of the time of looking for each name in it.
    words = words_of(data)
    if any(_pattern(name).search(data) for name in words & _names()):
        return True
    cmdlets = {word.lower() for word in words if b"-" in word} & _cmdlets()
    low = data.lower() if cmdlets else b""
    return any(_pattern(name).search(low) for name in cmdlets)


@cache
def _names() -> frozenset[bytes]:
    return frozenset(
        name.encode() for name in programs().fetching if not ("-" in name or name in _ELSEWHERE)
    )


@cache
def _cmdlets() -> frozenset[bytes]:
    """Return names with a hyphen: those of cmdlets have no case."""
    return frozenset(name.lower().encode() for name in programs().fetching if "-" in name)


@cache
def _seconds() -> dict[bytes, set[str]]:
    """Return the subcommands that fetch, by the program's name in small letters and as it is."""
    found: dict[bytes, set[str]] = {}
    for name, known in programs().fetching.items():
        for one in {name.encode(), name.lower().encode()}:
            found.setdefault(one, set()).update((*program.name, "")[1] for program in known)
    return found


@cache
def _pattern(name: bytes) -> re.Pattern[bytes]:
    """Return a pattern for a program's name, with its subcommands where it has only such."""
    word, seconds = re.escape(name), _seconds()[name]
    # Behind a name no sign makes a key, a path or an address of it: `scp:feats.scp`, `git=2.4`.
    named = rb"%s(?<![\w.]%s)(?<![^:]-%s)(?![\w.:=,/@-])" % (word, word, word)
    if "" in seconds:
        return re.compile(named)
    second = b"|".join(re.escape(one.encode()) for one in sorted(seconds))
    # Up to the next such name, which is looked at for itself: else `git git git` takes minutes.
    between = rb"(?:(?!%s)[^\n]){0,200}?" % named
    behind = rb"(?:\\\n" + between + rb")?(?<![\w-])(?:" + second + rb")\b"
    return re.compile(named + between + behind)
