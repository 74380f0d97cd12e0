"""Dockerfiles, written as one shell script line for line: `ADD` and `FROM` are programs of it."""

import json
import re
import shlex
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.recon.scan import shell
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.shell.value import Scope
from bezoar.syntax.shell_words import lines_of

_INSTRUCTION: Final = re.compile(r"[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]+)(?=[ \t]|$)", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"(?i)\A(?:#[^\n]*\n)*#[ \t]*escape[ \t]*=[ \t]*`")
_COMMENT: Final = re.compile(r"[ \t]*#")
_FLAGS: Final = re.compile(r"[ \t]*(?:--[a-z]+(?:=\S+)?[ \t]+(?:\\\n[ \t]*)?)*")
_DOCUMENT: Final = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)[\"']?")
_PAIR: Final = re.compile(r"[A-Za-z_]\w*=")
_ALONE: Final = re.compile(r"[A-Za-z_]\w*")
_COPIED: Final = re.compile(r"[ \t]*--from=([^\s\"']+)", re.IGNORECASE)
_RUN: Final = frozenset({"RUN", "CMD", "ENTRYPOINT"})


@dataclass(frozen=True, slots=True)
class _Instruction:
    """One instruction with all its lines.

    Attributes:
        name: In capitals.
        rest: What follows the name, line for line.
    """

    name: str
    rest: str


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Return the fetches of a Dockerfile.

    Args:
        text: The Dockerfile.
        path: Its path.
        context: What is known of the file.

    Raises:
        UnreadableError: It has more lines than a person writes.
    """
    stages = frozenset(_stages(text))
    script = "\n".join(_lines(text, stages))
    return shell.read_in(Scope(), script, path, context, shown=text)


def _lines(text: str, stages: frozenset[str]) -> Iterator[str]:
    """Yield the shell text of each instruction; each has as many lines as there are in the file."""
    for instruction in _instructions(text):
        lines = _shell(instruction, stages)
        missing = instruction.rest.count("\n") - lines.count("\n")
        yield lines + "\n" * max(0, missing)


def _stages(text: str) -> Iterator[str]:
    """Yield the names that `FROM IMAGE AS NAME` gives, in lower case."""
    for line in text.split("\n"):
        if line.lstrip()[:5].lower() in ("from ", "from\t"):
            words = line.lower().split()
            if "as" in words[:-1]:
                yield words[words.index("as") + 1]


def _instructions(text: str) -> Iterator[_Instruction]:
    """Cut a Dockerfile into instructions; what is none is an instruction without a name."""
    lines = lines_of(text)
    marks = _places(lines)
    escape = "`" if _ESCAPE.match(text) else "\\"
    at = 0
    while at < len(lines):
        start = at
        found = _INSTRUCTION.match(lines[at])
        if not found or _COMMENT.match(lines[at]):
            at += 1
            yield _Instruction("", "")
            continue
        body = [lines[at][found.end() :]]
        while _continues(body[-1], escape) and at + 1 < len(lines):
            at += 1
            body.append(lines[at])
        at += 1
        if found[1].upper() in ("RUN", "COPY", "ADD"):
            for mark in _DOCUMENT.findall("\n".join(lines[start:at])):
                end = _after(marks.get(mark, []), at)
                body += lines[at:end]
                at = max(at, end)
        yield _Instruction(found[1].upper(), "\n".join(_joined(body, escape)))


def _continues(line: str, escape: str) -> bool:
    """Say whether a line goes on in the next; comments and empty lines within do not end it."""
    return line.rstrip().endswith(escape) or bool(_COMMENT.match(line)) or not line.strip()


def _joined(body: list[str], escape: str) -> Iterator[str]:
    """Yield an instruction's lines as the shell reads them."""
    for number, line in enumerate(body):
        last = number + 1 == len(body)
        if number and (_COMMENT.match(line) or not line.strip()) and not last:
            yield "\\"
        elif line.rstrip().endswith(escape) and not last:
            yield line.rstrip()[: -len(escape)] + "\\"
        else:
            yield line


def _places(lines: list[str]) -> dict[str, list[int]]:
    """Return where each line that could end a here-document stands."""
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if _ALONE.fullmatch(mark := line.strip()):
            places.setdefault(mark, []).append(number)
    return places


def _after(places: list[int], at: int) -> int:
    """Return the index after the first of these places from `at` on, 0 where there is none."""
    index = bisect_left(places, at)
    return places[index] + 1 if index < len(places) else 0


def _shell(instruction: _Instruction, stages: frozenset[str]) -> str:
    """Write one instruction as shell text."""
    name, rest = instruction.name, instruction.rest
    if name in _RUN:
        return _run(rest)
    if name == "ARG":
        return rest.strip() if _PAIR.match(rest.strip()) else ""
    if name == "ENV":
        return _environment(rest)
    if name == "ADD":
        return "ADD " + _listed(rest)
    image = ""
    if name == "FROM":
        image = next((word for word in rest.split() if not word.startswith("--")), "")
    elif name == "COPY" and (copied := _COPIED.match(rest)):
        image = copied[1]
    return f"FROM {image}" if image and image.lower() not in stages else ""


def _run(rest: str) -> str:
    flags = _FLAGS.match(rest)
    end = flags.end() if flags else 0
    kept = "\\\n" * rest[:end].count("\n")
    command = rest[end:]
    if command.lstrip().startswith("["):
        return kept + _listed(command)
    if _DOCUMENT.match(command.lstrip()):
        return kept + "sh " + command
    return kept + command


def _listed(rest: str) -> str:
    """Write `["a", "b"]` as words; anything else stands as it is."""
    if not rest.lstrip().startswith("["):
        return rest
    try:
        words = json.loads(rest.replace("\\\n", " "))
    except (ValueError, RecursionError):
        return rest
    return shlex.join(word for word in words if isinstance(word, str))


def _environment(rest: str) -> str:
    """Write `ENV A=b` and `ENV A b` as assignments."""
    if _PAIR.match(rest.strip()):
        return "export " + rest.strip()
    name, _, value = rest.strip().partition(" ")
    return f'export {name}="{value.strip()}"' if _ALONE.fullmatch(name) else ""
