"""CircleCI: jobs in workflows, reusable commands, workspaces and caches.

Source: circleci.com/docs, "Configuration reference".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.container_commands import shell_flags
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Reference, Step, Text, Trigger
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.faults import cyclic, unreadable
from bezoar.evaluate.pipelines.inline_secrets import of_script, of_variables
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import (
    INTERNAL,
    Names,
    bounded,
    guarded,
    image_of,
    load,
    place,
    public_variables,
    variables_of,
)
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.access import at, entries, fields, items, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError

_FILE: Final = re.compile(r"(?:.*/)?\.circleci/[^/]+\.ya?ml")
_EXPRESSION: Final = re.compile(r"<<\s*([\w.-]{1,200})\s*>>")
_PINNING: Final = re.compile(r"checksum|\.Revision|[0-9a-f]{40}")
_DEEPEST: Final = 12
_MOST: Final = 200  # Paths that jobs hand to one another.


class CircleCI:
    """Reads `.circleci/config.yml`."""

    format = "circleci"

    def claims(self, file: Text) -> bool:
        """Say whether a file lies where CircleCI looks."""
        return _FILE.fullmatch(file.path) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return each workflow as a pipeline; a job that none names is one of its own."""
        del others
        return guarded(file, self.format, lambda: _Config(file).pipelines())


