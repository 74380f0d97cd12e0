"""Airflow: operators, functions marked as tasks, the order between them, groups.

Sources: airflow.apache.org, "Tasks", "TaskFlow", "Trigger Rules", "DAGs: Task Dependencies".
"""

import ast
import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.airflow_templates import rendered
from bezoar.evaluate.pipelines.composing import Composer
from bezoar.evaluate.pipelines.container_commands import container_commands
from bezoar.evaluate.pipelines.decorated import base_name, is_wrapper, options_of
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Text, Trigger
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_values import Called, Data, Here
from bezoar.evaluate.pipelines.reading import file_name, image_of
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.nodes import Scalar
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.scopes import Scope
from bezoar.syntax.python.value import Items, Plain, Symbol, Table, Value

_TASKS: Final = ("airflow.decorators.task", "airflow.sdk.task", "airflow.sdk.decorators.task")
_GROUPS: Final = ("airflow.decorators.task_group", "airflow.sdk.task_group")
_DAGS: Final = frozenset(
    {"airflow.DAG", "airflow.models.DAG", "airflow.models.dag.DAG", "airflow.sdk.DAG", "DAG"}
    | {"airflow.decorators.dag", "airflow.sdk.dag"}
)
_CHAIN: Final = frozenset({"chain", "chain_linear"})
# Rules under which a task runs although one before it failed.
_LATE: Final = frozenset(
    {"all_done", "all_done_min_one_success", "always", "dummy", "one_done", "one_success"}
    | {"all_failed", "one_failed"}
)
_NOT_FAILED: Final = frozenset(
    {"none_failed", "none_failed_min_one_success", "none_failed_or_skipped"}
)
_DECIDING: Final = frozenset(
    {"ShortCircuitOperator", "BranchPythonOperator", "short_circuit", "branch"}
)
_CHOOSING: Final = ("ShortCircuitOperator", "BranchPythonOperator", ".short_circuit", ".branch")
_MOST_CHOICES: Final = 32
_IMAGES: Final = frozenset({"image", "docker_image", "image_uri"})


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return the tasks of a file as one pipeline."""
    composer = _Airflow(code, others)
    composer.flow.module(code)
    for scope in code.survey.functions.values():
        marks = {name for name, _ in code.decorators(scope)}
        if marks & _DAGS and not composer.entered_dag(scope):
            composer.flow.function(code, scope, {})
    composer.skipped()
    triggers = frozenset({Trigger.SCHEDULE if composer.scheduled else Trigger.MANUAL})
    return composer.pipeline(composer.name or file_name(code.path), composer.line, triggers)


class _Airflow(Composer):
    """Takes operators, and what orders them."""

    format = "airflow"

    def __init__(self, code: PythonCode, others: Mapping[str, Text]) -> None:
        super().__init__(code, others)
        self.name = ""
        self.line = 1
        self.scheduled = False
        self._dags: set[str] = set()
        self._within: list[str] = []  # groups that are open, the outermost first

    def entered_dag(self, scope: Scope) -> bool:
        """Say whether the function of a DAG was called, and so walked over, already."""
        return scope.name in self._dags

    def called(self, call: Called) -> Data | None:
        """Take an operator, a task's function, or what orders tasks."""
        last = call.name.rpartition(".")[2]
        if call.name in _DAGS:
            self._dag(call)
            return Data()
        if last in _CHAIN and call.name.startswith("airflow"):
            sides = [call.arguments[number] for number in range(len(call.node.args))]
            for first, second in itertools.pairwise(sides):
                self.order(second.tasks, first.tasks)
            return call.data
        if last == "cross_downstream" and call.name.startswith("airflow"):
            sides = [*call.arguments.values()][:2]
            if len(sides) == 2:  # noqa: PLR2004 - from, to
                self.order(sides[1].tasks, sides[0].tasks)
            return call.data
        if last == "TaskGroup":
            return self._group(literal(call.given.get(0, ("group_id",))) or "group")
        ordered = self._method(call, last) if call.owner.tasks else None
        return ordered or self._task_function(call) or self._operator(call, last)

    def _dag(self, call: Called) -> None:
        self.name = self.name or literal(call.given.get(0, ("dag_id",)))
        self.line = call.here.code.line(call.node)
        for key in ("schedule", "schedule_interval", "timetable"):
            value = call.given.named.get(key)
            self.scheduled |= value is not None and value != Plain(None)

    # Order ------------------------------------------------------------------------------------

    def _method(self, call: Called, name: str) -> Data | None:
        others = frozenset().union(*(one.tasks for one in call.arguments.values()))
        match name:
            case "set_upstream":
                self.order(call.owner.tasks, others)
            case "set_downstream":
                self.order(others, call.owner.tasks)
            case "expand" | "expand_kwargs" | "partial" | "override":
                return None
            case "as_setup" | "as_teardown":
                if name == "as_teardown":
                    self.change(call.owner.tasks, runs_after_failure=True)
            case _:
                pass
        return call.owner

    def _group(self, name: str) -> Data:
        self._opening = f"group:{'.'.join([*self._within, name])}"
        self.groups.setdefault(self._opening, [])
        return Data(tasks=frozenset({self._opening}))

    def entered(self, call: Called | None, data: Data, here: Here) -> Here:
        """Take `with TaskGroup(…)`."""
        if call is not None and call.name.endswith("TaskGroup"):
            name = next(iter(data.tasks), "group:")
            self._within.append(name.rpartition(".")[2].removeprefix("group:"))
        return here

    def left(self, call: Called | None) -> None:
        """Take its end."""
        if call is not None and call.name.endswith("TaskGroup") and self._within:
            self._within.pop()

    # Tasks ------------------------------------------------------------------------------------

    def _task_function(self, call: Called) -> Data | None:
        """Take a call of a function that is marked as a task, a group, or a DAG."""
        found = self.modules.function(base_name(call.name), call.here.code)
        if found is None:
            return None
        for mark, node in found[0].decorators(found[1]):
            if mark in _DAGS:
                self._dags.add(found[1].name)
            if mark in _GROUPS:
                return self._grouped(call, found[1])
            if mark.startswith(_TASKS):
                if is_wrapper(call):
                    return call.data
                options = given(node, call.here.point, found[0].folding) if node else Given()
                return self._marked(call, found, mark.rpartition(".")[2], options)
        return None

    def _grouped(self, call: Called, scope: Scope) -> Data:
        name = scope.name.rpartition(".")[2]
        group = self._group(name)
        self._within.append(name)
        inner = self.flow.follow(call) or Data()
        self._within.pop()
        return Data(inner.names, inner.results, group.tasks)

    def _marked(
        self, call: Called, body: tuple[PythonCode, Scope], kind: str, options: Given
    ) -> Data:
        asked = options_of(call, call.here.code)
        merged = rendered(Given(asked.positional, {**options.named, **asked.named}))
        name = literal(merged.named.get("task_id")) or body[1].name.rpartition(".")[2]
        made = self.add(
            call, self._path(name), uses=f"airflow.decorators.{kind}", given=merged, body=body
        )
        self._finish(made, merged, kind)
        return made

    def _operator(self, call: Called, last: str) -> Data | None:
        """Take an operator: a class that ends so, or a call that names its task."""
        named = call.given.named
        operator = last.endswith(("Operator", "Sensor", "OperatorAsync", "SensorAsync"))
        if not operator and "task_id" not in named:
            return call.data if call.owner.tasks else None
        if is_wrapper(call):
            return call.data  # `Operator.partial(…)`, which `expand` completes
        options = rendered(options_of(call, call.here.code))
        name = literal(options.named.get("task_id")) or last
        callable_ = options.named.get("python_callable")
        body = None
        if isinstance(callable_, Symbol):
            body = self.modules.function(callable_.name, call.here.code)
        made = self.add(call, self._path(name), uses=base_name(call.name), given=options)
        draft = self.drafts[next(iter(made.tasks))]
        if body is not None:
            draft.body = body
            self._bound(draft.data, draft.filled, call, options, body[1])
        self._finish(made, options, last)
        return made

    @staticmethod
    def _bound(
        data: dict[str, Data],
        filled: dict[str, Value],
        call: Called,
        options: Given,
        scope: Scope,
    ) -> None:
        """Give a callable's parameters what `op_args` and `op_kwargs` hold."""
        node = scope.node
        names = [one.arg for one in node.args.args] if isinstance(node, ast.FunctionDef) else []
        kwargs, args = options.named.get("op_kwargs"), options.named.get("op_args")
        if isinstance(kwargs, Table):
            for key, value in kwargs.pairs:
                filled[literal(key)] = value
                data[literal(key)] = call.arguments.get("op_kwargs", Data())
        if isinstance(args, Items):
            for name, value in zip(names, args.items, strict=False):
                filled[name] = value
                data[name] = call.arguments.get("op_args", Data())

    def _path(self, name: str) -> str:
        whole = ".".join([*self._within, name])
        for depth in range(1, len(self._within) + 1):
            self.groups.setdefault(f"group:{'.'.join(self._within[:depth])}", []).append(whole)
        return whole

    def _finish(self, made: Data, options: Given, kind: str) -> None:
        """Take what an operator's arguments say of its task."""
        draft = self.drafts[next(iter(made.tasks))]
        step, line = draft.step, draft.step.place.line or 1
        rule = literal(options.named.get("trigger_rule")).rpartition(".")[2].lower()
        image = next((literal(options.named[one]) for one in _IMAGES if one in options.named), "")
        draft.decides = kind in _DECIDING
        draft.step = replace(
            step,
            commands=tuple(_commands(options, kind, line)),
            scripts=_scripts(options),
            image=image_of(image, line),
            runs_after_failure=rule in _LATE,
            identity=literal(
                options.named.get("service_account_name")
                or options.named.get("aws_conn_id")
                or options.named.get("gcp_conn_id")
            ),
        )

    def skipped(self) -> None:
        """Let a task run although one before it was skipped, where its rule says so."""
        soft = {
            name
            for name, one in self.drafts.items()
            if one.step.settings.get("soft_fail", "").lower() == "true"
        }
        for draft in self.drafts.values():
            rule = draft.step.settings.get("trigger_rule", "").rpartition(".")[2].lower()
            if rule in _NOT_FAILED and soft & set(draft.after):
                draft.step = replace(draft.step, runs_after_failure=True)
        self._choose()

    def _choose(self) -> None:
        """Let what a branch or a short circuit may skip be done under its condition."""
        later: dict[str, list[str]] = {}
        for name, draft in self.drafts.items():
            for one in self._expanded(name, draft):
                later.setdefault(one, []).append(name)
        choosing = [name for name, one in self.drafts.items() if one.step.uses.endswith(_CHOOSING)]
        for first in choosing[:_MOST_CHOICES]:
            waiting, seen = list(later.get(first, ())), {first}
            while waiting:
                name = waiting.pop()
                step = self.drafts[name].step
                rule = step.settings.get("trigger_rule", "").rpartition(".")[2].lower()
                if name in seen or rule in _NOT_FAILED | _LATE:
                    continue
                seen.add(name)
                condition = " && ".join(filter(None, (step.condition, f"{first} chooses it")))
                self.change([name], condition=condition[:1000])
                waiting += later.get(name, ())


def _commands(options: Given, kind: str, line: int) -> tuple[Command, ...]:
    """Return what an operator runs in a shell or a container."""
    if (bash := options.named.get("bash_command")) is not None:
        return commands_of(literal(bash), line, errexit=False)
    if kind in ("SSHOperator", "SSHRemoteJobOperator"):
        return commands_of(literal(options.named.get("command")), line, errexit=False)
    words: list[Value] = []
    for key in ("cmds", "command", "entrypoint", "arguments"):
        value = options.named.get(key)
        words += value.items if isinstance(value, Items) else [value] if value is not None else []
    said = [literal(one) for one in words]
    return container_commands([Scalar(one, line, line, one) for one in said if one])


def _scripts(options: Given) -> tuple[str, ...]:
    value = literal(options.named.get("application") or options.named.get("py_file"))
    return (value,) if value.endswith((".py", ".ipynb", ".sh")) else ()
