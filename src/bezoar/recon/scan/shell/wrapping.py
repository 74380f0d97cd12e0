"""Taking off what stands around a command: `sudo`, `time`, `docker exec`, `bash -c`, `xargs`."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from bezoar.facts.programs import Prefix, programs
from bezoar.recon.scan.shell.value import Value

SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "ash", "ksh", "fish"})
_PYTHON: Final = re.compile(
    r"(?:i?python[0-9.]*w?|pypy3?|py|\{(?:\w*_)?PYTHON\w*\})(?:\.exe)?", re.IGNORECASE
)
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*=")
_CODE: Final = re.compile(r"-[a-z]*c")
_MOST: Final = 12  # Programs that run programs that run programs.


@dataclass(frozen=True, slots=True)
class Inner:
    """A script within a command.

    Attributes:
        script: Its text.
        is_document: Whether it stands in a here-document.
    """

    script: str
    is_document: bool = False


def unwrapped(
    argv: list[Value], document: str | None = None, piped: list[Value] | None = None
) -> list[Value] | Inner:
    """Return the command that is run in the end, or the script.

    Args:
        argv: The words of the command.
        document: Its here-document.
        piped: The words of the command whose output it reads.
    """
    for _ in range(_MOST):
        name = _name(argv)
        if name in SHELLS or name in ("su", "eval", "ssh", "powershell", "pwsh", "cmd", "runuser"):
            return _script(name, argv, document)
        if name == "find":
            argv = _executed(argv)
            continue
        if name == "xargs" and piped and _name(piped) in ("echo", "printf"):
            argv = [*argv, *piped[1:]]
        inner = _behind(argv)
        if inner is None:
            return argv
        argv = inner
    return argv


# Beside the programs that fetch: builtins that set variables, and programs that compare digests.
_BUILTINS: Final = frozenset(
    {"eval", "ssh", "su", "powershell", "pwsh", "cmd", "find", "export", "declare", "local"}
    | {"readonly", "typeset", "set", "shift", "read", "mapfile", "readarray", "getopts", "unset"}
    | {"[", "[[", "test", "echo", "printf", "cat", "tee", "git", "openssl", "rhash", "cksum"}
)


@cache
def _asked_about() -> frozenset[str]:
    facts = programs()
    return frozenset([*facts.fetching, *facts.prefixes, *SHELLS, *_BUILTINS])


def watched(name: str) -> bool:
    """Say whether the arguments of a program can tell something."""
    name = name.rpartition("/")[2]
    return (
        name in _asked_about()
        or name.lower() in _asked_about()
        or "sum" in name
        or _PYTHON.fullmatch(name) is not None
    )


def is_python(name: str) -> bool:
    """Say whether a program's name is that of a Python interpreter."""
    return _PYTHON.fullmatch(name) is not None


def _name(argv: list[Value]) -> str:
    return argv[0].text.rpartition("/")[2] if argv else ""


def _script(name: str, argv: list[Value], document: str | None) -> list[Value] | Inner:
    """Return the script of a shell, an `eval`, or a command on another machine."""
    texts = [value.text for value in argv]
    if name == "eval":
        return Inner(" ".join(texts[1:]))
    if name == "ssh":
        return _remote(texts, document) or argv
    option = _OPTIONS.get(name, _CODE)
    for at, text in enumerate(texts[1:], 1):
        if option.fullmatch(text) and at + 1 < len(texts):
            return Inner(" ".join(texts[at + 1 :]) if name not in SHELLS else texts[at + 1])
    if document is not None:
        return Inner(document, is_document=True)
    return argv


_COMMAND: Final = re.compile(r"-c(?:ommand)?", re.IGNORECASE)
_OPTIONS: Final = {"cmd": re.compile(r"/[cCkK]"), "powershell": _COMMAND, "pwsh": _COMMAND}


def _remote(texts: list[str], document: str | None) -> Inner | None:
    """Return what `ssh HOST COMMAND` runs."""
    at = 1
    while at < len(texts) and texts[at].startswith("-"):
        at += 2 if re.fullmatch(r"-[bcDEeFIiJLlmOopQRSWw]", texts[at]) else 1
    if at + 1 < len(texts):
        return Inner(" ".join(texts[at + 1 :]))
    return Inner(document, is_document=True) if document is not None else None


def _executed(argv: list[Value]) -> list[Value]:
    """Return what `find -exec` runs."""
    texts = [value.text for value in argv]
    for option in ("-exec", "-execdir"):
        if option in texts:
            return argv[texts.index(option) + 1 :]
    return argv[:0]


def _behind(argv: list[Value]) -> list[Value] | None:
    """Return the command behind a prefix, None where the first word is none."""
    for prefix in programs().prefixes.get(_name(argv), ()):
        texts = [value.text for value in argv]
        if tuple(texts[1 : len(prefix.name)]) == prefix.name[1:]:
            at = _start(texts, prefix)
            rest = argv[at:]
            if prefix.name[-1] == "run" and texts[at : at + 1] == ["-m"]:
                return [Value(("python",)), *rest]
            return rest
    return None


def _start(texts: list[str], prefix: Prefix) -> int:
    """Return the index of the command behind a prefix's own options and arguments."""
    at, skip = len(prefix.name), prefix.skip
    while at < len(texts):
        text = texts[at]
        if text == "--":
            return at + 1
        if text == "-m" and prefix.name[-1] == "run" and "-m" not in prefix.values:
            return at
        if text.startswith("-"):
            at += 2 if text in prefix.values else 1
        elif _ASSIGNED.match(text):
            at += 1
        elif skip:
            at, skip = at + 1, skip - 1
        else:
            return at
    return at
