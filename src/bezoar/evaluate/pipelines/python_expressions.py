"""`Expressions`: what Python expressions are worth: the data that reaches them through names."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.python_code import Modules
from bezoar.evaluate.pipelines.python_ends import is_exit
from bezoar.evaluate.pipelines.python_places import both, children_of, key_of, said_of
from bezoar.evaluate.pipelines.python_record import Recorder
from bezoar.evaluate.pipelines.python_values import NOTHING, Data, Here, Watcher
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 100


class Expressions(ABC):
    """Walks over expressions, and keeps what names hold."""

    def __init__(
        self, modules: Modules, recorder: Recorder, watcher: Watcher | None = None
    ) -> None:
        """Begin with nothing that a name holds.

        Args:
            modules: Where functions of other files are found.
            recorder: Takes what is called.
            watcher: Takes what means more than a call.
        """
        self.modules = modules
        self.recorder = recorder
        self.watcher = watcher
        self._depth = 0
        self._globals: dict[str, Data] = {}

    @abstractmethod
    def call(self, node: ast.Call, here: Here) -> Data:
        """Walk over a call: its arguments, then what it calls."""

    def assign(self, target: ast.expr, data: Data, here: Here, value: ast.expr | None) -> None:
        """Let a name hold data; in a branch, what it held before as well."""
        match target:
            case ast.Tuple(elements) | ast.List(elements):
                for number, element in enumerate(elements):
                    self.assign(element, self._part(data, str(number)), here, None)
            case ast.Starred(inner):
                self.assign(inner, data, here, value)
            case ast.Name() | ast.Attribute(ast.Name()):
                key = key_of(target)
                if here.point.arms and key in here.variables:
                    data = here.variables[key] | data
                here.variables[key] = data
            case ast.Subscript() | ast.Attribute():
                self.grow(target.value, data, here)

    def grow(self, target: ast.expr, data: Data, here: Here) -> None:
        """Add data to what a name holds."""
        while isinstance(target, ast.Subscript):
            target = target.value
        if key := key_of(target):
            here.variables[key] = here.variables.get(key, NOTHING) | data

    def _named(self, key: str, here: Here) -> Data:
        found = here.variables.get(key)
        return self._globals.get(key, NOTHING) if found is None else found

    def expression(self, node: ast.expr, here: Here) -> Data:
        """Walk over an expression; return what is known of its value.

        Raises:
            UnreadableError: It is nested deeper than anybody writes.
        """
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadableError(f"nested too deeply (line {here.code.line(node)})")
        try:
            return self._expression(node, here)
        finally:
            self._depth -= 1

    def _expression(self, node: ast.expr, here: Here) -> Data:  # noqa: C901, PLR0911 - one case each
        match node:
            case ast.Constant() | ast.Lambda():
                return NOTHING
            case ast.Name(name):
                return self._named(name, here)
            case ast.Attribute(inner):
                own = self._named(key_of(node), here)
                return own if own is not NOTHING else self.expression(inner, here)
            case ast.Subscript(inner, ast.Constant(str() as key)):
                return self._part(self.expression(inner, here), key)
            case ast.Call():
                return self.call(node, here)
            case ast.BinOp():
                return self._operation(node, here)
            case ast.BoolOp(values=values):
                return self._tested(values, here, every=isinstance(node.op, ast.And))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                for one in node.generators:
                    self.assign(one.target, self.expression(one.iter, here), here, None)
                whole = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                return self._all(whole, here)
            case ast.NamedExpr(target, value):
                found = self.expression(value, here)
                self.assign(target, found, here, value)
                return found
            case _:
                return self._all(children_of(node), here)

    def _part(self, data: Data, key: str) -> Data:
        if self.watcher is not None and data.tasks:
            return self.watcher.part(data, key)
        return data

    def _all(self, nodes: Iterable[ast.expr], here: Here) -> Data:
        found = NOTHING
        for node in nodes:
            found = self.expression(node, here) | found
        return found

    def _operation(self, node: ast.BinOp, here: Here) -> Data:
        # They grow to the left: a long one must not be as deep as it is long.
        rest: list[tuple[ast.operator, ast.expr]] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            rest.append((left.op, left.right))
            left = left.left
        found = last = self.expression(left, here)
        for op, right in reversed(rest):
            data = self.expression(right, here)
            if self.watcher is not None and isinstance(op, ast.RShift | ast.LShift):
                if data.tasks:  # A label on the way is no step.
                    self.watcher.ordered(last, data, forward=isinstance(op, ast.RShift))
                    found = last = data
            else:
                found = found | data
                last = found
        return found

    def _tested(self, values: list[ast.expr], here: Here, *, every: bool) -> Data:
        """Walk over `a and b`; `ok or sys.exit(1)` looks at `ok`, and `a` decides about `b`."""
        found = NOTHING
        for value in values:
            data = self.expression(value, here)
            if not data.results:
                said = said_of(value) if every else f"not ({said_of(value)})"
                here = replace(here, condition=both(here.condition, said))
            if is_exit(value):
                self.recorder.check(found.results, loud=True)
            found |= data
        return found
