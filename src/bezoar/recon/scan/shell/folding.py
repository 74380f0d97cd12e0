"""Folding words of shell text to what they stand for; nothing is run."""

import re
from collections.abc import Callable
from itertools import islice, product
from typing import Final

from bezoar.recon.scan.shell.expansion import READ, braces, changed, split
from bezoar.recon.scan.shell.value import MOST, Scope, Value, dynamic
from bezoar.syntax.shell_closing import Closing
from bezoar.syntax.shell_words import Command, cut

_PLAIN: Final = re.compile(r"""[^\\'"`${},~]+""")
_SIMPLE: Final = re.compile(r"\$([A-Za-z_]\w*|\d|[@*#?!$-])")
_TEMPLATE: Final = re.compile(r"\$\{\{(.{0,400}?)\}\}", re.DOTALL)
_NAME: Final = re.compile(r"([!#]?)([A-Za-z_]\w*|\d+|[@*#?!$-])(.*)", re.DOTALL)
_INDEX: Final = re.compile(r"\[([^\]]*)\](.*)", re.DOTALL)
_DEFAULT: Final = re.compile(r":?([-=+?])(.*)", re.DOTALL)
_KEYED: Final = re.compile(r"\[([^\]]*)\]=(.*)", re.DOTALL)
_DEEPEST: Final = 6
_LONGEST_PRINTED: Final = 400
_LONGEST_WORD: Final = 1 << 16


class Folding:
    """Folds words in one scope.

    Attributes:
        scope: The variables.
        inside: Told of each command substitution that is met.
    """

    def __init__(self, scope: Scope, inside: Callable[[str], None] | None = None) -> None:
        self.scope = scope
        self.inside = inside
        self._depth = 0

    def word(self, raw: str) -> Value:
        """Return what a word stands for, after splitting and braces."""
        if _PLAIN.fullmatch(raw):
            return Value((raw,))
        if self._depth > _DEEPEST or len(raw) > _LONGEST_WORD:
            return dynamic("...")
        self._depth += 1
        try:
            return self._word(raw)
        finally:
            self._depth -= 1

    def text(self, raw: str) -> str:
        """Return what a word stands for where only one text can stand."""
        value = self.word(raw)
        return value.text if len(value.texts) == 1 else " ".join(value.texts[:MOST])

    def document(self, text: str) -> str:
        """Fold a here-document: variables count, quotes do not; no line is added or lost."""
        if "$" not in text and "`" not in text:
            return text
        parts = _Parts(self, text, document=True).read()
        return "".join(part if isinstance(part, str) else _one_line(part) for part in parts)

    def array(self, raw: str) -> Value:
        """Return the value of `(a b c)`, or of `([key]=a [other]=b)`."""
        texts: list[str] = []
        keys: list[str] = []
        for item in cut(raw[1:-1] if raw.endswith(")") else raw[1:]):
            for word in item.words if isinstance(item, Command) else ():
                keyed = _KEYED.fullmatch(word.raw)
                value = self.word(keyed[2] if keyed else word.raw)
                texts += value.texts
                keys += [self.text(keyed[1])] if keyed else []
        return Value(tuple(texts), several=True, keys=tuple(keys) if keys else ())

    def _word(self, raw: str) -> Value:
        parts = _Parts(self, raw).read()
        if len(parts) == 1 and isinstance(alone := parts[0], Value):
            return alone if raw.startswith(('"', "'")) else split(alone)
        texts = _combined(parts)
        expanded = [new for text in texts for new in braces(text)]
        several = len(expanded) > len(texts)
        return Value(tuple(expanded[: MOST * 16]), several=several)


