"""Kubeflow Pipelines: compiled pipelines (IR YAML), and Vertex AI's JSON of the same.

Source: github.com/kubeflow/pipelines, `api/v2alpha1/pipeline_spec.proto`; cloud.google.com,
"PipelineJob".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines import container_spec
from bezoar.evaluate.pipelines.definition import Pipeline, Reference, Step, Text, Trigger
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import (
    INTERNAL,
    Names,
    bounded,
    file_name,
    guarded,
    image_of,
    load,
    place,
)
from bezoar.syntax.access import at, entries, fields, is_true, text, texts, walk
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 24
_ARTIFACT: Final = re.compile(
    r"\{\{\$\.(inputs|outputs)\.(?:artifacts|parameters)\[['\"]([\w-]{1,200})['\"]\]"
    r"(?:\.(?:path|uri|output_file|name|metadata\[[^\]]{0,100}\]))?\}\}"
)
_ANY: Final = re.compile(r"\{\{\$([^{}]{0,200})\}\}")
_PINNING: Final = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}|sha256:")
_LATE: Final = "ALL_UPSTREAM_TASKS_COMPLETED"


class Kubeflow:
    """Reads compiled pipelines."""

    format = "kubeflow"

    def claims(self, file: Text) -> bool:
        """Say whether a file holds what the compiler writes."""
        if not file.path.endswith((".yaml", ".yml", ".json")):
            return False
        return "deploymentSpec" in file.text and "root" in file.text and "dag" in file.text

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return a pipeline for each specification of a file."""
        del others
        return guarded(file, self.format, lambda: _parsed(file))


def _parsed(file: Text) -> list[Pipeline]:
    documents = load(file)
    platforms = [one for one in documents if at(one, "platforms") is not None]
    made: list[Pipeline] = []
    for document in documents:
        spec = at(document, "pipelineSpec") or document
        if at(spec, "root") is not None and at(spec, "deploymentSpec") is not None:
            made.append(_Compiled(file, document, spec, platforms).pipeline())
    return made


@dataclass(frozen=True)
class _Call:
    """How a component is called."""

    name: str = ""
    after: tuple[str, ...] = ()
    condition: str = ""
    late: bool = False
    calls: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    cached: bool = False


@dataclass(frozen=True)
class _Done:
    """What a call came to."""

    ends: tuple[str, ...] = ()
    outputs: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)


