"""What is known of programs: which ones bring data in, and how their arguments name it."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

_OPTIONS: Final = frozenset(
    {"values", "output", "keeps", "sources", "lists", "revision", "checksum", "insecure"}
    | {"code", "unless", "places"}
)


@dataclass(frozen=True, slots=True)
class Program:
    """A program, or a subcommand of one, that fetches; `programs.toml` says what the fields mean.

    Attributes:
        name: Its words: `("aws", "s3", "cp")`.
        takes: Which arguments are sources.
        uri: How a source is written.
        prefix: What is put before an argument that is no address.
        when: How a source is written in calls with an option.
        kind: What comes in where the address does not tell, "" where it has to.
        values: Options with a value.
        output: Options that name the file to write.
        keeps: Options with which a file is written.
        sources: Options whose value is a source.
        lists: Options whose value is a file of sources.
        revision: Options that choose a revision.
        checksum: Options that hold a digest.
        insecure: Options that trust any certificate.
        code: Options that let the fetched repository run code.
        unless: What makes it fetch nothing.
        places: What an argument that lies elsewhere looks like.
        separator: What splits a revision off an argument.
        pin: What ties all that it fetches.
        checked: Who checks all that it fetches.
        prints: Whether it writes to the standard output.
        hub: Whether a folder on this machine may stand in place of a name.
        judged: Whether the address has to tell data from software.
    """

    name: tuple[str, ...]
    takes: str
    uri: str = "{}"
    prefix: str = ""
    when: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    values: frozenset[str] = frozenset()
    output: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    revision: frozenset[str] = frozenset()
    checksum: frozenset[str] = frozenset()
    insecure: frozenset[str] = frozenset()
    code: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    separator: str = ""
    pin: str = ""
    checked: str = ""
    prints: bool = False
    hub: bool = False
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """A program that runs another one.

    Attributes:
        name: Its words.
        values: Options with a value.
        skip: How many arguments stand before the command.
    """

    name: tuple[str, ...]
    values: frozenset[str] = frozenset()
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Programs:
    """The facts of `programs.toml`, each program under its first word.

    Attributes:
        fetching: Programs that bring data in; those with more words first.
        prefixes: Programs that run others, likewise.
        data: Words that say a repository holds data.
        code: Words that say it does not.
    """

    fetching: dict[str, tuple[Program, ...]]
    prefixes: dict[str, tuple[Prefix, ...]]
    data: frozenset[str]
    code: frozenset[str]


@cache
def programs() -> Programs:
    """Read the facts once."""
    text = files("bezoar.facts").joinpath("programs.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    fetching: dict[str, list[Program]] = {}
    for entry in table["program"]:
        fields = _fields(entry)
        for name in entry["names"]:
            words = tuple(name.split())
            fetching.setdefault(words[0], []).append(Program(words, **fields))
    prefixes: dict[str, list[Prefix]] = {}
    for entry in table["prefix"]:
        fields = _fields(entry)
        for name in entry["names"]:
            words = tuple(name.split())
            prefixes.setdefault(words[0], []).append(Prefix(words, **fields))
    return Programs(
        {name: tuple(sorted(many, key=_longest_first)) for name, many in fetching.items()},
        {name: tuple(sorted(many, key=_longest_first)) for name, many in prefixes.items()},
        frozenset(table["repository"]["data"]),
        frozenset(table["repository"]["code"]),
    )


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        key: frozenset(value.split()) if key in _OPTIONS else value
        for key, value in entry.items()
        if key != "names"
    }


def _longest_first(one: Program | Prefix) -> int:
    return -len(one.name)
