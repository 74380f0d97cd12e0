"""What Python code calls, in order, and which data reaches each call through its variables."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.python_code import Modules, PythonCode, literal
from bezoar.evaluate.pipelines.python_data import Named, data_of, hands_back, is_writing
from bezoar.evaluate.pipelines.python_ends import ends, has_return, is_exit, swallows, turned_round
from bezoar.evaluate.pipelines.python_places import (
    arm_of,
    assigned_in,
    both,
    children_of,
    defaults_of,
    key_of,
    parameter_names,
    said_of,
    told_by,
)
from bezoar.evaluate.pipelines.python_record import GROWING, RUNNERS, Recorder
from bezoar.evaluate.pipelines.python_values import NOTHING, Called, Data, Here, Watcher
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.folding import substituted
from bezoar.syntax.python.scopes import Point, Scope
from bezoar.syntax.python.value import Symbol, Value
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST_CALL: Final = 3  # a script, its function, a function of a module, one more
_DEEPEST: Final = 100
_MOST_CALLS: Final = 20_000
# What puts pipelines together, and what only wraps: their decorators do nothing to data.
_ENGINES: Final = frozenset(
    {"airflow", "kfp", "prefect", "zenml", "dagster", "metaflow", "flytekit", "sagemaker", "click"}
    | {"functools", "typing", "abc", "contextlib", "dataclasses", "typer", "hydra", "torch", "tf"}
    | {"tensorflow", "jax", "numba", "pytest", "app", "cli", "tenacity", "property", "staticmethod"}
)
_SUPPRESS: Final = frozenset({"contextlib.suppress", "suppress"})


class Flow:
    """Walks over code in the order in which it runs, as far as that is written down."""

    def __init__(
        self, modules: Modules, recorder: Recorder, watcher: Watcher | None = None
    ) -> None:
        self.modules = modules
        self.recorder = recorder
        self.watcher = watcher
        self._open: set[int] = set()
        self._chains = 0
        self._depth = 0
        self._calls = 0
        self._globals: dict[str, Data] = {}
        self._seen: dict[int, Called] = {}

    # Statements -------------------------------------------------------------------------------

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

    # Names ------------------------------------------------------------------------------------

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

    # Expressions ------------------------------------------------------------------------------

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

    # Calls ------------------------------------------------------------------------------------

    def call(self, node: ast.Call, here: Here) -> Data:
        """Walk over a call: its arguments, then what it calls."""
        self._calls += 1
        if self._calls > _MOST_CALLS:
            raise UnreadableError(f"more than {_MOST_CALLS:,} calls, one after the other")
        func = node.func
        if isinstance(func, ast.Attribute):
            owner = self.expression(func.value, here)
        else:
            owner = NOTHING if isinstance(func, ast.Name) else self.expression(func, here)
        data: dict[int | str, Data] = {
            number: self.expression(one, here) for number, one in enumerate(node.args)
        }
        for number, keyword in enumerate(node.keywords):
            data[keyword.arg or f"**{number}"] = self.expression(keyword.value, here)
        made_by = here.code.value(func, here.point)
        call = Called(
            name=self._name(func, here),
            made_by=made_by if isinstance(made_by, Symbol) and made_by.calls else None,
            node=node,
            given=self._given(node, here),
            owner=owner,
            arguments=data,
            here=here,
        )
        self._seen[id(node)] = call
        if self.watcher is not None and (taken := self.watcher.called(call)) is not None:
            return taken
        if is_exit(node):
            self.recorder.check(call.data.results, loud=True)
        if (inner := self.follow(call)) is not None:
            return inner
        return self._recorded(call)

    def _name(self, func: ast.expr, here: Here) -> str:
        if isinstance(func, ast.Name) and func.id in here.filled:
            return literal(here.filled[func.id]) or func.id
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            owner = here.filled.get(func.value.id)
            if isinstance(owner, Symbol):
                return f"{literal(owner)}.{func.attr}"
        return here.code.called(func, here.point)

    def _given(self, node: ast.Call, here: Here) -> Given:
        found = given(node, here.point, here.code.folding)
        if not here.filled:
            return found
        filled = dict(here.filled)
        return Given(
            [substituted(one, filled) for one in found.positional],
            {name: substituted(one, filled) for name, one in found.named.items()},
            found.open,
        )

    def follow(self, call: Called) -> Data | None:
        """Follow a function of this tree; None where it is another one, or too far away."""
        here = call.here
        if here.depth >= _DEEPEST_CALL or self._calls > _MOST_CALLS // 2:
            return None
        found = self.modules.function(call.name, here.code)
        found = found or self.modules.function(f"{call.name}.__init__", here.code)
        if found is None or id(found[1].node) in self._open:
            return None
        code, scope = found
        names = parameter_names(scope)
        variables: dict[str, Data] = {}
        filled: dict[str, Value] = {}
        for key, data in call.arguments.items():
            name = names[key] if isinstance(key, int) and key < len(names) else str(key)
            variables[name] = data
        for number, value in enumerate(call.given.positional[: len(names)]):
            filled[names[number]] = value
        filled |= call.given.named
        if scope.receiver:
            known = {k: v for k, v in here.variables.items() if k.startswith("self.")}
            variables = known | variables
        inside = Here(
            code,
            Point(scope),
            variables,
            {**defaults_of(code, scope), **filled},
            condition=here.condition,
            chain=here.chain,
            swallowed=here.swallowed,
            depth=here.depth + 1,
        )
        first = len(self.recorder.made)
        self._open.add(id(scope.node))
        self._marked(code, scope, inside)
        self.block(getattr(scope.node, "body", []), inside)
        self._open.discard(id(scope.node))
        if scope.receiver:
            here.variables.update({k: v for k, v in variables.items() if k.startswith("self.")})
        if len(self.recorder.made) == first and not inside.returns:
            return None  # Nothing that anybody knows: its name may say more.
        returned = call.owner
        for one in inside.returns:
            returned |= one
        return returned

    def _recorded(self, call: Called) -> Data:
        owner_value = None
        if isinstance(call.node.func, ast.Attribute):
            owner_value = call.here.code.value(
                call.node.func.value, call.here.point, call.here.filled
            )
        named = data_of(call.name, call.given, owner_value)
        reached = call.data
        last = call.name.rpartition(".")[2]
        own = reached.names & self.recorder.outputs
        if call.name in RUNNERS:
            # Which of its words are read and which are written, the command itself tells.
            named = Named([], sorted(own))
            reached = replace(reached, names=reached.names - own)
        elif own and is_writing(last, call.given):
            named.writes += sorted(own)
            reached = Data(reached.names - own, reached.results, reached.tasks)
        if last in GROWING and isinstance(call.node.func, ast.Attribute):
            self.grow(call.node.func.value, reached, call.here)
        here = call.here
        number = self.recorder.record(
            name=call.name,
            given=call.given,
            named=Named(sorted({*named.reads, *reached.names}), named.writes),
            line=here.code.line(call.node),
            condition=here.condition,
            chain=here.chain,
            swallowed=here.swallowed,
            path=here.code.path,
        )
        result = Data(frozenset({*named.reads, *(named.writes if hands_back(last) else ())}))
        if number is None:
            return result | reached
        if not reached.names and not result.names and self.recorder.is_source(last):
            result = Data(frozenset({f"{{{call.name}}}"}))
        made = Data(results=frozenset({number}))
        if isinstance(call.node.func, ast.Attribute) and (key := key_of(call.node.func.value)):
            # `suite.run(…)` keeps its result, which is asked for later.
            self._keep(key, made, here)
        return result | reached | made

    @staticmethod
    def _keep(key: str, made: Data, here: Here) -> None:
        if key in here.variables:
            here.variables[key] |= made

    def _marked(self, code: PythonCode, scope: Scope, here: Here) -> None:
        """Record what decorates a function: `@pa.check_types` looks at each of its arguments."""
        reached = NOTHING
        for data in here.variables.values():
            reached |= data
        for name, call in code.decorators(scope):
            if "." not in name or name.partition(".")[0] in _ENGINES:
                continue
            line = code.line(call or scope.node or code.tree)
            named = Named(sorted(reached.names), [])
            self.recorder.record(
                name=name,
                given=Given(),
                named=named,
                line=line,
                condition=here.condition,
                chain=here.chain,
                swallowed=here.swallowed,
                path=code.path,
            )
