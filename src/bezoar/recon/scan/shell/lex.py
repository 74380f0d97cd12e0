"""Shell text cut into simple commands, tolerantly: what does not close is taken as it stands."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

_BLANK = re.compile(r"(?:[ \t]+|\\\n)+")
_PLAIN = re.compile(r"""[^\s;&|()<>"'\\$`]+""")
_REDIRECT = re.compile(r"(?:\d*|&)(?:<<<|<<-?|>>|>\||>&|<&|<>|[<>])(?!\()")
_SEPARATOR = re.compile(r"&&|\|\||\|&|;;&|;;|;&|[;&|]")
_FUNCTION = re.compile(r"[ \t]*\([ \t]*\)")
_ARRAY = re.compile(r"\A[A-Za-z_]\w*\+?=\Z")
_STOP = re.compile(r"""[\\"'`$()#]""")
_IN_QUOTES = re.compile(r'[\\"`$]')
_OPENERS = frozenset({"if", "while", "until", "case", "for", "select"})
_CLOSERS = frozenset({"fi", "done", "esac"})
# Words that stand before a command and are no program themselves.
_PREFIXES = _OPENERS - {"for", "case", "select"} | {"then", "else", "elif", "do", "!", "{", "}"}
_DEEPEST = 24  # Nesting of quotes and substitutions that a person could have written.
_TRIES = 40  # Quotes that never close before all of them are taken as plain characters.


@dataclass(slots=True)
class Word:
    """One word as written, with its quotes."""

    raw: str
    line: int


@dataclass(slots=True)
class Command:
    """One simple command.

    Attributes:
        words: As written; a `for` stands as `for NAME in WORD...`.
        line: Of its first word, 1-based in the text.
        end_line: Of its last.
        redirects: Operator and target, as written.
        document: What a here-document gives it, None where there is none.
        document_line: The first line of that.
        quoted_document: Whether the document is taken literally.
        piped: Whether its output goes to the next command.
        function: The function that it stands in, "" outside.
        depth: How many conditions and loops it stands in.
    """

    line: int
    words: list[Word] = field(default_factory=list)
    end_line: int = 0
    redirects: list[tuple[str, str]] = field(default_factory=list)
    document: str | None = None
    document_line: int = 0
    quoted_document: bool = False
    piped: bool = False
    function: str = ""
    depth: int = 0


def commands(text: str, first_line: int = 1) -> list[Command]:
    """Cut a script into its simple commands, in order; nothing is raised."""
    return _Lexer(text, first_line).run()


def inner_end(text: str, start: int) -> int:
    """Return the index after the `)` that closes what opens before `start`, -1 for none."""
    return _closed(text, start, 0)


def _closed(text: str, at: int, depth: int) -> int:
    """Find the `)` that closes a substitution whose inside begins at `at`."""
    if depth > _DEEPEST:
        return -1
    level = 1
    while found := _STOP.search(text, at):
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
            at = _after_comment(text, at)
        elif char in "\"'`" and (at := _quoted(text, at, char, depth + 1)) < 0:
            return -1
    return -1


def _after_comment(text: str, at: int) -> int:
    """Skip a comment that begins before `at`, if it is one."""
    if at > 1 and text[at - 2] not in " \t\n;(":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _quoted(text: str, at: int, quote: str, depth: int) -> int:
    """Return the index after the quote that closes the one before `at`, -1 for none."""
    if quote == "'":
        return text.find("'", at) + 1 or -1
    if quote == "`":
        while (end := text.find("`", at)) > 0 and text[end - 1] == "\\":
            at = end + 1
        return end + 1 or -1
    while found := _IN_QUOTES.search(text, at):
        at, char = found.end(), found[0]
        if char == '"':
            return at
        if char == "\\":
            at += 1
        elif char == "$" and text.startswith("(", at):
            if depth > _DEEPEST or (at := _closed(text, at + 1, depth + 1)) < 0:
                return -1
        elif char == "`" and (at := _quoted(text, at, "`", depth + 1)) < 0:
            return -1
    return -1


def _braced(text: str, at: int) -> int:
    """Return the index after the `}` that closes a `${` whose inside begins at `at`."""
    level, start = 1, at
    for found in re.compile(r"[{}\n]").finditer(text, at, min(len(text), at + 2000)):
        level += {"{": 1, "}": -1}.get(found[0], 0)
        if not level:
            return found.end()
    return start


