"""Kubeflow Pipelines as Python: components of versions 1 and 2, importers, conditions; Vertex's.

Sources: kubeflow-pipelines.readthedocs.io, "kfp.dsl", "kfp.components"; version 1.8's
"ContainerOp"; google-cloud-pipeline-components.readthedocs.io.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.composing import Composer
from bezoar.evaluate.pipelines.container_commands import container_commands
from bezoar.evaluate.pipelines.decorated import decoration, marked
from bezoar.evaluate.pipelines.default_caching import cache_by_default
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Text, Trigger
from bezoar.evaluate.pipelines.faults import missing
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_values import Called, Data, Here
from bezoar.evaluate.pipelines.reading import image_of, load
from bezoar.syntax.access import at, items, text
from bezoar.syntax.nodes import Scalar
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.folding import substituted
from bezoar.syntax.python.scopes import END, Point, Scope
from bezoar.syntax.python.value import Items, Plain, Symbol, Table, Value
from bezoar.syntax.unreadable import UnreadableError

_DSL: Final = ("kfp.dsl", "kfp.v2.dsl", "kfp.components", "kfp.v2.components", "kfp")
_COMPONENT: Final = frozenset(
    f"{one}.{name}"
    for one in _DSL
    for name in (
        "component",
        "python_component",
        "create_component_from_func",
        "func_to_container_op",
    )
)
_CONTAINER: Final = frozenset(f"{one}.container_component" for one in _DSL)
_PIPELINE: Final = frozenset(f"{one}.pipeline" for one in _DSL)
_CONDITIONS: Final = frozenset({"Condition", "If", "Elif"})
_FROM_FILE: Final = ("load_component_from_file", "load_component_from_url", "load_component")
_SUBMITTING: Final = frozenset(
    {"PipelineJob", "create_run_from_pipeline_func", "create_run_from_pipeline_package"}
    | {"run_pipeline", "create_recurring_run"}
)
_PREBUILT: Final = "google_cloud_pipeline_components"


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return a pipeline for each function that is marked as one."""
    found: list[Pipeline] = []
    for scope, options in marked(code, _PIPELINE):
        composer = _Kfp(code, others)
        composer.flow.function(code, scope, {}, _defaults(code, scope))
        name = literal(options.get(0, ("name",))) or scope.name.rpartition(".")[2]
        line = code.line(scope.node) if scope.node is not None else 1
        cache_by_default(composer.drafts.values(), composer.told, whole=_submitted(code))
        found += composer.pipeline(name, line, frozenset({Trigger.MANUAL}))
    return found


