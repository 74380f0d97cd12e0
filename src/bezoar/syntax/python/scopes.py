"""What a walk over a module finds: scopes, what is bound in them, and calls."""

import ast
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NamedTuple

Arms = tuple[tuple[int, int], ...]
"""The branches that a statement lies in: for each, which statement branches and which way."""

Position = tuple[int, int]
END: Final[Position] = (1 << 60, 0)

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


class How(Enum):
    """How a name gets its value."""

    ASSIGNED = auto()  # from `node`
    ADDED = auto()  # by `+=`, or by `append` and its kind
    EACH = auto()  # each element of `node`, one after the other
    ENTERED = auto()  # by `with node as name`
    PARAMETER = auto()  # `node` is the default
    IMPORTED = auto()
    DEFINED = auto()  # a function or class of this module


# Tuples, not dataclasses: a module has tens of thousands of them.
class Binding(NamedTuple):
    """One place where a name gets a value.

    Attributes:
        how: In which way.
        node: The expression; None where there is none.
        point: Where that expression stands.
        unpacked: The positions in a tuple on the way to the name.
        symbol: The full name of what was imported or defined.
        annotation: Of a parameter.
    """

    how: How
    node: ast.expr | None
    point: "Point"
    unpacked: tuple[int, ...] = ()
    symbol: str = ""
    annotation: ast.expr | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """A module, class, function or comprehension.

    Attributes:
        name: Full dotted name.
        node: What opens it; None for the module.
        parent: The scope around it.
        bindings: By name, in the order of the code.
        attributes: Of a class: what methods assign to `self.NAME`.
        receiver: Of a method: the name of its first parameter.
        outer: Names that `global` or `nonlocal` takes from outside.
        branch: Where it opens.
    """

    name: str
    node: ast.AST | None = None
    parent: "Scope | None" = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    attributes: dict[str, list[Binding]] = field(default_factory=dict)
    receiver: str = ""
    outer: set[str] = field(default_factory=set)
    opens_at: Position = END

    @property
    def is_class(self) -> bool:
        """Whether names of it are attributes, not variables of what lies within."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_function(self) -> bool:
        """Whether it is a function that has a name."""
        return isinstance(self.node, _FUNCTIONS)

    def bind(self, name: str, binding: Binding) -> None:
        """Note that a name gets a value."""
        self.bindings.setdefault(name, []).append(binding)


class Point(NamedTuple):
    """A place in the code: what a name means depends on it.

    Attributes:
        scope: The innermost scope.
        arms: The branches around it.
        position: Line and column; what is bound later does not count.
    """

    scope: Scope
    arms: Arms = ()
    position: Position = END


class Site(NamedTuple):
    """A call.

    Attributes:
        call: The expression.
        last: The last part of the called name.
        point: Where it stands.
        statement: What it is part of.
    """

    call: ast.Call
    last: str
    point: Point
    statement: ast.stmt


@dataclass(slots=True)
class Survey:
    """What a walk over a module found.

    Attributes:
        module: The module's scope.
        scopes: Scopes by the identity of what opens them.
        functions: Functions and methods by full name.
        classes: Classes by full name.
        sites: Every call, in the order of the code.
        stars: Modules of which everything is imported.
        imported: Full names of all that is imported.
        tests: What holds in a branch: the test of each `if` and `elif`.
    """

    module: Scope
    scopes: dict[int, Scope] = field(default_factory=dict)
    functions: dict[str, Scope] = field(default_factory=dict)
    classes: dict[str, Scope] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)
    tests: dict[tuple[int, int], ast.expr] = field(default_factory=dict)


def position_of(binding: Binding) -> Position:
    """Return from where on a binding holds."""
    return binding.point.position


def reaching(bindings: list[Binding], point: Point) -> list[Binding]:
    """Return the bindings that a name may have its value from, the last one first.

    Args:
        bindings: Of the name, by position.
        point: Where it is used.
    """
    found: list[Binding] = []
    for at in range(bisect_left(bindings, point.position, key=position_of) - 1, -1, -1):
        binding = bindings[at]
        if _exclusive(binding.point.arms, point.arms):
            continue
        found.append(binding)
        if point.arms[: len(binding.point.arms)] == binding.point.arms:
            break
        if len(found) > 16:  # noqa: PLR2004 - nobody follows more
            break
    return found


def _exclusive(one: Arms, other: Arms) -> bool:
    for (branch, arm), (other_branch, other_arm) in zip(one, other, strict=False):
        if branch != other_branch:
            return False
        if arm != other_arm:
            return True
    return False
