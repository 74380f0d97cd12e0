"""Metaflow: the steps of a flow, what follows each, and what they hand on as `self.…`.

Source: docs.metaflow.org, "Creating Flows", "Dealing with Failures".
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.composing import Composer, Draft
from bezoar.evaluate.pipelines.definition import OnFailure, Pipeline, Step, Text, Trigger
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_data import is_data
from bezoar.evaluate.pipelines.python_flow import Flow
from bezoar.evaluate.pipelines.python_record import Recorder, is_received
from bezoar.evaluate.pipelines.python_values import NOTHING, Data
from bezoar.evaluate.pipelines.reading import image_of, place
from bezoar.evaluate.pipelines.scripts import references
from bezoar.syntax.python.arguments import given
from bezoar.syntax.python.scopes import END, Point, Scope
from bezoar.syntax.python.value import Plain

_FLOW: Final = ("metaflow.FlowSpec", "FlowSpec")
_SCHEDULED: Final = ("metaflow.schedule", "metaflow.trigger", "metaflow.trigger_on_finish")
_MOST_HELD: Final = 256
_PARAMETERS: Final = ("Parameter", "IncludeFile", "Config")


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return a pipeline for each flow of a module."""
    found: list[Pipeline] = []
    for scope in code.survey.classes.values():
        node = scope.node
        if not isinstance(node, ast.ClassDef):
            continue
        point = Point(scope.parent or code.survey.module, (), END)
        if any(code.called(base, point) in _FLOW for base in node.bases):
            found += _Flow(code, others, scope, node).read()
    return found


class _Flow(Composer):
    """Reads one flow."""

    format = "metaflow"

    def __init__(
        self, code: PythonCode, others: Mapping[str, Text], scope: Scope, node: ast.ClassDef
    ) -> None:
        super().__init__(code, others)
        self.scope = scope
        self.node = node
        self._held: dict[str, dict[str, Data]] = {}  # what each step leaves in `self`

    def read(self) -> list[Pipeline]:
        """Return the flow."""
        for one in self.node.body:
            if isinstance(one, ast.FunctionDef) and (scope := self._step_of(one)) is not None:
                self._add(one, scope)
        for draft in list(self.drafts.values()):
            if draft.body is not None:
                for name in _following(draft.body[1].node):
                    self.order([name], [draft.step.name])
        needs = {name: list(draft.after) for name, draft in self.drafts.items()}
        for name in in_order(needs, lambda _: None):
            self._walk(self.drafts[name])
        marks = {name for name, _ in self.code.decorators(self.scope)}
        trigger = Trigger.SCHEDULE if marks & set(_SCHEDULED) else Trigger.MANUAL
        return self.pipeline(self.node.name, self.code.line(self.node), frozenset({trigger}))

    def _step_of(self, node: ast.FunctionDef) -> Scope | None:
        scope = self.code.function(f"{self.scope.name}.{node.name}")
        if scope is None or scope.node is not node:
            return None
        marks = [name for name, _ in self.code.decorators(scope)]
        return scope if any(name in ("metaflow.step", "step") for name in marks) else None

    def _add(self, node: ast.FunctionDef, scope: Scope) -> None:
        line, image, ignored = self.code.line(node), "", False
        settings: dict[str, str] = {}
        secrets: list[tuple[str, int]] = []
        for mark, call in self.code.decorators(scope):
            name = mark.rpartition(".")[2]
            ignored |= name == "catch"
            if call is None:
                continue
            options = given(call, Point(self.scope, (), END), self.code.folding)
            found, hidden = self.settings(options, line)
            settings |= {f"{name}.{key}": one for key, one in found.items()}
            secrets += hidden
            image = literal(options.named.get("image")) or image
            ignored &= options.named.get("var", True) != Plain(None)
        step = Step(
            name=node.name,
            place=place(self.code.path, line),
            uses="metaflow.step",
            settings=settings,
            secrets=tuple(secrets),
            image=image_of(image, line),
            on_failure=OnFailure.IGNORED if ignored else OnFailure.STOPS,
            workspace=self.format,
        )
        self.drafts[node.name] = Draft(step, body=(self.code, scope))

    def _walk(self, draft: Draft) -> None:
        """Walk over a step with what the steps before it left in `self`."""
        if draft.body is None:
            return
        code, scope = draft.body
        held = dict(self._parameters())
        for name in draft.after:
            for key, data in self._held.get(name, {}).items():
                held[key] = held.get(key, NOTHING) | Data(data.names)
        recorder = Recorder()
        for key in list(held)[:_MOST_HELD]:
            number = recorder.received(key, draft.step.place.line or 1)
            held[key] |= Data(results=frozenset({number}))
        flow = Flow(self.modules, recorder)
        inputs = NOTHING
        for data in held.values():
            inputs |= data
        variables = flow.variables_of(code, scope, {**held, "inputs": inputs})
        self._held[draft.step.name] = {
            key: data for key, data in variables.items() if key.startswith("self.")
        }
        commands = tuple(one for one in recorder.commands() if one.checked or not is_received(one))
        draft.body = None
        draft.step = replace(
            draft.step,
            commands=commands,
            secrets=(*draft.step.secrets, *recorder.secrets),
            reads=references(one for command in commands for one in command.reads),
            writes=references(one for command in commands for one in command.writes),
        )

    def _parameters(self) -> Iterator[tuple[str, Data]]:
        """Yield the flow's parameters whose default names data."""
        for one in self.node.body:
            if not isinstance(one, ast.Assign) or not isinstance(one.value, ast.Call):
                continue
            point = Point(self.scope, (), END)
            kind = self.code.called(one.value.func, point).rpartition(".")[2]
            options = given(one.value, point, self.code.folding)
            text = literal(options.named.get("default"))
            if kind in _PARAMETERS and is_data(text):
                for target in one.targets:
                    if isinstance(target, ast.Name):
                        yield f"self.{target.id}", Data(frozenset({text}))


def _following(node: ast.AST | None) -> Iterator[str]:
    """Yield the steps that `self.next(self.…)` names."""
    for one in ast.walk(node) if node is not None else ():
        match one:
            case ast.Call(ast.Attribute(ast.Name("self"), "next"), arguments):
                for argument in arguments:
                    match argument:
                        case ast.Attribute(ast.Name("self"), name):
                            yield name
                        case ast.Dict(_, values):
                            yield from (v.attr for v in values if isinstance(v, ast.Attribute))
                        case _:
                            pass
            case _:
                pass