class _Lexer:
    """One pass over the text; the index only moves forward."""

    def __init__(self, text: str, first_line: int) -> None:
        self.text, self.first, self.at = text, first_line, 0
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.found: list[Command] = []
        self.now = Command(first_line)
        self.pending: list[tuple[Command, str, bool]] = []
        self.failures = 0
        self.depth = 0
        self.braces: list[str] = []
        self.named = ""  # the function whose body begins next

    def line(self, at: int) -> int:
        """Return the line of an index."""
        return self.first + bisect_right(self.starts, at) - 1

    def run(self) -> list[Command]:
        """Read to the end."""
        text, size = self.text, len(self.text)
        while self.at < size:
            if blank := _BLANK.match(text, self.at):
                self.at = blank.end()
                continue
            char = text[self.at]
            if char == "\n":
                self.end()
                self.at += 1
                self.documents()
            elif char.isspace():
                self.at += 1
            elif char == "#":
                end = text.find("\n", self.at)
                self.at = size if end < 0 else end
            elif redirect := _REDIRECT.match(text, self.at):
                self.at = redirect.end()
                self.redirect(redirect[0])
            elif separator := _SEPARATOR.match(text, self.at):
                self.at = separator.end()
                self.end(piped=separator[0] in ("|", "|&"))
            elif char in "()":
                self.at += 1
                self.end()
            else:
                self.word()
        self.end()
        return self.found

    def word(self) -> None:
        """Read one word and what it opens."""
        start = self.at
        raw = self.raw()
        if not self.now.words and self.keyword(raw):
            return
        if not self.now.words:
            self.now.line = self.line(start)
            if opened := _FUNCTION.match(self.text, self.at):
                self.at, self.named = opened.end(), raw
                return
        self.now.words.append(Word(raw, self.line(start)))

    def keyword(self, raw: str) -> bool:
        """Take a word that is grammar; say whether it was one."""
        if raw in _OPENERS:
            self.depth += 1
        elif raw in _CLOSERS:
            self.depth = max(0, self.depth - 1)
            return False
        if raw == "function":
            rest = _BLANK.match(self.text, self.at)
            self.at = rest.end() if rest else self.at
            self.named = self.raw()
            opened = _FUNCTION.match(self.text, self.at)
            self.at = opened.end() if opened else self.at
            return True
        if raw == "{":
            self.braces.append(self.named or (self.braces[-1] if self.braces else ""))
            self.named = ""
        elif raw == "}" and self.braces:
            self.braces.pop()
        return raw in _PREFIXES

    def raw(self) -> str:
        """Read the characters of one word."""
        text, start, size = self.text, self.at, len(self.text)
        while self.at < size:
            if plain := _PLAIN.match(text, self.at):
                self.at = plain.end()
                continue
            char = text[self.at]
            if char == "(" and _ARRAY.match(text[max(start, self.at - 80) : self.at]):
                self.to(inner_end(text, self.at + 1))
            elif char in "<>" and text.startswith("(", self.at + 1) and self.at == start:
                self.to(inner_end(text, self.at + 2))
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
        if char == "\\":
            self.at = min(len(text), at + 2)
        elif char in "\"'`":
            self.to(_quoted(text, at + 1, char, 0) if self.failures < _TRIES else -1)
        elif text.startswith("$((", at):
            end = text.find("))", at, at + 2000)
            self.at = end + 2 if end > 0 else at + 3
        elif text.startswith("$(", at):
            self.to(inner_end(text, at + 2) if self.failures < _TRIES else -1)
        elif text.startswith("${", at):
            self.at = _braced(text, at + 2)
        else:
            self.at = at + 1

    def to(self, end: int) -> None:
        """Go on after a closed part, or after the one character that opens no part."""
        self.failures += end < 0
        self.at = end if end >= 0 else self.at + 1

    def redirect(self, operator: str) -> None:
        """Read a redirection's target; a here-document follows on the next line."""
        if blank := _BLANK.match(self.text, self.at):
            self.at = blank.end()
        if self.at >= len(self.text) or self.text[self.at] == "\n":
            return
        target = self.raw()
        if operator.endswith(("<<", "<<-")):
            self.pending.append((self.now, target, operator.endswith("-")))
        elif operator.endswith("<<<"):
            self.now.document, self.now.document_line = target, self.line(self.at - 1)
        else:
            self.now.redirects.append((operator, target))

    def end(self, *, piped: bool = False) -> None:
        """Close the command that is being read."""
        now = self.now
        if now.words or now.redirects or now.document is not None:
            now.piped, now.depth = piped, self.depth
            now.function = self.braces[-1] if self.braces else ""
            now.end_line = self.line(max(self.at - 1, 0))
            self.found.append(now)
            self.now = Command(now.end_line)
        elif piped and self.found:
            self.found[-1].piped = True

    def documents(self) -> None:
        """Read the here-documents that the line before announced."""
        for command, target, tabs in self.pending:
            mark = re.sub(r"[\"'\\]", "", target)
            begin = self.at
            end = self.to_mark(mark, tabs=tabs)
            command.document = self.text[begin:end]
            command.document_line = self.line(begin)
            command.quoted_document = mark != target
            command.end_line = max(command.end_line, self.line(max(self.at - 1, begin)))
        self.pending = []

    def to_mark(self, mark: str, *, tabs: bool) -> int:
        """Move behind the line that ends a document; return where the document ends."""
        indent = r"[ \t]*" if tabs else ""
        ended = re.compile(rf"^{indent}{re.escape(mark)}[ \t]*$", re.MULTILINE)
        found = ended.search(self.text, self.at)
        begin, after = (found.start(), found.end()) if found else (len(self.text),) * 2
        self.at = min(len(self.text), after + 1)
        return begin
