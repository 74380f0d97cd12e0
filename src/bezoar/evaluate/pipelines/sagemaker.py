"""SageMaker pipelines, as `pipeline.definition()` writes them in JSON.

Source: docs.aws.amazon.com/sagemaker, "Pipeline Definition JSON Schema" (2020-12-01).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.container_commands import container_commands
from bezoar.evaluate.pipelines.definition import (
    Command,
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.faults import cyclic, unreadable
from bezoar.evaluate.pipelines.inline_secrets import is_secret, of_script, of_variables
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
    public_settings,
)
from bezoar.syntax.access import at, entries, is_true, items, listed, text
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar

_CLAIM: Final = re.compile(r"\"Steps\"\s*:\s*\[")
_STEP: Final = re.compile(r"Steps\.([\w-]{1,256})(.{0,300})")
_OUTPUT: Final = re.compile(r"Outputs\[['\"]?([\w-]{1,200})['\"]?\]")
_DEEPEST: Final = 12
_ROLES: Final = ("RoleArn", "ExecutionRoleArn", "JobRoleArn")


class SageMaker:
    """Reads the JSON of pipelines."""

    format = "sagemaker"

    def claims(self, file: Text) -> bool:
        """Say whether a file is JSON with the steps of a pipeline."""
        if not file.path.endswith((".json", ".yaml", ".yml")):
            return False
        names = ('"Version"', '"Arguments"', '"Type"')
        return _CLAIM.search(file.text) is not None and all(one in file.text for one in names)

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the pipeline."""
        del others
        return guarded(file, self.format, lambda: _Definition(file).pipelines())


