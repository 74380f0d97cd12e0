"""Shell text cut into simple commands and the words of its grammar, tolerantly.

What does not close is taken as it stands: a fragment of a script is a script.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from bezoar.syntax.shell_closing import Closing
from bezoar.syntax.unreadable import UnreadableError

_BLANK: Final = re.compile(r"(?:[ \t\r\f\v]|\\\n)+")
_PLAIN: Final = re.compile(r"""[^\s;&|()<>"'\\$`]+""")
_REDIRECT: Final = re.compile(r"(?:\d{0,9}|&)(?:<<<|<<-?|>>|>\||>&|<&|<>|[<>])(?!\()")
_SEPARATOR: Final = re.compile(r"&&|\|\||\|&|;;&|;;|;&|[;&|]")
_FUNCTION: Final = re.compile(r"[ \t]*\([ \t]*\)")
_ARRAY: Final = re.compile(r"[A-Za-z_]\w*(?:\[[^\]\s]*\])?\+?=\Z")
# Words of the grammar that stand where a command would begin.
_GRAMMAR: Final = frozenset(
    {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac", "{", "}", "!"}
)
# A generated file holds more. It would take seconds, and tell what its generator tells.
_MOST_TOKENS: Final = 200_000
_MOST_COMMANDS: Final = 20_000
_JOINTS: Final = {"&&": "&&", "||": "||", "|": "|", "|&": "|"}
_CASE_ENDS: Final = frozenset({";;", ";&", ";;&"})


@dataclass(slots=True)
class Word:
    """One word as written, with its quotes."""

    raw: str
    line: int


@dataclass(slots=True)
class Mark:
    """A word of the grammar, or what stands between two commands.

    Attributes:
        sign: `if`, `do`, `;;` and so on; `function` before the body of one.
        name: Of the function.
    """

    sign: str
    name: str = ""


@dataclass(slots=True)
class Command:
    """One simple command.

    Attributes:
        line: Of its first word, 1-based in the text.
        words: As written; `for` and `case` stand as commands of their own.
        end_line: Of its last.
        redirects: Operator and target, as written.
        document: What a here-document gives it, None where there is none.
        document_line: The first line of that.
        literal_document: Whether the document is taken as it stands.
        after: What stands between it and the command before: `&&`, `||`, `|`, or "".
        piped: Whether its output goes to the next command.
        background: Whether nobody waits for it: `&`.
        negated: Whether its status is turned round: `!`.
        depth: How many parentheses it stands in.
    """

    line: int
    words: list[Word] = field(default_factory=list)
    end_line: int = 0
    redirects: list[tuple[str, str]] = field(default_factory=list)
    document: str | None = None
    document_line: int = 0
    literal_document: bool = False
    after: str = ""
    piped: bool = False
    background: bool = False
    negated: bool = False
    depth: int = 0


def cut(text: str, first_line: int = 1) -> list[Command | Mark]:
    """Cut a script into its commands and marks, in order.

    Raises:
        UnreadableError: It has more words than a person writes.
    """
    return _Lexer(text, first_line).run()


def lines_of(text: str) -> list[str]:
    """Return the lines of what is to become a script.

    Raises:
        UnreadableError: There are more than a person writes.
    """
    if text.count("\n") > _MOST_COMMANDS:
        raise UnreadableError(f"more than {_MOST_COMMANDS:,} lines")
    return text.split("\n")


class _Lexer:
    """One pass over the text; the index only moves forward."""

    def __init__(self, text: str, first_line: int) -> None:
        self.text, self.first, self.at = text, first_line, 0
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.closing = Closing(text)
        self.found: list[Command | Mark] = []
        self.now = Command(first_line)
        self.pending: list[tuple[Command, str, bool]] = []
        self.left = _MOST_TOKENS
        self.depth = 0

    def line(self, at: int) -> int:
        """Return the line of an index."""
        return self.first + bisect_right(self.starts, at) - 1

    def run(self) -> list[Command | Mark]:
        """Read to the end."""
        text, size = self.text, len(self.text)
        while self.at < size:
            char = text[self.at]
            if blank := _BLANK.match(text, self.at):
                self.at = blank.end()
            elif char == "\n":
                if self.now.words or self.now.redirects:
                    self.end()
                self.at += 1
                if self.pending:
                    self.documents()
            elif char.isspace():
                self.at += 1
            elif char == "#":
                end = text.find("\n", self.at)
                self.at = size if end < 0 else end
            else:
                self.token(char)
        self.end()
        return self.found

    def token(self, char: str) -> None:
        """Read an operator or a word."""
        text = self.text
        self.charge()
        if redirect := _REDIRECT.match(text, self.at):
            self.at = redirect.end()
            self.redirect(redirect[0])
        elif separator := _SEPARATOR.match(text, self.at):
            self.at = separator.end()
            self.end(separator[0])
        elif char in "()":
            self.at += 1
            self.end()
            self.depth = self.depth + 1 if char == "(" else max(self.depth - 1, 0)
            self.now.depth = self.depth
        else:
            self.word()

    def charge(self) -> None:
        """Count one step; give up where there are too many."""
        self.left -= 1
        if self.left < 0 or len(self.found) > _MOST_COMMANDS:
            raise UnreadableError(f"more than {_MOST_COMMANDS:,} commands, or a word for each byte")

    def word(self) -> None:
        """Read one word and what it opens."""
        start = self.at
        raw = self.raw()
        if not self.now.words:
            if raw in _GRAMMAR:
                self.grammar(raw)
                return
            if raw == "function":
                self.skip_blank()
                raw = self.raw()
                self.named(raw, _FUNCTION.match(self.text, self.at))
                return
            if opened := _FUNCTION.match(self.text, self.at):
                self.named(raw, opened)
                return
            self.now.line = self.line(start)
        self.now.words.append(Word(raw, self.line(start)))

    def grammar(self, raw: str) -> None:
        """Take a word of the grammar."""
        if raw == "!":
            self.now.negated = not self.now.negated
        else:
            self.found.append(Mark(raw))

    def named(self, name: str, opened: re.Match[str] | None) -> None:
        """Note that the body of a function follows."""
        if opened:
            self.at = opened.end()
        self.found.append(Mark("function", name))

    def skip_blank(self) -> None:
        """Move to the next word of the line."""
        if blank := _BLANK.match(self.text, self.at):
            self.at = blank.end()

    def raw(self) -> str:
        """Read the characters of one word."""
        text, start, size = self.text, self.at, len(self.text)
        while self.at < size:
            if plain := _PLAIN.match(text, self.at):
                self.at = plain.end()
                continue
            char = text[self.at]
            if char == "(" and _ARRAY.match(text[max(start, self.at - 80) : self.at]):
                self.to(self.closing.substitution(self.at + 1))
            elif char in "<>" and text.startswith("(", self.at + 1) and self.at == start:
                self.to(self.closing.substitution(self.at + 2), 2)
            elif char.isspace() or char in ";&|()<>":
                break
            else:
                self.special(char)
        if self.at == start:
            self.at += 1
        return text[start : self.at]

    def special(self, char: str) -> None:
        """Step over an escape, a quotation or a substitution."""
        text, at = self.text, self.at
        self.charge()
        if char == "\\":
            self.at = min(len(text), at + 2)
        elif char in "\"'`":
            self.to(self.closing.quotation(at + 1, char))
        elif text.startswith("$(", at):
            self.to(self.closing.substitution(at + 2), 2)
        elif text.startswith("${", at):
            self.to(self.closing.parameter(at + 2), 2)
        else:
            self.at = at + 1

    def to(self, end: int, opener: int = 1) -> None:
        """Go on after a closed part, or after the characters that open none."""
        self.at = end if end >= 0 else min(len(self.text), self.at + opener)

    def redirect(self, operator: str) -> None:
        """Read a redirection's target; a here-document follows on the next line."""
        self.skip_blank()
        if self.at >= len(self.text) or self.text[self.at] == "\n":
            return
        target = self.raw()
        if operator.endswith(("<<", "<<-")):
            self.pending.append((self.now, target, operator.endswith("-")))
        elif operator.endswith("<<<"):
            self.now.document, self.now.document_line = target, self.line(self.at - 1)
        else:
            self.now.redirects.append((operator, target))

    def end(self, separator: str = "") -> None:
        """Close the command that is being read."""
        now, joint = self.now, _JOINTS.get(separator, "")
        if now.words or now.redirects or now.document is not None:
            now.end_line = self.line(max(self.at - 1, 0))
            if not now.words:
                now.line = now.end_line
            now.piped = joint == "|"
            now.background = separator == "&"
            self.found.append(now)
            self.now = Command(now.end_line, after=joint, depth=self.depth)
        elif separator:
            now.after = joint
        if separator in _CASE_ENDS:
            self.found.append(Mark(";;"))

    def documents(self) -> None:
        """Read the here-documents that the line before announced."""
        for command, target, tabs in self.pending:
            mark = re.sub(r"[\"'\\]", "", target)
            begin = self.at
            end = self.to_mark(mark, tabs=tabs)
            command.document = self.text[begin:end]
            command.document_line = self.line(begin)
            command.literal_document = mark != target
            command.end_line = max(command.end_line, self.line(max(self.at - 1, begin)))
        self.pending = []

    def to_mark(self, mark: str, *, tabs: bool) -> int:
        """Move behind the line that ends a document; return where the document ends."""
        text, at, size = self.text, self.at, len(self.text)
        while at < size:
            end = text.find("\n", at)
            after = size if end < 0 else end + 1
            line = text[at:after].rstrip()
            if (line.lstrip() if tabs else line) == mark:
                self.at = after
                return at
            at = after
        self.at = size
        return size
