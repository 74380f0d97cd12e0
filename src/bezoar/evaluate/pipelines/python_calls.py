"""`Calls`: what Python calls come to: functions of the tree are followed, others recorded."""

import ast
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.python_code import Modules, PythonCode, literal
from bezoar.evaluate.pipelines.python_data import Named, data_of, hands_back, is_writing
from bezoar.evaluate.pipelines.python_ends import is_exit
from bezoar.evaluate.pipelines.python_expressions import Expressions
from bezoar.evaluate.pipelines.python_places import defaults_of, key_of, parameter_names
from bezoar.evaluate.pipelines.python_record import GROWING, RUNNERS, Recorder
from bezoar.evaluate.pipelines.python_values import NOTHING, Called, Data, Here, Watcher
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.folding import substituted
from bezoar.syntax.python.scopes import Point, Scope
from bezoar.syntax.python.value import Symbol, Value
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST_CALL: Final = 3  # a script, its function, a function of a module, one more
_MOST_CALLS: Final = 20_000
# What puts pipelines together, and what only wraps: their decorators do nothing to data.
_ENGINES: Final = frozenset(
    {"airflow", "kfp", "prefect", "zenml", "dagster", "metaflow", "flytekit", "sagemaker", "click"}
    | {"functools", "typing", "abc", "contextlib", "dataclasses", "typer", "hydra", "torch", "tf"}
    | {"tensorflow", "jax", "numba", "pytest", "app", "cli", "tenacity", "property", "staticmethod"}
)


class Calls(Expressions):
    """Walks over calls, and into the functions that they call."""

    def __init__(
        self, modules: Modules, recorder: Recorder, watcher: Watcher | None = None
    ) -> None:
        """Begin with no function open; see `Expressions`."""
        super().__init__(modules, recorder, watcher)
        self._open: set[int] = set()
        self._calls = 0
        self._seen: dict[int, Called] = {}

    @abstractmethod
    def block(self, statements: Iterable[ast.stmt], here: Here) -> None:
        """Walk over statements."""

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
