"""Kedro: nodes, joined by the names of their datasets, with the catalogue's file paths.

Source: docs.kedro.org, "Nodes and pipelines", "Data Catalog".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bezoar.evaluate.pipelines.composing import Composer, Draft
from bezoar.evaluate.pipelines.definition import Pipeline, Reference, Step, Text, Trigger
from bezoar.evaluate.pipelines.kedro_catalog import Catalog, catalog_of
from bezoar.evaluate.pipelines.python_code import PythonCode, literal
from bezoar.evaluate.pipelines.python_values import Called, Data
from bezoar.evaluate.pipelines.reading import INTERNAL, file_name, place
from bezoar.evaluate.pipelines.scripts import references
from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.value import Items, Plain, Symbol, Table, Value
from bezoar.syntax.unreadable import UnreadableError

_NODES: Final = frozenset(
    {"kedro.pipeline.node", "kedro.pipeline.node.node", "kedro.pipeline.Node"}
    | {"kedro.pipeline.node.Node", "kedro.pipeline.modular_pipeline.node"}
)
_PARAMETERS: Final = ("params:", "parameters")
_DATASETS: Final = frozenset({"func", "inputs", "outputs", "name"})
_NODE: Final = re.compile(r"\b[nN]ode\s{0,4}\(")
_WEB: Final = ("http://", "https://")
_MOST_FILES: Final = 60


def pipelines_of(code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
    """Return the nodes of all pipelines of a project as one; each file adds its own.

    The whole project is told by the first of its files, so that what one pipeline writes is what
    another one reads.
    """
    root = _root(code.path)
    files = [path for path in sorted(others) if path.startswith(root) and _has_nodes(others[path])]
    if code.path not in files:
        files = [code.path]
    if code.path != files[0]:
        return []
    composer = _Kedro(code, others, catalog_of(others, root))
    for path in files[:_MOST_FILES]:
        composer.file(code if path == code.path else _other(others[path]))
    composer.join()
    name = root.rstrip("/").rpartition("/")[2] or file_name(code.path)
    return composer.pipeline(name, 1, frozenset({Trigger.MANUAL}))


class _Kedro(Composer):
    """Takes nodes."""

    format = "kedro"

    def __init__(self, code: PythonCode, others: Mapping[str, Text], catalog: Catalog) -> None:
        super().__init__(code, others)
        self.catalog = catalog
        self._makers: dict[str, list[str]] = {}  # by dataset
        self._takers: dict[str, list[str]] = {}  # by node

    def file(self, code: PythonCode | None) -> None:
        """Walk over what puts pipelines together in a file."""
        if code is None:
            return
        before = len(self.drafts)
        self.flow.module(code)
        for scope in code.survey.functions.values():
            if scope.name.rpartition(".")[2] in ("create_pipeline", "register_pipelines") or (
                len(self.drafts) == before
            ):
                self.flow.function(code, scope, {})

    def called(self, call: Called) -> Data | None:
        """Take `node(func, inputs, outputs)`."""
        if call.name not in _NODES:
            return None
        func = call.given.get(0, ("func",))
        body = (
            self.modules.function(func.name, call.here.code) if isinstance(func, Symbol) else None
        )
        inputs = list(_names(call.given.get(1, ("inputs",))))
        outputs = list(_names(call.given.get(2, ("outputs",))))
        function = body[1].name if body is not None else literal(func)
        name = literal(call.given.get(None, ("name",))) or function.rpartition(".")[2]
        rest = Given([], {k: v for k, v in call.given.named.items() if k not in _DATASETS})
        made = self.add(call, name, uses=f"kedro.node:{function}", given=rest)
        step = next(iter(made.tasks))
        self._takers[step] = [one for _, one in inputs]
        for _, one in outputs:
            self._makers.setdefault(one, []).append(step)
        self._data(step, call, inputs, outputs)
        draft = self.drafts[step]
        draft.body = body
        if body is not None:
            parameters = _parameters(body[1].node)
            for number, (key, one) in enumerate(inputs):
                known = parameters[number] if number < len(parameters) else ""
                if not one.startswith(_PARAMETERS):
                    draft.data[key or known] = Data(frozenset({self._reference(one).name}))
        return made

    def _data(
        self,
        step: str,
        call: Called,
        inputs: list[tuple[str, str]],
        outputs: list[tuple[str, str]],
    ) -> None:
        line = call.here.code.line(call.node)
        reads = (self._reference(one, line) for _, one in inputs if not one.startswith(_PARAMETERS))
        writes = (self._reference(one, line) for _, one in outputs)
        self.change([step], reads=references(reads), writes=references(writes))

    def _reference(self, dataset: str, line: int | None = None) -> Reference:
        known = self.catalog.get(dataset.partition("@")[0]) or self.catalog.get(dataset)
        if known is not None and known.name.startswith(_WEB):
            self._loaded(dataset, known)
            known = None
        return known or Reference(f"{INTERNAL}{dataset}", line)

    def _loaded(self, dataset: str, source: Reference) -> None:
        """Add a step that brings a dataset in from the web, once."""
        if dataset in self._makers:
            return
        name = self._names.unique(f"load {dataset}")
        handed = Reference(f"{INTERNAL}{dataset}", source.line)
        where = place(self.catalog.path or self.code.path, source.line)
        step = Step(name, where, uses="kedro.dataset", reads=(source,), writes=(handed,))
        self.drafts[name] = Draft(step)
        self._makers[dataset] = [name]

    def join(self) -> None:
        """Let each node come after those that make what it reads."""
        for step, datasets in self._takers.items():
            for one in datasets:
                self.order([step], [maker for maker in self._makers.get(one, []) if maker != step])


def _names(value: Value | None) -> Iterator[tuple[str, str]]:
    """Yield the datasets of a node, with the parameters that take them where it names those."""
    match value:
        case None | Plain():
            return
        case Items(items):
            for one in items[:64]:
                yield "", literal(one)
        case Table(pairs):
            for key, one in pairs[:64]:
                # In outputs, the key names what the function returns.
                yield literal(key), literal(one)
        case _:
            yield "", literal(value)


def _parameters(node: object) -> list[str]:
    arguments = getattr(node, "args", None)
    return [one.arg for one in getattr(arguments, "args", [])]


def _root(path: str) -> str:
    """Return the folder of a project: what stands before `src/`."""
    start, middle, _ = f"/{path}".rpartition("/src/")
    return f"{start}/".lstrip("/") if middle else ""


def _has_nodes(file: Text) -> bool:
    return (
        file.path.endswith(".py") and "kedro" in file.text and _NODE.search(file.text) is not None
    )


def _other(file: Text) -> PythonCode | None:
    try:
        return PythonCode(file.path, file.text)
    except UnreadableError:
        return None  # Told where that file is read itself.
