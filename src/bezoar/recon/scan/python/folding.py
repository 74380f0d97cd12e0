"""Constant folding: what an expression comes to, without running anything."""

import ast
import builtins
from collections.abc import Iterator
from typing import Final, Protocol

from bezoar.recon.scan.python import operations
from bezoar.recon.scan.python.arguments import Given, given
from bezoar.recon.scan.python.declared import Declared
from bezoar.recon.scan.python.survey import (
    END,
    Binding,
    How,
    Point,
    Scope,
    Survey,
    reaching,
)
from bezoar.recon.scan.python.value import (
    NOTHING,
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
_MOST_STEPS: Final = 60_000  # of one module: far more than an honest one needs


class Elsewhere(Protocol):
    """What other modules of the project say."""

    def value(self, name: str) -> Value | None:
        """Return the value of a full dotted name, None where it is not known."""
        ...


class Folding:
    """Folds the expressions of one module.

    Attributes:
        survey: The module.
        declared: Defaults of its command-line arguments.
        wanted: Full names of other modules that were asked for in vain.
    """

    def __init__(self, survey: Survey, declared: Declared, elsewhere: Elsewhere | None) -> None:
        self.survey = survey
        self.declared = declared
        self.wanted: set[str] = set()
        self._elsewhere = elsewhere
        self._known: dict[int, Value] = {}
        self._open: set[int] = set()
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
                return self.name(name, point)
            case ast.Attribute(value, name):
                return self._attribute(node, self.value(value, point), name, point)
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
                return Items(tuple(self._spread(items[:256], point)))
            case ast.Dict(keys, values):
                return self._table(keys, values, point)
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

    # Names ------------------------------------------------------------------------------------

    def name(self, name: str, point: Point) -> Value:
        """Return what a name stands for at a point."""
        scope: Scope | None = point.scope
        here = point
        first = True
        while scope is not None:
            skipped = name in scope.outer or (scope.is_class and not first)
            if not skipped and name in scope.bindings:
                if scope.receiver == name and scope.parent is not None:
                    return self._receiver(scope)
                found = reaching(scope.bindings[name], here)
                if found:
                    return either((self._bound(one, name, scope) for one in found), name)
                if scope.is_function:
                    # It is bound only further down: by an earlier turn of a loop, perhaps.
                    return Unknown(name)
            within = scope.is_function or scope.is_class
            # A function runs when all that is around it is bound.
            here = Point(scope, (), END) if within else Point(scope, here.arms, here.position)
            first = first and not within
            scope = scope.parent
        return self._unbound(name)

    def _unbound(self, name: str) -> Value:
        for star in self.survey.stars:
            if (found := self._elsewhere_value(f"{star}.{name}")) is not None:
                return found
        if len(self.survey.stars) == 1 and not hasattr(builtins, name):
            return Symbol(f"{self.survey.stars[0]}.{name}")
        return Symbol(name)

    def _receiver(self, method: Scope) -> Value:
        owner = method.parent
        if owner is None:
            return Unknown(method.receiver)
        node = method.node
        decorators = getattr(node, "decorator_list", [])
        is_class = any(isinstance(one, ast.Name) and one.id == "classmethod" for one in decorators)
        return Symbol(owner.name if is_class else f"{owner.name}()")

    def _bound(self, binding: Binding, name: str, scope: Scope | None = None) -> Value:
        match binding.how:
            case How.IMPORTED:
                return self._imported(binding.symbol)
            case How.DEFINED:
                return Symbol(binding.symbol)
            case How.PARAMETER:
                return self._parameter(binding, name, scope or binding.point.scope)
        if binding.node is None:
            return Unknown(name)
        found = self.value(binding.node, binding.point)
        if binding.how is How.EACH:
            found = self._each(found, name)
        for number in binding.unpacked:
            found = self._unpacked(found, number, name)
        if binding.how is How.ADDED:
            before = self._before(binding, name)
            return joined([before, found], name)
        return _under(found, name)

    def _before(self, binding: Binding, name: str) -> Value:
        point = binding.point
        earlier = Point(point.scope, point.arms, (point.position[0], -1))
        line = getattr(binding.node, "lineno", point.position[0])
        return self.name(name, Point(earlier.scope, earlier.arms, (line, 0)))

    def _imported(self, symbol: str) -> Value:
        found = self._elsewhere_value(symbol)
        return Symbol(symbol) if found is None else found

    def _elsewhere_value(self, symbol: str) -> Value | None:
        found = self._elsewhere.value(symbol) if self._elsewhere is not None else None
        if found is None:
            self.wanted.add(symbol)
        return found

    def _parameter(self, binding: Binding, name: str, scope: Scope) -> Value:
        declared = self.declared.option(name, scope)
        if declared is not None:
            node, point = declared
            return Unknown(name, self.value(node, point))
        if binding.node is None:
            owner = self._annotated(binding)
            return Symbol(f"{owner}()") if owner else Unknown(name)
        default = self.value(binding.node, binding.point)
        if isinstance(default, Symbol) and default.calls:
            default = self._typer_default(default)
        return Unknown(name, None if default == NOTHING else default)

    def _typer_default(self, default: Symbol) -> Value:
        """Return the default in `typer.Option(DEFAULT)`, `Field(default=DEFAULT)` and such."""
        call, point = default.calls[-1]
        arguments = given(call, point, self)
        found = arguments.get(0, ("default",))
        return Unknown(default.name) if found is None else found

    def _annotated(self, binding: Binding) -> str | None:
        """Return the class of this module that a parameter is annotated with."""
        if isinstance(binding.annotation, ast.Name):
            name = f"{self.survey.module.name}.{binding.annotation.id}"
            return name if name in self.survey.classes else None
        return None

    # Attributes -------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute, base: Value, name: str, point: Point) -> Value:
        if isinstance(base, Either):
            options = [self._attribute(node, one, name, point) for one in base.options]
            return either(options, base.by)
        if isinstance(base, Symbol):
            return self._of_symbol(node, base, name)
        if isinstance(base, Unknown):
            return self._of_unknown(base, name)
        if isinstance(base, Text):
            return operations.of_text(base, name)
        if isinstance(base, Table):
            found = operations.looked_up(base, text(name))
            return Unknown(spelled(node)) if found is None else found
        return Unknown(spelled(node))

    def _of_symbol(self, node: ast.Attribute, base: Symbol, name: str) -> Value:
        owner = base.name.removesuffix("()")
        if owner in self.survey.classes:
            found = self._of_class(self.survey.classes[owner], name, set())
            inherited = isinstance(found, Symbol) and base.name.endswith("()")
            if found is None or found == NOTHING or (inherited and not self._is_local(found)):
                return Unknown(spelled(node))
            return (
                Unknown(spelled(node), found.default)
                if isinstance(found, Unknown) and found.name == name
                else found
            )
        if base.name.endswith("flags.FLAGS"):
            return self._of_unknown(Unknown(spelled(node.value)), name)
        if base.calls and (self.declared.is_namespace(base.name) or self._is_own(base.name)):
            return self._of_unknown(Unknown(spelled(node.value)), name)
        if f"{spelled(node)}" in self.survey.module.bindings:
            return self.name(spelled(node), Point(self.survey.module))
        symbol = f"{base.name}.{name}"
        found = None if base.calls else self._elsewhere_value(symbol)
        return Symbol(symbol, base.calls, base.bound) if found is None else found

    def _is_local(self, found: Value) -> bool:
        name = found.name if isinstance(found, Symbol) else ""
        return name.startswith(self.survey.module.name) or "()" in name

    def _is_own(self, name: str) -> bool:
        """Say whether a function of this module made it: who knows what it is?"""
        return name.removesuffix("()") in self.survey.functions

    def _of_unknown(self, base: Unknown, name: str) -> Value:
        whole = f"{base.name}.{name}"
        declared = self.declared.default(name)
        if declared is None:
            return Unknown(whole)
        node, point = declared
        default = self.value(node, point)
        return Unknown(whole, None if default == NOTHING else default)

    def _of_class(self, scope: Scope, name: str, seen: set[str]) -> Value | None:
        """Look an attribute up in a class, what its methods assign, and its bases."""
        seen.add(scope.name)
        if found := scope.bindings.get(name):
            last = found[-1]
            if last.how is How.DEFINED:
                return self._property(last.symbol) or Symbol(last.symbol)
            return either((self._class_value(one, name) for one in found[-3:]), name)
        if found := scope.attributes.get(name):
            values = [self._bound(one, f"self.{name}") for one in found[:4]]
            known = [one for one in values if one != NOTHING]
            return either(known, f"self.{name}") if known else NOTHING
        node = scope.node
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            owner = self.value(base, Point(scope.parent or scope))
            if not isinstance(owner, Symbol) or owner.name in seen:
                continue
            if owner.name in self.survey.classes:
                found_above = self._of_class(self.survey.classes[owner.name], name, seen)
                if found_above is not None:
                    return found_above
            elif "." in owner.name:
                found_elsewhere = self._elsewhere_value(f"{owner.name}.{name}")
                return found_elsewhere or Symbol(f"{owner.name}.{name}")
        return None

    def _class_value(self, binding: Binding, name: str) -> Value:
        found = self._bound(binding, name)
        if isinstance(found, Symbol) and found.calls:
            # A field of a dataclass.
            call, point = found.calls[-1]
            if found.name.endswith(("field()", "Field()")):
                default = given(call, point, self).get(0, ("default",))
                return Unknown(name, default)
        return found

    def _property(self, name: str) -> Value | None:
        scope = self.survey.functions.get(name)
        decorators = getattr(scope.node, "decorator_list", []) if scope else []
        if scope and any(isinstance(one, ast.Name) and one.id == "property" for one in decorators):
            return self._returned(scope)
        return None

    def _returned(self, scope: Scope) -> Value | None:
        """Return what a function of one `return` gives back."""
        body = getattr(scope.node, "body", [])
        last = body[-1] if body else None
        if isinstance(last, ast.Return) and last.value is not None and len(body) <= 6:  # noqa: PLR2004 - longer ones compute
            return self.value(last.value, Point(scope, (), (last.lineno, last.col_offset)))
        return None

    # Operators --------------------------------------------------------------------------------

    def _piece(self, node: ast.expr, point: Point) -> Value:
        if not isinstance(node, ast.FormattedValue):
            return self.value(node, point)
        found = self.value(node.value, point)
        if isinstance(found, Plain) and node.format_spec is not None:
            spec = self.value(node.format_spec, point)
            return operations.formatted(found, spec)
        return found if texts(found) else Text((Hole(spelled(node.value)),))

    def _operation(self, node: ast.BinOp, point: Point) -> Value:
        if isinstance(node.op, ast.Mod):
            template = self.value(node.left, point)
            return operations.percent(template, self.value(node.right, point), spelled(node.left))
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
            return operations.path(values, by)
        return operations.added(values, by or "expression")

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

    def _table(self, keys: list[ast.expr | None], values: list[ast.expr], point: Point) -> Value:
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
            return either((self._each(one, name) for one in found.options), name)
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
            found = operations.looked_up(base, key)
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
            found = operations.method(base, node.func.attr, arguments)
            if found is not None:
                return found
        if isinstance(callee, Symbol):
            return self._called(node, callee, arguments, point)
        return Unknown(spelled(node), local=isinstance(callee, Unknown) and callee.local)

    def _called(self, node: ast.Call, callee: Symbol, arguments: Given, point: Point) -> Value:
        known = operations.FUNCTIONS.get(callee.name)
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


def _under(value: Value, name: str) -> Value:
    """Let what has no name of its own be called after the variable that holds it."""
    if isinstance(value, Unknown) and value.name in ("expression", ""):
        return Unknown(name, value.default, value.local)
    return value
