"""What is known of values while Python code is walked over, and where the walk stands."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from bezoar.evaluate.pipelines.python_code import PythonCode
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.scopes import Point
from bezoar.syntax.python.value import Symbol, Value

_MOST_NAMES: Final = 32


@dataclass(frozen=True, slots=True)
class Data:
    """What is known of a value.

    Attributes:
        names: The data that it holds or was made from.
        results: The calls whose results it holds, by their number.
        tasks: Steps of a pipeline that it stands for.
    """

    names: frozenset[str] = frozenset()
    results: frozenset[int] = frozenset()
    tasks: frozenset[str] = frozenset()

    def __or__(self, other: "Data") -> "Data":
        if other is NOTHING or other is self:
            return self
        names = self.names | other.names
        if len(names) > _MOST_NAMES:
            names = frozenset(sorted(names)[:_MOST_NAMES])
        return Data(names, self.results | other.results, self.tasks | other.tasks)


NOTHING: Final = Data()


@dataclass(frozen=True, slots=True)
class Here:
    """Where the walk stands.

    Attributes:
        code: The module.
        point: Scope, branches and position.
        variables: What the names of the function hold.
        filled: What its parameters are given.
        condition: The text of the conditions around.
        chain: The number of the `if` around that looks at a result; 0 for none.
        swallowed: Whether an exception ends here.
        followed: Whether more of the function comes after.
        depth: How many functions were entered.
        returns: What the function returns so far.
    """

    code: PythonCode
    point: Point
    variables: dict[str, Data]
    filled: Mapping[str, Value] = field(default_factory=dict)
    condition: str = ""
    chain: int = 0
    swallowed: bool = False
    followed: bool = False
    depth: int = 0
    returns: list[Data] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Called:
    """One call, before it is recorded.

    Attributes:
        name: Full dotted name of what is called.
        made_by: What is called, where a call made it (`load_component(...)`).
        node: The expression.
        given: Literal arguments.
        owner: What a method is called on.
        arguments: The data of each argument, by position and by name.
        here: Where it stands.
    """

    name: str
    made_by: Symbol | None
    node: ast.Call
    given: Given
    owner: Data
    arguments: Mapping[int | str, Data]
    here: Here

    @property
    def data(self) -> Data:
        """All that reaches it."""
        found = self.owner
        for one in self.arguments.values():
            found |= one
        return found


class Watcher(Protocol):
    """Takes calls that mean more than a call: the steps of a framework."""

    def called(self, call: Called) -> Data | None:
        """Return what a call comes to, None where it is only a call."""
        ...

    def part(self, data: Data, key: str) -> Data:
        """Return one of the outputs of a step."""
        ...

    def decided(self, data: Data) -> None:
        """Take a test of what steps return: it decides what comes after."""
        ...

    def ordered(self, left: Data, right: Data, *, forward: bool) -> None:
        """Take `left >> right`, or `left << right`."""
        ...

    def entered(self, call: Called | None, data: Data, here: Here) -> Here:
        """Take `with call:`; return where its body stands."""
        ...

    def left(self, call: Called | None) -> None:
        """Take the end of that body."""
        ...
