"""`# bezoar: ignore[BZ104] reason`: what people decided to live with, and why."""

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

MARK: Final = b"bezoar: ignore"
"""What a file must hold to be worth a look."""

_COMMENT: Final = re.compile(
    r"(?:#|//|--|%)[ \t]{0,8}bezoar: ignore(?:\[(?P<codes>[^\]\n]{0,400})\])?(?P<reason>[^\n]*)"
)
_JSON_END: Final = re.compile(r'(?:\\n)?"?,?\s*$')


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment that asks for silence.

    Attributes:
        path: Relative to the tree.
        line: 1-based; of a notebook, in the raw file.
        codes: Of the rules that shall be silent.
        reason: Why; without one the comment has no effect.
        below: The line that it speaks of beside its own, 0 where code stands before it.
    """

    path: str
    line: int
    codes: frozenset[str]
    reason: str
    below: int = 0

    @property
    def valid(self) -> bool:
        """True where it names its rules and its reason."""
        return bool(self.codes and self.reason)

    def covers(self, code: str, line: int, end_line: int) -> bool:
        """Say whether it speaks of a rule's finding on these lines."""
        if not self.valid or code not in self.codes:
            return False
        return line <= self.line <= end_line or self.below == line


def suppressions(text: str, path: str) -> list[Suppression]:
    """Return the suppressions of a file, in the order of their lines.

    In Python only comments count, not what stands in a string; elsewhere each line is taken as it
    stands, because comments differ from tool to tool.
    """
    found = list(_found(text, path))
    if path.endswith((".py", ".pyw")):
        comments = _python_comments(text)
        found = [one for one in found if comments is None or one.line in comments]
    return _stacked(found)


def _found(text: str, path: str) -> Iterator[Suppression]:
    notebook = path.endswith(".ipynb")
    for number, line in enumerate(text.split("\n"), 1):
        if "bezoar: ignore" not in line or not (match := _COMMENT.search(line)):
            continue
        reason, before = match["reason"], line[: match.start()].strip()
        if notebook:
            reason, before = _JSON_END.sub("", reason), before.lstrip('" ')
        codes = frozenset((match["codes"] or "").replace(",", " ").split())
        yield Suppression(
            path, number, codes, reason.strip(" \t-:#*/>"), 0 if before else number + 1
        )


def _stacked(found: list[Suppression]) -> list[Suppression]:
    """Let each of several comments, one above the other, speak of the line below the last."""
    below = {one.line: one.below for one in found if one.below}
    for line in sorted(below, reverse=True):
        below[line] = below.get(below[line], below[line])
    return [replace(one, below=below.get(one.line, 0)) for one in found]


def _python_comments(text: str) -> frozenset[int] | None:
    """Return the lines with a comment that asks for silence; None where Python cannot tell."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return frozenset(
            token.start[0]
            for token in tokens
            if token.type == tokenize.COMMENT and "bezoar: ignore" in token.string
        )
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
