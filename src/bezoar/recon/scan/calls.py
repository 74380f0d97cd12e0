"""The calls in a text of a language with brackets: names, arguments, strings, assignments.

No grammar: what is between two brackets is a list of words. That is enough to tell which call
fetches, and it cannot choke.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.recon.scan.tokens import Sort, Token

_DEEPEST: Final = 200
_LONGEST: Final = 4096
_LISTED: Final = 20_000  # Entries of lists within lists that are looked at, all in all.
_NAMES: Final = 12  # Names that stand for names that stand for names.


@dataclass(slots=True)
class Argument:
    """One argument of a call.

    Attributes:
        name: "" where it has none.
        tokens: Its words.
    """

    name: str = ""
    tokens: list[Token] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """A name with brackets, or brackets alone.

    Attributes:
        name: With its package, "" where no name stands before the brackets.
        line: Of the name.
        end_line: Of the closing bracket.
        arguments: In order.
        defines: Whether it is the head of a function, so that its arguments are defaults.
    """

    name: str
    line: int
    end_line: int = 0
    arguments: list[Argument] = field(default_factory=list)
    defines: bool = False

    def argument(self, *wanted: str) -> list[Token] | None:
        """Return the first of these arguments, by name or by index among those without one."""
        for key in wanted:
            for given in self.arguments:
                if given.name == key and key:
                    return given.tokens
        unnamed = [given.tokens for given in self.arguments if not given.name]
        for key in wanted:
            if key.isdigit() and int(key) < len(unnamed):
                return unnamed[int(key)]
        return None


@dataclass(slots=True)
class Text:
    """What stands in a text.

    Attributes:
        calls: In the order of their ends.
        commands: What is given to a shell.
        strings: Strings with a prefix.
        names: Names that nothing calls.
        assigned: What is assigned to each name, defaults of arguments included.
    """

    calls: list[Call] = field(default_factory=list)
    commands: list[Token] = field(default_factory=list)
    strings: list[Token] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    assigned: dict[str, list[list[Token]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Frame:
    """A bracket that is open."""

    call: Call
    sign: str
    now: Argument = field(default_factory=Argument)


def parsed(
    tokens: Iterable[Token],
    assigns: frozenset[str],
    heads: frozenset[str],
    rightward: frozenset[str] = frozenset(),
) -> Text:
    """Sort tokens into calls and assignments.

    Args:
        tokens: Of the text; brackets and separators are signs.
        assigns: Signs that assign to the name before them.
        heads: Words before or as the name of a call that make it the head of a function.
        rightward: Signs that assign to the name behind them.
    """
    return _Parser(assigns, heads, rightward).run(tokens)


class _Parser:
    """One pass over the tokens."""

    def __init__(
        self, assigns: frozenset[str], heads: frozenset[str], rightward: frozenset[str]
    ) -> None:
        self.assigns, self.heads, self.rightward = assigns, heads, rightward
        self.found = Text()
        self.stack = [_Frame(Call("", 1), "")]
        self.beyond = 0

    def run(self, tokens: Iterable[Token]) -> Text:
        """Read to the end."""
        line = 1
        for token in tokens:
            line = token.line
            self._take(token)
        while len(self.stack) > 1:
            self._close(line)
        self._finish()
        return self.found

    def _take(self, token: Token) -> None:
        frame = self.stack[-1]
        if token.sort is Sort.END or (token.sort is Sort.SIGN and token.text == ";"):
            if frame.sign in ("", "{") or token.sort is Sort.SIGN:
                self._finish()
        elif token.sort is not Sort.SIGN:
            self._note(token)
            frame.now.tokens.append(token)
        elif token.text in ("(", "[", "{"):
            self._open(token)
        elif token.text in (")", "]", "}"):
            self._close(token.line)
        elif token.text == ",":
            self._finish()
        elif token.text == "=" and frame.sign == "(" and self._names():
            frame.now.name = frame.now.tokens.pop().text
        else:
            frame.now.tokens.append(token)

    def _names(self) -> bool:
        now = self.stack[-1].now
        return not now.name and len(now.tokens) == 1 and now.tokens[0].sort is Sort.NAME

    def _note(self, token: Token) -> None:
        if token.sort is Sort.COMMAND:
            self.found.commands.append(token)
        elif token.prefix:
            self.found.strings.append(token)

    def _open(self, token: Token) -> None:
        if len(self.stack) > _DEEPEST:
            self.beyond += 1
            return
        tokens = self.stack[-1].now.tokens
        call = Call("", token.line)
        if token.text == "(" and token.tight and tokens and tokens[-1].sort is Sort.NAME:
            name = tokens.pop()
            call = Call(name.text, name.line)
            before = tokens[-1].text if tokens else ""
            call.defines = name.text in self.heads or before in self.heads
        self.stack.append(_Frame(call, token.text))

    def _close(self, line: int) -> None:
        if self.beyond:
            self.beyond -= 1
            return
        if len(self.stack) == 1:
            return
        self._finish()
        call = self.stack.pop().call
        call.end_line = line
        if call.name:
            self.found.calls.append(call)
            if call.defines:
                for argument in call.arguments:
                    if argument.name and argument.tokens:
                        self.found.assigned.setdefault(argument.name, []).append(argument.tokens)
        self.stack[-1].now.tokens.append(Token(Sort.CALL, call.name, call.line, call))

    def _finish(self) -> None:
        """End an argument or a statement."""
        frame = self.stack[-1]
        now, frame.now = frame.now, Argument()
        if not now.tokens and not now.name:
            return
        self.found.names.update(token.text for token in now.tokens if token.sort is Sort.NAME)
        if frame.sign in ("", "{"):
            self._assign(now.tokens)
        if frame.sign:
            frame.call.arguments.append(now)

    def _assign(self, tokens: list[Token]) -> None:
        """Note `name = words` or `words -> name`; what is before (`const`, `local`) is passed."""
        for at, token in enumerate(tokens[1:4], 1):
            if token.sort is Sort.SIGN and token.text in self.assigns:
                if tokens[at - 1].sort is Sort.NAME:
                    values = self.found.assigned.setdefault(tokens[at - 1].text, [])
                    values.append(tokens[at + 1 :])
                return
        if len(tokens) > 2 and tokens[-2].text in self.rightward:  # noqa: PLR2004 - words, sign, name
            *words, sign, name = tokens
            if sign.sort is Sort.SIGN and name.sort is Sort.NAME:
                self.found.assigned.setdefault(name.text, []).append(words)


@dataclass
class Folding:
    """Folds words to text; what no literal decides stands as `{name}`.

    Attributes:
        text: What the words come from.
        joins: Signs that put texts together.
        functions: For each function that puts texts together, what stands between them.
    """

    text: Text
    joins: frozenset[str]
    functions: dict[str, str]
    _open: set[str] = field(default_factory=set)
    _known: dict[str, str] = field(default_factory=dict)
    _left: int = _LISTED

    def folded(self, tokens: list[Token], depth: int = 0) -> str:
        """Return the text that words stand for."""
        if depth > _NAMES or not tokens:
            return "{...}"
        if len(tokens) == 1:
            return self._one(tokens[0], depth)
        if (
            all(token.sort is Sort.SIGN and token.text in self.joins for token in tokens[1::2])
            and len(tokens) % 2
        ):
            return "".join(self._one(token, depth) for token in tokens[::2])[:_LONGEST]
        named = next((token.text for token in tokens if token.sort is Sort.NAME), "...")
        return f"{{{named}}}"

    def texts(self, tokens: list[Token]) -> Iterator[str]:
        """Yield the texts of a list in brackets, or the one that is no list."""
        self._left -= 1
        if self._left < 0:
            return
        if len(tokens) == 1 and (call := tokens[0].call) and call.name in ("", "c", "list"):
            for argument in call.arguments[:64]:
                yield from self.texts(argument.tokens)
        else:
            name = tokens[0].text if len(tokens) == 1 and tokens[0].sort is Sort.NAME else ""
            values = self.text.assigned.get(name, [])
            known = len(values) == 1 and values[0] and name not in self._open
            if known and len(self._open) < _NAMES:
                self._open.add(name)
                yield from self.texts(values[0])
                self._open.discard(name)
            else:
                yield self.folded(tokens)

    def _one(self, token: Token, depth: int) -> str:
        if token.sort is Sort.TEXT:
            return self.interpolated(token, depth)
        if token.sort in (Sort.NUMBER, Sort.SIGN):
            return token.text
        if token.sort is Sort.NAME:
            return self.variable(token.text, depth)
        call = token.call
        if call and call.name in self.functions:
            between = self.functions[call.name]
            parts = [self.folded(one.tokens, depth + 1) for one in call.arguments if not one.name]
            return between.join(parts)[:_LONGEST]
        if call and not call.name and len(call.arguments) == 1:
            return self.folded(call.arguments[0].tokens, depth + 1)
        return f"{{{(call.name if call else '') or '...'}}}"

    def variable(self, name: str, depth: int) -> str:
        """Return a variable's text, `{name}` where it is not known or not one."""
        if name in self._known:
            return self._known[name]
        values = self.text.assigned.get(name, [])
        if len(values) != 1 or name in self._open:
            return f"{{{name}}}"
        self._open.add(name)
        folded = self.folded(values[0], depth + 1)
        self._open.discard(name)
        self._known[name] = f"{{{name}}}" if folded.startswith("{...") else folded
        return self._known[name]

    def interpolated(self, token: Token, depth: int) -> str:  # noqa: ARG002 - Julia overrides it
        """Return a string's text; a language with variables in strings folds them."""
        return token.text
