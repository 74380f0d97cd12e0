"""What a word of shell text stands for, and the variables that it is made of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 64
"""Alternatives of one value that are told apart."""

_LONGEST: Final = 4096
_DEEPEST: Final = 40
_LONGEST_NAME: Final = 40
_NAME: Final = re.compile(r"\{([^{}]*)\}")
# What would make a name look like code, or like more than one name.
_ODD: Final = re.compile(r"[^\w.,:@*?!#+/|()\[\]-]+")


@dataclass(frozen=True, slots=True)
class Value:
    """One or more texts; what no literal decides stands in them as `{name}`.

    Attributes:
        texts: At least one, unless `several`.
        several: Whether all of them stand there at once, as in an array; else one of them does.
        keys: Of an associative array, in the order of its texts.
    """

    texts: tuple[str, ...]
    several: bool = False
    keys: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The first text, "" where there is none."""
        return self.texts[0] if self.texts else ""

    @property
    def known(self) -> bool:
        """Whether it is literals alone."""
        return not any("{" in text for text in self.texts)


def dynamic(name: str) -> Value:
    """Return what stands for a name whose value nobody knows."""
    name = _ODD.sub(" ", name[:_LONGEST_NAME]).strip()
    return Value((f"{{{name or '...'}}}",))


def names_in(*texts: str | None) -> tuple[str, ...]:
    """Return the names that decide what is no literal, each once."""
    return tuple(dict.fromkeys(name for text in texts if text for name in _NAME.findall(text)))


@dataclass
class Scope:
    """The variables at one point of a script.

    Each branch of a condition writes into a frame of its own. Where branches meet, a variable has
    the values of all of them; one that is no literal gives way to one that is.

    Attributes:
        parameters: What `$1`, `$2`… are; None: whatever the caller gives.
        shifted: How many of them `shift` took away.
        floor: How many branches were open where the script or the function began.
    """

    parameters: tuple[str, ...] | None = None
    shifted: int = 0
    floor: int = 0
    _frames: list[dict[str, Value]] = field(default_factory=lambda: [{}])
    _branches: list[list[dict[str, Value]]] = field(default_factory=list)
    _beyond: int = 0

    def get(self, name: str) -> Value | None:
        """Return a variable's value, None where nothing is known of it."""
        for frame in reversed(self._frames):
            if name in frame:
                return frame[name]
        return None

    def set(self, name: str, value: Value) -> None:
        """Give a variable a value."""
        texts = dict.fromkeys(text for text in value.texts if len(text) <= _LONGEST)
        if not value.several and (not texts or len(texts) > MOST):
            value = dynamic(name)
        elif len(texts) < len(value.texts) and not value.keys:
            value = Value(tuple(texts), value.several)
        self._frames[-1][name] = value

    def shift(self, count: int) -> None:
        """Take parameters away; in a branch only options are: the others come after them."""
        first = "".join((self.parameters or ())[:1])
        if self.depth > self.floor and not first.startswith("-"):
            return
        if self.parameters is None:
            self.shifted += count
        else:
            self.parameters = self.parameters[count:]

    def known(self) -> dict[str, Value]:
        """Return all variables."""
        return {name: value for frame in self._frames for name, value in frame.items()}

    @property
    def depth(self) -> int:
        """How many branches are open."""
        return len(self._branches)

    def enter(self) -> None:
        """Begin the first branch of a condition."""
        if len(self._branches) >= _DEEPEST:
            self._beyond += 1
            return
        self._branches.append([])
        self._frames.append({})

    def alternative(self) -> None:
        """End a branch and begin the next one of the same condition."""
        if self._branches and not self._beyond:
            self._branches[-1].append(self._frames.pop())
            self._frames.append({})

    def leave(self, *, complete: bool = False) -> None:
        """End a condition: what any of its branches set may be so.

        Args:
            complete: Whether one of the branches was taken for sure.
        """
        if self._beyond:
            self._beyond -= 1
            return
        if not self._branches:
            return
        ends = [*self._branches.pop(), self._frames.pop()]
        for name in dict.fromkeys(name for end in ends for name in end):
            before = self.get(name)
            found = [end.get(name, before) for end in ends]
            self.set(name, _joined(found if complete else [*found, before]))


def _joined(values: Iterable[Value | None]) -> Value:
    found = [value for value in values if value is not None]
    best = [value for value in found if value.known and value.texts != ("",)] or found
    if any(value.several for value in best):
        return next(value for value in best if value.several)
    return Value(tuple(dict.fromkeys(text for value in best for text in value.texts)))
