"""Pipelines that Python code puts together: each call of a step is one, data and order between."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.definition import (
    Command,
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.faults import cyclic
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.evaluate.pipelines.named_places import named_in
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.python_code import Modules, PythonCode, literal, shown
from bezoar.evaluate.pipelines.python_data import paths_in
from bezoar.evaluate.pipelines.python_flow import Flow
from bezoar.evaluate.pipelines.python_record import Recorder, is_received, reference
from bezoar.evaluate.pipelines.python_values import NOTHING, Called, Data, Here
from bezoar.evaluate.pipelines.reading import INTERNAL, Names, place
from bezoar.evaluate.pipelines.scripts import references
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.scopes import Scope
from bezoar.syntax.python.value import Symbol, Table, Value

_LOCAL: Final = ("/opt/ml/", "/opt/program", "/tmp/outputs")  # noqa: S108 - inside of a container
_MOST_OUTPUTS: Final = 64
TARGET: Final = ">"
"""What the name of data begins with that a step writes although it stands among its arguments."""


@dataclass(slots=True)
class Draft:
    """A step that is being put together.

    Attributes:
        step: What is known so far.
        after: Steps, and groups of steps, that come before.
        body: The function that it runs, and the module of it.
        data: What the function's parameters hold.
        filled: What they are given literally.
        outputs: Names of what it hands on, by parameter.
        decides: Whether what the function returns decides what comes after.
    """

    step: Step
    after: dict[str, None] = field(default_factory=dict)
    body: tuple[PythonCode, Scope] | None = None
    data: dict[str, Data] = field(default_factory=dict)
    filled: dict[str, Value] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    decides: bool = False


class Composer:
    """Collects the steps of one pipeline; what is one, its framework says."""

    format = "python"
    shared = True
    """Whether steps see one another's files."""

    def __init__(self, code: PythonCode, others: Mapping[str, Text]) -> None:
        self.code = code
        self.others = others
        self.modules = Modules(others, code)
        self.recorder = Recorder()
        self.flow = Flow(self.modules, self.recorder, self)
        self.drafts: dict[str, Draft] = {}
        self.groups: dict[str, list[str]] = {}
        self.found: list[Finding] = []
        self.guards: list[frozenset[str]] = []  # steps whose output decides about those within
        self._names = Names()

    # What a framework says --------------------------------------------------------------------

    def called(self, call: Called) -> Data | None:
        """Return the data of a call that adds or changes a step, None for any other call."""
        del call
        return None

    def part(self, data: Data, key: str) -> Data:
        """Return one of the outputs of a step."""
        names = {f"{INTERNAL}{task}.{key}" for task in data.tasks if task in self.drafts}
        if key.isdecimal() or not names:
            return data
        for task in data.tasks & set(self.drafts):
            self._hands_over(self.drafts[task], key)
        return replace(data, names=frozenset(names))

    @staticmethod
    def _hands_over(draft: Draft, key: str) -> None:
        """Note an output that another step asks for by its name."""
        name = f"{INTERNAL}{draft.step.name}.{key}"
        known = {one.name for one in draft.step.writes}
        if name not in known and len(known) < _MOST_OUTPUTS:
            made = Reference(name, draft.step.place.line)
            draft.step = replace(draft.step, writes=(*draft.step.writes, made))

    def decided(self, data: Data) -> None:
        """Take a test of what steps return."""
        for name in data.tasks:
            if name in self.drafts:
                self.drafts[name].decides = True

    def ordered(self, left: Data, right: Data, *, forward: bool) -> None:
        """Let the steps of one side come after those of the other."""
        first, second = (left, right) if forward else (right, left)
        self.order(second.tasks, first.tasks)

    def entered(self, call: Called | None, data: Data, here: Here) -> Here:
        """Take `with call:`."""
        del call, data
        return here

    def left(self, call: Called | None) -> None:
        """Take the end of a `with`."""

    # Steps ------------------------------------------------------------------------------------

    def order(self, later: Iterable[str], earlier: Iterable[str]) -> None:
        """Let steps or groups come after others."""
        before = dict.fromkeys(sorted(earlier))
        for name in later:
            for member in self.groups.get(name, [name]):
                if member in self.drafts:
                    self.drafts[member].after |= before

    def add(
        self,
        call: Called,
        name: str,
        *,
        uses: str = "",
        given: Given | None = None,
        body: tuple[PythonCode, Scope] | None = None,
        extra: Data = NOTHING,
    ) -> Data:
        """Add a step; return the data that it stands for.

        Args:
            call: That makes it.
            name: As written.
            uses: What it is, by name.
            given: Its arguments, where they are not those of the call.
            body: The function that it runs.
            extra: Data that reaches it another way.
        """
        name = self._names.unique(name or call.name.rpartition(".")[2])
        line = call.here.code.line(call.node)
        reached = call.data | extra
        given = given or call.given
        settings, secrets = self.settings(given, line)
        targets = sorted(one[1:] for one in reached.names if one.startswith(TARGET))
        sources, said = named_in(given)
        targets += said
        paths = [path for one in sources for path in paths_in(one)]
        reads = [one for one in (*sorted(reached.names), *paths) if _is_outside(one, targets)]
        output = f"{INTERNAL}{name}.output"
        step = Step(
            name=name,
            place=place(call.here.code.path, line),
            uses=uses or call.name,
            settings=settings,
            secrets=tuple(secrets),
            reads=references(reference(one, line) for one in reads),
            writes=references(reference(one, line) for one in (*targets, output)),
            condition=call.here.condition,
            on_failure=OnFailure.IGNORED if call.here.swallowed else OnFailure.STOPS,
            workspace=self.format if self.shared else name,
        )
        before = reached.tasks.union(*self.guards)
        draft = Draft(step, dict.fromkeys(sorted(before)), body)
        if body is not None:
            self._bind(draft, call, body)
        self.drafts[name] = draft
        names = draft.outputs.values() if len(draft.outputs) == 1 else [output]
        return Data(frozenset(names), tasks=frozenset({name}))

    def insert(self, name: str, commands: tuple[Command, ...], before: str) -> str:
        """Add a step that runs commands, behind another one; return its name."""
        name = self._names.unique(name)
        step = Step(
            name=name,
            place=place(self.code.path, commands[0].line),
            commands=commands,
            reads=references(one for command in commands for one in command.reads),
            writes=references(one for command in commands for one in command.writes),
            workspace=self.format if self.shared else name,
        )
        self.drafts[name] = Draft(step, {before: None} if before else {})
        return name

    def _bind(self, draft: Draft, call: Called, body: tuple[PythonCode, Scope]) -> None:
        """Give a function's parameters what the call gives them."""
        node = body[1].node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        named = [*node.args.posonlyargs, *node.args.args]
        every = [one.arg for one in (*named, *node.args.kwonlyargs)]
        for key, data in call.arguments.items():
            if isinstance(key, str) or key < len(named):
                draft.data[key if isinstance(key, str) else named[key].arg] = data
        for number, value in enumerate(call.given.positional[: len(named)]):
            draft.filled[named[number].arg] = value
        draft.filled |= {key: one for key, one in call.given.named.items() if key in every}
        seen = {
            name: f"{{{key}.path}}" if _is_input(node, key) else f"{{{key}}}"
            for key, data in draft.data.items()
            for name in data.names
        }
        draft.step = replace(
            draft.step,
            reads=tuple(replace(one, path=seen.get(one.name, "")) for one in draft.step.reads),
        )
        for one in (*named, *node.args.kwonlyargs):
            if one.annotation is not None and _is_output(one.annotation):
                draft.outputs[one.arg] = f"{INTERNAL}{draft.step.name}.{one.arg}"
        if draft.outputs:
            line = draft.step.place.line or 1
            made = (
                replace(reference(name, line), path=f"{{{key}.path}}")
                for key, name in draft.outputs.items()
            )
            draft.step = replace(draft.step, writes=references([*made, *draft.step.writes]))

    def change(self, names: Iterable[str], **fields: object) -> None:
        """Change steps that are there already."""
        for name in names:
            if name in self.drafts:
                self.drafts[name].step = replace(self.drafts[name].step, **fields)  # type: ignore[arg-type]

    @staticmethod
    def settings(given: Given, line: int) -> tuple[dict[str, str], list[tuple[str, int]]]:
        """Return literal arguments by name, and where one is a secret."""
        found: dict[str, str] = {}
        secrets: list[tuple[str, int]] = []
        for key, value in _flat(given):
            text = literal(value) if not isinstance(value, Symbol | Table) else shown(value)
            if not isinstance(value, Symbol) and is_secret(key.rpartition(".")[2], text):
                secrets.append((key.rpartition(".")[2], line))
            elif text and text != "{items}":
                found[key] = text[:1000]
        return found, secrets

    # The end ----------------------------------------------------------------------------------

    def pipeline(self, name: str, line: int, triggers: frozenset[Trigger]) -> list[Pipeline]:
        """Return what was put together; nothing where no step was."""
        if not self.drafts:
            return []
        needs = {name: self._expanded(name, draft) for name, draft in self.drafts.items()}
        order = in_order(needs, lambda one: self.found.append(self._cycle(one)))
        steps = [self._finished(self.drafts[one], needs[one]) for one in order]
        if self.code.secrets():
            first = replace(steps[0], secrets=(*steps[0].secrets, *self.code.secrets()))
            steps = [first, *steps[1:]]
        where = place(self.code.path, line)
        return [Pipeline(name, self.format, where, tuple(steps), triggers, found=tuple(self.found))]

    def _cycle(self, name: str) -> Finding:
        return cyclic(self.code.path, f"the step {name}", self.drafts[name].step.place.line)

    def _expanded(self, name: str, draft: Draft) -> list[str]:
        """Return what comes before a step, with the members of groups in their place."""
        found: dict[str, None] = {}
        for one in draft.after:
            for member in self.groups.get(one, [one]):
                if member in self.drafts and member != name:
                    found[member] = None
        if name in draft.after:
            self.found.append(self._cycle(name))
        return list(found)

    def _finished(self, draft: Draft, after: list[str]) -> Step:
        step = replace(draft.step, after=tuple(after))
        if draft.body is None:
            return step
        commands, secrets, returned = self.run(draft)
        commands = _returning(commands, returned, step.writes)
        commands = tuple(one for one in commands if one.checked or not is_received(one))
        inner_reads = (one for command in commands for one in command.reads)
        inner_writes = (one for command in commands for one in command.writes)
        return replace(
            step,
            commands=(*step.commands, *commands),
            secrets=(*step.secrets, *secrets),
            reads=references([*step.reads, *_outer(inner_reads)]),
            writes=references([*step.writes, *_outer(inner_writes)]),
        )

    def run(self, draft: Draft) -> tuple[tuple[Command, ...], list[tuple[str, int]], Data]:
        """Walk over the function of a step."""
        recorder = Recorder(outputs=frozenset(draft.outputs.values()))
        if draft.body is None:
            return (), [], NOTHING
        code, scope = draft.body
        handed = {name: Data(frozenset({one})) for name, one in draft.outputs.items()}
        given = self._given(draft, recorder)
        data = {key: replace(one, tasks=frozenset()) for key, one in draft.data.items()} | given
        flow = Flow(self.modules, recorder)
        returned = flow.function(code, scope, {**data, **handed}, draft.filled)
        if draft.decides:
            recorder.check(returned.results, loud=True)
        return recorder.commands(), recorder.secrets, returned

    def _given(self, draft: Draft, recorder: Recorder) -> dict[str, Data]:
        """Return what other steps hand to a function, each as the result of a call.

        A function that looks at it and raises is a gate: what follows depends on those steps.
        """
        found = {}
        for key, one in draft.data.items():
            if any(task in self.drafts for task in one.tasks):
                number = recorder.received(key, draft.step.place.line or 1)
                found[key] = Data(one.names, one.results | {number})
        return found


