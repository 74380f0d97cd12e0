"""SageMaker pipelines as Python: steps, conditions, quality checks, registration.

Source: sagemaker.readthedocs.io, "Pipelines" (`sagemaker.workflow`).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.composing import TARGET, Composer, Draft
from bezoar.evaluate.pipelines.container_commands import container_commands
from bezoar.evaluate.pipelines.decorated import decoration
from bezoar.evaluate.pipelines.definition import OnFailure, Pipeline, Text, Trigger
from bezoar.evaluate.pipelines.python_code import PythonCode, literal, shown
from bezoar.evaluate.pipelines.python_values import Called, Data
from bezoar.evaluate.pipelines.reading import file_name, image_of
from bezoar.syntax.nodes import Scalar
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.value import Either, Items, Plain, Symbol, Value

_STEPS: Final = frozenset(
    {"ProcessingStep", "TrainingStep", "TuningStep", "TransformStep", "CreateModelStep"}
    | {"ModelStep", "RegisterModel", "ConditionStep", "QualityCheckStep", "ClarifyCheckStep"}
    | {"FailStep", "LambdaStep", "CallbackStep", "EMRStep", "NotebookJobStep", "AutoMLStep"}
    | {"MonitorBatchTransformStep"}
)
_MARK: Final = frozenset({"sagemaker.workflow.function_step.step"})
_SCRIPTS: Final = ("code", "entry_point", "submit_app", "input_notebook")
_IMAGES: Final = ("image_uri", "image", "training_image")
_BRANCHES: Final = frozenset({"if_steps", "else_steps"})


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return the steps of a file as one pipeline."""
    composer = _Sdk(code, others)
    composer.flow.module(code)
    if not composer.drafts:
        # What puts the pipeline together is called from another file.
        for scope in code.survey.functions.values():
            if scope.parent is code.survey.module and not composer.drafts:
                composer.flow.function(code, scope, {})
    name = composer.name or file_name(code.path)
    return composer.pipeline(name, composer.line, frozenset({Trigger.MANUAL}))


class _Sdk(Composer):
    """Takes the classes of steps."""

    format = "sagemaker"
    shared = False

    def __init__(self, code: PythonCode, others: Mapping[str, Text]) -> None:
        super().__init__(code, others)
        self.name = ""
        self.line = 1

    def called(self, call: Called) -> Data | None:  # noqa: PLR0911 - one case each
        """Take a step, an output, or the pipeline itself."""
        last = call.name.rpartition(".")[2]
        if last in _STEPS and call.name.startswith(("sagemaker", last)):
            return self._step(call, last)
        if last == "ProcessingOutput":
            target = literal(call.given.named.get("destination"))
            return Data(frozenset({f"{TARGET}{target}"} if target else ()), tasks=call.data.tasks)
        if last == "Pipeline" and "steps" in call.given.named:
            self.name = self.name or literal(call.given.get(0, ("name",)))
            self.line = call.here.code.line(call.node)
            return call.data
        if last == "JsonGet":
            return self._looked_up(call)
        if isinstance(call.node.func, ast.Attribute) and call.owner.tasks:
            if call.node.func.attr in ("add_depends_on", "set_depends_on"):
                others = frozenset().union(*(one.tasks for one in call.arguments.values()))
                named = self._names_in([*call.given.positional, *call.given.named.values()])
                self.order(call.owner.tasks, others | frozenset(named))
            return call.data
        found = self.modules.function(call.name, call.here.code)
        if found is not None and (options := decoration(*found, _MARK)) is not None:
            name = literal(options.named.get("name")) or call.name.rpartition(".")[2]
            return self.add(call, name, uses="sagemaker.step", body=found)
        return None

    def _looked_up(self, call: Called) -> Data:
        named = self._names_in([call.given.named.get("step_name", Plain(None))])
        return replace(call.data, tasks=call.data.tasks | frozenset(named))

    def _names_in(self, values: list[Value]) -> Iterator[str]:
        """Yield the steps that literal texts name."""
        waiting = list(values)
        while waiting:
            one = waiting.pop()
            if isinstance(one, Items):
                waiting += one.items[:64]
            elif literal(one) in self.drafts:
                yield literal(one)

    def _step(self, call: Called, kind: str) -> Data:
        inside = {key: one for key, one in call.arguments.items() if key in _BRANCHES}
        guarded = frozenset().union(*(one.tasks for one in inside.values()))
        outer = replace(
            call, arguments={key: one for key, one in call.arguments.items() if key not in inside}
        )
        merged = self._merged(call)
        name = literal(merged.get(0, ("name",))) or kind
        made = self.add(outer, name, uses=f"sagemaker.{kind}", given=merged)
        draft = self.drafts[next(iter(made.tasks))]
        self._finish(draft, merged)
        named = self._names_in([call.given.named.get("depends_on", Plain(None))])
        draft.after |= dict.fromkeys(one for one in named if one != draft.step.name)
        if kind == "ConditionStep":
            self._branch(call, draft, guarded)
        return made

    def _branch(self, call: Called, draft: Draft, guarded: frozenset[str]) -> None:
        """Let the steps of a condition's branches come behind it."""
        conditions = call.given.named.get("conditions")
        node = next((one.value for one in call.node.keywords if one.arg == "conditions"), None)
        said = ast.unparse(node)[:300] if node is not None else ""
        said = said or (shown(conditions) if conditions is not None else "")
        turned = call.arguments.get("else_steps", Data()).tasks
        for name in guarded & set(self.drafts):
            text = f"not ({said})" if name in turned else said
            self.change([name], condition=text)
        self.order(guarded, [draft.step.name])

    def _merged(self, call: Called) -> Given:
        """Return what a step is given, and what made its processor, estimator or model is given."""
        named = dict(call.given.named)
        for value in [*call.given.positional, *call.given.named.values()]:
            for symbol in value.options if isinstance(value, Either) else (value,):
                if not isinstance(symbol, Symbol):
                    continue
                for node, point in symbol.calls[-4:]:
                    inner = given(node, point, call.here.code.folding)
                    named = inner.named | named
        return Given(call.given.positional, named)

    def _finish(self, draft: Draft, merged: Given) -> None:
        step, line = draft.step, draft.step.place.line or 1
        images = (merged.named[one] for one in _IMAGES if one in merged.named)
        image = next((literal(one) for one in images if not isinstance(one, Symbol)), "")
        folder = literal(merged.named.get("source_dir"))
        scripts = [literal(merged.named[one]) for one in _SCRIPTS if one in merged.named]
        scripts = [
            f"{folder.rstrip('/')}/{one}" if folder and "/" not in one else one
            for one in scripts
            if one.endswith((".py", ".sh", ".ipynb"))
        ]
        command = merged.named.get("command")
        words = [literal(one) for one in command.items] if isinstance(command, Items) else []
        skipped = merged.named.get("skip_check") == Plain(True)
        lenient = merged.named.get("fail_on_violation") == Plain(False)
        draft.step = replace(
            step,
            scripts=tuple(scripts),
            commands=container_commands(
                [Scalar(one, line, line, one) for one in [*words, *scripts]]
            )
            if words
            else (),
            image=image_of(image, line),
            identity=literal(merged.named.get("role")).removeprefix("sagemaker."),
            on_failure=OnFailure.IGNORED if skipped or lenient else step.on_failure,
            cached=_caches(merged),
        )


def _caches(merged: Given) -> bool:
    """Say whether a step takes earlier results: `cache_config=CacheConfig(enable_caching=True)`."""
    return merged.named.get("enable_caching") == Plain(True)
