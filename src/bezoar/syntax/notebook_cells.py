"""Jupyter notebooks as text: the code of their cells, and as one module what IPython runs."""

import re
import textwrap
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined] # typeshed leaves it out
from typing import Final

from bezoar.syntax.unreadable import UnreadableError

_SPACE: Final = re.compile(r"[\s:,]*")
_SCALAR: Final = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null|NaN|-?Infinity")
_DEEPEST: Final = 64

_SHELL_CELL: Final = re.compile(r"%%(?:bash|sh|shell|script\s+(?:ba)?sh|!)\b")
_PYTHON_CELL: Final = re.compile(r"%%(?:time|timeit|capture|prun|memit|python3?|debug|wandb|px)\b")
_COMMAND: Final = re.compile(
    r"(?P<indent>[ \t]*)(?:(?P<name>[\w, ]+?)\s*=\s*)?!{1,2}(?P<command>.+)"
)
_MAGIC: Final = re.compile(r"(?P<indent>[ \t]*)(?:[\w, ]+?\s*=\s*)?%(?P<name>\w+)(?P<rest>.*)")
_SHELL_MAGICS: Final = frozenset({"sx", "system", "sc"})
_NAME_IN_COMMAND: Final = re.compile(
    r"\{(?P<name>[A-Za-z_][\w.]*(?:\[[^\]{}\n]{1,40}\])?)\}|\$(?P<plain>[A-Za-z_]\w*)"
)
_ASSIGNED: Final = re.compile(
    r"^\s*([A-Za-z_]\w*)\s*=(?!=)|^\s*for\s+([A-Za-z_]\w*)\s+in\b", re.MULTILINE
)


@dataclass(slots=True)
class Cell:
    """A cell of code.

    Attributes:
        number: 1-based, of all cells.
        lines: Its code.
        raw: For each line, its line of the raw file.
    """

    number: int
    lines: list[str] = field(default_factory=list)
    raw: list[int] = field(default_factory=list)


def notebook(text: str) -> "Notebook":
    """Return the cells of a notebook.

    Raises:
        UnreadableError: It is no JSON.
    """
    found = Notebook(text)
    found.parse()
    return found


def is_shell(cell: Cell) -> bool:
    """Say whether a cell is a script of the shell."""
    return _SHELL_CELL.match(_first(cell)) is not None


def is_python(cell: Cell) -> bool:
    """Say whether a cell is Python, magic or not."""
    first = _first(cell)
    return not first.startswith("%%") or _PYTHON_CELL.match(first) is not None


def shell_of(cell: Cell) -> str:
    """Return the script of a cell, line for line."""
    first = _first(cell)
    return "\n".join("" if line is first else line for line in cell.lines)


def as_python(cells: list[Cell]) -> tuple[str, list[tuple[int, Cell]]]:
    """Return the cells of Python as one module, and where each of its lines stands."""
    lines: list[str] = []
    origin: list[tuple[int, Cell]] = []
    assigned = _assigned(cells)
    for cell in cells:
        if is_python(cell):
            translated = textwrap.dedent("\n".join(_translated(cell.lines, assigned))).split("\n")
            lines += translated
            origin += [(number, cell) for number in range(len(translated))]
    return "\n".join(lines), origin


def _first(cell: Cell) -> str:
    return next((line for line in cell.lines if line.strip()), "")


def _assigned(cells: list[Cell]) -> frozenset[str]:
    """Return the names that the cells give a value: `$name` in a command may be one of them."""
    return frozenset(
        name
        for cell in cells
        for match in _ASSIGNED.finditer("\n".join(cell.lines))
        for name in match.groups()
        if name
    )


def _translated(lines: list[str], assigned: frozenset[str]) -> list[str]:
    """Return a cell as Python, line for line, as IPython itself would run it."""
    result: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        command = _COMMAND.fullmatch(line) if "!" in line else None
        magic = _MAGIC.fullmatch(line) if command is None and "%" in line else None
        if command is None and magic is None:
            result.append(line)
            number += 1
            continue
        start = number
        whole = [line.rstrip("\\") if line.endswith("\\") else line]
        while lines[number].endswith("\\") and number + 1 < len(lines):
            number += 1
            whole.append(lines[number].rstrip("\\"))
        text = " ".join(whole)
        result.append(_as_python(text, assigned))
        result += [""] * (number - start)
        number += 1
    return result