def _returning(
    commands: tuple[Command, ...], returned: Data, writes: Iterable[Reference]
) -> tuple[Command, ...]:
    """Let what the engine saves be written by the call whose result a function returns."""
    told = {one.name for command in commands for one in command.writes}
    saved = [one for one in writes if not one.name.startswith(INTERNAL) and one.name not in told]
    last = max(returned.results, default=-1)
    if last < 0:
        reading = [number for number, one in enumerate(commands) if one.reads]
        last = reading[-1] if reading else -1
    if not saved or not 0 <= last < len(commands):
        return commands
    changed = replace(commands[last], writes=(*commands[last].writes, *saved))
    return (*commands[:last], changed, *commands[last + 1 :])


def _outer(given: Iterable[Reference]) -> Iterator[Reference]:
    return (one for one in given if not one.name.startswith(TARGET))


def _flat(given: Given) -> Iterator[tuple[str, Value]]:
    """Yield arguments by name; those of a dictionary behind a dot."""
    for number, value in enumerate(given.positional[:16]):
        yield str(number), value
    for key, value in given.named.items():
        yield key, value
        if isinstance(value, Table):
            for inner, one in value.pairs[:64]:
                yield f"{key}.{literal(inner)}", one


def _is_outside(name: str, targets: list[str]) -> bool:
    return not name.startswith((TARGET, *_LOCAL)) and name not in targets


def _is_input(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Say whether an annotation says that a parameter is an artifact, which has a path."""
    for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        if one.arg == name and isinstance(one.annotation, ast.Subscript):
            return ast.unparse(one.annotation.value).rpartition(".")[2] == "Input"
    return False


def _is_output(node: ast.expr) -> bool:
    """Say whether an annotation says that a parameter is where a component writes."""
    text = ast.unparse(node) if isinstance(node, ast.Subscript | ast.Call | ast.Name) else ""
    return text.startswith(("Output[", "dsl.Output[", "OutputPath", "dsl.OutputPath")) or (
        ".OutputPath" in text[:60] or ".Output[" in text[:60]
    )