class _Definition:
    """Turns one definition into steps."""

    def __init__(self, file: Text) -> None:
        self.file = file
        self.parameters: dict[str, str] = {}
        self.secrets: list[tuple[str, int]] = []
        self.names = Names()
        self.found: list[Finding] = []
        self.steps: dict[str, Step] = {}
        self.needs: dict[str, list[str]] = {}

    def pipelines(self) -> list[Pipeline]:
        """Return the pipeline; none where the file is of another kind after all."""
        documents = load(self.file)
        root = documents[0] if documents else None
        steps = at(root, "Steps")
        if not isinstance(root, Map) or steps is None:
            return []
        for one in items(at(root, "Parameters")):
            name, value = text(one, "Name"), at(one, "DefaultValue")
            if isinstance(value, Scalar):
                if is_secret(name, value.text):
                    self.secrets.append((name, value.line))
                else:
                    self.parameters[name] = value.text
        self._steps(items(steps), (), "", 0)
        order = in_order(self.needs, self._cycle)
        name = text(root, "PipelineExperimentConfig", "ExperimentName") or file_name(self.file.path)
        return [
            Pipeline(
                name=name,
                format=SageMaker.format,
                place=place(self.file.path),
                steps=tuple(
                    replace(
                        self.steps[one],
                        after=tuple(
                            self.steps[need].name for need in self.needs[one] if need in self.steps
                        ),
                    )
                    for one in order
                ),
                triggers=frozenset({Trigger.MANUAL}),
                found=tuple(self.found),
            )
        ]

    def _cycle(self, name: str) -> None:
        self._say(cyclic(self.file.path, f"the step {name}", self.steps[name].place.line))

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _steps(
        self, nodes: list[Node], before: tuple[str, ...], condition: str, depth: int
    ) -> None:
        if depth > _DEEPEST:
            self._say(unreadable(self.file.path, "its conditions are nested too deeply"))
            return
        bounded(len(nodes))
        for node in nodes:
            if not isinstance(node, Map):
                self._say(unreadable(self.file.path, "a step is no object", node.line))
                continue
            name = self.names.unique(text(node, "Name"))
            given = at(node, "Arguments")
            if not isinstance(given, Map):
                self._say(unreadable(self.file.path, f"{name}: no arguments", node.line))
            self.needs[name] = [*dict.fromkeys([*self._needed(node), *before])]
            self.steps[name] = self._step(name, node, condition)
            if text(node, "Type") == "Condition":
                said = " && ".join(self._said(one) for one in items(at(given, "Conditions")))
                joined = " && ".join(filter(None, (condition, said)))[:1000]
                refused = " && ".join(filter(None, (condition, f"not ({said})")))[:1000]
                self._steps(items(at(given, "IfSteps")), (name,), joined, depth + 1)
                self._steps(items(at(given, "ElseSteps")), (name,), refused, depth + 1)

    def _needed(self, node: Node) -> Iterator[str]:
        """Yield the steps that one waits for: those it names, and those whose results it takes."""
        for one in listed(at(node, "DependsOn")):
            if isinstance(one, Scalar):
                yield one.text
        given = at(node, "Arguments")
        inner = ("IfSteps", "ElseSteps")
        for key, value in entries(given):
            if key.text not in inner:
                yield from _taken(value)

    def _step(self, name: str, node: Map, condition: str) -> Step:
        given, kind = at(node, "Arguments"), text(node, "Type")
        cache = at(node, "CacheConfig")
        image = self._image(given)
        secrets = [*self.secrets, *of_variables(entries(at(given, "Environment")))]
        secrets += of_variables(entries(at(given, "HyperParameters")))
        self.secrets = []
        commands = self._commands(given)
        for one in commands:
            secrets += of_script(one.text, one.line)
        skipped = is_true(at(node, "SkipCheck")) or is_true(at(given, "SkipCheck"))
        lenient = text(node, "FailOnViolation").lower() == "false"
        return Step(
            name=name,
            place=place(self.file.path, node.line),
            commands=commands,
            scripts=tuple(self._scripts(given)),
            uses=f"sagemaker.{kind}",
            settings=self._settings(node, given),
            image=image,
            reads=tuple(self._reads(given)),
            writes=tuple(self._writes(name, given)),
            on_failure=OnFailure.IGNORED if skipped or lenient else OnFailure.STOPS,
            condition=condition,
            cached=is_true(at(cache, "Enabled")),
            # The key is made of the arguments, which name data and hold no digest of it.
            cache_key_pins=False,
            identity=next((self._fold(at(given, one)) for one in _ROLES if at(given, one)), ""),
            secrets=tuple(secrets),
            workspace=name,
        )

    def _settings(self, node: Map, given: Node | None) -> dict[str, str]:
        """Return what decides: approval, checks, conditions, hyperparameters."""
        found = {
            key.text: self._fold(value)
            for key, value in [*node.entries, *entries(given)]
            if isinstance(value, Scalar) and not is_secret(key.text, value.text)
        }
        for name in ("HyperParameters", "Environment", "Conditions"):
            for key, value in public_settings(at(given, name)).items():
                found[f"{name}.{key}".strip(".")] = value
        return found

    def _image(self, given: Node | None) -> Reference | None:
        for path in (
            ("AppSpecification", "ImageUri"),
            ("AlgorithmSpecification", "TrainingImage"),
            ("TrainingJobDefinition", "AlgorithmSpecification", "TrainingImage"),
            ("PrimaryContainer", "Image"),
        ):
            if (node := at(given, *path)) is not None:
                return image_of(self._fold(node), node.line)
        for one in items(at(given, "InferenceSpecification", "Containers")):
            if (node := at(one, "Image")) is not None:
                return image_of(self._fold(node), node.line)
        return None

    def _commands(self, given: Node | None) -> tuple[Command, ...]:
        application = at(given, "AppSpecification")
        words = [
            Scalar(self._fold(one), one.line, one.line, self._fold(one))
            for name in ("ContainerEntrypoint", "ContainerArguments")
            for one in listed(at(application, name))
        ]
        found = container_commands(words)
        program = self._program(given)
        if program is not None:
            found = (*found, Command(f"python {program.text}", program.line))
        return found

    def _program(self, given: Node | None) -> Scalar | None:
        """Return the script that a training job runs, from its hyperparameters."""
        for path in (
            ("HyperParameters",),
            ("TrainingJobDefinition", "StaticHyperParameters"),
        ):
            node = at(given, *path, "sagemaker_program")
            if isinstance(node, Scalar) and node.text.strip('" '):
                return replace(node, text=node.text.strip('" '))
        return None

    def _scripts(self, given: Node | None) -> Iterator[str]:
        if (program := self._program(given)) is not None:
            yield program.text

    def _reads(self, given: Node | None) -> Iterator[Reference]:
        for one in items(at(given, "ProcessingInputs")):
            source = at(one, "S3Input", "S3Uri") or at(one, "DatasetDefinition")
            yield from self._references(source, text(one, "S3Input", "LocalPath"))
        definition = at(given, "TrainingJobDefinition") or given
        for one in items(at(definition, "InputDataConfig")):
            channel = text(one, "ChannelName") or "training"
            source = at(one, "DataSource", "S3DataSource", "S3Uri")
            source = source or at(one, "DataSource", "FileSystemDataSource", "DirectoryPath")
            yield from self._references(source, f"/opt/ml/input/data/{channel}")
        for path in (
            ("TransformInput", "DataSource", "S3DataSource", "S3Uri"),
            ("ModelMetrics", "ModelDataQuality", "Statistics", "S3Uri"),
            ("PrimaryContainer", "ModelDataUrl"),
        ):
            yield from self._references(at(given, *path), "")
        for one in items(at(given, "InferenceSpecification", "Containers")):
            yield from self._references(at(one, "ModelDataUrl"), "")

    def _writes(self, name: str, given: Node | None) -> Iterator[Reference]:
        for one in items(at(given, "ProcessingOutputConfig", "Outputs")):
            output, path = text(one, "OutputName"), text(one, "S3Output", "LocalPath")
            yield Reference(f"{INTERNAL}{name}.{output}", one.line, path=path)
            yield from self._references(at(one, "S3Output", "S3Uri"), path)
        definition = at(given, "TrainingJobDefinition") or given
        target = at(definition, "OutputDataConfig", "S3OutputPath")
        if target is not None:
            yield Reference(f"{INTERNAL}{name}.model", target.line, path="/opt/ml/model")
            yield from self._references(target, "/opt/ml/model")

    def _references(self, node: Node | None, path: str) -> Iterator[Reference]:
        """Yield what a value names: an address, or the output of a step."""
        if node is None:
            return
        got = text(node, "Get")
        if found := _STEP.match(got):
            output = _OUTPUT.search(found[2])
            what = output[1] if output else "model"
            yield Reference(f"{INTERNAL}{found[1]}.{what}", node.line, path=path)
        elif name := self._fold(node):
            yield Reference(name, node.line, path=path)

    def _fold(self, node: Node | None, depth: int = 0) -> str:
        """Return a value as text, parameters with a default put in."""
        if isinstance(node, Scalar):
            return node.text.strip()
        if depth > _DEEPEST:
            return "{expression}"
        if got := text(node, "Get"):
            name = got.removeprefix("Parameters.")
            return self.parameters.get(name, f"{{{got}}}")
        if (joined := at(node, "Std:Join")) is not None:
            parts = (self._fold(one, depth + 1) for one in items(at(joined, "Values")))
            return text(joined, "On").join(parts)[:4096]
        return "{expression}" if node is not None else ""

    def _said(self, node: Node) -> str:
        """Return a condition as text."""
        left = self._fold(at(node, "LeftValue")) or "{expression}"
        right = self._fold(at(node, "RightValue"))
        inner = at(node, "LeftValue", "Std:JsonGet")
        if inner is not None:
            left = f"{text(inner, 'PropertyFile', 'Get')}.{text(inner, 'Path')}"
        return f"{left} {text(node, 'Type')} {right}".strip()


def _taken(node: Node, depth: int = 0) -> Iterator[str]:
    """Yield the steps whose results a value takes."""
    if depth > 40:  # noqa: PLR2004 - no value is nested that deep
        return
    for key, value in entries(node):
        if isinstance(value, Scalar):
            if key.text == "Get" and (found := _STEP.match(value.text)):
                yield found[1]
        else:
            yield from _taken(value, depth + 1)
    for item in items(node):
        yield from _taken(item, depth + 1)


PARSER: Final = SageMaker()
