"""What a call is given, by index and by name."""

import ast
from dataclasses import dataclass, field
from typing import Protocol

from bezoar.syntax.python.scopes import Point
from bezoar.syntax.python.value import Either, Items, Table, Text, Value, either


class Folds(Protocol):
    """What folds expressions."""

    def value(self, node: ast.expr, point: Point) -> Value:
        """Return what an expression comes to."""
        ...


@dataclass(slots=True)
class Given:
    """The arguments of a call.

    Attributes:
        positional: In order, as far as their number is known.
        named: By name.
        open: Whether there may be more: `*` or `**` of something unknown.
    """

    positional: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    open: bool = False

    def get(self, index: int | None, names: tuple[str, ...] = ()) -> Value | None:
        """Return an argument by its place or one of its names, None where it is not given."""
        for name in names:
            if name in self.named:
                return self.named[name]
        if index is None or not -len(self.positional) <= index < len(self.positional):
            return None
        return self.positional[index]


def given(call: ast.Call, point: Point, folding: Folds) -> Given:
    """Return the arguments of a call."""
    found = Given()
    for node in call.args[:64]:
        if not isinstance(node, ast.Starred):
            found.positional.append(folding.value(node, point))
            continue
        spread = folding.value(node.value, point)
        if not isinstance(spread, Items):
            found.open = True
            break
        found.positional += spread.items
    for keyword in call.keywords[:256]:
        value = folding.value(keyword.value, point)
        if keyword.arg is not None:
            found.named[keyword.arg] = value
        elif not _spread(value, found):
            found.open = True
    return found


def _spread(value: Value, found: Given) -> bool:
    """Add the pairs of `**value`; say whether they are known."""
    tables = value.options if isinstance(value, Either) else (value,)
    known = True
    for table in tables:
        if not isinstance(table, Table):
            known = False
            continue
        for key, one in table.pairs:
            name = key.literal if isinstance(key, Text) else None
            if name is None:
                known = False
            elif name in found.named:
                found.named[name] = either([found.named[name], one], name)
            else:
                found.named[name] = one
    return known
