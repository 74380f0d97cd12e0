"""Commands that Python hands to a shell."""

import re
import shlex
from dataclasses import replace
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan import dispatch
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.syntax.python.value import (
    Either,
    Hole,
    Items,
    Text,
    Unknown,
    Value,
    joined,
    text,
    texts,
)

RUNNERS: Final = frozenset(
    {"os.system", "os.popen", "commands.getoutput", "commands.getstatusoutput", "pexpect.run"}
    | {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")}
    | {"subprocess.getoutput", "subprocess.getstatusoutput", "get_ipython().system"}
    | {"asyncio.create_subprocess_shell", "pty.spawn", "plumbum.local", "invoke.run"}
)
"""Calls of which the first argument is a command, as a text or a list."""

LAST: Final = frozenset(name.rpartition(".")[2] for name in RUNNERS)

_MOST: Final = 8
_SHELLS: Final = ("sh", "bash", "/bin/sh", "/bin/bash", "zsh")


def commands(value: Value) -> list[Text]:
    """Return the command lines that a value may be."""
    if isinstance(value, Either):
        return [one for option in value.options[:_MOST] for one in commands(option)][:_MOST]
    if not isinstance(value, Items):
        return texts(value)[:_MOST] if isinstance(value, Text | Unknown) else []
    items = list(value.items)
    first = texts(items[0])[0].literal if items and texts(items[0]) else None
    if first in _SHELLS and len(items) > 2:  # noqa: PLR2004 - `bash -c COMMAND`
        return commands(items[2])
    pieces: list[Value] = []
    for number, item in enumerate(items):
        pieces += [text(" ")] if number else []
        pieces.append(_word(item))
    whole = joined(pieces, "command")
    return texts(whole)[:_MOST]


def fetched(command: Text, line: int, path: str, context: Context) -> list[Fetch]:
    """Return what a command line fetches.

    Holes travel through the shell as `{name}` and get their defaults back afterwards.
    """
    holes = {one.name: one for one in command.parts if isinstance(one, Hole)}
    plain = "".join(
        "{" + _safe(part.name) + "}" if isinstance(part, Hole) else part for part in command.parts
    )
    found = dispatch.embedded(dispatch.Language.SHELL, plain, path, context, first_line=line)
    return [_with_holes(one, holes) for one in found]


def _with_holes(fetch: Fetch, holes: dict[str, Hole]) -> Fetch:
    uri, revision = fetch.uri, fetch.revision
    names = []
    for name, hole in holes.items():
        marker = "{" + _safe(name) + "}"
        if marker in uri or (revision and marker in revision):
            names.append(name)
            uri = uri.replace(marker, str(hole))
            revision = revision.replace(marker, str(hole)) if revision else revision
    if not names:
        return fetch
    pin = Pin.DYNAMIC if fetch.pin is Pin.NONE and uri.startswith("{") else fetch.pin
    decided = tuple(dict.fromkeys((*names, *(one for one in fetch.decided_by if one in names))))
    return replace(fetch, uri=uri, revision=revision, decided_by=decided, pin=pin)


def _word(item: Value) -> Value:
    """Return one word of a command, quoted for a shell."""
    options = []
    for written in texts(item) or [Text((Hole("argument"),))]:
        one = text("python") if written.parts == (Hole("sys.executable"),) else written
        options.append(
            Text(tuple(shlex.quote(p) if isinstance(p, str) else p for p in one.parts), one.by)
        )
    return options[0] if len(options) == 1 else Either(tuple(options), "command")


def _safe(name: str) -> str:
    return re.sub(r"[^\w.]", "_", name)
