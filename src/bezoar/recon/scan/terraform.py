"""Fetches of Terraform: data sources, objects of a store, commands that a machine starts with."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.recon.scan import addresses
from bezoar.recon.scan.dispatch import Language, embedded
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.settings import Settings, summed
from bezoar.syntax.nodes import Mapping, Scalar
from bezoar.syntax.unreadable import UnreadableError

_BLOCK: Final = re.compile(
    r"\s*(?P<kind>[a-z_]{1,40})(?:\s{1,8}\"(?P<type>[^\"\n]{1,100})\")?"
    r"(?:\s{1,8}\"(?P<name>[^\"\n]{1,100})\")?\s{0,8}=?\s{0,8}\{\s{0,8}(?:[#/].*)?$"
)
_SETTING: Final = re.compile(r"\s*\"?([\w.-]{1,100})\"?\s{0,80}[=:]\s{0,80}(\S.*)$")
_STRING: Final = re.compile(r"\"((?:[^\"\\\n]|\\.){1,2048})\"")
_HERE: Final = re.compile(
    r"\s*([\w.-]{1,100})\s{0,80}=\s{0,80}[\w(]{0,60}<<[-~]?\"?(\w{1,40})\"?\s*$"
)
_REFERENCE: Final = re.compile(r"\$\{\s{0,8}([A-Za-z_][\w.\-]{0,120})[^{}\n]{0,120}\}")
_COMMANDS: Final = frozenset({"command", "user_data", "startup_script", "inline", "script"})
# What only names a program, a plug-in, or what a module hands out.
_NO_SOURCE: Final = ("terraform", "provider", "module", "output", "variable")
_LONGEST: Final = 8192
_DEEPEST: Final = 8
_MOST_LINES: Final = 100_000


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a file may fetch anything."""
    words = (b"://", b"command", b"inline", b"script", b"user_data", b"_object", b"huggingface")
    return any(word in data for word in words)


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read the fetches of a Terraform file.

    Raises:
        UnreadableError: It has more lines than a person writes.
    """
    if text.count("\n") > _MOST_LINES:
        raise UnreadableError(f"more than {_MOST_LINES:,} lines")
    settings = Settings(path, context)
    settings.names.update(_defaults(text))
    return _Reading(settings).fetches(text)


@dataclass(slots=True)
class _Block:
    """A block under way.

    Attributes:
        labels: Of the blocks around it and of itself: `data aws_s3_object`.
        settings: Its values.
    """

    labels: tuple[str, ...]
    settings: Mapping = field(default_factory=lambda: Mapping(1))


class _Reading:
    """One pass over a file, line by line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._blocks = [_Block(())]
        self._until = ""  # The word that ends the text under way.
        self._held: list[str] = []
        self._began = 0
        self._set: list[Fetch] = []  # What settings name, as opposed to what is run.

    def fetches(self, text: str) -> Iterator[Fetch]:
        """Yield what the file fetches."""
        for number, line in enumerate(text.split("\n"), 1):
            if self._until:
                yield from self._hold(line)
            elif line.strip() and not line.lstrip().startswith(("#", "//")):
                yield from self._line(line[:_LONGEST], number)
        for block in reversed(self._blocks):
            yield from self._closed(block)
        yield from summed(self._set)

    def _hold(self, line: str) -> Iterator[Fetch]:
        if line.strip() == self._until:
            self._until = ""
            yield from self._script(self._held, self._began)
        else:
            self._held.append(line)

    def _line(self, line: str, number: int) -> Iterator[Fetch]:
        if match := _HERE.match(line):
            self._until, self._held, self._began = match[2], [], number + 1
        elif match := _BLOCK.match(line):
            label = " ".join(filter(None, (match["kind"], match["type"])))
            around = self._blocks[-1].labels[-_DEEPEST:]
            self._blocks.append(_Block((*around, label), Mapping(number)))
        elif line.lstrip()[0] == "}" and len(self._blocks) > 1:
            yield from self._closed(self._blocks.pop())
        else:
            yield from self._setting(line, number)

    def _setting(self, line: str, number: int) -> Iterator[Fetch]:
        """Take one line of a block; a command on it is read at once."""
        block = self._blocks[-1]
        match = _SETTING.match(line)
        key, value = (match[1], match[2].rstrip(" \t,")) if match else ("", line.strip())
        runs = key in _COMMANDS or (not key and "provisioner" in " ".join(block.labels))
        texts = [one[1].replace('\\"', '"') for one in _STRING.finditer(value)]
        if known := self._settings.names.get(value):
            texts = [known]
        for text in texts:
            if runs:
                yield from self._script([text], number)
            else:
                name = Scalar(key, number, number, key)
                block.settings.entries.append((name, Scalar(text, number, number, line.strip())))

    def _closed(self, block: _Block) -> Iterator[Fetch]:
        """Yield what a whole block names."""
        if block.labels and block.labels[0].startswith(_NO_SOURCE):
            return
        if block.labels and re.match(r"data \w+_object$", block.labels[-1]):
            yield from self._stored(block)
        else:
            self._set += self._settings.of_mapping(block.settings, block.labels)

    def _stored(self, block: _Block) -> Iterator[Fetch]:
        """Yield an object of a store that a data source reads."""
        kind = block.labels[-1].removeprefix("data ")
        given = block.settings
        bucket, key = given.text("bucket") or "{bucket}", given.text("key", "name") or "{key}"
        uri = self._settings.fold(f"{'gs' if 'google' in kind else 's3'}://{bucket}/{key}")
        if judged := addresses.judge(uri):
            yield Fetch(
                path=self._settings.path,
                line=given.line,
                end_line=given.entries[-1][0].line if given.entries else given.line,
                loader=kind,
                kind=judged,
                uri=uri,
                decided_by=tuple(re.findall(r"\{([\w.-]+)\}", uri)),
                snippet=f'data "{kind}"',
                in_ci=self._settings.context.in_ci,
            )

    def _script(self, lines: list[str], first: int) -> Iterator[Fetch]:
        text = "\n".join(_REFERENCE.sub(r"{\1}", line) for line in lines)
        path, context = self._settings.path, self._settings.context
        yield from embedded(Language.SHELL, text, path, context, first_line=first)


def _defaults(text: str) -> Iterator[tuple[str, str]]:
    """Yield the literal defaults of variables, and local values."""
    kind = name = ""
    for line in text.split("\n"):
        line = line[:_LONGEST]  # noqa: PLW2901 - the rest of it is of no interest
        if match := _BLOCK.match(line):
            kind, name = match["kind"], match["type"] or ""
        elif (match := _SETTING.match(line)) and (value := _STRING.fullmatch(match[2].rstrip())):
            if kind == "variable" and match[1] == "default":
                yield f"var.{name}", value[1]
            elif kind == "locals":
                yield f"local.{match[1]}", value[1]
