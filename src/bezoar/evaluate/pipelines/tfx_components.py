"""TFX: the components of a pipeline, joined by the channels between them.

Sources: tensorflow.org/tfx, "Understanding TFX Pipelines", "The ExampleValidator TFX Pipeline
Component"; github.com/tensorflow/tfx-addons, issue 153: no standard component waits for what an
ExampleValidator says, so that one alone stops nothing.
"""

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.composing import Composer
from bezoar.evaluate.pipelines.definition import OnFailure, Pipeline, Text, Trigger
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_values import NOTHING, Called, Data, Here
from bezoar.evaluate.pipelines.reading import INTERNAL, file_name
from bezoar.syntax.python.value import Plain

_COMPONENTS: Final = frozenset(
    {"StatisticsGen", "SchemaGen", "ImportSchemaGen", "ExampleValidator", "Transform"}
    | {"Trainer", "Tuner", "Evaluator", "InfraValidator", "Pusher", "BulkInferrer", "Resolver"}
    | {"Importer", "ImporterNode", "ModelValidator", "DistributionValidator", "ExampleDiff"}
)
_VALIDATORS: Final = frozenset({"ExampleValidator", "DistributionValidator"})
# What a component is given besides data: models, and what it does with them.
_NO_DATA: Final = frozenset(
    {"base_model", "baseline_model", "hyperparameters", "module_file", "run_fn", "custom_config"}
    | {"eval_config", "push_destination", "serving_spec", "schema_file", "transform_fn"}
)


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return the components of a file as one pipeline."""
    composer = _Tfx(code, others)
    composer.flow.module(code)
    for scope in code.survey.functions.values():
        if scope.parent is code.survey.module and not composer.drafts:
            # What puts the pipeline together is called from another file.
            composer.flow.function(code, scope, {})
    composer.finish()
    if composer.path != code.path:
        return []  # It is told where it is put together.
    name = composer.name or file_name(code.path)
    return composer.pipeline(name, composer.line, frozenset({Trigger.MANUAL}))


class _Tfx(Composer):
    """Takes components, and the pipeline that lists them."""

    format = "tfx"
    shared = False

    def __init__(self, code: PythonCode, others: Mapping[str, Text]) -> None:
        super().__init__(code, others)
        self.name = ""
        self.path = code.path
        self.line = 1
        self.listed: frozenset[str] = frozenset()
        self._told: dict[str, frozenset[str]] = {}  # by step of statistics: what they tell about
        self._heeded: set[str] = set()  # validators whose result another component takes

    def called(self, call: Called) -> Data | None:
        """Take a component, a method of one, or the pipeline."""
        last = call.name.rpartition(".")[2]
        if call.owner.tasks and isinstance(call.node.func, ast.Attribute):
            return self._method(call, call.node.func.attr)
        if last == "Pipeline" and "components" in call.arguments:
            self.name = self.name or literal(call.given.get(0, ("pipeline_name",)))
            self.path, self.line = call.here.code.path, call.here.code.line(call.node)
            self.listed |= call.arguments.get("components", NOTHING).tasks
            self._cache(call)
            return call.data
        if call.name.startswith("tfx") and (last in _COMPONENTS or last.endswith("ExampleGen")):
            return self._component(call, last)
        found = self.modules.function(call.name, call.here.code)
        if found is None:
            return None
        marks = [name for name, _ in found[0].decorators(found[1])]
        if any(one.startswith("tfx") and one.endswith(".component") for one in marks):
            self._heed(call)
            return self.add(call, last, uses="tfx.component", body=found)
        return None

    def _method(self, call: Called, name: str) -> Data:
        if name == "add_upstream_node":
            self.order(call.owner.tasks, call.arguments.get(0, NOTHING).tasks)
        elif name == "add_downstream_node":
            self.order(call.arguments.get(0, NOTHING).tasks, call.owner.tasks)
        return call.owner

    def _component(self, call: Called, kind: str) -> Data:
        self._heed(call)
        given = {key: one for key, one in call.arguments.items() if key not in _NO_DATA}
        if kind == "Trainer":
            # The schema and the models say how it trains, not on what.
            given = {key: one for key, one in given.items() if key != "schema"}
        made = self.add(replace(call, arguments=given), kind, uses=call.name)
        step = next(iter(made.tasks))
        if kind == "StatisticsGen":
            self._told[step] = call.data.names
        every = frozenset().union(*(one.tasks for one in call.arguments.values()))
        self.order([step], every - {step})
        return made

    def part(self, data: Data, key: str) -> Data:
        """Return an output of a component; statistics stand for what they tell about."""
        found = super().part(data, key)
        about = (self._told.get(task, frozenset()) for task in data.tasks)
        return replace(found, names=found.names.union(*about))

    def _heed(self, call: Called) -> None:
        for name in call.data.names:
            task, _, output = name.removeprefix(INTERNAL).rpartition(".")
            if output == "anomalies":
                self._heeded.add(task)

    def _cache(self, call: Called) -> None:
        if call.given.named.get("enable_cache") == Plain(True):
            first = [name for name, one in self.drafts.items() if "ExampleGen" in one.step.uses]
            self.change(first, cached=True)

    def entered(self, call: Called | None, data: Data, here: Here) -> Here:
        """Take `with tfx.dsl.Cond(…)`."""
        if call is None or not call.name.endswith("Cond") or not call.node.args:
            return here
        self._heed(call)
        self.guards.append(data.tasks)
        said = ast.unparse(call.node.args[0])[:300]
        return replace(here, condition=" and ".join(filter(None, (here.condition, said))))

    def left(self, call: Called | None) -> None:
        """Take its end."""
        if call is not None and call.name.endswith("Cond") and call.node.args:
            self.guards.pop()

    def finish(self) -> None:
        """Leave out what the pipeline does not list; say which validators nobody heeds."""
        if self.listed:
            self.drafts = {key: one for key, one in self.drafts.items() if key in self.listed}
        for name, draft in self.drafts.items():
            if draft.step.uses.rpartition(".")[2] in _VALIDATORS and name not in self._heeded:
                self.change([name], on_failure=OnFailure.IGNORED)
