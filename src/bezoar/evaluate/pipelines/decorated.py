"""ZenML, Prefect, Flyte: functions marked as steps, called by a function marked as a pipeline.

Sources: docs.zenml.io, "Steps & pipelines"; docs.prefect.io, "Write and run tasks"; docs.flyte.org.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bezoar.evaluate.pipelines.composing import Composer
from bezoar.evaluate.pipelines.default_caching import cache_by_default
from bezoar.evaluate.pipelines.definition import OnFailure, Pipeline, Reference, Text, Trigger
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_values import Called, Data
from bezoar.evaluate.pipelines.reading import image_of
from bezoar.syntax.python.arguments import Given, given
from bezoar.syntax.python.scopes import END, Point, Scope
from bezoar.syntax.python.value import Plain, Symbol

_WRAPPERS: Final = frozenset(
    {"override", "partial", "with_options", "configure", "options", "configured", "alias"}
)
_CALLERS: Final = frozenset(
    {"submit", "map", "expand", "expand_kwargs", "delay", "apply_async", "remote", "entrypoint"}
)
_OPTIONS: Final = frozenset(
    {"after", "id", "wait_for", "return_state", "raise_on_failure", "enable_cache", "name"}
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a framework marks things.

    Attributes:
        format: Its name.
        steps: Decorators of steps.
        pipelines: Decorators of pipelines.
        in_order: Whether a call in the pipeline's body is over before the next one begins.
        caches: Whether results are taken from a cache unless it is turned off.
    """

    format: str
    steps: frozenset[str]
    pipelines: frozenset[str]
    in_order: bool = False
    caches: bool = False


_STYLES: Final = {
    "zenml": Style(
        "zenml",
        frozenset({"zenml.step", "zenml.steps.step"}),
        frozenset({"zenml.pipeline", "zenml.pipelines.pipeline"}),
        caches=True,
    ),
    "prefect": Style(
        "prefect",
        frozenset({"prefect.task", "prefect.tasks.task"}),
        frozenset({"prefect.flow", "prefect.flows.flow"}),
        in_order=True,
    ),
    "flytekit": Style(
        "flyte",
        frozenset({"flytekit.task"}),
        frozenset({"flytekit.workflow", "flytekit.dynamic"}),
    ),
}


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return a pipeline for each function that is marked as one."""
    found: list[Pipeline] = []
    for package in sorted(code.imports & set(_STYLES)):
        style = _STYLES[package]
        for scope, options in marked(code, style.pipelines):
            composer = _Decorated(code, others, style)
            composer.flow.function(code, scope, {})
            name = literal(options.get(None, ("name",))) or scope.name.rpartition(".")[2]
            composer.gather(name)
            if style.caches:
                value = options.named.get("enable_cache")
                whole = bool(value.value) if isinstance(value, Plain) else None
                cache_by_default(composer.drafts.values(), composer.told, whole=whole)
                composer.contained(_parent_image(code))
            line = code.line(scope.node) if scope.node is not None else 1
            found += composer.pipeline(name, line, frozenset({Trigger.MANUAL}))
    return found


def marked(code: PythonCode, names: frozenset[str]) -> Iterator[tuple[Scope, Given]]:
    """Yield each function with one of these decorators, and what the decorator is given."""
    for scope in code.survey.functions.values():
        if (options := decoration(code, scope, names)) is not None:
            yield scope, options


def decoration(code: PythonCode, scope: Scope, names: frozenset[str]) -> Given | None:
    """Return what one of these decorators is given, None where a function has none of them."""
    for name, call in code.decorators(scope):
        if name in names:
            point = Point(scope.parent or code.survey.module, (), END)
            return given(call, point, code.folding) if call is not None else Given()
    return None


def base_name(name: str) -> str:
    """Return the name of a step without what only says how it is called."""
    first, _, last = name.rpartition(".")
    while first and last in _WRAPPERS | _CALLERS:
        name = first
        first, _, last = name.rpartition(".")
    return name


def options_of(call: Called, code: PythonCode) -> Given:
    """Return all that a call and those that wrap it are given: `step.with_options(…)(…)`."""
    named = dict(call.given.named)
    node: ast.expr = call.node.func
    for _ in range(8):
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call):
            inner = given(node, call.here.point, code.folding)
            named = inner.named | named
            node = node.func
        else:
            break
    return Given(call.given.positional, named)


def is_wrapper(call: Called) -> bool:
    """Say whether a call only says how a step is called."""
    return isinstance(call.node.func, ast.Attribute) and call.node.func.attr in _WRAPPERS


def _parent_image(code: PythonCode) -> Reference | None:
    """Return the image of `DockerSettings(parent_image="…")`."""
    for site in code.survey.sites:
        if site.last == "DockerSettings":
            value = given(site.call, site.point, code.folding).named.get("parent_image")
            if value is not None and not isinstance(value, Symbol):
                return image_of(literal(value), code.line(site.call))
    return None


def _is_cached(options: Given) -> bool:
    """Say whether a step's options let earlier results, of other runs, stand for it."""
    named = options.named
    if named.get("enable_cache") == Plain(True) or named.get("cache") == Plain(True):
        return True
    flyte = literal(named.get("cache")).rpartition(".")[2] == "Cache"
    policy = literal(named.get("cache_policy")).rpartition(".")[2]
    # Prefect's default policy holds the run's own id: nothing of another run is taken.
    prefect = "cache_key_fn" in named or policy not in ("", "NO_CACHE", "NONE", "DEFAULT")
    return flyte or prefect


