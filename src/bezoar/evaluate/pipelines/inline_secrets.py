"""Where a definition holds a secret as plain text; what the secret is goes nowhere."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.adapters.web.redaction import HIDDEN, redacted
from bezoar.syntax.nodes import Node, Scalar

_NAME: Final = re.compile(
    r"(?i)(?:^|[_.-]|(?<=[a-z]))(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key"
    r"|access[_-]?key(?:[_-]?id)?|secret[_-]?key|account[_-]?key|private[_-]?key|credentials?"
    r"|connection[_-]?string)$"
)
# What stands in the place of a secret: a reference, or a word that everybody knows.
_REFERENCE: Final = re.compile(r"[${<%]|^\*+$|^/|^\.{1,2}/|://[^@]*$|^[\w.-]+:[\w./-]+#?\w*$")
_KNOWN_WORDS: Final = frozenset(
    {"true", "false", "none", "null", "password", "postgres", "mysql", "root", "admin", "test"}
    | {"changeme", "change-me", "change_me", "example", "dummy", "secret", "write", "read", "token"}
    | {"placeholder", "minioadmin", "testing", "redacted", "todo", "xxx", "xxxx", "inherit"}
)
_EXAMPLE: Final = re.compile(r"(?i)(?:your|my|insert|enter|replace|some|dummy|fake)[_-].*|x{4,}.*")
_SHORTEST: Final = 6
_KNOWN: Final = re.compile(
    r"(?<![\w-])(?:hf_[A-Za-z0-9]{16,}|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{20,}"
    r"|glpat-[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{12,}|xox[abprs]-[\w-]{10,}|sk-[\w-]{20,}"
    r"|AIza[\w-]{30,}|(?<=wandb login )[0-9a-f]{40}|(?<=[Bb]earer )[A-Za-z0-9_.~+/-]{20,}"
    r"|-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----)"
)
_IN_ADDRESS: Final = re.compile(r"://[^/@\s\"':${<]{1,64}:(?![${<*{])[^/@\s\"'${<]{3,256}@")
_ASSIGNED: Final = re.compile(
    r"(?:^|[\s;&(,=])(?:--([A-Za-z][\w-]{0,60})[= ]|([A-Za-z_]\w{0,60})=)"
    r"(?:\"([^\"\s]{6,200})\"|'([^'\s]{6,200})'|([^\s\"'`;&|(),\[]{6,200}+)(?![\[(),]))"
)
# As it stands in JSON, in a header, and in a connection string.
_IN_PAIR: Final = re.compile(
    r"(?:([A-Za-z_][\w-]{0,60})[\"']?\s?:\s?|([A-Za-z_]\w{0,60})=)"
    r"(?:\"([^\"\s]{6,200})\"|'([^'\s]{6,200})'|([^\s\"'`;&|(),\[]{6,200}))"
)
_LONGEST: Final = 4_096


def of_variables(pairs: Iterable[tuple[Scalar, Node]]) -> Iterator[tuple[str, int]]:
    """Yield the name and the line of each variable or setting whose value is a secret."""
    for name, value in pairs:
        if isinstance(value, Scalar) and is_secret(name.text, value.text):
            yield name.text, value.line


def of_script(text: str, line: int) -> Iterator[tuple[str, int]]:
    """Yield what a script gives away: by which name, and in which line."""
    for number, row in enumerate(text.split("\n"), line):
        if row.lstrip().startswith("#"):
            continue
        if _KNOWN.search(row) or _IN_ADDRESS.search(row):
            yield "a key in the script", number
            continue
        for found in _ASSIGNED.finditer(row[:4096]):
            name, value = found[1] or found[2], found[3] or found[4] or found[5]
            if is_secret(name, value):
                yield name, number
                break


def is_secret(name: str, value: str) -> bool:
    """Say whether a value is a secret: by how it looks, or by what it is called."""
    if _KNOWN.search(value) or _IN_ADDRESS.search(value):
        return True
    value = value.strip()
    if len(value) < _SHORTEST or value.lower() in _KNOWN_WORDS or " " in value:
        return False
    if _EXAMPLE.fullmatch(value):
        return False
    return _NAME.search(name) is not None and _REFERENCE.search(value) is None


def hidden(text: str) -> str:
    """Return a text that may be shown: each secret in it replaced by `***`.

    Of a text that is longer than anybody reads, the beginning.
    """
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    text = _ASSIGNED.sub(_without_value, _KNOWN.sub(HIDDEN, redacted(text)))
    return _IN_PAIR.sub(_without_value, text)


def _without_value(found: re.Match[str]) -> str:
    name, value = found[1] or found[2], found[3] or found[4] or found[5]
    return found[0].replace(value, HIDDEN) if is_secret(name, value) else found[0]