class _Compiled:
    """Follows one specification from its root downwards."""

    def __init__(self, file: Text, document: Node, spec: Node, platforms: list[Node]) -> None:
        self.file = file
        self.document = document
        self.spec = spec
        self.components = fields(at(spec, "components"))
        self.executors = fields(at(spec, "deploymentSpec", "executors"))
        self.volumes: dict[str, Node] = {}
        for one in platforms:
            inner = at(one, "platforms", "kubernetes", "deploymentSpec", "executors")
            self.volumes.update(fields(inner))
        self.names = Names()
        self.steps: list[Step] = []
        self.found: list[Finding] = []
        self.secrets: list[tuple[str, int]] = []

    def pipeline(self) -> Pipeline:
        """Return the specification as a pipeline."""
        root = at(self.spec, "root")
        given = self._defaults(root) | self._runtime()
        tasks = at(root, "dag", "tasks")
        if not isinstance(tasks, Map):
            raise UnreadableError("its root has no tasks")
        self._tasks(root, _Call(parameters=given))
        return Pipeline(
            name=text(self.spec, "pipelineInfo", "name") or file_name(self.file.path),
            format=Kubeflow.format,
            place=place(self.file.path, self.spec.line),
            steps=tuple(self.steps),
            triggers=frozenset({Trigger.MANUAL}),
            identity=text(self.document, "serviceAccount"),
            found=tuple(self.found),
        )

    def _defaults(self, component: Node | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, node in entries(at(component, "inputDefinitions", "parameters")):
            value = at(node, "defaultValue")
            if isinstance(value, Scalar):
                self._note(found, key.text, value)
        return found

    def _runtime(self) -> dict[str, str]:
        """Return what Vertex's runtime configuration gives the pipeline's parameters."""
        found: dict[str, str] = {}
        config = at(self.document, "runtimeConfig")
        for name in ("parameterValues", "parameters"):
            for key, node in entries(at(config, name)):
                value = node if isinstance(node, Scalar) else at(node, "stringValue")
                if isinstance(value, Scalar):
                    self._note(found, key.text, value)
        return found

    def _note(self, found: dict[str, str], name: str, value: Scalar) -> None:
        if is_secret(name, value.text):
            self.secrets.append((name, value.line))
        else:
            found[name] = value.text

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _tasks(self, component: Node | None, call: _Call) -> _Done:
        """Follow the tasks of a graph."""
        tasks = fields(at(component, "dag", "tasks"))
        bounded(len(tasks))
        needs = {
            name: list(dict.fromkeys([*texts(at(node, "dependentTasks")), *_producers(node)]))
            for name, node in tasks.items()
        }
        done: dict[str, _Done] = {}
        needed: set[str] = set()
        order = in_order(
            needs, lambda name: self._say(cyclic(self.file.path, name, tasks[name].line))
        )
        for name in order:
            node = tasks[name]
            needed.update(needs[name])
            if not isinstance(node, Map):
                self._say(unreadable(self.file.path, f"{name}: no mapping", node.line))
                continue
            before = tuple(end for one in needs[name] if one in done for end in done[one].ends)
            done[name] = self._task(name, node, call, before or call.after, done)
        ends = tuple(end for name, one in done.items() if name not in needed for end in one.ends)
        return _Done(ends or call.after, _handed(component, done))

    def _task(
        self,
        name: str,
        node: Map,
        call: _Call,
        after: tuple[str, ...],
        done: Mapping[str, _Done],
    ) -> _Done:
        policy = at(node, "triggerPolicy")
        asked = text(policy, "condition")
        parameters, artifacts = self._inputs(node, call, done)
        condition = _filled(asked, parameters)
        here = _Call(
            name=f"{call.name}/{name}".strip("/"),
            after=after,
            condition=" && ".join(filter(None, (call.condition, condition)))[:1000],
            late=text(policy, "strategy") == _LATE or call.late,
            calls=call.calls,
            parameters=parameters,
            artifacts=artifacts,
            cached=is_true(at(node, "cachingOptions", "enableCache")),
        )
        return self._component(text(node, "componentRef", "name") or name, node, here)

    def _inputs(
        self, node: Map, call: _Call, done: Mapping[str, _Done]
    ) -> tuple[dict[str, str], dict[str, tuple[Reference, ...]]]:
        """Return what a task is given: literal parameters, and artifacts by name."""
        parameters: dict[str, str] = {}
        artifacts: dict[str, tuple[Reference, ...]] = {}
        for key, given in entries(at(node, "inputs", "parameters")):
            constant = at(given, "runtimeValue", "constant")
            if isinstance(constant, Scalar):
                self._note(parameters, key.text, constant)
            elif inner := text(given, "componentInputParameter"):
                if inner in call.parameters:
                    parameters[key.text] = call.parameters[inner]
                if inner in call.artifacts:
                    artifacts[key.text] = call.artifacts[inner]
            elif producer := text(given, "taskOutputParameter", "producerTask"):
                output = text(given, "taskOutputParameter", "outputParameterKey")
                artifacts[key.text] = _of(done.get(producer), output)
        for key, given in entries(at(node, "inputs", "artifacts")):
            if inner := text(given, "componentInputArtifact"):
                artifacts[key.text] = call.artifacts.get(inner, ())
            elif producer := text(given, "taskOutputArtifact", "producerTask"):
                output = text(given, "taskOutputArtifact", "outputArtifactKey")
                artifacts[key.text] = _of(done.get(producer), output)
        return parameters, artifacts

    def _component(self, name: str, task: Map, call: _Call) -> _Done:
        component = self.components.get(name)
        if not isinstance(component, Map):
            self._say(missing(self.file.path, f"the component {name}", task.line))
            return _Done(call.after)
        if name in call.calls or len(call.calls) > _DEEPEST:
            self._say(cyclic(self.file.path, f"the component {name}", component.line))
            return _Done(call.after)
        call = replace(
            call,
            calls=(*call.calls, name),
            parameters=self._defaults(component) | dict(call.parameters),
        )
        if at(component, "dag") is not None:
            return self._tasks(component, call)
        return self._executed(component, task, call)

    def _executed(self, component: Map, task: Map, call: _Call) -> _Done:
        """Add the step of a component that runs something."""
        label = text(component, "executorLabel")
        executor = self.executors.get(label)
        if executor is None:
            self._say(missing(self.file.path, f"the executor {label}", component.line))
        name = self.names.unique(call.name)
        outputs = {
            key.text: (
                Reference(f"{INTERNAL}{name}.{key.text}", key.line, path=f"/outputs/{key.text}"),
            )
            for kind in ("artifacts", "parameters")
            for key, _ in entries(at(component, "outputDefinitions", kind))
        }
        reads = tuple(
            replace(one, path=f"/inputs/{key}")
            for key, given in call.artifacts.items()
            for one in given
        )
        container = at(executor, "container")
        step = Step(
            name=name,
            place=place(self.file.path, task.line),
            after=call.after,
            reads=reads,
            writes=tuple(one for given in outputs.values() for one in given),
            settings=dict(call.parameters),
            runs_after_failure=call.late,
            condition=call.condition,
            cached=call.cached and not call.artifacts,
            cache_key_pins=any(_PINNING.search(one) for one in call.parameters.values()),
            secrets=(*self.secrets, *container_spec.secrets(container)),
            workspace=name,
        )
        self.secrets = []
        if (importer := at(executor, "importer")) is not None:
            step = self._imported(step, importer, call)
        elif isinstance(container, Map):
            step = self._container(step, container, label, call)
        elif executor is not None:
            self._say(unreadable(self.file.path, f"{label}: no container", component.line))
        self.steps.append(step)
        return _Done((name,), outputs)

    def _container(self, step: Step, container: Node, label: str, call: _Call) -> Step:
        image = at(container, "image")
        mounted = at(self.volumes.get(label), "pvcMount") is not None
        return replace(
            step,
            commands=container_spec.commands(
                container, lambda value: _filled(value, call.parameters)
            ),
            image=image_of(_filled(image.text, call.parameters), image.line)
            if isinstance(image, Scalar)
            else None,
            workspace="volumes" if mounted else step.workspace,
        )

    def _imported(self, step: Step, importer: Node, call: _Call) -> Step:
        """Return the step of an importer: it says where an artifact lies, and copies nothing."""
        source = at(importer, "artifactUri")
        uri = text(source, "constant") or text(source, "runtimeValue", "constant")
        if not uri:
            name = text(source, "runtimeParameter") or "uri"
            uri = call.parameters.get(name, f"{{{name}}}")
        return replace(
            step,
            uses="kfp.importer",
            reads=(*step.reads, Reference(uri, importer.line)),
            settings={
                **step.settings,
                **{".".join(path): one.text for path, one in walk(at(importer, "metadata"))},
            },
        )


def _of(done: _Done | None, output: str) -> tuple[Reference, ...]:
    return tuple(done.outputs.get(output, ())) if done is not None else ()


def _producers(node: Node) -> list[str]:
    found = [
        text(given, kind, "producerTask")
        for name, kind in (
            ("artifacts", "taskOutputArtifact"),
            ("parameters", "taskOutputParameter"),
        )
        for _, given in entries(at(node, "inputs", name))
    ]
    return [one for one in found if one]


def _handed(component: Node | None, done: Mapping[str, _Done]) -> dict[str, tuple[Reference, ...]]:
    """Return what a graph hands over: the outputs of tasks within."""
    found: dict[str, tuple[Reference, ...]] = {}
    for kind, selectors, output in (
        ("artifacts", "artifactSelectors", "outputArtifactKey"),
        ("parameters", "valueFromParameter", "outputParameterKey"),
    ):
        for key, node in entries(at(component, "dag", "outputs", kind)):
            given: list[Reference] = []
            chosen = at(node, selectors)
            for one in getattr(chosen, "items", None) or [chosen]:
                producer = done.get(text(one, "producerSubtask"))
                given += _of(producer, text(one, output))
            found[key.text] = tuple(given)
    return found


def _filled(value: str, parameters: Mapping[str, str]) -> str:
    """Return a text with a task's parameters, and one path for each of its artifacts."""
    if "inputs.parameter_values" in value:
        value = re.sub(
            r"inputs\.parameter_values\[['\"]([\w.-]{1,200})['\"]\]",
            lambda found: parameters.get(found[1], f"{{{found[1]}}}"),
            value,
        )
    if "{{$" not in value:
        return value

    def placed(found: re.Match[str]) -> str:
        kind, name = found[1], found[2]
        if kind == "inputs" and name in parameters:
            return parameters[name]
        return f"/{kind}/{name}"

    return _ANY.sub("{executor_input}", _ARTIFACT.sub(placed, value))


PARSER: Final = Kubeflow()
