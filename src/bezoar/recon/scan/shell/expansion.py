"""What the shell makes of a text once its variables are in: fields, braces, parts cut off."""

import re
from collections.abc import Callable
from typing import Final

from bezoar.recon.scan.shell.value import MOST, Value

# Braces and commas that the shell itself reads are told from those in quotes.
_OPEN, _SHUT, _COMMA = "\ue000", "\ue001", "\ue002"
READ: Final = {"{": _OPEN, "}": _SHUT, ",": _COMMA}
"""What stands for a brace or a comma without quotes until `braces` has seen it."""

_BRACES: Final = re.compile(f"{_OPEN}([^{_OPEN}{_SHUT}]*){_SHUT}")
_RANGE: Final = re.compile(r"(\d{1,6})\.\.(\d{1,6})(?:\.\.(\d{1,4}))?")
_FIELD: Final = re.compile(r"(?:\{[^{}]*\}|[^\s{]|\{)+")
_CUT: Final = re.compile(r"(##?|%%?)(.*)", re.DOTALL)
_SWAP: Final = re.compile(r"//?([^/]*)/?(.*)", re.DOTALL)
_EXPANSIONS: Final = 12
_LONGEST: Final = 1 << 16


def split(value: Value) -> Value:
    """Split an unquoted value at its blanks."""
    if not any(char.isspace() for text in value.texts for char in text):
        return value
    fields = [field for text in value.texts for field in _FIELD.findall(text)]
    if not value.several and len(value.texts) > 1:
        return Value(tuple(fields)[:MOST], several=True)
    return Value(tuple(fields), several=True)


def braces(text: str) -> list[str]:
    """Expand `{a,b}` and `{1..3}`; other braces stand for themselves."""
    done, pending, left = [], [text], _EXPANSIONS * MOST
    while pending and left:
        left -= 1
        text = pending.pop(0)
        for found in _BRACES.finditer(text):
            if items := _items(found[1]):
                ends = text[: found.start()], text[found.end() :]
                pending = [ends[0] + item + ends[1] for item in items] + pending
                break
        else:
            done.append(_written(text))
    return done + [_written(text) for text in pending[:1]]


def _items(inner: str) -> list[str]:
    if _COMMA in inner:
        return inner.split(_COMMA)[:MOST]
    if found := _RANGE.fullmatch(inner):
        start, end, step = int(found[1]), int(found[2]), int(found[3] or 1) or 1
        width = len(found[1]) if found[1].startswith("0") else 0
        numbers = range(start, end + 1, step) if start <= end else range(start, end - 1, -step)
        return [f"{number:0{width}d}" for number in numbers] if len(numbers) <= MOST else []
    return []


def _written(text: str) -> str:
    return text.replace(_OPEN, "{").replace(_SHUT, "}").replace(_COMMA, ",")


def changed(value: Value, rest: str, fold: Callable[[str], str]) -> Value | None:
    """Apply `${NAME%.zip}`, `${NAME##*/}`, `${NAME/a/b}`, `${NAME,,}` to literals."""
    if not value.known:
        return None
    if rest in (",,", "^^"):
        return Value(tuple(t.lower() if rest == ",," else t.upper() for t in value.texts))
    if found := _CUT.fullmatch(rest):
        sign, pattern = found[1], fold(f'"{found[2]}"')
        return _each(value, lambda text: _without(text, sign, pattern))
    if (found := _SWAP.fullmatch(rest)) and found[1] and not re.search(r"[*?\[]", found[1]):
        old, new = fold(found[1]), fold(found[2])
        if len(value.text) * max(1, len(new)) > _LONGEST:
            return None
        count = -1 if rest.startswith("//") else 1
        return Value(tuple(text.replace(old, new, count) for text in value.texts))
    return None


def _each(value: Value, change: Callable[[str], str | None]) -> Value | None:
    texts = [change(text) for text in value.texts]
    kept = tuple(text for text in texts if text is not None)
    return Value(kept, value.several) if len(kept) == len(texts) else None


def _without(text: str, sign: str, pattern: str) -> str | None:
    """Cut a pattern with at most one `*` at its open end off a text."""
    front = sign.startswith("#")
    if "*" not in pattern:
        return text.removeprefix(pattern) if front else text.removesuffix(pattern)
    fixed = pattern[1:] if front else pattern[:-1]
    open_end = pattern.startswith("*") if front else pattern.endswith("*")
    if not open_end or re.search(r"[*?\[]", fixed) or not fixed:
        return None
    if fixed not in text:
        return text
    if front:
        return text.partition(fixed)[2] if sign == "#" else text.rpartition(fixed)[2]
    return text.rpartition(fixed)[0] if sign == "%" else text.partition(fixed)[0]
