"""Constant folding: what an expression comes to, without running anything."""

import ast
from collections.abc import Iterator
from typing import Final

from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.containers import looked_up, summed
from bezoar.syntax.python.declared import Declared
from bezoar.syntax.python.formatting import formatted, percent
from bezoar.syntax.python.functions import FUNCTIONS
from bezoar.syntax.python.methods import method
from bezoar.syntax.python.names import Elsewhere, Names
from bezoar.syntax.python.paths import path
from bezoar.syntax.python.scopes import How, Point, Scope, Survey
from bezoar.syntax.python.value import (
    Either,
    Hole,
    Items,
    Plain,
    Symbol,
    Table,
    Text,
    Unknown,
    Value,
    alternatives,
    either,
    joined,
    named,
    spelled,
    text,
    texts,
    truth,
)

_DEEPEST: Final = 40
_HEAVIEST: Final = (
    10_000  # Values within a list of lists, each counted as often as it stands there.
)
_MOST_STEPS: Final = 60_000  # of one module: far more than an honest one needs


class Folding(Names):
    """Folds the expressions of one module."""

    def __init__(self, survey: Survey, declared: Declared, elsewhere: Elsewhere | None) -> None:
        super().__init__(survey, declared, elsewhere)
        self._known: dict[int, Value] = {}
        self._open: set[int] = set()
        # Of lists and dictionaries, by their identity; they are kept, so that it stays theirs.
        self._weights: dict[int, tuple[int, Value]] = {}
        self._steps = _MOST_STEPS

    def value(self, node: ast.expr, point: Point) -> Value:
        """Return what an expression comes to; where it cannot be told, what decides it."""
        key = id(node)
        if (known := self._known.get(key)) is not None:
            return known
        # What refers to itself ends here.
        if key in self._open or len(self._open) >= _DEEPEST or self._steps <= 0:
            return Unknown(spelled(node))
        self._open.add(key)
        self._steps -= 1
        try:
            found = self._folded(node, point)
        finally:
            self._open.discard(key)
        self._known[key] = found
        return found

    def _folded(self, node: ast.expr, point: Point) -> Value:  # noqa: C901, PLR0911, PLR0912 - one case each
        match node:
            case ast.Constant(str() as literal):
                return text(literal)
            case ast.Constant(literal):
                return Plain(literal)
            case ast.Name(name):
                return self._narrowed(node, self.name(name, point), point)
            case ast.Attribute(value, name):
                found = self._attribute(node, self.value(value, point), name, point)
                return self._narrowed(node, found, point)
            case ast.JoinedStr(parts):
                return joined((self._piece(one, point) for one in parts), spelled(node))
            case ast.BinOp():
                return self._operation(node, point)
            case ast.Call():
                return self._call(node, point)
            case ast.Subscript(value, key):
                found = self.value(key, point) if not isinstance(key, ast.Slice) else Unknown("")
                return self._item(node, self.value(value, point), found)
            case ast.IfExp(test, body, orelse):
                return self._chosen(test, [body, orelse], point)
            case ast.BoolOp():
                return self._first_true(node, point)
            case ast.List(items) | ast.Tuple(items) | ast.Set(items):
                return self._weighed(Items(tuple(self._spread(items[:256], point))), node)
            case ast.Dict(keys, values):
                return self._weighed(self._table(keys, values, point), node)
            case ast.ListComp(element) | ast.GeneratorExp(element) | ast.SetComp(element):
                return self._comprehension(node, element)
            case ast.UnaryOp(ast.Not(), operand):
                told = truth(self.value(operand, point))
                return Unknown(spelled(operand)) if told is None else Plain(not told)
            case ast.NamedExpr(_, value) | ast.Await(value) | ast.Starred(value):
                return self.value(value, point)
            case ast.FormattedValue():
                return self._piece(node, point)
            case _:
                return Unknown(spelled(node))

    def _narrowed(self, node: ast.expr, found: Value, point: Point) -> Value:
        """Return what a name is, given the tests that hold where it stands."""
        tests = [self.survey.tests[one] for one in point.arms if one in self.survey.tests]
        name = spelled(node) if tests else ""
        for test in reversed(tests):
            if (inside := self._within(test, name, found, point)) is not None:
                return inside
        return found

    def _within(self, test: ast.expr, name: str, found: Value, point: Point) -> Value | None:
        """Return what a test leaves of a name's value, None where it does not speak of it."""
        match test:
            case ast.Compare(left, [ast.Eq()], [ast.Constant(str() as literal)]):
                return text(literal) if spelled(left) == name else None
            case ast.Compare(left, [ast.In()], [(ast.List() | ast.Tuple() | ast.Set()) as items]):
                if spelled(left) != name:
                    return None
                return either((self.value(one, point) for one in items.elts), name)
            case ast.Call(ast.Attribute(owner, "startswith"), [ast.Constant(str() as start)]):
                return _starting(found, start, name) if spelled(owner) == name else None
            case _:
                return None

    # Operators --------------------------------------------------------------------------------

    def _piece(self, node: ast.expr, point: Point) -> Value:
        if not isinstance(node, ast.FormattedValue):
            return self.value(node, point)
        found = self.value(node.value, point)
        if isinstance(found, Plain) and node.format_spec is not None:
            spec = self.value(node.format_spec, point)
            return formatted(found, spec)
        return found if texts(found) else Text((Hole(spelled(node.value)),))

    def _operation(self, node: ast.BinOp, point: Point) -> Value:
        if isinstance(node.op, ast.Mod):
            template = self.value(node.left, point)
            return percent(template, self.value(node.right, point), spelled(node.left))
        if not isinstance(node.op, ast.Add | ast.Div):
            return Unknown(spelled(node.left))
        # Sums grow to the left: a long one must not be as deep as it is long.
        operands: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and type(left.op) is type(node.op):
            operands.append(left.right)
            left = left.left
        if len(operands) > 256:  # noqa: PLR2004 - nobody writes such an address
            return Unknown(spelled(left))
        values = [self.value(one, point) for one in (left, *reversed(operands))]
        by = next((spelled(one) for one in (left, *operands) if spelled(one) != "expression"), "")
        if isinstance(node.op, ast.Div):
            return path(values, by)
        return summed(values, by or "expression")

    def _chosen(self, test: ast.expr, options: list[ast.expr], point: Point) -> Value:
        deciding = self.value(test, point)
        told = truth(deciding)
        if told is not None and not isinstance(deciding, Symbol):
            return self.value(options[0 if told else 1], point)
        return either((self.value(one, point) for one in options), spelled(test))

    def _first_true(self, node: ast.BoolOp, point: Point) -> Value:
        values = [self.value(one, point) for one in node.values[:16]]
        if not isinstance(node.op, ast.Or):
            return values[-1]
        kept = [one for one in values if truth(one) is not False]
        if not kept:
            return values[-1]
        if isinstance(kept[0], Unknown) and len(kept) > 1 and kept[0].default is None:
            return Unknown(kept[0].name, kept[1])
        return kept[0]

    # Containers -------------------------------------------------------------------------------

    def _spread(self, items: list[ast.expr], point: Point) -> Iterator[Value]:
        for item in items:
            found = self.value(item, point)
            if isinstance(item, ast.Starred) and isinstance(found, Items):
                yield from found.items
            else:
                yield found

    def _weighed(self, found: Items | Table, node: ast.expr) -> Value:
        """Refuse what holds itself over and over: `x = [x, x]` doubles with each line."""
        weight = 1 + sum(map(self._weight, _inner(found)))
        if weight > _HEAVIEST:
            return Unknown(spelled(node))
        self._weights[id(found)] = (weight, found)
        return found

    def _weight(self, value: Value) -> int:
        options = value.options if isinstance(value, Either) else (value,)
        return sum(self._weights.get(id(one), (1, one))[0] for one in options)

    def _table(self, keys: list[ast.expr | None], values: list[ast.expr], point: Point) -> Table:
        pairs: list[tuple[Value, Value]] = []
        for key, value in zip(keys[:256], values[:256], strict=True):
            found = self.value(value, point)
            if key is not None:
                pairs.append((self.value(key, point), found))
            elif isinstance(found, Table):
                pairs += found.pairs
        return Table(tuple(pairs))

    def _comprehension(self, node: ast.expr, element: ast.expr) -> Value:
        scope = self.survey.scopes.get(id(node))
        if scope is None:
            return Unknown("items")
        return Items((self.value(element, Point(scope)),))

    def _each(self, found: Value, name: str) -> Value:
        """Return one of the elements of what is iterated over."""
        if isinstance(found, Either):
            # A list that a branch may have filled counts by what it was filled with.
            full = [one for one in found.options if one != Items(())] or found.options
            return either((self._each(one, name) for one in full), name)
        if isinstance(found, Items):
            return either(found.items, name)
        if isinstance(found, Table):
            return either((key for key, _ in found.pairs), name)
        return Unknown(name)

    def _unpacked(self, found: Value, number: int, name: str) -> Value:
        if isinstance(found, Either):
            return either((self._unpacked(one, number, name) for one in found.options), name)
        if isinstance(found, Items) and 0 <= number < len(found.items):
            return found.items[number]
        return Unknown(name)

    def _item(self, node: ast.Subscript, base: Value, key: Value) -> Value:
        if isinstance(base, Either):
            return either((self._item(node, one, key) for one in base.options), base.by)
        if isinstance(base, Symbol):
            return self._item_of_symbol(node, base, key)
        if isinstance(base, Table | Items):
            found = looked_up(base, key)
            if found is not None:
                return found
            by = spelled(node.slice)
            options = [one for _, one in base.pairs] if isinstance(base, Table) else base.items
            return either(options, by)
        if isinstance(base, Unknown):
            literal = [one.literal for one in texts(key)]
            declared = self.declared.default(literal[0]) if literal and literal[0] else None
            if declared is not None and base.name in ("args", "vars"):
                return Unknown(spelled(node), self.value(*declared))
        return Unknown(spelled(node), local=isinstance(base, Unknown) and base.local)

    def _item_of_symbol(self, node: ast.Subscript, base: Symbol, key: Value) -> Value:
        if base.name == "os.environ":
            names = texts(key)
            return Unknown(f"os.environ[{names[0]}]" if names else "os.environ")
        if base.name.endswith(".__dict__"):
            return _members(base.name.removesuffix(".__dict__"), key, spelled(node.slice))
        return Unknown(spelled(node))

    # Calls ------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, point: Point) -> Value:
        callee = self.value(node.func, point)
        if isinstance(callee, Either):
            symbols = [one for one in callee.options if isinstance(one, Symbol)]
            callee = symbols[0] if symbols else callee.options[0]
        arguments = given(node, point, self)
        if isinstance(node.func, ast.Attribute):
            base = self.value(node.func.value, point)
            found = method(base, node.func.attr, arguments)
            if found is not None:
                return found
        if isinstance(callee, Symbol):
            return self._called(node, callee, arguments, point)
        return Unknown(spelled(node), local=isinstance(callee, Unknown) and callee.local)

    def _called(self, node: ast.Call, callee: Symbol, arguments: Given, point: Point) -> Value:
        known = FUNCTIONS.get(callee.name)
        if known is not None:
            return known(arguments, spelled(node))
        if callee.name == "getattr" and (member := self._getattr(arguments)) is not None:
            return member
        inner = arguments.get(0)
        if callee.name in ("functools.partial", "partial") and isinstance(inner, Symbol):
            return Symbol(inner.name, inner.calls, (*inner.bound, (node, point)))
        if (scope := self.survey.functions.get(callee.name)) is not None:
            found = self._returned(scope)
            if found is not None:
                return substituted(found, self.parameters_given(scope, arguments))
        if len(callee.calls) > 6:  # noqa: PLR2004 - longer chains build something else
            return Unknown(spelled(node))
        return Symbol(f"{callee.name}()", (*callee.calls, (node, point)), callee.bound)

    def _getattr(self, arguments: Given) -> Value | None:
        owner, key = arguments.get(0), arguments.get(1)
        if key is None:
            return None
        if isinstance(owner, Symbol) and not owner.calls:
            return _members(owner.name, key, "name")
        names = [one.literal for one in texts(key)]
        if isinstance(owner, Unknown) and names:
            return self._of_unknown(owner, names[0] or "name")
        return None

    def parameters_given(self, scope: Scope, arguments: Given) -> dict[str, Value]:
        """Return what a call gives to the parameters of a function of this module."""
        names = list(_parameter_names(scope))
        if scope.receiver and names[:1] == [scope.receiver]:
            names = names[1:]
        found = {}
        for number, name in enumerate(names):
            value = arguments.get(number, (name,))
            if value is not None:
                found[name] = value
        return found


