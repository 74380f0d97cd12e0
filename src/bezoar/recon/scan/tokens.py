"""Words, signs and strings of a text, told apart without knowing its grammar."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bezoar.syntax.unreadable import UnreadableError

if TYPE_CHECKING:
    from bezoar.recon.scan.calls import Call

_MOST: Final = 250_000  # What has more is data that a program wrote as code.


class Sort(StrEnum):
    """What a token is."""

    NAME = "name"
    TEXT = "text"
    NUMBER = "number"
    SIGN = "sign"
    CALL = "call"
    COMMAND = "command"
    END = "end"


@dataclass(slots=True)
class Token:
    """One word, sign, or bracket with what is in it.

    Attributes:
        sort: What it is.
        text: As written; of a string, what is between the quotes.
        line: 1-based.
        call: Of `CALL`, the call; its name is "" for brackets without one.
        prefix: Of a string, what stands before its quotes.
        tight: Whether it follows the token before without a blank.
    """

    sort: Sort
    text: str
    line: int
    call: "Call | None" = None
    prefix: str = ""
    tight: bool = False


@dataclass(frozen=True)
class Words:
    """How a language is cut into tokens.

    Attributes:
        pattern: Alternatives named `name`, `number`, `end`, `skip`, and `open` for a quote, which
            may have a group `prefix` before it; anything else is a sign.
        ends: For each quote, what a string holds up to its end; possessive, so that it is linear.
        commands: Quotes of what is given to a shell.
    """

    pattern: re.Pattern[str]
    ends: dict[str, re.Pattern[str]]
    commands: frozenset[str] = frozenset()

    def tokens(self, text: str) -> Iterator[Token]:
        """Cut a text into tokens; a quote that never closes is a sign.

        Raises:
            UnreadableError: There are more than a person writes.
        """
        at, line, last, left = 0, 1, -1, _MOST
        endless: set[str] = set()
        while at < len(text):
            left -= 1
            if left < 0:
                raise UnreadableError(f"more than {_MOST:,} words and signs")
            found = self.pattern.match(text, at)
            group = (found.lastgroup or "sign") if found else "sign"
            tight, start, end = at == last, line, found.end() if found else at + 1
            token = Token(Sort.SIGN, text[at:end], start, tight=tight)
            if found and group == "open":
                body = None if found["open"] in endless else self._body(text, found)
                if body is None:
                    endless.add(found["open"])
                    token, end = Token(Sort.SIGN, text[at], start, tight=tight), at + 1
                else:
                    token, end = body
                    token.line, token.tight = start, tight
            elif group not in ("sign", "skip"):
                token = Token(Sort(group), text[at:end], start, tight=tight)
            if group != "skip":
                yield token
                last = end
            line += text.count("\n", at, end)
            at = end

    def _body(self, text: str, found: re.Match[str]) -> tuple[Token, int] | None:
        quote = found["open"]
        closed = self.ends[quote].match(text, found.end())
        if not closed:
            return None
        sort = Sort.COMMAND if quote in self.commands else Sort.TEXT
        prefix = found["prefix"] or ""
        return Token(sort, closed["body"], 0, prefix=prefix), closed.end()
