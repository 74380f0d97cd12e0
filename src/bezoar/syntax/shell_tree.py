"""Shell text as a tree: lists of commands, pipes, branches, loops and groups, tolerantly.

What does not close ends where the text ends; what closes nothing is passed over.
"""

from dataclasses import dataclass, field
from typing import Final

from bezoar.syntax.shell_words import Command, Mark, cut
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 40
_OPENING: Final = frozenset({"if", "while", "until", "{", "function"})
_HEAD: Final = 8  # So many parts may the head of a loop have.


@dataclass(slots=True)
class Group:
    """Commands in braces or in parentheses.

    Attributes:
        body: The commands.
        subshell: Whether they run in a shell of their own, which `exit` leaves.
    """

    body: "Script"
    subshell: bool = False


@dataclass(slots=True)
class Branch:
    """An `if` with what follows where its condition holds and where not.

    Attributes:
        condition: What is tested.
        then: Where it succeeds.
        other: Where it fails; empty without `else`.
    """

    condition: "Script"
    then: "Script"
    other: "Script"


@dataclass(slots=True)
class Loop:
    """A loop.

    Attributes:
        head: What is tested before each round; empty for `for`.
        body: What is repeated.
        until: Whether it goes on until the head succeeds.
    """

    head: "Script"
    body: "Script"
    until: bool = False


@dataclass(slots=True)
class Case:
    """A `case`.

    Attributes:
        head: Its first line.
        bodies: One for each pattern, which stands before it as a command.
    """

    head: Command
    bodies: "list[Script]"


@dataclass(slots=True)
class Function:
    """A definition; nothing runs here.

    Attributes:
        name: Its name.
        body: What it runs when it is called.
    """

    name: str
    body: "Script"


Element = Command | Group | Branch | Loop | Case | Function


@dataclass(slots=True)
class AndOr:
    """Pipes joined by `&&` and `||`.

    Attributes:
        pipes: Each the elements of one pipe, in order.
        joints: What stands before each: "" for the first, else `&&` or `||`.
    """

    pipes: list[list[Element]] = field(default_factory=list)
    joints: list[str] = field(default_factory=list)


Script = list[AndOr]


def parse(text: str, first_line: int = 1) -> Script:
    """Parse a script.

    Raises:
        UnreadableError: It has more commands than a person writes, or is nested too deeply.
    """
    reader = _Reader(cut(text, first_line))
    found: Script = []
    while reader.at < len(reader.items):
        found += reader.script(0, 0)
        reader.at += 1  # What closes nothing.
    return found


class _Reader:
    """Descends; the index only moves forward."""

    def __init__(self, items: list[Command | Mark]) -> None:
        self.items = items
        self.at = 0

    def script(self, parentheses: int, depth: int) -> Script:
        """Read lists up to a mark that opens nothing, or to the end of the parentheses."""
        if depth > _DEEPEST:
            raise UnreadableError("nested too deeply")
        found: Script = []
        while self.at < len(self.items):
            item = self.items[self.at]
            if isinstance(item, Mark):
                if item.sign not in _OPENING:
                    break
            elif item.depth < parentheses:
                break
            joint = self._joint()
            element = self._element(item, parentheses, depth)
            if joint and found:
                _join(found[-1], joint, element)
            else:
                found.append(AndOr([[element]], [""]))
        return found

    def _joint(self) -> str:
        """Return what stands before the next element: its first command holds it."""
        for item in self.items[self.at : self.at + _DEEPEST]:
            if isinstance(item, Command):
                joint, item.after = item.after, ""
                return joint
            if item.sign not in _OPENING:
                break
        return ""

    def _element(self, item: Command | Mark, parentheses: int, depth: int) -> Element:
        if isinstance(item, Mark):
            self.at += 1
            return self._compound(item, parentheses, depth + 1)
        if item.depth > parentheses:
            return Group(self.script(item.depth, depth + 1), subshell=True)
        self.at += 1
        first = item.words[0].raw if item.words else ""
        if first in ("for", "select"):
            return self._for(item, parentheses, depth + 1)
        if first == "case":
            return self._case(item, parentheses, depth + 1)
        return item

    def _compound(self, mark: Mark, parentheses: int, depth: int) -> Element:
        if mark.sign == "if":
            return self._branch(parentheses, depth)
        if mark.sign in ("while", "until"):
            head = self.script(parentheses, depth)
            self._take("do")
            body = self.script(parentheses, depth)
            self._take("done")
            return Loop(head, body, until=mark.sign == "until")
        if mark.sign == "function":
            self._take("{")
            body = self.script(parentheses, depth)
            self._take("}")
            return Function(mark.name, body)
        body = self.script(parentheses, depth)
        self._take("}")
        return Group(body)

    def _branch(self, parentheses: int, depth: int) -> Branch:
        if depth > _DEEPEST:
            raise UnreadableError("nested too deeply")
        condition = self.script(parentheses, depth)
        self._take("then")
        then = self.script(parentheses, depth)
        other: Script = []
        if self._take("elif"):
            other = [AndOr([[self._branch(parentheses, depth + 1)]], [""])]
            return Branch(condition, then, other)
        if self._take("else"):
            other = self.script(parentheses, depth)
        self._take("fi")
        return Branch(condition, then, other)

    def _for(self, item: Command, parentheses: int, depth: int) -> Element:
        for index in range(self.at, min(self.at + _HEAD, len(self.items))):
            mark = self.items[index]
            if isinstance(mark, Mark) and mark.sign == "do":
                self.at = index + 1
                body = self.script(parentheses, depth)
                self._take("done")
                return Loop([], body)
        return item

    def _case(self, item: Command, parentheses: int, depth: int) -> Element:
        bodies: list[Script] = []
        while self.at < len(self.items) and not self._take("esac"):
            before = self.at
            bodies.append(self.script(parentheses, depth))
            if not self._take(";;") and self.at == before:
                break
        return Case(item, bodies)

    def _take(self, sign: str) -> bool:
        """Step over a mark where it stands here."""
        if self.at < len(self.items):
            item = self.items[self.at]
            if isinstance(item, Mark) and item.sign == sign:
                self.at += 1
                return True
        return False


def _join(found: AndOr, joint: str, element: Element) -> None:
    """Add an element to a list, or to its last pipe."""
    if joint == "|":
        found.pipes[-1].append(element)
    else:
        found.pipes.append([element])
        found.joints.append(joint)
