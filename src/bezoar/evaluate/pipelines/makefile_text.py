"""A makefile's logical lines, and its variables as far as they are written down."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.syntax.shell_words import lines_of

_ASSIGNED: Final = re.compile(
    r"[ ]*(?:(?:export|override|private|unexport)[ \t]+)*([A-Za-z_.][\w.-]{0,200})[ \t]*"
    r"(\?|\+|:{1,3}|!)?=[ \t]*(.*)",
    re.DOTALL,
)
_DEFINE: Final = re.compile(r"[ ]*(?:override[ \t]+)?define[ \t]+([\w.-]{1,200})")
_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^()$]{0,400})\)|\{([^{}$]{0,400})\}|([A-Za-z]))")
_SHELL: Final = re.compile(r"shell\s+(.*)", re.DOTALL)
_IGNORES: Final = re.compile(
    r"(?:^|\s)(?:-\w*[ik]\w*|--ignore-errors|--keep-going)(?:\s|$)|^[ik]+\b"
)
_ROUNDS: Final = 5
_LONGEST: Final = 8192


@dataclass(frozen=True, slots=True)
class Line:
    """A line with those that it goes on in.

    Attributes:
        text: Without the tab that a recipe begins with.
        number: 1-based.
        recipe: Whether it begins with that tab.
    """

    text: str
    number: int
    recipe: bool = False


def logical_lines(text: str) -> Iterator[Line]:
    """Yield the lines of a makefile, comments left out of what is no recipe.

    Raises:
        UnreadableError: There are more than a person writes.
    """
    held: list[str] = []
    start, recipe, defining = 1, False, False
    for number, raw in enumerate(lines_of(text), 1):
        line = raw.rstrip("\r")
        if not held:
            start, recipe = number, line.startswith("\t")
        held.append(line)
        if line.endswith("\\"):
            continue
        whole = "\n".join(held) if recipe else " ".join(one.rstrip("\\").strip() for one in held)
        held = []
        if _DEFINE.match(whole):
            defining = True
        elif defining:
            defining = not whole.strip().startswith("endef")
        elif recipe:
            yield Line(whole[1:], start, recipe=True)
        elif whole.strip() and not whole.lstrip().startswith("#"):
            yield Line(re.split(r"(?<!\\)\s#", whole, maxsplit=1)[0], start)


class Variables:
    """Variables by name; one with several values in branches has none."""

    def __init__(self) -> None:
        self._raw: dict[str, str] = {}

    def assign(self, line: str) -> bool:
        """Take a line that assigns; say whether it is one."""
        found = _ASSIGNED.fullmatch(line)
        if found is None:
            return False
        name, sign, value = found[1], found[2] or "", found[3].strip()[:_LONGEST]
        before = self._raw.get(name)
        if sign == "!":
            value = f"$$({value})"
        if sign.startswith(":"):
            value = self.fold(value)
        if sign == "+" and before is not None:
            self._raw[name] = f"{before} {value}"[:_LONGEST]
        elif sign == "?" and before is not None:
            return True
        else:
            self._raw[name] = value
        return True

    def fold(self, text: str) -> str:
        """Put variables into a text, as long as there are any."""
        for _ in range(_ROUNDS):
            if "$" not in text:
                break
            new = _REFERENCE.sub(self._value, text)
            if new == text or len(new) > _LONGEST * 4:
                break
            text = new
        return text

    def recipe(self, text: str, target: str, first: str, every: str) -> str:
        """Fold a line of a recipe; `$$` becomes the shell's `$`."""
        for sign, value in (("@", target), ("<", first), ("^", every), ("+", every), ("?", every)):
            known = value[:_LONGEST] or f"{{{sign}}}"
            text = text.replace(f"$({sign})", known).replace(f"${sign}", known)
        return self.fold(text).replace("$$", "$")

    def ignores_errors(self) -> bool:
        """Say whether make is told to go on whatever fails."""
        return _IGNORES.search(self._raw.get("MAKEFLAGS", "")) is not None

    def _value(self, found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[3]
        if name is None:
            return found[0]  # `$$`
        name = name.strip()
        if name in self._raw:
            return self._raw[name]
        if name == "MAKE":
            return "make"
        if called := _SHELL.fullmatch(name):
            return f"$$({called[1].strip()})"
        word = re.match(r"[\w.-]+", name)
        return f"{{{word[0] if word else 'expression'}}}"
