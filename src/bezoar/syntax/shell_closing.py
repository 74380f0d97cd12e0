"""Where a quotation, a substitution or a brace of shell text ends, in linear time."""

import re
from typing import Final

_STOP: Final = re.compile(r"""[\\"'`()#]""")
_IN_QUOTES: Final = re.compile(r'[\\"`$]')
_BRACES: Final = re.compile(r"[{}\\'\"\n]")
_DEEPEST: Final = 24  # Quotes within substitutions that a person could have written.
_LONGEST_BRACE: Final = 2000
_SWEEPS: Final = 2


class Closing:
    """Finds what closes what; each search returns the index behind the end, or -1.

    What never closes costs a search to the end of the text. After a few such sweeps over the
    whole text no more are made, and every opener counts as a plain character.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.left = _SWEEPS * len(text) + 4096

    def quotation(self, at: int, quote: str, depth: int = 0) -> int:
        """Find the end of a quotation whose inside begins at `at`."""
        if self.left < 0 or depth > _DEEPEST:
            return -1
        end = self._double(at, depth) if quote == '"' else self._plain(at, quote)
        if not depth:
            self._charge(at, end)
        return end

    def substitution(self, at: int, depth: int = 0) -> int:
        """Find the end of `$(`, `<(` or an array whose inside begins at `at`."""
        if self.left < 0 or depth > _DEEPEST:
            return -1
        end = self._round(at, depth)
        if not depth:
            self._charge(at, end)
        return end

    def parameter(self, at: int) -> int:
        """Find the end of a `${` whose inside begins at `at`, on the same line."""
        if self.left < 0:
            return -1
        level, end = 1, min(len(self.text), at + _LONGEST_BRACE)
        for found in _BRACES.finditer(self.text, at, end):
            self.left -= 1
            level += {"{": 1, "}": -1}.get(found[0], 0)
            if not level:
                return found.end()
            if found[0] == "\n":
                break
        self.left -= _LONGEST_BRACE
        return -1

    def _charge(self, at: int, end: int) -> None:
        self.left -= (len(self.text) if end < 0 else end) - at

    def _plain(self, at: int, quote: str) -> int:
        """Find the next quote; a backslash hides a backtick only."""
        end = self.text.find(quote, at)
        while quote == "`" and end > 0 and self.text[end - 1] == "\\":
            end = self.text.find(quote, end + 1)
        return end + 1 if end >= 0 else -1

    def _double(self, at: int, depth: int) -> int:
        while found := _IN_QUOTES.search(self.text, at):
            at, char = found.end(), found[0]
            if char == '"':
                return at
            if char == "\\":
                at += 1
            elif char == "`":
                at = self.quotation(at, "`", depth + 1)
            elif self.text.startswith("(", at):
                at = self.substitution(at + 1, depth + 1)
            if at < 0:
                return -1
        return -1

    def _round(self, at: int, depth: int) -> int:
        level = 1
        while found := _STOP.search(self.text, at):
            at, char = found.end(), found[0]
            if char == "\\":
                at += 1
            elif char == "(":
                level += 1
            elif char == ")":
                level -= 1
                if not level:
                    return at
            elif char == "#":
                at = self._after_comment(at)
            else:
                at = self.quotation(at, char, depth + 1)
                if at < 0:
                    return -1
        return -1

    def _after_comment(self, at: int) -> int:
        """Skip a comment that begins before `at`, if it is one."""
        if at > 1 and self.text[at - 2] not in " \t\n;(":
            return at
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end
