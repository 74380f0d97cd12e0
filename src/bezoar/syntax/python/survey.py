"""One walk over a module: which names are bound where, and what is called."""

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.syntax.python.scopes import (
    Binding,
    Function,
    How,
    Point,
    Position,
    Scope,
    Site,
    Survey,
    position_of,
)

# Fields of expressions that hold names, operators and what is the context of a name.
_NO_EXPRESSION: Final = frozenset(
    {"attr", "arg", "ctx", "op", "ops", "type_comment", "conversion", "is_async", "id"}
)
_FIELDS: Final[dict[type[ast.AST], tuple[str, ...]]] = {}
_INSIDE: Final = frozenset({ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Lambda})


def survey(tree: ast.Module, module: str, *, package: bool = False) -> Survey:
    """Walk over a module once.

    Args:
        tree: The module.
        module: Its full dotted name.
        package: Whether it is a package's `__init__`, from which relative imports start lower.
    """
    found = Survey(Scope(module))
    walker = _Walker(found, module.split(".") if package else module.split(".")[:-1])
    walker.block(tree.body, Point(found.module))
    for scope in (found.module, *found.scopes.values()):
        for bindings in scope.bindings.values():
            bindings.sort(key=position_of)
    return found


class _Walker:
    """A walk under way."""

    def __init__(self, found: Survey, package: list[str]) -> None:
        self.found = found
        self.package = package

    def block(self, statements: Iterable[ast.stmt], point: Point) -> None:
        for statement in statements:
            here = Point(point.scope, point.arms, _position(statement))
            self.statement(statement, here)

    def statement(self, node: ast.stmt, here: Point) -> None:  # noqa: C901, PLR0912 - one case each
        match node:
            case ast.Expr() | ast.Return():
                self.expressions(node, [node.value] if node.value else [], here)
                if isinstance(node.value, ast.Call):
                    self.growth(node.value, here)
            case ast.Assign(targets, value):
                self.expressions(node, [value, *targets], here)
                for target in targets:
                    self.target(target, How.ASSIGNED, value, _after(node, here))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node, here)
            case ast.ClassDef():
                self.class_(node, here)
            case ast.Import():
                self.imports(node, here)
            case ast.ImportFrom():
                self.imports_from(node, here)
            case ast.If():
                self.branches(node, here)
            case ast.For() | ast.AsyncFor():
                self.loop(node, here)
            case ast.While():
                self.expressions(node, [node.test], here)
                self.block(node.body, Point(here.scope, (*here.arms, (id(node), 0))))
                self.block(node.orelse, here)
            case ast.Try() | ast.TryStar():
                self.attempt(node, here)
            case ast.With() | ast.AsyncWith():
                self.entered(node, here)
            case ast.Match():
                self.expressions(node, [node.subject], here)
                for number, one in enumerate(node.cases):
                    self.block(one.body, Point(here.scope, (*here.arms, (id(node), number))))
            case ast.Global(names) | ast.Nonlocal(names):
                here.scope.outer.update(names)
            case ast.AnnAssign(target, _, value):
                if value is not None:
                    self.expressions(node, [value], here)
                    self.target(target, How.ASSIGNED, value, _after(node, here))
            case ast.AugAssign(target, _, value):
                self.expressions(node, [value], here)
                self.target(target, How.ADDED, value, _after(node, here))
            case _:
                self.expressions(node, _expressions(node), here)

    def loop(self, node: ast.For | ast.AsyncFor, here: Point) -> None:
        self.expressions(node, [node.iter], here)
        inside = Point(here.scope, (*here.arms, (id(node), 0)), _end(node.target))
        self.target(node.target, How.EACH, node.iter, inside)
        self.block(node.body, inside)
        self.block(node.orelse, here)

    def attempt(self, node: ast.Try | ast.TryStar, here: Point) -> None:
        self.block(node.body, here)
        for number, handler in enumerate(node.handlers):
            self.block(handler.body, Point(here.scope, (*here.arms, (id(node), number + 1))))
        self.block(node.orelse, here)
        self.block(node.finalbody, here)

    def entered(self, node: ast.With | ast.AsyncWith, here: Point) -> None:
        for item in node.items:
            self.expressions(node, [item.context_expr], here)
            if item.optional_vars is not None:
                after = _after(item.optional_vars, here)
                self.target(item.optional_vars, How.ENTERED, item.context_expr, after)
        self.block(node.body, here)

    def branches(self, node: ast.If, here: Point) -> None:
        """Walk over an `if` and its `elif`s without descending: chains may be long."""
        first, arm = id(node), 0
        while True:
            self.expressions(node, [node.test], here)
            self.found.tests[first, arm] = node.test
            self.block(node.body, Point(here.scope, (*here.arms, (first, arm))))
            arm += 1
            match node.orelse:
                case [ast.If() as following]:
                    node = following
                case rest:
                    self.block(rest, Point(here.scope, (*here.arms, (first, arm))))
                    return

    def function(self, node: Function, here: Point) -> None:
        self.expressions(node, [*node.decorator_list, *_defaults(node.args)], here)
        outside = here.scope
        scope = Scope(f"{outside.name}.{node.name}", node, outside, opens_at=here.position)
        self.found.scopes[id(node)] = scope
        self.found.functions.setdefault(scope.name, scope)
        outside.bind(node.name, Binding(How.DEFINED, None, _after(node, here), symbol=scope.name))
        self.parameters(node.args, scope, here)
        given = [*node.args.posonlyargs, *node.args.args]
        static = any(map(_is_static, node.decorator_list))
        if outside.is_class and given and not static:
            scope.receiver = given[0].arg
        self.block(node.body, Point(scope))

    def parameters(self, given: ast.arguments, scope: Scope, here: Point) -> None:
        inside = Point(scope, (), (0, 0))
        for name, annotation, default in _parameters(given):
            # The default is evaluated outside.
            point = Point(here.scope, here.arms, here.position)
            binding = Binding(
                How.PARAMETER, default, inside if default is None else point, annotation=annotation
            )
            scope.bind(name, binding)

    def class_(self, node: ast.ClassDef, here: Point) -> None:
        self.expressions(node, [*node.decorator_list, *node.bases], here)
        outside = here.scope
        scope = Scope(f"{outside.name}.{node.name}", node, outside, opens_at=here.position)
        self.found.scopes[id(node)] = scope
        self.found.classes.setdefault(scope.name, scope)
        outside.bind(node.name, Binding(How.DEFINED, None, _after(node, here), symbol=scope.name))
        self.block(node.body, Point(scope))

    def imports(self, node: ast.Import, here: Point) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            symbol = alias.name if alias.asname else name
            self.found.imported.add(alias.name)
            here.scope.bind(name, Binding(How.IMPORTED, None, here, symbol=symbol))

    def imports_from(self, node: ast.ImportFrom, here: Point) -> None:
        above = self.package[: len(self.package) - node.level + 1] if node.level else []
        start = ".".join([*above, *filter(None, [node.module])])
        for alias in node.names:
            if alias.name == "*":
                self.found.stars.append(start)
                continue
            symbol = f"{start}.{alias.name}" if start else alias.name
            self.found.imported.add(symbol)
            binding = Binding(How.IMPORTED, None, here, symbol=symbol)
            here.scope.bind(alias.asname or alias.name, binding)

    def growth(self, call: ast.Call, here: Point) -> None:
        """Take `urls.append(url)` for `urls += [url]`, where the list is this scope's own."""
        match call:
            case ast.Call(ast.Attribute(ast.Name(name), "append" | "add"), [item], []):
                added: ast.expr = ast.List([item])
            case ast.Call(ast.Attribute(ast.Name(name), "extend" | "update"), [added], []):
                pass
            case _:
                return
        if name in here.scope.bindings:
            here.scope.bind(name, Binding(How.ADDED, added, _after(call, here)))

    def target(
        self,
        target: ast.expr,
        how: How,
        value: ast.expr,
        point: Point,
        unpacked: tuple[int, ...] = (),
    ) -> None:
        match target:
            case ast.Name(name):
                point.scope.bind(name, Binding(how, value, point, unpacked))
            case ast.Attribute(ast.Name(receiver), name):
                function = _method(point.scope)
                if function and receiver == function.receiver and function.parent:
                    known = function.parent.attributes.setdefault(name, [])
                    known.append(Binding(how, value, point, unpacked))
                else:
                    point.scope.bind(f"{receiver}.{name}", Binding(how, value, point, unpacked))
            case ast.Tuple(elements) | ast.List(elements):
                for number, element in enumerate(elements):
                    if len(unpacked) < 3:  # noqa: PLR2004 - deeper than anybody unpacks
                        self.target(element, how, value, point, (*unpacked, number))
            case ast.Starred(inner):
                self.target(inner, how, value, point, (*unpacked, -1))

    def expressions(self, statement: ast.stmt, nodes: Iterable[ast.expr], here: Point) -> None:
        """Note each call within expressions; the walk is no recursion, because they nest."""
        waiting: list[tuple[Iterable[ast.AST], Point]] = [(nodes, here)]
        while waiting:
            first, point = waiting.pop()
            pending: list[ast.AST | None] = list(first)
            while pending:
                if (node := pending.pop()) is None:
                    continue
                kind = type(node)
                if kind is ast.Name or kind is ast.Constant:
                    continue
                if isinstance(node, ast.Call):
                    site = Site(node, spelled_last(node.func), point, statement)
                    self.found.sites.append(site)
                elif kind in _INSIDE:
                    waiting.append((ast.iter_child_nodes(node), self.inside(node, point)))
                    continue
                elif isinstance(node, ast.NamedExpr):
                    self.target(node.target, How.ASSIGNED, node.value, _after(node, here))
                for name in _below(kind):
                    value = getattr(node, name)
                    if value.__class__ is list:
                        pending += value
                    else:
                        pending.append(value)

    def inside(self, node: ast.AST, point: Point) -> Point:
        """Return the point within a comprehension or lambda."""
        if isinstance(node, ast.Lambda):
            return self.lambda_(node, point)
        return self.comprehension(node, point)

    def comprehension(self, node: ast.AST, point: Point) -> Point:
        scope = Scope(point.scope.name, node, point.scope, opens_at=point.position)
        self.found.scopes[id(node)] = scope
        inside = Point(scope, (), (0, 0))
        for one in getattr(node, "generators", ()):
            self.target(one.target, How.EACH, one.iter, inside)
        return Point(scope)

    def lambda_(self, node: ast.Lambda, point: Point) -> Point:
        scope = Scope(point.scope.name, node, point.scope, opens_at=point.position)
        self.found.scopes[id(node)] = scope
        self.parameters(node.args, scope, point)
        return Point(scope)


