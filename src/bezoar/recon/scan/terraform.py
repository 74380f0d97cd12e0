"""Fetches of Terraform: data sources, objects of a store, commands that a machine starts with."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan import addresses
from bezoar.recon.scan.dispatch import Language, embedded
from bezoar.recon.scan.fetch import Context, Fetch, Kind
from bezoar.recon.scan.nodes import Mapping, Scalar
from bezoar.recon.scan.settings import Settings

_BLOCK: Final = re.compile(
    r"^\s*(?P<kind>[a-z_]{1,40})(?:\s+\"(?P<type>[^\"\n]{1,100})\")?(?:\s+\"(?P<name>[^\"\n]{1,100})\")?"
    r"\s*=?\s*\{\s*(?:[#/].*)?$"
)
_SETTING: Final = re.compile(r"^\s*\"?([\w.-]{1,100})\"?\s*[=:]\s*(\S.*)$")
_STRING: Final = re.compile(r"\"((?:[^\"\\\n]|\\.){1,2048})\"")
_HEREDOC: Final = re.compile(
    r"^\s*([\w.-]{1,100})\s*=\s*(?:[\w(]{0,60})<<[-~]?\"?(\w{1,40})\"?\s*$"
)
_REFERENCE: Final = re.compile(r"\$\{\s*([A-Za-z_][\w.\-]{0,120})[^{}\n]{0,120}\}")
_COMMANDS: Final = frozenset({"command", "user_data", "startup_script", "inline", "script"})
_LONGEST: Final = 8192


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a file may fetch anything."""
    return b"://" in data or b"command" in data or b"bucket_object" in data or b"s3_object" in data


@dataclass
class _Block:
    """A block under way.

    Attributes:
        types: The labels of it and of those around it: `data http`, `resource aws_…`.
        settings: Its values.
    """

    types: tuple[str, ...]
    settings: Mapping = field(default_factory=lambda: Mapping(1))


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read the fetches of a Terraform file."""
    settings = Settings(path, context)
    settings.names.update(_defaults(text))
    stack = [_Block(())]
    held: list[str] = []
    until, began = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if until:
            if line.strip() == until:
                yield from _script(held, path, context, began)
                until = ""
            else:
                held.append(line)
            continue
        bare = line.strip()
        if not bare or bare.startswith(("#", "//")) or len(line) > _LONGEST:
            continue
        if match := _HEREDOC.match(line):
            until, held, began = match[2], [], number + 1
        elif match := _BLOCK.match(line):
            labels = " ".join(filter(None, (match["kind"], match["type"])))
            stack.append(_Block((*stack[-1].types[-8:], labels), Mapping(number)))
        elif bare[0] == "}" and len(stack) > 1:
            yield from _closed(stack.pop(), settings)
        else:
            yield from _setting(line, number, stack[-1], settings)
    for block in reversed(stack):
        yield from _closed(block, settings)


def _defaults(text: str) -> Iterator[tuple[str, str]]:
    """Yield the literal defaults of variables, and local values."""
    name, place = "", ""
    for line in text.split("\n"):
        if match := _BLOCK.match(line):
            place, name = match["kind"], match["type"] or ""
        elif match := _SETTING.match(line):
            value = _STRING.fullmatch(match[2].rstrip())
            if value and place == "variable" and match[1] == "default":
                yield f"var.{name}", value[1]
            elif value and place == "locals":
                yield f"local.{match[1]}", value[1]


def _setting(line: str, number: int, block: _Block, settings: Settings) -> Iterator[Fetch]:
    """Take one line of a block; commands are read at once."""
    match = _SETTING.match(line)
    key, value = (match[1], match[2].rstrip(" \t,")) if match else ("", line.strip())
    for quoted in _STRING.finditer(value):
        text = quoted[1].replace('\\"', '"')
        if key in _COMMANDS or (not key and block.types[-1:] == ("provisioner remote-exec",)):
            yield from _script([text], settings.path, settings.context, number)
        else:
            scalar = Scalar(text, number, number, text)
            block.settings.entries.append((Scalar(key, number, number, key), scalar))
    if match and value.startswith(("var.", "local.")) and (known := settings.names.get(value)):
        scalar = Scalar(known, number, number, value)
        block.settings.entries.append((Scalar(key, number, number, key), scalar))


def _closed(block: _Block, settings: Settings) -> Iterator[Fetch]:
    """Yield what a whole block fetches."""
    labels = " ".join(block.types)
    if labels.startswith(("terraform", "provider", "module", "variable", "output")):
        return
    if block.types and "object" in block.types[-1] and block.types[-1].startswith("data "):
        yield from _stored(block, settings)
        return
    yield from settings.of_mapping(block.settings, tuple(block.types))


def _stored(block: _Block, settings: Settings) -> Iterator[Fetch]:
    """Yield an object of a store that a data source reads."""
    bucket = block.settings.text("bucket")
    key = block.settings.text("key", "name")
    store = "gs" if "google" in block.types[-1] else "s3"
    uri = settings.fold(f"{store}://{bucket or '{bucket}'}/{key or '{key}'}")
    kind = addresses.judge(uri)
    if kind and (bucket or key):
        yield Fetch(
            path=settings.path,
            line=block.settings.line,
            end_line=block.settings.line,
            loader=block.types[-1].removeprefix("data "),
            kind=kind or Kind.OTHER,
            uri=uri,
            decided_by=tuple(re.findall(r"\{([\w.]+)\}", uri)),
            pin=Pin.NONE,
            snippet=block.types[-1],
            in_ci=settings.context.in_ci,
        )


def _script(lines: list[str], path: str, context: Context, first: int) -> Iterator[Fetch]:
    text = "\n".join(_REFERENCE.sub(r"{\1}", line) for line in lines)
    yield from embedded(Language.SHELL, text, path, context, first_line=first)