def _inner(value: Items | Table) -> Iterator[Value]:
    """Yield all that stands in a list or dictionary."""
    if isinstance(value, Items):
        yield from value.items
    else:
        for pair in value.pairs:
            yield from pair


def _starting(found: Value, start: str, name: str) -> Value:
    """Return what of a value begins as a test says; where nothing does, somebody else decides."""
    kept = [
        one
        for one in alternatives(found)
        if not isinstance(one, Text) or (one.literal or start).startswith(start)
    ]
    return either(kept, name) if kept else Unknown(name)


def substituted(value: Value, filled: dict[str, Value]) -> Value:
    """Return a value with the holes of these names filled."""
    match value:
        case Unknown(name) if name in filled:
            return filled[name]
        case Text(parts) if any(isinstance(one, Hole) and one.name in filled for one in parts):
            pieces: list[Value] = [
                filled[one.name]
                if isinstance(one, Hole) and one.name in filled
                else Text((one,), value.by, value.local)
                for one in parts
            ]
            return joined(pieces, "")
        case Either(options, by):
            return either((substituted(one, filled) for one in options), by)
        case Items(items):
            return Items(tuple(substituted(one, filled) for one in items))
        case _:
            return value


def _parameter_names(scope: Scope) -> Iterator[str]:
    for name, bindings in scope.bindings.items():
        if bindings[0].how is How.PARAMETER:
            yield name


def _members(owner: str, key: Value, by: str) -> Value:
    """Return the member of a module or class that a text names."""
    found = []
    for one in alternatives(key):
        names = texts(one)
        if names:
            literal = names[0].literal
            chosen = literal or "{" + (names[0].decided_by or (named(by),))[0] + "}"
            found.append(Symbol(f"{owner}.{chosen}"))
    return either(found, by) if found else Symbol(f"{owner}.{{{named(by)}}}")