def spelled_last(node: ast.expr) -> str:
    """Return the last part of a name, "" where an expression is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def parameters(node: Function) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield the name, annotation and default of each parameter, in order."""
    yield from _parameters(node.args)


def _parameters(
    given: ast.arguments,
) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    positional = [*given.posonlyargs, *given.args]
    missing = len(positional) - len(given.defaults)
    for number, one in enumerate(positional):
        default = given.defaults[number - missing] if number >= missing else None
        yield one.arg, one.annotation, default
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield one.arg, one.annotation, default
    for rest in (given.vararg, given.kwarg):
        if rest is not None:
            yield rest.arg, None, None


def _defaults(given: ast.arguments) -> list[ast.expr]:
    return [*given.defaults, *(one for one in given.kw_defaults if one is not None)]


def _method(scope: Scope | None) -> Scope | None:
    """Return the method around a scope."""
    while scope is not None and not scope.receiver:
        scope = scope.parent
    return scope


def _is_static(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "staticmethod"


def _below(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of an expression in which expressions may stand."""
    if (known := _FIELDS.get(kind)) is None:
        known = tuple(name for name in kind._fields if name not in _NO_EXPRESSION)
        _FIELDS[kind] = known
    return known


def _expressions(node: ast.stmt) -> list[ast.expr]:
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _position(node: ast.stmt) -> Position:
    return node.lineno, node.col_offset


def _after(node: ast.stmt | ast.expr, here: Point) -> Point:
    """Return the point behind a node, in the scope and branch in which it stands."""
    return Point(here.scope, here.arms, _end(node))


def _end(node: ast.stmt | ast.expr) -> Position:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