class _Parts:
    """Reads one word into literal texts and values."""

    def __init__(self, folding: Folding, raw: str, *, document: bool = False) -> None:
        self.folding, self.raw, self.document = folding, raw, document
        self.closing = Closing(raw)
        self.at = 0
        self.quoted = document
        self.parts: list[str | Value] = []
        self.literal: list[str] = []

    def read(self) -> list[str | Value]:
        """Return the parts in order, neighbouring texts as one."""
        raw, size = self.raw, len(self.raw)
        while self.at < size:
            if plain := _PLAIN.match(raw, self.at):
                self.at = plain.end()
                self.add(plain[0])
            else:
                self.special(raw[self.at])
        self.end_literal()
        return self.parts

    def add(self, part: str | Value) -> None:
        """Add a part; literal texts are collected until something else follows."""
        if isinstance(part, str):
            if part:
                self.literal.append(part)
            return
        self.end_literal()
        self.parts.append(part)

    def end_literal(self) -> None:
        """Make one part of the literal texts before."""
        if self.literal:
            self.parts.append("".join(self.literal))
            self.literal = []

    def special(self, char: str) -> None:
        """Read what begins with a character that means something."""
        raw, at = self.raw, self.at
        if char == "\\":
            self.escape()
        elif char == '"' and not self.document:
            self.quoted, self.at = not self.quoted, at + 1
        elif char == "'" and not self.quoted:
            end = raw.find("'", at + 1)
            end = len(raw) if end < 0 else end
            self.add(raw[at + 1 : end])
            self.at = end + 1
        elif char == "$":
            self.dollar()
        elif char == "`":
            end = self.closing.quotation(at + 1, "`")
            inner = raw[at + 1 : end - 1] if end > 0 else ""
            self.substitution(inner.replace("\\`", "`"), end if end > 0 else at + 1)
        elif char == "~" and not at:
            self.at += 1
            self.add("~")
        else:
            self.at += 1
            self.add(char if self.quoted else READ.get(char, char))

    def escape(self) -> None:
        """Read a backslash and what it hides."""
        raw, at = self.raw, self.at
        hidden = raw[at + 1 : at + 2]
        self.at = at + 2
        if hidden == "\n" and not self.document:
            return
        self.add(hidden if not self.quoted or hidden in '$`"\\' else "\\" + hidden)

    def dollar(self) -> None:
        """Read a variable or a substitution."""
        raw, at = self.raw, self.at
        if template := _TEMPLATE.match(raw, at):
            self.at = template.end()
            self.add(dynamic(template[1]))
        elif raw.startswith("$((", at):
            end = self.closing.substitution(at + 2)
            self.at = end if end > 0 else at + 3
            self.add(dynamic(raw[at + 3 : self.at - 2] or "..."))
        elif raw.startswith("$(", at):
            end = self.closing.substitution(at + 2)
            self.substitution(raw[at + 2 : end - 1] if end > 0 else "", end if end > 0 else at + 2)
        elif raw.startswith("${", at):
            end = self.closing.parameter(at + 2)
            self.at = end if end > 0 else at + 2
            if end > 0:
                self.add(self.parameter(raw[at + 2 : end - 1]))
        elif simple := _SIMPLE.match(raw, at):
            self.at = simple.end()
            self.add(self.variable(simple[1]))
        elif raw.startswith(("$'", '$"'), at) and not self.quoted:
            self.at = at + 1
        else:
            self.at = at + 1
            self.add("$")

    def substitution(self, inner: str, end: int) -> None:
        """Read what a command would print, where that can be told."""
        self.at = end
        if self.folding.inside and inner:
            self.folding.inside(inner)
        self.add(_printed(self.folding, inner))

    def variable(self, name: str) -> Value:
        """Return a variable's value."""
        scope = self.folding.scope
        if name in ("@", "*"):
            if scope.parameters is None:
                return dynamic(name)
            return Value(scope.parameters, several=True)
        if name.isdigit() and name != "0":
            index = int(name) - 1
            if scope.parameters is None:
                return dynamic(str(index + 1 + scope.shifted))
            return Value(scope.parameters[index : index + 1] or ("",))
        value = scope.get(name)
        if value is None:
            return dynamic(name)
        # `$NAME` of an array is its first element.
        return Value(value.texts[:1] or ("",)) if value.several else value

    def parameter(self, inner: str) -> Value:
        """Return what `${inner}` stands for."""
        found = _NAME.fullmatch(inner)
        if not found or found[1]:
            return dynamic(inner)
        name, rest = found[2], found[3]
        if index := _INDEX.fullmatch(rest):
            value, rest = self.element(name, index[1]), index[2]
        else:
            value = self.variable(name)
        if not rest:
            return value
        if default := _DEFAULT.fullmatch(rest):
            return self.default(name, value, default[1], default[2])
        return changed(value, rest, self.folding.text) or dynamic(name)

    def default(self, name: str, value: Value, sign: str, raw: str) -> Value:
        """Return a variable, or what stands in for it where it is not set."""
        unset = value.texts in ((f"{{{name}}}",), ("",))
        if sign == "+":
            return Value(("",)) if unset else self.folding.word(raw)
        if sign == "?" or not unset:
            return value
        chosen = self.folding.word(f'"{raw}"' if self.quoted and '"' not in raw else raw)
        if sign == "=":
            self.folding.scope.set(name, chosen)
        return chosen

    def element(self, name: str, index: str) -> Value:
        """Return one element of an array, or all of them."""
        value = self.folding.scope.get(name)
        if value is None:
            return dynamic(name)
        if index in ("@", "*"):
            return Value(value.texts, several=True)
        key = self.folding.text(index.strip("\"'"))
        if value.keys:
            pairs = zip(value.keys, value.texts, strict=False)
            texts = [text for have, text in pairs if have == key]
            return Value(tuple(texts[-1:]) or value.texts)
        if key.isdigit():
            return Value(value.texts[int(key) : int(key) + 1] or ("",))
        return Value(value.texts)  # one of them: which one is not known