def _as_python(line: str, assigned: frozenset[str]) -> str:
    match = _COMMAND.fullmatch(line)
    if match is not None:
        return f"{match['indent']}get_ipython().system({_expression(match['command'], assigned)})"
    magic = _MAGIC.fullmatch(line)
    if magic is None:
        return line
    if magic["name"] in _SHELL_MAGICS:
        return f"{magic['indent']}get_ipython().system({_expression(magic['rest'], assigned)})"
    if magic["name"] in ("time", "timeit", "prun", "memit") and magic["rest"].strip():
        rest = re.sub(r"^(?:\s+-\w+(?:\s*\d+)?)*\s*", "", magic["rest"])
        return magic["indent"] + (rest or "pass")
    return f"{magic['indent']}pass"


def _expression(command: str, assigned: frozenset[str]) -> str:
    """Return a command as a Python expression in which IPython's `{name}` and `$name` are names."""
    pieces: list[str] = []
    end = 0
    for match in _NAME_IN_COMMAND.finditer(command):
        name = match["name"] or match["plain"]
        if name.partition(".")[0].partition("[")[0] not in assigned:
            continue
        pieces += [repr(command[end : match.start()]), name]
        end = match.end()
    pieces.append(repr(command[end:]))
    return " + ".join(pieces)


class Notebook:
    """One pass over the text of a notebook: its cells of code, and where each line stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.cells: list[Cell] = []
        self.language = ""
        self._at = 0
        self._line = 1  # of the position up to which lines are counted
        self._counted = 0
        self._seen = 0

    def parse(self) -> None:
        """Read the whole text.

        Raises:
            UnreadableError: It is no JSON.
        """
        if self._next() != "{":
            raise UnreadableError("no notebook: not a JSON object")
        # What is open: for each, whether it is an object, and what is known of it.
        stack: list[_Open] = [_Open(is_object=True)]
        self._at += 1
        while stack:
            self._step(stack)
        self._next()
        if self._at < len(self.text):
            raise UnreadableError("no notebook: text after the JSON object")

    def _step(self, stack: "list[_Open]") -> None:
        current = stack[-1]
        char = self._next()
        if char in ("}", "]"):
            if (char == "}") != current.is_object:
                raise UnreadableError("no notebook: JSON with a bracket that closes another")
            self._at += 1
            stack.pop()
            self._closed(current)
            return
        if current.is_object and current.key is None:
            if char != '"':
                raise UnreadableError("no notebook: JSON with a key that is no text")
            current.key = self._string()[0]
            return
        key, current.key = current.key, None
        if char == '"':
            text, start = self._string()
            self._value(current, key, text, start)
        elif char in ("{", "["):
            if len(stack) >= _DEEPEST:
                raise UnreadableError("nested too deeply")
            self._at += 1
            stack.append(_Open(is_object=char == "{", name=key, above=current))
        else:
            match = _SCALAR.match(self.text, self._at)
            if match is None:
                raise UnreadableError(f"no notebook: no JSON at character {self._at}")
            self._at = match.end()

    def _value(self, current: "_Open", key: str | None, text: str, start: int) -> None:
        """Note a text that belongs to a cell, or names the language."""
        if current.is_object:
            if key == "cell_type":
                current.type = text
            elif key in ("source", "input"):
                current.source.append((text, start))
            elif current.name in ("kernelspec", "language_info") and (
                key == "language" or (key == "name" and not self.language)
            ):
                self.language = text
        elif current.name in ("source", "input") and current.above is not None:
            current.above.source.append((text, start))

    def _closed(self, one: "_Open") -> None:
        if not one.type:
            return
        self._seen += 1
        if one.type != "code":
            return
        cell = Cell(self._seen)
        for text, start in one.source:
            self._count(start)
            for line in text.removesuffix("\n").split("\n"):
                cell.lines.append(line)
                cell.raw.append(self._line)
        if cell.lines:
            self.cells.append(cell)

    def _count(self, position: int) -> None:
        if position < self._counted:
            self._line, self._counted = 1, 0
        self._line += self.text.count("\n", self._counted, position)
        self._counted = position

    def _next(self) -> str:
        match = _SPACE.match(self.text, self._at)
        self._at = match.end() if match else self._at
        if self._at >= len(self.text):
            return ""
        return self.text[self._at]

    def _string(self) -> tuple[str, int]:
        start = self._at
        try:
            text, self._at = scanstring(self.text, start + 1, False)
        except ValueError as error:
            raise UnreadableError(f"no notebook: {error}") from None
        return text, start


@dataclass(slots=True)
class _Open:
    """An object or list of which the end is not reached."""

    is_object: bool
    name: str | None = None
    above: "_Open | None" = None
    key: str | None = None
    type: str = ""
    source: list[tuple[str, int]] = field(default_factory=list)