class _Decorated(Composer):
    """Takes calls of marked functions."""

    def __init__(self, code: PythonCode, others: Mapping[str, Text], style: Style) -> None:
        super().__init__(code, others)
        self.style = style
        self.format = style.format
        self.shared = style.format != "flyte"
        self._over: frozenset[str] = frozenset()  # what the body has waited for
        self._allowed: frozenset[str] = frozenset()  # steps that may fail
        self._marks: list[tuple[int, str]] = []
        self.told: set[str] = set()  # steps that say whether they are cached

    def called(self, call: Called) -> Data | None:
        """Take a step, or what is asked of one."""
        found = self.modules.function(base_name(call.name), call.here.code)
        options = decoration(*found, self.style.steps) if found is not None else None
        if found is None or options is None:
            return self._asked(call)
        if is_wrapper(call):
            return call.data
        return self._step(call, found, options)

    def _asked(self, call: Called) -> Data | None:
        """Take a method of what a step returned."""
        func = call.node.func
        if call.name.endswith("allow_failure"):
            self._allowed |= call.data.tasks
        if call.name.startswith("prefect.") and call.data.tasks:
            return call.data
        if not call.owner.tasks or not isinstance(func, ast.Attribute):
            return call.data if call.data.tasks and not call.name.count(".") else None
        match func.attr:
            case "after" | "set_upstream":
                self.order(call.owner.tasks, call.data.tasks - call.owner.tasks)
            case "result" if self.style.in_order:
                self._waited(call)
            case _:
                pass
        return call.data

    def _waited(self, call: Called) -> None:
        if call.given.named.get("raise_on_failure") == Plain(False):
            self.change(call.owner.tasks, on_failure=OnFailure.IGNORED)
        self._over |= call.owner.tasks

    def _step(self, call: Called, body: tuple[PythonCode, Scope], options: Given) -> Data:
        asked = options_of(call, call.here.code)
        merged = Given(asked.positional, {**options.named, **asked.named})
        name = literal(merged.named.get("id")) or body[1].name.rpartition(".")[2]
        made = self.add(call, name, uses=f"{self.style.format}.step", given=merged, body=body)
        draft = self.drafts[next(iter(made.tasks))]
        self._marks.append((len(self.recorder.made), draft.step.name))
        draft.after |= dict.fromkeys(one for one in self._named(merged) if one in self.drafts)
        waits = isinstance(call.node.func, ast.Attribute) and call.node.func.attr in _CALLERS
        if self.style.in_order:
            draft.after |= dict.fromkeys(sorted(self._over))
        if self.style.in_order and not waits:
            self._over = made.tasks
        if "enable_cache" in merged.named:
            self.told.add(draft.step.name)
        ignored = merged.named.get("return_state") == Plain(True)
        draft.step = replace(
            draft.step,
            cached=_is_cached(merged),
            on_failure=OnFailure.IGNORED if ignored else draft.step.on_failure,
            runs_after_failure=bool(call.data.tasks & self._allowed),
            image=image_of(literal(merged.named.get("container_image")), draft.step.place.line),
        )
        return made

    @staticmethod
    def _named(options: Given) -> list[str]:
        """Return the steps that `after="name"` names."""
        value = options.named.get("after")
        if value is None:
            return []
        items = getattr(value, "items", None) or (value,)
        return [literal(one).rpartition(".")[2] for one in items]

    def contained(self, image: Reference | None) -> None:
        """Let steps that name no image run in the one that the file's settings name."""
        for draft in self.drafts.values():
            if image is not None and draft.step.image is None:
                draft.step = replace(draft.step, image=image)

    def gather(self, name: str) -> None:
        """Make steps of what the body calls by itself, between the steps that it calls."""
        if not self.style.in_order:
            return  # There the body only puts the pipeline together.
        commands = self.recorder.commands()
        marks = [*self._marks, (len(commands), "")]
        start, before = 0, ""
        for number, (end, step) in enumerate(marks):
            part = commands[start:end]
            if any(one.reads or one.writes for one in part):
                made = self.insert(name, part, before)
                for _, later in marks[number:-1]:
                    self.drafts[later].after[made] = None
            start, before = end, step
