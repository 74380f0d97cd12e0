"""Dagster: assets with what they are made from, checks of assets, and jobs of ops.

Source: docs.dagster.io, "Defining assets", "Asset checks", "Op jobs".
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.composing import Composer, Draft
from bezoar.evaluate.pipelines.decorated import base_name, decoration, is_wrapper, marked
from bezoar.evaluate.pipelines.definition import OnFailure, Pipeline, Step, Text, Trigger
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_record import reference
from bezoar.evaluate.pipelines.python_values import Called, Data
from bezoar.evaluate.pipelines.reading import INTERNAL, file_name, place
from bezoar.evaluate.pipelines.scripts import references
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.scopes import Scope
from bezoar.syntax.python.value import Items, Plain, Symbol, Table, Value

_ASSET: Final = frozenset({"dagster.asset", "dagster.multi_asset", "dagster.graph_asset"})
_CHECK: Final = frozenset({"dagster.asset_check"})
_OP: Final = frozenset({"dagster.op", "dagster.solid"})
_JOB: Final = frozenset({"dagster.job", "dagster.graph", "dagster.pipeline"})
_CONTEXT: Final = frozenset({"context", "config", "_"})


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return the assets of a file as one pipeline, and each of its jobs."""
    assets = _Assets(code, others)
    for scope, options in marked(code, _ASSET):
        assets.asset(scope, options)
    for scope, options in marked(code, _CHECK):
        assets.check(scope, options)
    assets.join()
    manual = frozenset({Trigger.MANUAL})
    found = assets.pipeline(file_name(code.path), 1, manual)
    for scope, options in marked(code, _JOB):
        job = _Job(code, others)
        job.flow.function(code, scope, {})
        name = literal(options.named.get("name")) or scope.name.rpartition(".")[2]
        line = code.line(scope.node) if scope.node is not None else 1
        found += job.pipeline(name, line, manual)
    return found


class _Assets(Composer):
    """Puts assets and their checks in order."""

    format = "dagster"

    def __init__(self, code: PythonCode, others: Mapping[str, Text]) -> None:
        super().__init__(code, others)
        self._made_from: dict[str, list[str]] = {}
        self._checks: dict[str, list[str]] = {}
        self._checks_alone: dict[str, str] = {}  # the asset that a check looks at

    def asset(self, scope: Scope, options: Given) -> None:
        """Take a function that makes an asset."""
        name = literal(options.named.get("name")) or scope.name.rpartition(".")[2]
        made_from = [*_keys(options.named.get("deps")), *_keys(options.named.get("ins"))]
        made_from += _keys(options.named.get("non_argument_deps"))
        renamed = dict(_renamed(options.named.get("ins")))
        draft = self._draft(name, scope, options)
        for parameter in _parameters(scope):
            source = renamed.get(parameter, parameter)
            made_from.append(source)
            draft.data[parameter] = Data(frozenset({f"{INTERNAL}{source}"}))
        self._made_from[name] = list(dict.fromkeys(made_from))

    def check(self, scope: Scope, options: Given) -> None:
        """Take a function that checks an asset."""
        asset = next(iter(_keys(options.get(0, ("asset",)))), "")
        name = literal(options.named.get("name")) or scope.name.rpartition(".")[2]
        draft = self._draft(name, scope, options)
        draft.decides = True
        for parameter in _parameters(scope):
            draft.data[parameter] = Data(frozenset({f"{INTERNAL}{asset}"}))
        line = draft.step.place.line or 1
        stops = options.named.get("blocking") == Plain(True)
        draft.step = replace(
            draft.step,
            uses="dagster.asset_check",
            reads=(reference(f"{INTERNAL}{asset}", line),) if asset else (),
            writes=(),
            # One that does not block only reports.
            on_failure=OnFailure.STOPS if stops else OnFailure.IGNORED,
        )
        self._checks.setdefault(asset, []).append(draft.step.name)
        self._checks_alone[draft.step.name] = asset

    def _draft(self, name: str, scope: Scope, options: Given) -> Draft:
        line = self.code.line(scope.node) if scope.node is not None else 1
        name = self._names.unique(name)
        settings, secrets = self.settings(options, line)
        step = Step(
            name=name,
            place=place(self.code.path, line),
            uses="dagster.asset",
            settings=settings,
            secrets=tuple(secrets),
            writes=(reference(f"{INTERNAL}{name}", line),),
            workspace=self.format,
        )
        self.drafts[name] = Draft(step, body=(self.code, scope))
        return self.drafts[name]

    def join(self) -> None:
        """Let each asset come after those that it is made from, and after their checks."""
        for name, sources in self._made_from.items():
            known = [one for one in sources if one in self.drafts and one != name]
            line = self.drafts[name].step.place.line or 1
            reads = references(reference(f"{INTERNAL}{one}", line) for one in known)
            self.change([name], reads=reads)
            self.order([name], known)
            for one in known:
                self.order([name], self._checks.get(one, []))
        for check, asset in self._checks_alone.items():
            self.order([check], [asset])


class _Job(Composer):
    """Takes calls of ops."""

    format = "dagster"

    def called(self, call: Called) -> Data | None:
        """Take a call of an op."""
        found = self.modules.function(base_name(call.name), call.here.code)
        options = decoration(*found, _OP) if found is not None else None
        if found is None or options is None:
            return call.data if call.owner.tasks else None
        if is_wrapper(call):
            return call.data
        name = literal(options.named.get("name")) or found[1].name.rpartition(".")[2]
        return self.add(call, name, uses="dagster.op", body=found)


def _keys(value: Value | None) -> list[str]:
    """Return the names of assets: texts, functions, `AssetKey("…")`."""
    match value:
        case None | Plain():
            return []
        case Items(items):
            return [name for one in items[:256] for name in _keys(one)]
        case Table(pairs):
            return [_key_of(key, one) for key, one in pairs[:256]]
        case Symbol(name, calls) if calls:
            call = calls[-1][0]
            words = [getattr(one, "value", "") for one in call.args]
            return [str(words[0])] if words and words[0] else [name.rpartition(".")[2]]
        case Symbol(name):
            return [name.rpartition(".")[2]]
        case _:
            return [literal(value).rpartition("/")[2]]


def _renamed(value: Value | None) -> Iterator[tuple[str, str]]:
    if isinstance(value, Table):
        for key, one in value.pairs[:256]:
            yield literal(key), _key_of(key, one)


def _key_of(key: Value, value: Value) -> str:
    """Return the asset that `ins={"parameter": AssetIn("asset")}` names."""
    if isinstance(value, Symbol) and value.calls:
        call = value.calls[-1][0]
        given = [*call.args, *(one.value for one in call.keywords if one.arg == "key")]
        word = getattr(given[0], "value", None) if given else None
        if isinstance(word, str):
            return word
    return literal(key)


def _parameters(scope: Scope) -> list[str]:
    arguments = getattr(scope.node, "args", None)
    every = [*getattr(arguments, "args", []), *getattr(arguments, "kwonlyargs", [])]
    resource = (
        "ResourceParam",
        "Resource",
        "Config",
        "AssetExecutionContext",
        "OpExecutionContext",
    )
    return [
        one.arg
        for one in every
        if one.arg not in _CONTEXT and not _annotated(one.annotation).endswith(resource)
    ]


def _annotated(node: object) -> str:
    inner = getattr(node, "value", node)
    return str(getattr(inner, "id", "") or getattr(inner, "attr", ""))