class _Kfp(Composer):
    """Takes calls of components, and of the methods of tasks."""

    format = "kubeflow"
    shared = False

    def __init__(self, code: PythonCode, others: Mapping[str, Text]) -> None:
        super().__init__(code, others)
        self.told: set[str] = set()  # tasks that say whether they are cached

    def called(self, call: Called) -> Data | None:  # noqa: PLR0911 - one case each
        """Take a component's call, a task's method, or one of the special tasks."""
        last = call.name.rpartition(".")[2]
        if call.owner.tasks and isinstance(call.node.func, ast.Attribute):
            return self._method(call, call.node.func.attr)
        if call.name.startswith(_DSL):
            if last == "ContainerOp":
                return self._container(call, call.given, "kfp.dsl.ContainerOp")
            if last == "importer":
                return self.add(call, "importer", uses="kfp.importer")
            if call.made_by is not None and call.made_by.name.endswith("()"):
                return self._loaded(call, call.made_by)
            return None
        if last == "mount_pvc":
            self.change(call.data.tasks, workspace="volumes")
            return call.data
        if call.name.startswith(_PREBUILT):
            return self._prebuilt(call, last)
        found = self.modules.function(call.name, call.here.code)
        return self._function(call, found) if found is not None else None

    def _function(self, call: Called, body: tuple[PythonCode, Scope]) -> Data | None:
        """Take a call of a function that is marked as a component."""
        name = body[1].name.rpartition(".")[2]
        if (options := decoration(*body, _COMPONENT)) is not None:
            return self._lightweight(call, name, body, options)
        if decoration(*body, _CONTAINER) is not None:
            spec = _spec(*body)
            filled = _named_arguments(call.given, body[1])
            inner = Given(
                [substituted(one, filled) for one in spec.positional],
                {key: substituted(one, filled) for key, one in spec.named.items()},
            )
            return self._container(call, inner, "kfp.dsl.container_component", name)
        return None

    def _lightweight(
        self, call: Called, name: str, body: tuple[PythonCode, Scope], options: Given
    ) -> Data:
        made = self.add(call, name, uses="kfp.dsl.component", body=body)
        draft = self.drafts[next(iter(made.tasks))]
        image = literal(options.get(None, ("base_image", "target_image")))
        draft.step = replace(draft.step, image=image_of(image, draft.step.place.line))
        return made

    def _loaded(self, call: Called, maker: Symbol) -> Data | None:
        """Take a call of a component that another call made: from a function, or from a file."""
        node, point = maker.calls[-1]
        code = call.here.code
        options = given(node, point, code.folding)
        kind = maker.name.removesuffix("()").rpartition(".")[2]
        first = options.get(0, ("func", "filename", "url", "text"))
        if kind in ("create_component_from_func", "func_to_container_op", "component"):
            name = first.name if isinstance(first, Symbol) else ""
            found = self.modules.function(name, code)
            if found is None:
                return None
            return self._lightweight(call, name.rpartition(".")[2], found, options)
        if kind not in _FROM_FILE and kind != "load_component_from_text":
            return None
        return self._described(call, kind, literal(first))

    def _described(self, call: Called, kind: str, said: str) -> Data:
        """Take a call of a component that a YAML file describes."""
        line = call.here.code.line(call.node)
        file = next(
            (self.others[one] for one in _beside(self.code.path, said) if one in self.others), None
        )
        if kind == "load_component_from_text" or file is None:
            if kind != "load_component_from_text":
                self.found.append(missing(self.code.path, f"the component {said}", line))
            return self.add(call, _stem(said), uses=f"kfp.component:{said[:200]}")
        try:
            document = load(file)[0]
        except (UnreadableError, IndexError):
            self.found.append(missing(self.code.path, f"the component {said}", line))
            return self.add(call, _stem(said), uses=f"kfp.component:{said[:200]}")
        container = at(document, "implementation", "container")
        words = [
            one
            for key in ("command", "args")
            for one in items(at(container, key))
            if isinstance(one, Scalar)
        ]
        made = self.add(call, text(document, "name") or _stem(said), uses=f"kfp.component:{said}")
        draft = self.drafts[next(iter(made.tasks))]
        draft.step = replace(
            draft.step,
            image=image_of(text(container, "image"), line),
            commands=container_commands(words),
        )
        return made

    def _container(self, call: Called, options: Given, uses: str, name: str = "") -> Data:
        name = literal(options.get(0, ("name",))) if uses.endswith("ContainerOp") else name
        made = self.add(call, name, uses=uses)
        draft = self.drafts[next(iter(made.tasks))]
        line = draft.step.place.line or 1
        at_image = 1 if uses.endswith("ContainerOp") else 0
        image = literal(options.get(at_image, ("image",)))
        mounted = "pvolumes" in options.named
        draft.step = replace(
            draft.step,
            workspace="volumes" if mounted else draft.step.workspace,
            image=image_of(image, line),
            commands=tuple(_commands(options, at_image + 1, line)),
        )
        return made

    def _prebuilt(self, call: Called, last: str) -> Data | None:
        """Take a component of Google's."""
        if call.made_by is not None or not last.endswith(("Op", "Component")):
            return None
        made = self.add(call, literal(call.given.named.get("display_name")) or last)
        draft = self.drafts[next(iter(made.tasks))]
        specs = call.given.get(None, ("worker_pool_specs",))
        container = _inside(specs, "container_spec") if specs is not None else Given()
        image = call.given.get(None, ("container_uri", "serving_container_image_uri"))
        image = image or container.get(None, ("image_uri",))
        account = literal(call.given.get(None, ("service_account",)))
        draft.step = replace(
            draft.step,
            image=image_of(literal(image), draft.step.place.line),
            identity=account,
            commands=tuple(_commands(container, 99, draft.step.place.line or 1)),
        )
        return made

    def _method(self, call: Called, name: str) -> Data:
        """Take a method of a task; each returns the task."""
        tasks = call.owner.tasks
        first = call.given.get(0)
        match name:
            case "after":
                others = frozenset().union(*(one.tasks for one in call.arguments.values()))
                self.order(tasks, others)
            case "set_caching_options":
                told = first or call.given.named.get("enable_caching")
                self.change(tasks, cached=told == Plain(True))
                self.told |= tasks
            case "apply" | "add_volume_mount" | "add_pvolumes" if name != "apply" or _mounts(call):
                self.change(tasks, workspace="volumes")
            case "ignore_upstream_failure":
                self.change(tasks, runs_after_failure=True)
            case "set_env_variable":
                self._variable(call)
            case _:
                pass
        return call.owner

    def _variable(self, call: Called) -> None:
        name = literal(call.given.get(0, ("name",)))
        value = call.given.get(1, ("value",))
        if value is None or not name:
            return
        line = call.here.code.line(call.node)
        _, secrets = self.settings(Given([], {name: value}), line)
        for task in call.owner.tasks & set(self.drafts):
            step = self.drafts[task].step
            self.drafts[task].step = replace(step, secrets=(*step.secrets, *secrets))

    def entered(self, call: Called | None, data: Data, here: Here) -> Here:
        """Take a condition, an exit handler, a loop."""
        if call is None:
            return here
        last = call.name.rpartition(".")[2]
        self.guards.append(data.tasks if last in _CONDITIONS else frozenset())
        if last in _CONDITIONS:
            self.decided(data)
        if last in _CONDITIONS and call.node.args:
            said = ast.unparse(call.node.args[0])[:300]
            return replace(here, condition=" and ".join(filter(None, (here.condition, said))))
        if last == "Else":
            return replace(here, condition=" and ".join(filter(None, (here.condition, "else"))))
        if last == "ExitHandler":
            self.change(data.tasks, runs_after_failure=True)
        return here

    def left(self, call: Called | None) -> None:
        """Take the end of a condition, or a loop."""
        if call is not None:
            self.guards.pop()


