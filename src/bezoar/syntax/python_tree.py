"""From text to a syntax tree, be it Python 2 or damaged here and there."""

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Final

from bezoar.syntax.unreadable import UnreadableError

# What Python 2 wrote otherwise; each is replaced by something that parses, on the same line.
_PYTHON_2: Final = (
    (
        re.compile(r"(?m)^([ \t]*)print\b(?![ \t]*[(=.,:\[])[ \t]*(?:>>[^\n]*|[^\n\\#]*)$"),
        r"\1pass",
    ),
    (re.compile(r"(?m)([:;])([ \t]*)print[ \t]+[\"'%\w][^\n\\]*$"), r"\1\2pass"),
    (re.compile(r"(?m)^([ \t]*except[ \t]+[^\n:]{1,200}?),[ \t]*(\w+)[ \t]*:"), r"\1 as \2:"),
    (
        re.compile(r"(?m)^([ \t]*)(?:exec[ \t]+[\"'\w]|raise[ \t]+[\w.]+[ \t]*,)[^\n\\]*$"),
        r"\1pass",
    ),
    (re.compile(r"\b(0[0-7]+)L?\b(?![.\w])"), r"0"),
    (re.compile(r"\b([0-9]+)[lL]\b"), r"\1"),
    (re.compile(r"\bur(?=[\"'])"), r"u"),
    (re.compile(r"<>"), r"!="),
)
_TOP: Final = re.compile(r"(?m)^(?=[^\s#)\]}'\"])(?!(?:else|elif|except|finally)\b)")
_MOST_CHUNKS: Final = 4_000
_MOST_LINES: Final = 100_000  # In 2 MiB there are not that many, unless a program wrote them.
_MOST_PARTS: Final = 400_000  # As many numbers as a table of data has in 2 MiB.


def parsed(text: str, matters: Callable[[str], bool]) -> ast.Module:
    """Return the syntax tree of a module.

    What is no Python 3 is read as far as its top-level statements are one, each by itself. Where
    one that matters is left over, the module counts as unreadable.

    Args:
        text: The module.
        matters: Says of a piece that does not parse whether the module is nothing without it.

    Raises:
        UnreadableError: It is no Python, or nested too deeply.
    """
    if text.count("\n") + text.count(";") > _MOST_LINES:
        raise UnreadableError(f"more than {_MOST_LINES:,} lines")
    if text.count(",") + text.count("=") > _MOST_PARTS:
        raise UnreadableError(f"more than {_MOST_PARTS:,} names and values")
    try:
        return _tree(text)
    except (SyntaxError, ValueError) as error:
        first = error
    for pattern, replacement in _PYTHON_2:
        text = pattern.sub(replacement, text)
    text = text.expandtabs(8)
    try:
        return _tree(text)
    except (SyntaxError, ValueError):
        return _in_pieces(text, first, matters)


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _in_pieces(text: str, first: Exception, matters: Callable[[str], bool]) -> ast.Module:
    if "too many nested" in str(first):
        raise UnreadableError("nested too deeply")
    body: list[ast.stmt] = []
    good = 0
    for line, piece in _pieces(text):
        try:
            tree = _tree("\n" * (line - 1) + piece) if line < 200 else _shifted(piece, line)  # noqa: PLR2004 - a few empty lines cost less than a walk
        except (SyntaxError, ValueError):
            if matters(piece):
                break
            continue
        good += 1
        body += tree.body
    else:
        if good:
            return ast.Module(body, [])
    at = getattr(first, "lineno", None)
    where = f" (line {at})" if at else ""
    raise UnreadableError(f"no Python that can be parsed{where}")


def _shifted(piece: str, line: int) -> ast.Module:
    return ast.increment_lineno(_tree(piece), line - 1)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line and the text of each top-level statement, decorators with it."""
    starts = [match.start() for match in _TOP.finditer(text)]
    if not starts or len(starts) > _MOST_CHUNKS:
        return
    pieces = zip(starts, [*starts[1:], len(text)], strict=True)
    line, counted, held = 1, 0, -1
    for start, end in pieces:
        begin = start if held < 0 else held
        if text.startswith("@", start):
            held = begin
            continue
        held = -1
        line += text.count("\n", counted, begin)
        counted = begin
        yield line, text[begin:end]
    if held >= 0:  # Decorators of nothing.
        yield line + text.count("\n", counted, held), text[held:]
