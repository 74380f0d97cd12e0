"""Julia: MLDatasets, DataDeps, downloads, models of hubs, commands, and `Artifacts.toml`."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from bezoar.core.source import Pin
from bezoar.facts.calls import Fetcher, calls
from bezoar.recon.scan import addresses
from bezoar.recon.scan.calling import Calling
from bezoar.recon.scan.calls import Call, Folding, Text, parsed
from bezoar.recon.scan.dispatch import Language, embedded
from bezoar.recon.scan.fetch import Checksum, Context, Fetch, Kind
from bezoar.recon.scan.tokens import Sort, Token, Words
from bezoar.syntax.unreadable import UnreadableError

_WORDS: Final = Words(
    re.compile(
        r"""
          (?P<skip>\#=(?s:.*?)=\# | \#[^\n]* | [ \t\r]+ | '(?:\\[^'\n]{1,8}|[^'\\\n])')
        | (?P<end>\n)
        | (?P<prefix>[A-Za-z_]\w*)? (?P<open>\"\"\"|"|`)
        | (?P<name>[^\W\d]\w*!?(?:\.[^\W\d]\w*!?)*)
        | (?P<number>\d[\w.]*)
        """,
        re.VERBOSE,
    ),
    {
        '"""': re.compile(r'(?P<body>(?:[^"\\]++|\\.|"(?!""))*+)"""', re.DOTALL),
        '"': re.compile(r'(?P<body>(?:[^"\\]++|\\.)*+)"', re.DOTALL),
        "`": re.compile(r"(?P<body>(?:[^`\\]++|\\.)*+)`", re.DOTALL),
    },
    frozenset({"`"}),
)
_INSIDE: Final = re.compile(
    r"\$(?:\(([^()]{1,200})\)|([^\W\d]\w*(?:\.[^\W\d]\w*)*))|\\(.)", re.DOTALL
)
_FUNCTIONS: Final = {"joinpath": "/", "string": "", "URI": "", "HTTP.URI": ""}
_MODEL_STRING: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)?(?::[\w.,-]+)?")
_FETCHING: Final = re.compile(
    rb"(?i)mldatasets|flux\.data|datadep|download|hgf\"|transformers|metalhead|boltz|huggingface|hf_hub"
    rb"|http\.(?:get|open)|openml|embeddings|https?://|s3path|s3_get|git-tree-sha1|wget|curl|graphneural"
)
_ALIASES: Final = re.compile(r"[A-Z]\w*(?:\.[A-Z]\w*)*")


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a file names something that fetches."""
    return _FETCHING.search(data) is not None


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Return the fetches of a Julia file, or of an `Artifacts.toml`.

    Args:
        text: The file.
        path: Its path.
        context: What is known of the file.

    Raises:
        UnreadableError: It is no TOML where it has to be.
    """
    if path.endswith(".toml"):
        return list(_artifacts(text, path, context))
    found = parsed(_WORDS.tokens(text), frozenset({"="}), frozenset({"function", "macro"}))
    return list(_Reading(text, found, path, context).fetches())


class _JuliaFolding(Folding):
    """Folds variables within strings."""

    def interpolated(self, token: Token, depth: int) -> str:
        """Put variables into a string."""
        if token.prefix == "raw" or ("$" not in token.text and "\\" not in token.text):
            return token.text

        def value(inside: re.Match[str]) -> str:
            if inside[3]:
                return inside[3]
            name = inside[2] or inside[1].strip()
            if name.isidentifier():
                return self.variable(name, depth + 1)
            return "{" + re.sub(r"[{}\s]+", " ", name)[:40] + "}"

        return _INSIDE.sub(value, token.text)


class _Reading:
    """One Julia file."""

    def __init__(self, text: str, found: Text, path: str, context: Context) -> None:
        self.text, self.found, self.path, self.context = text, found, path, context
        self.folding = _JuliaFolding(found, frozenset({"*"}), _FUNCTIONS)
        self.calling = Calling(path, context, text.split("\n"), self.folding)
        self.aliases = dict(_aliases(found))

    def fetches(self) -> Iterator[Fetch]:
        """Yield what the file fetches."""
        for call in self.found.calls:
            if not call.defines:
                yield from self._called(call)
        for string in self.found.strings:
            yield from self._string(string)
        for command in self.found.commands:
            yield from self._command(command)

    def _called(self, call: Call) -> Iterator[Fetch]:
        name = self.aliases.get(call.name, call.name)
        for known, fetcher in _known(name):
            if self._meant(name, known, fetcher):
                for fetch in self.calling.fetches(call, fetcher, known):
                    yield replace(fetch, loader=name)
                return

    def _meant(self, name: str, known: str, fetcher: Fetcher) -> bool:
        """Say whether a name is that of the library, not of something else."""
        if not fetcher.library:
            return True
        if name != known and name.startswith(tuple(f"{one}." for one in fetcher.library)):
            return True
        return any(library in self.text for library in fetcher.library)

    def _string(self, string: Token) -> Iterator[Fetch]:
        """Yield what `hgf"bert-base-cased"` and its kind load."""
        if string.prefix == "hgf" and _MODEL_STRING.fullmatch(string.text):
            call = Call('hgf""', string.line, string.line)
            fetcher = Fetcher((), "model", uri="hf:" + string.text.partition(":")[0])
            yield from self.calling.fetches(call, fetcher, "hgf")

    def _command(self, command: Token) -> Iterator[Fetch]:
        """Yield what a command in backticks fetches."""
        known = self.folding.interpolated(Token(Sort.TEXT, command.text, command.line), 0)
        yield from embedded(Language.SHELL, known, self.path, self.context, first_line=command.line)


def _aliases(found: Text) -> Iterator[tuple[str, str]]:
    """Yield variables that stand for a type: `dataset = MLDatasets.CIFAR10`."""
    for name, values in found.assigned.items():
        if len(values) == 1 and len(values[0]) == 1 and values[0][0].sort is Sort.NAME:
            target = values[0][0].text
            if _ALIASES.fullmatch(target) and target != name:
                yield name, target


def _known(name: str) -> Iterator[tuple[str, Fetcher]]:
    """Yield what may be meant by a name, with or without its package, or by a member of it."""
    facts = calls("julia")
    parts = name.split(".")
    for at in range(len(parts)):
        known = ".".join(parts[at:])
        for fetcher in facts.named(known):
            yield known, fetcher
    if len(parts) > 1:
        for fetcher in facts.named(parts[-2]):
            if parts[-1] in fetcher.members:
                yield parts[-2], fetcher


def _artifacts(text: str, path: str, context: Context) -> Iterator[Fetch]:
    """Yield what Julia's package manager fetches for `artifact"name"`."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise UnreadableError("no TOML") from None
    lines = text.split("\n")
    for name, entries in table.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            for source in _downloads(entry):
                yield from _artifact(name, source, lines, path, context)


def _downloads(entry: Any) -> Iterator[dict[str, Any]]:
    found = entry.get("download", []) if isinstance(entry, dict) else []
    for source in found if isinstance(found, list) else [found]:
        if isinstance(source, dict) and isinstance(source.get("url"), str):
            yield source


def _artifact(
    name: str, source: dict[str, Any], lines: list[str], path: str, context: Context
) -> Iterator[Fetch]:
    uri = source["url"]
    if addresses.is_software(uri, name):
        return
    line = next((number for number, text in enumerate(lines, 1) if uri in text), 1)
    checked = isinstance(source.get("sha256"), str)
    yield Fetch(
        path,
        line,
        line,
        loader="Artifacts.toml",
        kind=addresses.judge(uri, name) or Kind.ARCHIVE,
        uri=uri,
        pin=Pin.HASH if checked else Pin.NONE,
        checksum=Checksum.CALL if checked else Checksum.NONE,
        dangers=frozenset(addresses.dangers(uri)),
        snippet=lines[line - 1].strip()[:200],
        in_ci=context.in_ci,
    )
