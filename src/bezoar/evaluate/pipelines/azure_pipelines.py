"""Azure Pipelines: stages, jobs and steps, with templates of the same tree in their places.

Source: learn.microsoft.com, "YAML schema reference for Azure Pipelines".
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.azure_parts import (
    condition_of,
    defaults,
    expanded,
    joined,
    moved,
    pins,
    triggers_of,
)
from bezoar.evaluate.pipelines.definition import (
    Command,
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
)
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.inline_secrets import is_secret, of_script, of_variables
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import (
    Names,
    bounded,
    file_name,
    guarded,
    image_of,
    load,
    place,
    public_settings,
    public_variables,
)
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.access import at, entries, is_true, items, listed, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar
from bezoar.syntax.unreadable import UnreadableError

_FILE: Final = re.compile(
    r"(?:.*/)?(?:azure-pipelines[^/]*|\.azure-pipelines/[^/]+|\.vsts-ci)\.ya?ml"
)
_REFERENCE: Final = re.compile(
    r"\$\(([\w.-]{1,200})\)|\$\{\{\s*(?:parameters|variables)\.([\w.-]{1,200})\s*\}\}"
)
_LATE: Final = re.compile(r"\b(?:always|succeededOrFailed|failed)\s*\(")
_SCRIPTS: Final = ("script", "bash", "pwsh", "powershell")
_DEEPEST: Final = 20
_STRATEGIES: Final = ("runOnce", "rolling", "canary")


class AzurePipelines:
    """Reads `azure-pipelines.yml`."""

    format = "azure-pipelines"

    def claims(self, file: Text) -> bool:
        """Say whether a file is called as Azure's pipelines are."""
        return _FILE.fullmatch(file.path) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the pipeline."""
        return guarded(file, self.format, lambda: _Run(file, others).pipelines())


@dataclass
class _Scope:
    """What holds for the steps of a job."""

    name: str
    path: str
    condition: str = ""
    late: bool = False
    before: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    image: Reference | None = None
    failure: OnFailure = OnFailure.STOPS
    secrets: tuple[tuple[str, int], ...] = ()
    calls: tuple[str, ...] = ()

    def fold(self, value: str) -> str:
        """Put known values into a text."""
        if "$" not in value:
            return value
        return _REFERENCE.sub(self._value, value)

    def _value(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return self.values.get(name, found[0] if found[1] else f"{{{name}}}")


class _Run:
    """Puts the steps of one definition together."""

    def __init__(self, file: Text, others: Mapping[str, Text]) -> None:
        self.file = file
        self.others = others
        self.names = Names()
        self.steps: list[Step] = []
        self.found: list[Finding] = []

    def pipelines(self) -> list[Pipeline]:
        """Return the pipeline; none where the file is a template or of another kind."""
        documents = load(self.file)
        root = documents[0] if documents else None
        if not isinstance(root, Map):
            raise UnreadableError("a pipeline is a mapping, and this is none")
        scope = self._inner("", root, _Scope("", self.file.path, calls=(self.file.path,)))
        template = at(root, "extends")
        if template is not None:
            self._template(template, scope, "stages")
        else:
            self._level(root, scope)
        return [
            Pipeline(
                name=text(root, "name") or file_name(self.file.path),
                format=AzurePipelines.format,
                place=place(self.file.path),
                steps=tuple(self.steps),
                triggers=frozenset(triggers_of(root)),
                found=tuple(self.found),
            )
        ]

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _variables(self, node: Node, scope: _Scope) -> None:
        """Note variables and the defaults of parameters; secrets only by name."""
        variables = at(node, "variables")
        for one in items(variables):
            name, value = text(one, "name"), at(one, "value")
            if isinstance(value, Scalar):
                self._note(name, value, scope)
        for key, value in entries(variables):
            if isinstance(value, Scalar):
                self._note(key.text, value, scope)
        for one in items(at(node, "parameters")):
            value = at(one, "default")
            if isinstance(value, Scalar):
                scope.values.setdefault(text(one, "name"), value.text)

    def _note(self, name: str, value: Scalar, scope: _Scope) -> None:
        if is_secret(name, value.text) and "$(" not in value.text:
            scope.secrets += ((name, value.line),)
        else:
            scope.values[name] = value.text

    def _level(self, node: Node, scope: _Scope) -> tuple[str, ...]:
        """Follow whatever a definition holds: stages, else jobs, else steps."""
        stages, jobs = at(node, "stages"), at(node, "jobs")
        if stages is not None:
            return self._group(listed(stages), scope, ("stage",))
        if jobs is not None:
            return self._group(listed(jobs), scope, ("job", "deployment"))
        self._job(node, scope)
        return scope.before

    def _group(self, nodes: list[Node], scope: _Scope, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """Follow stages or jobs in the order of what they depend on; return their ends."""
        bounded(len(nodes))
        known: dict[str, Node] = {}
        for number, (one, _) in enumerate(expanded(nodes)):
            if not isinstance(one, Map):
                self._say(unreadable(scope.path, "a stage or a job is no mapping", one.line))
                continue
            label = next((text(one, kind) for kind in kinds if text(one, kind)), "")
            known[label or text(one, "template") or f"{kinds[0]}-{number}"] = one
        needs: dict[str, list[str]] = {}
        previous: list[str] = []
        for name, one in known.items():
            given = at(one, "dependsOn")
            # A stage waits for the one before it, a job for none, unless it says so.
            needs[name] = texts(given) if given is not None else list(previous)
            previous = [name] if kinds[0] == "stage" else []
        ends: dict[str, tuple[str, ...]] = {}
        conditions: dict[str, str] = {}
        for name in in_order(
            needs, lambda one: self._say(cyclic(scope.path, one, known[one].line))
        ):
            one = known[name]
            inner = self._inner(name, one, scope)
            asked = text(one, "condition")
            if not asked:
                # Unspecified is `succeeded()`: false where one that it depends on was skipped.
                held = [conditions.get(need, "") for need in needs[name]]
                inner.condition = joined(*held, inner.condition)
            conditions[name] = inner.condition
            before = tuple(end for need in needs[name] for end in ends.get(need, ()))
            inner.before = before or scope.before
            if at(one, "template") is not None:
                ends[name] = self._template(one, inner, f"{kinds[0]}s")
            elif kinds[0] == "stage":
                ends[name] = self._level(one, inner)
            else:
                self._job(one, inner)
                ends[name] = inner.before
            scope.secrets = inner.secrets
        return tuple(end for given in ends.values() for end in given)

    def _inner(self, name: str, node: Node, scope: _Scope) -> _Scope:
        asked = text(node, "condition")
        inner = replace(scope, values=dict(scope.values), settings=dict(scope.settings))
        inner.name = f"{scope.name}/{name}".strip("/")
        inner.condition = joined(scope.condition, condition_of(asked))
        inner.late = scope.late or _LATE.search(asked) is not None
        if is_true(at(node, "continueOnError")):
            inner.failure = OnFailure.IGNORED
        self._variables(node, inner)
        container = at(node, "container")
        image = container.text if isinstance(container, Scalar) else text(container, "image")
        if image:
            inner.image = image_of(inner.fold(image), node.line)
        environment = at(node, "environment")
        shown = environment.text if isinstance(environment, Scalar) else text(environment, "name")
        if shown:
            inner.settings["environment"] = inner.fold(shown)
        for setting, value in public_settings(at(node, "pool")).items():
            inner.settings[f"pool.{setting}".strip(".")] = value
        return inner

    def _job(self, node: Node, scope: _Scope) -> None:
        steps = [*items(at(node, "steps"))]
        for name in _STRATEGIES:
            for phase in ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic"):
                steps += items(at(node, "strategy", name, phase, "steps"))
        self._steps(steps, scope)

    def _steps(self, nodes: list[Node], scope: _Scope) -> None:
        outer = scope.condition
        for number, (one, condition) in enumerate(expanded(nodes), 1):
            scope.condition = joined(outer, condition)
            if not isinstance(one, Map):
                self._say(unreadable(scope.path, "a step is no mapping", one.line))
            elif text(one, "template"):
                self._template(one, scope, "steps")
            else:
                self._step(one, scope, number)
        scope.condition = outer

    def _step(self, node: Map, scope: _Scope, number: int) -> None:
        asked, task = text(node, "condition"), text(node, "task")
        environment = public_variables(at(node, "env"), scope.fold)
        commands, secrets = self._commands(node, scope, environment)
        reads, writes = moved(node, task, scope.fold)
        uses = task or next(
            (f"azure.{name}" for name in ("checkout", "download", "publish") if text(node, name)),
            "",
        )
        title = text(node, "name") or text(node, "displayName") or task or f"step-{number}"
        ignored = is_true(at(node, "continueOnError"))
        cached = task.startswith("Cache@")
        step = Step(
            name=self.names.unique(f"{scope.name}/{title}".strip("/")),
            place=place(scope.path, node.line),
            commands=commands,
            uses=uses,
            settings={**scope.settings, **public_settings(at(node, "inputs"), scope.fold)},
            image=image_within(commands) or scope.image,
            reads=reads,
            writes=writes,
            after=scope.before,
            on_failure=OnFailure.IGNORED if ignored else scope.failure,
            runs_after_failure=_LATE.search(asked) is not None or scope.late,
            condition=joined(scope.condition, condition_of(asked)),
            cached=cached,
            cache_key_pins=cached and pins(node),
            identity=text(node, "inputs", "azureSubscription"),
            secrets=(*scope.secrets, *secrets),
            workspace=scope.name or "job",
        )
        scope.secrets = ()
        scope.before = (step.name,)
        self.steps.append(step)

    def _commands(
        self, node: Map, scope: _Scope, environment: Mapping[str, str]
    ) -> tuple[tuple[Command, ...], list[tuple[str, int]]]:
        secrets = [*of_variables(entries(at(node, "env")))]
        found: list[Command] = []
        parts = [(name, at(node, name)) for name in _SCRIPTS]
        parts += [(name, at(node, "inputs", name)) for name in ("script", "inlineScript", "Inline")]
        for kind, value in parts:
            if not isinstance(value, Scalar) or not value.text.strip():
                continue
            secrets += of_script(value.script, value.line)
            # Neither `script` nor `bash` sets `-e`: the last command decides.
            stops = kind in ("pwsh", "powershell") or is_true(at(node, "failOnStderr"))
            found += commands_of(
                scope.fold(value.script), value.line, errexit=stops, variables=environment
            )
        folder = scope.fold(text(node, "workingDirectory"))
        if found and folder.strip("./"):
            found.insert(0, Command(f"cd {folder}", node.line))
        return tuple(found), secrets

    def _template(self, node: Node, scope: _Scope, kind: str) -> tuple[str, ...]:
        """Put a template in the place of what names it."""
        name = text(node, "template")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(scope.path), name.lstrip("/")))
        if name.startswith("/") or path not in self.others:
            path = posixpath.normpath(name.lstrip("/"))
        if "@" in name or path not in self.others:
            self._say(missing(scope.path, name or "a template", node.line))
            return scope.before
        if path in scope.calls or len(scope.calls) > _DEEPEST:
            self._say(cyclic(scope.path, name, node.line))
            return scope.before
        try:
            documents = load(self.others[path])
        except UnreadableError as error:
            self._say(unreadable(path, str(error)))
            return scope.before
        root = documents[0] if documents else Map(1)
        inner = replace(scope, path=path, values=dict(scope.values), calls=(*scope.calls, path))
        inner.values |= defaults(root) | public_variables(at(node, "parameters"), scope.fold)
        if kind == "steps":
            self._steps(items(at(root, "steps")), inner)
            scope.before, scope.secrets = inner.before, inner.secrets
            return scope.before
        return self._level(root, inner) or scope.before


PARSER: Final = AzurePipelines()