@dataclass
class _Job:
    """A job as a workflow calls it."""

    name: str
    values: Mapping[str, str]
    condition: str = ""
    before: tuple[str, ...] = ()
    image: Reference | None = None
    environment: dict[str, str] = field(default_factory=dict)
    shell: str = ""
    secrets: tuple[tuple[str, int], ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


class _Config:
    """Turns one configuration into pipelines."""

    def __init__(self, file: Text) -> None:
        self.file = file
        documents = load(file)
        self.root = documents[0] if documents else None
        if not isinstance(self.root, Map):
            raise UnreadableError("a configuration is a mapping, and this is none")
        self.jobs = fields(at(self.root, "jobs"))
        self.commands = fields(at(self.root, "commands"))
        self.executors = fields(at(self.root, "executors"))

    def pipelines(self) -> list[Pipeline]:
        """Return the workflows, else the jobs as one."""
        bounded(len(self.jobs))
        flows = [
            (key.text, node)
            for key, node in entries(at(self.root, "workflows"))
            if isinstance(node, Map)
        ]
        if not flows and self.jobs:
            calls = [Scalar(name, node.line, node.line, name) for name, node in self.jobs.items()]
            given: list[Node] = [*calls]
            key = Scalar("jobs", 1, 1, "jobs")
            flows = [("build", Map(1, [(key, Sequence(1, given))]))]
        made = [_Workflow(self, name, node).pipeline() for name, node in flows]
        return made or [Pipeline("config.yml", CircleCI.format, place(self.file.path))]


class _Workflow:
    """Follows one workflow."""

    def __init__(self, config: _Config, name: str, node: Node) -> None:
        self.config = config
        self.path = config.file.path
        self.name = name
        self.node = node
        self.names = Names()
        self.steps: list[Step] = []
        self.persisted: list[str] = []
        self.found: list[Finding] = []

    def pipeline(self) -> Pipeline:
        """Return the workflow as a pipeline."""
        calls: dict[str, tuple[Node, str]] = {}
        for one in items(at(self.node, "jobs")):
            if isinstance(one, Scalar):
                calls[one.text] = (Map(one.line), one.text)
            for key, given in entries(one):
                calls[text(given, "name") or key.text] = (given, key.text)
        needs = {name: _required(given) for name, (given, _) in calls.items()}
        ends: dict[str, str] = {}
        for name in in_order(needs, lambda one: self._say(cyclic(self.path, one, self.node.line))):
            given, job = calls[name]
            before = tuple(ends[one] for one in needs[name] if one in ends)
            ends[name] = self._job(name, given, job, before)
        triggers = {Trigger.PUSH}
        if any(at(one, "schedule") is not None for one in items(at(self.node, "triggers"))):
            triggers = {Trigger.SCHEDULE}
        return Pipeline(
            name=self.name,
            format=CircleCI.format,
            place=place(self.path, self.node.line),
            steps=tuple(self.steps),
            triggers=frozenset(triggers),
            found=tuple(self.found),
        )

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _job(self, name: str, given: Node, called: str, before: tuple[str, ...]) -> str:
        """Add the steps of a job; return the name of its last."""
        node = self.config.jobs.get(called)
        filters = " and ".join(
            f"{kind.text} {rule.text} {' '.join(texts(value))}"
            for kind, rules in entries(at(given, "filters"))
            for rule, value in entries(rules)
        )
        condition = filters if _filters_branches(given) else ""
        settings = {"context": " ".join(texts(at(given, "context")))}
        settings = {key: value for key, value in settings.items() if value}
        if text(given, "type") == "approval" or node is None:
            uses = "circleci.approval" if text(given, "type") == "approval" else called
            step = Step(
                name=self.names.unique(name),
                place=place(self.path, given.line),
                uses=uses,
                settings={**settings, **variables_of(given)},
                after=before,
                condition=condition,
                workspace=name,
            )
            self.steps.append(step)
            return step.name
        values = _values(node, given)
        job = _Job(name, values, condition=condition, before=before, settings=settings)
        self._surroundings(job, node)
        before_steps = len(self.steps)
        self._add(at(node, "steps"), job, ())
        if len(self.steps) == before_steps:
            self._say(unreadable(self.path, f"the job {called} has no steps", node.line))
        return job.before[0] if len(self.steps) > before_steps else (before or ("",))[0]

    def _surroundings(self, job: _Job, node: Node) -> None:
        """Note the image and the variables of a job: its own, or those of its executor."""
        chosen = at(node, "executor")
        name = chosen.text if isinstance(chosen, Scalar) else text(chosen, "name")
        executor = self.config.executors.get(name)
        for one in (executor, node):
            for image in items(at(one, "docker"))[:1]:
                job.image = image_of(_fold(text(image, "image"), job.values), image.line)
            variables = at(one, "environment")
            job.environment |= public_variables(variables, lambda value: _fold(value, job.values))
            job.secrets += tuple(of_variables(entries(variables)))
            job.shell = text(one, "shell") or job.shell

    def _add(self, steps: Node | None, job: _Job, calls: tuple[str, ...]) -> None:
        """Add steps, those of reusable commands in the places of their calls."""
        for one in items(steps):
            name = one.text if isinstance(one, Scalar) else ""
            given: Node = Map(one.line)
            for key, node in entries(one)[:1]:
                name, given = key.text, node
            if name in ("when", "unless"):
                said = _fold(text(given, "condition"), job.values) or "an expression"
                inner = replace(job, condition=" && ".join(filter(None, (job.condition, said))))
                self._add(at(given, "steps"), inner, calls)
                job.before = inner.before
            elif name in self.config.commands:
                if name in calls or len(calls) > _DEEPEST:
                    self._say(cyclic(self.path, f"the command {name}", one.line))
                    continue
                command = self.config.commands[name]
                inner = replace(job, values=_values(command, given))
                self._add(at(command, "steps"), inner, (*calls, name))
                job.before, job.secrets = inner.before, inner.secrets
            elif name:
                self._step(name, given, job)
            else:
                self._say(unreadable(self.path, f"a step of {job.name} has no name", one.line))

    def _step(self, name: str, node: Node, job: _Job) -> None:
        script = node if isinstance(node, Scalar) else at(node, "command")
        title = text(node, "name") or name
        commands: tuple[Command, ...] = ()
        secrets = list(job.secrets)
        if name == "run" and isinstance(script, Scalar):
            shell = text(node, "shell") or job.shell
            # Unspecified is `bash -eo pipefail`.
            errexit, pipefail = shell_flags(shell.split()) if shell else (True, True)
            local = job.environment | public_variables(at(node, "environment"))
            secrets += [*of_script(script.script, script.line)]
            secrets += of_variables(entries(at(node, "environment")))
            commands = commands_of(
                _fold(script.script, job.values),
                script.line,
                errexit=errexit,
                pipefail=pipefail,
                variables=local,
            )
            if folder := _fold(text(node, "working_directory"), job.values).strip("./"):
                commands = (Command(f"cd {folder}", script.line), *commands)
        reads, writes = _moved(name, node, job, self.persisted)
        when = text(node, "when")
        step = Step(
            name=self.names.unique(f"{job.name}/{title}"),
            place=place(self.path, node.line),
            commands=commands,
            uses="" if name == "run" else name,
            settings={**job.settings, **public_variables(node)},
            image=image_within(commands) or job.image,
            reads=reads,
            writes=writes,
            after=job.before,
            runs_after_failure=when in ("always", "on_fail"),
            condition=job.condition,
            cached=name in ("restore_cache", "save_cache"),
            cache_key_pins=_pins(node),
            secrets=tuple(secrets),
            workspace=job.name,
        )
        job.secrets = ()
        job.before = (step.name,)
        self.steps.append(step)


def _required(given: Node) -> list[str]:
    """Return the jobs that a call requires; each may say with which result."""
    found = texts(at(given, "requires"))
    for one in items(at(given, "requires")):
        found += [key.text for key, _ in entries(one)]
    return found


def _filters_branches(given: Node) -> bool:
    return at(given, "filters") is not None


def _values(node: Node | None, given: Node) -> dict[str, str]:
    """Return the values of parameters: as given, else their defaults."""
    declared = {
        f"parameters.{key.text}": text(one, "default")
        for key, one in entries(at(node, "parameters"))
        if at(one, "default") is not None
    }
    return declared | {f"parameters.{key}": value for key, value in variables_of(given).items()}


def _fold(value: str, values: Mapping[str, str]) -> str:
    if "<<" not in value:
        return value
    return _EXPRESSION.sub(lambda found: values.get(found[1], f"{{{found[1]}}}"), value)


def _moved(
    name: str, node: Node, job: _Job, persisted: list[str]
) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
    """Return what a step moves between jobs or out of a cache; notes what jobs persist."""
    if name == "persist_to_workspace":
        root = text(node, "root").strip("./")
        paths = [f"{root}/{one}".strip("/") for one in texts(at(node, "paths"))]
        persisted += [one for one in paths if one not in persisted and len(persisted) < _MOST]
        handed = [Reference(f"{INTERNAL}workspace/{one}", node.line, path=one) for one in paths]
        return tuple(Reference(one, node.line) for one in paths), tuple(handed)
    if name == "attach_workspace":
        where = text(node, "at").strip("./")
        local = [f"{where}/{one}".strip("/") for one in persisted]
        handed = [
            Reference(f"{INTERNAL}workspace/{one}", node.line, path=path)
            for one, path in zip(persisted, local, strict=True)
        ]
        return tuple(handed), tuple(Reference(one, node.line) for one in local)
    if name in ("save_cache", "restore_cache"):
        paths = [_fold(one, job.values) for one in texts(at(node, "paths"))] or ["."]
        found = tuple(Reference(one, node.line, path=one) for one in paths)
        return (found, ()) if name == "restore_cache" else ((), found)
    return (), ()


def _pins(node: Node) -> bool:
    """Say whether each key that a cache is looked up by holds a digest."""
    keys = texts(at(node, "keys")) or texts(at(node, "key"))
    return bool(keys) and all(_PINNING.search(one) for one in keys)


PARSER: Final = CircleCI()