def _submitted(code: PythonCode) -> bool | None:
    """Say whether what submits pipelines here turns caching on or off for all tasks."""
    for site in code.survey.sites:
        if site.last in _SUBMITTING:
            value = given(site.call, site.point, code.folding).named.get("enable_caching")
            if isinstance(value, Plain) and isinstance(value.value, bool):
                return value.value
    return None


def _mounts(call: Called) -> bool:
    """Say whether `task.apply(mount_pvc(…))` gives a task a volume."""
    return any(isinstance(one, Symbol) and "mount" in one.name for one in call.given.positional)


def _commands(options: Given, start: int, line: int) -> Iterator[Command]:
    values: list[Value | None] = []
    for number, names in enumerate((("command",), ("arguments", "args"))):
        value = options.get(start + number, names)
        values += value.items if isinstance(value, Items) else [value]
    said = [literal(one) for one in values if one is not None]
    yield from container_commands([Scalar(one, line, line, one) for one in said if one])


def _inside(value: Value, wanted: str) -> Given:
    """Return the first dictionary of this name in lists and dictionaries, as arguments."""
    waiting = [value]
    for _ in range(256):
        if not waiting:
            break
        one = waiting.pop(0)
        if isinstance(one, Items):
            waiting += one.items
        elif isinstance(one, Table):
            for key, inner in one.pairs:
                if literal(key) == wanted and isinstance(inner, Table):
                    return Given([], {literal(name): each for name, each in inner.pairs})
                waiting.append(inner)
    return Given()


def _spec(code: PythonCode, scope: Scope) -> Given:
    """Return what `dsl.ContainerSpec` is given in a component's function."""
    for site in code.survey.sites:
        if site.last == "ContainerSpec" and site.point.scope is scope:
            return given(site.call, site.point, code.folding)
    return Given()


def _named_arguments(options: Given, scope: Scope) -> dict[str, Value]:
    node = scope.node
    names = [one.arg for one in node.args.args] if isinstance(node, ast.FunctionDef) else []
    return dict(zip(names, options.positional, strict=False)) | options.named


def _defaults(code: PythonCode, scope: Scope) -> dict[str, Value]:
    """Return the defaults of a pipeline's parameters."""
    node = scope.node
    if not isinstance(node, ast.FunctionDef):
        return {}
    pairs = zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)
    point = Point(scope.parent or code.survey.module, (), END)
    return {one.arg: code.value(default, point) for one, default in pairs}


def _beside(path: str, said: str) -> list[str]:
    """Return where a file of components may lie."""
    said = said.removeprefix("./")
    folder = path.rpartition("/")[0]
    return [f"{folder}/{said}".lstrip("/"), said]


def _stem(said: str) -> str:
    parts = said.rstrip("/").split("/")
    last = parts[-1].rpartition(".")[0] or parts[-1]
    return parts[-2] if last == "component" and len(parts) > 1 else last
