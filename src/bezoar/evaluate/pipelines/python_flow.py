"""What Python code calls, in order, and which data reaches each call through its variables."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.python_calls import Calls
from bezoar.evaluate.pipelines.python_code import Modules, PythonCode
from bezoar.evaluate.pipelines.python_ends import ends, has_return, swallows, turned_round
from bezoar.evaluate.pipelines.python_places import arm_of, assigned_in, both, said_of, told_by
from bezoar.evaluate.pipelines.python_record import Recorder
from bezoar.evaluate.pipelines.python_values import NOTHING, Data, Here, Watcher
from bezoar.syntax.python.scopes import Point, Scope
from bezoar.syntax.python.value import Value

_SUPPRESS: Final = frozenset({"contextlib.suppress", "suppress"})


class Flow(Calls):
    """Walks over code in the order in which it runs, as far as that is written down."""

    def __init__(
        self, modules: Modules, recorder: Recorder, watcher: Watcher | None = None
    ) -> None:
        """Begin with no chain of results; see `Expressions`."""
        super().__init__(modules, recorder, watcher)
        self._chains = 0

    def module(self, code: PythonCode) -> None:
        """Walk over a module as if it were run."""
        self.block(code.tree.body, Here(code, Point(code.survey.module), self._globals))

    def function(
        self,
        code: PythonCode,
        scope: Scope,
        given_data: Mapping[str, Data],
        filled: Mapping[str, Value] | None = None,
    ) -> Data:
        """Walk over the body of a function; return what it returns."""
        body = getattr(scope.node, "body", [])
        here = Here(code, Point(scope), dict(given_data), filled or {}, depth=1)
        self._marked(code, scope, here)
        self.block(body, here)
        found = NOTHING
        for one in here.returns:
            found |= one
        return found

    def variables_of(
        self, code: PythonCode, scope: Scope, variables: Mapping[str, Data]
    ) -> dict[str, Data]:
        """Walk over the body of a function; return what its names hold in the end."""
        here = Here(code, Point(scope), dict(variables), depth=1)
        self.block(getattr(scope.node, "body", []), here)
        return here.variables

    def block(self, statements: Iterable[ast.stmt], here: Here) -> None:
        """Walk over statements."""
        listed = list(statements)
        for number, node in enumerate(listed):
            point = Point(here.point.scope, here.point.arms, (node.lineno, node.col_offset))
            followed = here.followed or number + 1 < len(listed)
            condition = self.statement(node, replace(here, point=point, followed=followed))
            if condition:
                here = replace(here, condition=both(here.condition, condition))

    def statement(self, node: ast.stmt, here: Here) -> str:  # noqa: C901, PLR0912 - one case each
        """Walk over a statement; return a condition under which what follows is not reached."""
        match node:
            case ast.Expr(value):
                self.expression(value, here)
            case ast.Assign(targets, value):
                found = self.expression(value, here)
                for target in targets:
                    self.assign(target, found, here, value)
            case ast.AnnAssign(target, _, value) if value is not None:
                self.assign(target, self.expression(value, here), here, value)
            case ast.AugAssign(target, _, value):
                self.grow(target, self.expression(value, here), here)
            case ast.Return(value):
                if value is not None:
                    here.returns.append(self.expression(value, here))
            case ast.If():
                return self.branches(node, here)
            case ast.For() | ast.AsyncFor():
                self.assign(node.target, self.expression(node.iter, here), here, None)
                self.block([*node.body, *node.orelse], arm_of(here, id(node), 0))
            case ast.While():
                self.expression(node.test, here)
                self.block([*node.body, *node.orelse], arm_of(here, id(node), 0))
            case ast.Try() | ast.TryStar():
                self.attempt(node, here)
            case ast.With() | ast.AsyncWith():
                self.entered(node.items, node.body, here)
            case ast.Assert(test):
                self.recorder.check(self.expression(test, here).results, loud=not here.swallowed)
            case ast.Raise(exc):
                if exc is not None:
                    self.expression(exc, here)
            case ast.Match(subject, cases):
                data = self.expression(subject, here)
                for number, one in enumerate(cases):
                    inside = arm_of(here, id(node), number)
                    said = both(here.condition, said_of(subject))
                    self._guard(data, one.body, inside)
                    self.block(one.body, replace(inside, condition=said))
            case _:
                pass
        return ""

    def branches(self, node: ast.If, here: Here) -> str:
        """Walk over an `if` and its `elif`s without descending: chains may be long."""
        first, arm, skipping = id(node), 0, ""
        while True:
            data = self.expression(node.test, here)
            told = told_by(node.test, here)
            inside = arm_of(here, first, arm)
            looked_at = bool(ends(node.body)) or not turned_round(node.test)
            if self.watcher is not None and data.tasks and looked_at:
                self.watcher.decided(data)
            chain = self._guard(data, [*node.body, *node.orelse[:1]], here)
            if told is not False:
                said = "" if told else said_of(node.test)
                body = replace(
                    inside, condition=both(here.condition, said), chain=chain or here.chain
                )
                first_made = len(self.recorder.made)
                self.block(node.body, body)
                if chain and not turned_round(node.test):
                    self._decides(data, first_made)
                if said and not data.results and has_return(node.body):
                    skipping = f"not ({said})"
            arm += 1
            if told:
                return skipping
            rest = node.orelse
            if len(rest) == 1 and isinstance(rest[0], ast.If):
                node = rest[0]
                continue
            said = "" if told is False else f"not ({said_of(node.test)})"
            other = replace(
                arm_of(here, first, arm),
                condition=both(here.condition, said),
                chain=chain or here.chain,
            )
            first_made = len(self.recorder.made)
            self.block(rest, other)
            if chain and turned_round(node.test):
                self._decides(data, first_made)
            return skipping

    def _guard(self, data: Data, body: list[ast.stmt], here: Here) -> int:
        """Take a test of results: it ends the script, or its body is their chain."""
        if not data.results:
            return 0
        how = ends(body)
        if how and not (how == "raise" and here.swallowed):
            self.recorder.check(data.results, loud=True)
            return 0
        self._chains += 1
        return self.recorder.chained(data.results, self._chains)

    def _decides(self, data: Data, first: int) -> None:
        """Take results for looked at where what they guard does something with data."""
        if any(one.command.reads or one.command.writes for one in self.recorder.made[first:]):
            self.recorder.check(data.results, loud=True)

    def attempt(self, node: ast.Try | ast.TryStar, here: Here) -> None:
        """Walk over a `try`: what it swallows stops nothing, unless a name tells of it later."""
        swallowing = any(swallows(one, followed=here.followed) for one in node.handlers)
        first = len(self.recorder.made)
        self.block(node.body, replace(here, swallowed=here.swallowed or swallowing))
        tried = Data(results=frozenset(range(first, min(len(self.recorder.made), first + 256))))
        self.block(node.orelse, here)
        for number, handler in enumerate(node.handlers):
            inside = arm_of(here, id(node), number + 1)
            returned = len(here.returns)
            self.block(
                handler.body, replace(inside, condition=both(here.condition, "an exception"))
            )
            if swallowing:
                here.returns[returned:] = [one | tried for one in here.returns[returned:]]
                for name in assigned_in(handler.body):
                    known = here.variables.get(name, NOTHING)
                    here.variables[name] = known | tried
        self.block(node.finalbody, here)

    def entered(self, items: list[ast.withitem], body: list[ast.stmt], here: Here) -> None:
        """Walk over a `with`."""
        inside, calls = here, []
        for item in items:
            data = self.expression(item.context_expr, inside)
            call = self._seen.get(id(item.context_expr))
            calls.append(call)
            if call is not None and call.name in _SUPPRESS:
                inside = replace(inside, swallowed=True)
            if self.watcher is not None:
                inside = self.watcher.entered(call, data, inside)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, data, inside, item.context_expr)
        self.block(body, inside)
        if self.watcher is not None:
            for call in reversed(calls):
                self.watcher.left(call)