def _combined(parts: list[str | Value]) -> list[str]:
    """Join parts to whole texts; several open choices at once stay open."""
    if sum(len(part if isinstance(part, str) else part.text) for part in parts) > _LONGEST_WORD:
        return ["{...}"]
    open_choices = sum(isinstance(part, Value) and len(part.texts) > 1 for part in parts)
    if open_choices > 1:
        return ["".join(part if isinstance(part, str) else _choice(part) for part in parts)]
    choices = [(part,) if isinstance(part, str) else part.texts or ("",) for part in parts]
    return ["".join(texts) for texts in islice(product(*choices), MOST)] or [""]


def _choice(value: Value) -> str:
    if len(value.texts) == 1:
        return value.text
    return "{" + "|".join(text[:40] for text in value.texts[:4]).translate(_NO_BRACES) + "}"


_NO_BRACES: Final = {ord("{"): None, ord("}"): None}


def _one_line(value: Value) -> str:
    text = value.text if len(value.texts) == 1 else _choice(value)
    return text.replace("\n", " ")


def _printed(folding: Folding, inner: str) -> Value:
    """Return what a command prints: `echo`, `basename` and `dirname` of literals."""
    short = len(inner) <= _LONGEST_PRINTED
    items = [item for item in cut(inner) if isinstance(item, Command)] if short else []
    if len(items) == 1 and not items[0].redirects and items[0].words:
        words = [folding.word(word.raw) for word in items[0].words[:12]]
        texts = [text for word in words for text in word.texts]
        arguments = [text for text in texts[1:] if not text.startswith("-")]
        if all(word.known for word in words[1:]) and arguments:
            if texts[0] in ("echo", "printf") and "%" not in arguments[0]:
                return Value((" ".join(arguments),))
            if texts[0] == "basename":
                name = arguments[0].rstrip("/").rpartition("/")[2]
                return Value((name.removesuffix(arguments[1]) if arguments[1:] else name,))
            if texts[0] == "dirname":
                return Value((arguments[0].rstrip("/").rpartition("/")[0] or ".",))
    return dynamic(inner.strip() or "...")
