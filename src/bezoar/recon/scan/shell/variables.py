"""What a script's own commands do to its variables: `a=b`, `export`, `read`, `shift`, `set`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bezoar.recon.scan.shell.folding import Folding
from bezoar.recon.scan.shell.value import MOST, Scope, Value, dynamic
from bezoar.syntax.shell_words import Word

_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w*)(?:\[([^\]\n]{0,200})\])?(\+?)=(.*)", re.DOTALL)
_DECLARING: Final = frozenset({"export", "declare", "local", "readonly", "typeset", "set"})
_READING: Final = frozenset({"read", "mapfile", "readarray", "getopts", "unset"})
BUILTINS: Final = _DECLARING | _READING | {"shift"}
"""Commands that change variables and start nothing."""


@dataclass(frozen=True, slots=True)
class Variables:
    """Changes the variables of one scope.

    Attributes:
        scope: The variables.
        folding: What folds the words on a line.
    """

    scope: Scope
    folding: Callable[[int], Folding]

    def assign(self, words: list[Word], line: int) -> list[Word]:
        """Take assignments off the front of a command; return the other words."""
        count = 0
        while count < len(words) and _ASSIGNED.match(words[count].raw):
            count += 1
        if count == len(words):  # else they hold for that one command
            for word in words:
                self._set(_ASSIGNED.fullmatch(word.raw), line)
        return words[count:]

    def _set(self, found: re.Match[str] | None, line: int) -> None:
        if not found:
            return
        name, index, plus, raw = found.groups()
        folding = self.folding(line)
        if raw.startswith("(") and not index:
            value = folding.array(raw)
        else:
            value = folding.word(raw)
            if value.several and not re.fullmatch(r"\"?\$\{\w+\[[@*]\]\}\"?", raw):
                value = Value((" ".join(value.texts),))
        before = self.scope.get(name)
        if index:
            value = _with_element(before, folding.text(index.strip("\"'")), value)
        elif plus and before is not None:
            value = _appended(before, value)
        if value.texts == (f"{{{name}}}",):
            return  # `X=$X`: nothing new
        self.scope.set(name, value)

    def builtin(self, name: str, words: list[Word], line: int) -> None:
        """Follow a builtin that changes variables."""
        if name == "shift":
            digits = words[0].raw if words else "1"
            self.scope.shift(int(digits) if re.fullmatch(r"\d{1,4}", digits) else 1)
        elif name == "set":
            self._set_parameters(words, line)
        else:
            for word in words:
                if name in _READING:
                    if re.fullmatch(r"[A-Za-z_]\w*", word.raw):
                        self.scope.set(word.raw, dynamic(word.raw))
                else:
                    self._set(_ASSIGNED.fullmatch(word.raw), line)

    def _set_parameters(self, words: list[Word], line: int) -> None:
        raws = [word.raw for word in words]
        if "--" in raws:
            given = words[raws.index("--") + 1 :]
            folding = self.folding(line)
            texts = [text for word in given for text in folding.word(word.raw).texts]
            self.scope.parameters = tuple(texts[: MOST * 4])


def _with_element(before: Value | None, key: str, value: Value) -> Value:
    """Return an array with one more element."""
    texts, keys = (before.texts, before.keys) if before and before.several else ((), ())
    if key.isdigit() and not keys:
        return Value((*texts, value.text), several=True)
    return Value((*texts, value.text), several=True, keys=(*keys, key))


def _appended(before: Value, value: Value) -> Value:
    if before.several or value.several:
        return Value((*before.texts, *value.texts), several=True)
    if len(before.texts) > 1 or len(value.texts) > 1:
        return before
    return Value((before.text + value.text,))
