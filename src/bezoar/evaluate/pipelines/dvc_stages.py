"""DVC: the stages of dvc.yaml, pinned where dvc.lock or a .dvc file holds a hash.

Source: dvc.org/doc/user-guide/project-structure.
"""

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Reference, Step, Text, Trigger
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.inline_secrets import of_script
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import (
    MOST_STEPS,
    Names,
    bounded,
    file_name,
    guarded,
    load,
    place,
)
from bezoar.evaluate.pipelines.shell_commands import commands_of, shifted
from bezoar.syntax.access import at, entries, fields, items, listed, text
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError

_VALUE: Final = re.compile(r"(?<!\\)\$\{\s*([\w.\[\]@-]{1,200})\s*\}")
_HASHES: Final = ("md5", "sha256", "etag", "checksum", "files")
_REMOTE: Final = re.compile(r"[a-z][a-z0-9+]*://")
_MOST_EDGES: Final = 200_000
_ROUNDS: Final = 4


class Dvc:
    """Reads dvc.yaml."""

    format = "dvc"

    def claims(self, file: Text) -> bool:
        """Say whether a file is called dvc.yaml."""
        return file_name(file.path) == "dvc.yaml"

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the stages as one pipeline."""
        return guarded(file, self.format, lambda: _Stages(file, others).pipelines())


@dataclass(frozen=True)
class _Stage:
    """One stage, written out."""

    name: str
    node: Node
    values: Mapping[str, Node]


class _Stages:
    """Turns stages into steps."""

    def __init__(self, file: Text, others: Mapping[str, Text]) -> None:
        self.file = file
        self.others = others
        self.folder = posixpath.dirname(file.path)
        self.found: list[Finding] = []
        self.values: dict[str, Node] = {}
        self.locked: dict[str, bool] = {}

    def pipelines(self) -> list[Pipeline]:
        """Return the pipeline; none where the file has no stages."""
        documents = load(self.file)
        root = documents[0] if documents else None
        if not isinstance(root, Map):
            raise UnreadableError("dvc.yaml is a mapping, and this is none")
        self._variables(root)
        self._lock()
        stages = list(self._written_out(at(root, "stages")))
        if not stages and not self.found:
            return []
        names = Names()
        steps = {stage.name: self._step(stage, names) for stage in stages}
        after = self._after(steps)
        order = in_order(after, lambda name: self._say(self._cycle(name, steps[name])))
        return [
            Pipeline(
                name=self.file.path,
                format=Dvc.format,
                place=place(self.file.path),
                steps=tuple(
                    replace(steps[one], after=tuple(steps[name].name for name in after[one]))
                    for one in order
                ),
                triggers=frozenset({Trigger.MANUAL}),
                found=tuple(self.found),
            )
        ]

    def _cycle(self, name: str, step: Step) -> Finding:
        return cyclic(self.file.path, f"the stage {name}", step.place.line)

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _variables(self, root: Map) -> None:
        """Read `vars` and params.yaml."""
        named = [posixpath.join(self.folder, "params.yaml")]
        for one in items(at(root, "vars")):
            if isinstance(one, Scalar):
                path = posixpath.normpath(posixpath.join(self.folder, one.text.partition(":")[0]))
                named.append(path)
                if path not in self.others:
                    self._say(missing(self.file.path, one.text, one.line))
            else:
                self.values.update(fields(one))
        for path in named:
            other = self.others.get(path)
            if other is None or not path.endswith((".yaml", ".yml", ".json")):
                continue
            try:
                documents = load(other)
            except UnreadableError as error:
                self._say(unreadable(path, str(error)))
                continue
            for name, value in fields(documents[0] if documents else None).items():
                self.values.setdefault(name, value)

    def _lock(self) -> None:
        """Read which paths dvc.lock and .dvc files hold a hash for."""
        lock = self.others.get(posixpath.join(self.folder, "dvc.lock"))
        if lock is None:
            return
        try:
            documents = load(lock)
        except UnreadableError as error:
            self._say(unreadable(lock.path, str(error)))
            return
        stages = at(documents[0], "stages") if documents else None
        for _, stage in entries(stages):
            for kind in ("deps", "outs"):
                for one in items(at(stage, kind)):
                    path = self._path(text(one, "path"), ".")
                    held = any(at(one, name) is not None for name in _HASHES)
                    self.locked[path] = held and self.locked.get(path, True)

    def _written_out(self, node: Node | None) -> Iterator[_Stage]:
        count = 0
        for key, stage in entries(node):
            if not isinstance(stage, Map):
                self._say(unreadable(self.file.path, f"{key.text}: no mapping", stage.line))
                continue
            for one in self._instances(key.text, stage):
                count += 1
                bounded(count)
                yield one

    def _instances(self, name: str, stage: Map) -> Iterator[_Stage]:
        """Yield a stage once for each item of `foreach`, or each combination of `matrix`."""
        over, axes = at(stage, "foreach"), at(stage, "matrix")
        if over is not None:
            body = at(stage, "do") or Map(stage.line)
            for key, value in self._items(over):
                given = {"item": value}
                if not isinstance(over, Sequence):
                    given["key"] = Scalar(key, value.line, value.line, key)
                yield _Stage(f"{name}@{key}", body, given)
        elif isinstance(axes, Map):
            names = [axis.text for axis, _ in axes.entries]
            values = [list(self._items(value)) for _, value in axes.entries]
            for combination in itertools.islice(itertools.product(*values), MOST_STEPS + 1):
                chosen = [
                    (Scalar(axis, 1, 1, axis), value)
                    for axis, (_, value) in zip(names, combination, strict=True)
                ]
                label = "-".join(key for key, _ in combination)
                yield _Stage(f"{name}@{label}", stage, {"item": Map(stage.line, chosen)})
        else:
            yield _Stage(name, stage, {})

    def _items(self, node: Node) -> Iterator[tuple[str, Node]]:
        if isinstance(node, Scalar) and (whole := _VALUE.fullmatch(node.text.strip())):
            node = self._lookup(whole[1], {}) or Sequence(node.line, [node])
        if isinstance(node, Map):
            yield from ((key.text, value) for key, value in node.entries)
            return
        for number, value in enumerate(listed(node)):
            yield (value.text if isinstance(value, Scalar) else str(number)), value

    def _step(self, stage: _Stage, names: Names) -> Step:
        node = stage.node
        folder = self._fold(text(node, "wdir"), stage.values) or "."
        commands: list[Command] = []
        secrets: list[tuple[str, int]] = []
        for one in listed(at(node, "cmd")):
            if isinstance(one, Scalar):
                # Each goes to a shell of its own, which has no `set -e`.
                script = self._fold(one.script, stage.values)
                found = commands_of(script, one.line, errexit=False)
                commands += shifted(found, commands)
                secrets += of_script(one.script, one.line)
        if not commands:
            self._say(unreadable(self.file.path, f"{stage.name}: no command", node.line))
        where = posixpath.normpath(posixpath.join(self.folder, folder))
        if where.strip("./"):
            commands.insert(0, Command(f"cd {where}", node.line))
        outs = [one for kind in ("outs", "metrics", "plots") for one in items(at(node, kind))]
        return Step(
            name=names.unique(stage.name),
            place=place(self.file.path, node.line),
            commands=tuple(commands),
            image=image_within(commands),
            reads=tuple(self._references(items(at(node, "deps")), folder, stage.values)),
            writes=tuple(self._references(outs, folder, stage.values)),
            secrets=tuple(secrets),
            workspace="repository",
        )

    def _references(
        self, nodes: list[Node], folder: str, values: Mapping[str, Node]
    ) -> Iterator[Reference]:
        for one in nodes:
            named = one if isinstance(one, Scalar) else next((k for k, _ in entries(one)), None)
            if named is None or not named.text.strip():
                continue
            path = self._path(self._fold(named.text, values), folder)
            yield Reference(path, named.line, pinned=self._is_pinned(path))

    def _is_pinned(self, path: str) -> bool:
        if path in self.locked:
            return self.locked[path]
        tracked = self.others.get(f"{path}.dvc")
        return tracked is not None and re.search(r"\bmd5:\s*[0-9a-f]{32}", tracked.text) is not None

    def _path(self, name: str, folder: str) -> str:
        if _REMOTE.match(name) or name.startswith("/"):
            return name
        return posixpath.normpath(posixpath.join(self.folder, folder, name))

    def _after(self, steps: Mapping[str, Step]) -> dict[str, list[str]]:
        """Return the stages that each one waits for: those that write what it reads."""
        makers: dict[str, list[str]] = {}
        for name, step in steps.items():
            for reference in step.writes:
                for path in _with_parents(reference.name):
                    makers.setdefault(path, []).append(name)
        exact = {ref.name: name for name, step in steps.items() for ref in step.writes}
        left = _MOST_EDGES
        found: dict[str, list[str]] = {}
        for name, step in steps.items():
            before: dict[str, None] = {}
            for reference in step.reads:
                inside = makers.get(reference.name, [])
                left -= len(inside)
                if left < 0:
                    raise UnreadableError("its stages wait for one another too often")
                above = [exact[one] for one in _with_parents(reference.name) if one in exact]
                before |= dict.fromkeys([*inside, *above])
            # What a stage writes below what it reads itself is no cycle of stages.
            found[name] = [one for one in before if one != name]
        return found

    def _fold(self, value: str, values: Mapping[str, Node]) -> str:
        for _ in range(_ROUNDS):
            if "${" not in value or len(value) > 1 << 16:
                break
            value = _VALUE.sub(lambda found: self._value(found[1], values), value)
        return value

    def _value(self, name: str, values: Mapping[str, Node]) -> str:
        found = self._lookup(name, values)
        return found.text[:4096] if isinstance(found, Scalar) else f"{{{name}}}"

    def _lookup(self, name: str, values: Mapping[str, Node]) -> Node | None:
        parts = re.findall(r"[\w@-]+", name)
        node: Node | None = values.get(parts[0]) or self.values.get(parts[0]) if parts else None
        for part in parts[1:]:
            inner = items(node)
            if inner and part.isdecimal():
                node = inner[int(part)] if len(part) < 7 and int(part) < len(inner) else None  # noqa: PLR2004
            else:
                node = at(node, part)
        return node


def _with_parents(path: str) -> Iterator[str]:
    """Yield a path and the folders that it lies in, up to thirty."""
    for _ in range(30):
        yield path
        path = posixpath.dirname(path)
        if not path or path == "/" or path.endswith(":"):
            return


PARSER: Final = Dvc()
