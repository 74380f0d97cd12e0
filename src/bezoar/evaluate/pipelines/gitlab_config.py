"""A GitLab configuration put together: includes, `extends`, `default`, `!reference`.

Source: docs.gitlab.com, "CI/CD YAML syntax reference", "Optimize configuration files".
"""

import posixpath
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.definition import Text
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.reading import bounded, is_commit, load
from bezoar.syntax.access import at, entries, fields, listed, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError

_GLOBAL: Final = frozenset(
    {"stages", "include", "variables", "default", "workflow", "image", "services", "cache"}
    | {"before_script", "after_script", "spec", "types"}
)
_INPUT: Final = re.compile(r"\$\[\[\s*inputs\.([\w-]{1,100})[^\]]{0,200}\]\]")
_DEEPEST: Final = 11  # GitLab's own limit for `extends`; references may nest ten deep.
_MOST_INCLUDES: Final = 150  # GitLab's own limit, too.
_MOST_MERGED: Final = 300_000
_MOST_MATCHED: Final = 20_000


class Config:
    """One configuration with all that it includes.

    Attributes:
        path: The file that it begins with.
        top: What holds for all jobs, by keyword.
        jobs: By name, whole.
        files: The file that each job is defined in.
        found: What could not be read, or is not there.
    """

    def __init__(self, path: str, others: Mapping[str, Text], root: str) -> None:
        self.path = path
        self.others = others
        self.root = root
        self.top: dict[str, Node] = {}
        self.jobs: dict[str, Node] = {}
        self.files: dict[str, str] = {}
        self.found: list[Finding] = []
        self._raw: dict[str, Node] = {}
        self._whole: dict[str, Node] = {}
        self._left = _MOST_MERGED
        self._includes = 0

    def read(self, file: Text) -> "Config":
        """Read the file and what it includes.

        Raises:
            UnreadableError: It is no YAML, or merging it would take too long.
        """
        self._add(file, (), {})
        bounded(len(self._raw))
        for name, node in self._raw.items():
            whole = self._extended(name, node, ())
            if name.startswith("."):
                continue
            if not isinstance(whole, Map):
                self._fault(name, "it is no mapping", node)
            elif _is_job(whole):
                self.jobs[name] = self._with_defaults(whole)
        return self

    def _say(self, finding: Finding) -> None:
        self.found.append(finding)

    def _add(self, file: Text, including: tuple[str, ...], inputs: Mapping[str, Node]) -> None:
        documents = load(file)
        spec = documents[0] if len(documents) > 1 else None
        root = documents[-1] if documents else None
        if not isinstance(root, Map):
            raise UnreadableError("a configuration is a mapping of jobs, and this is none")
        declared = entries(at(spec, "spec", "inputs"))
        known = {key.text: text(value, "default") for key, value in declared}
        known |= {key: value.text for key, value in inputs.items() if isinstance(value, Scalar)}
        for one in listed(at(root, "include")):
            self._include(one, file, (*including, file.path))
        for key, value in root.entries:
            node = self._folded(value, known) if known else value
            if key.text in _GLOBAL:
                before = self.top.get(key.text)
                self.top[key.text] = self._merged(before, node)
            elif key.text:
                self._raw[key.text] = self._merged(self._raw.get(key.text), node)
                self.files[key.text] = file.path

    def _include(self, node: Node, file: Text, including: tuple[str, ...]) -> None:
        """Read one entry of `include`, or say that it is elsewhere."""
        name = node.text if isinstance(node, Scalar) else text(node, "local")
        line = node.line
        remote = "://" in name or not name
        if remote:
            if not _is_fixed(node):
                shown = " ".join(texts(at(node, "file"))) or text(node, "project")
                what = name or text(node, "remote") or shown or text(node, "component") or "a part"
                self._say(missing(file.path, what, line))
            return
        paths = self._paths(name.strip().lstrip("/"))
        if not paths:
            self._say(missing(file.path, name, line))
        for path in paths:
            self._includes += 1
            if path in including:
                self._say(cyclic(file.path, name, line))
            elif self._includes > _MOST_INCLUDES:
                raise UnreadableError(f"more than {_MOST_INCLUDES} includes")
            else:
                try:
                    self._add(self.others[path], including, fields(at(node, "inputs")))
                except UnreadableError as error:
                    self._say(unreadable(path, str(error)))

    def _paths(self, name: str) -> list[str]:
        full = posixpath.normpath(self.root + name)
        if "*" not in name:
            return [full] if full in self.others else []
        candidates = list(self.others)[:_MOST_MATCHED]
        return sorted(path for path in candidates if fnmatchcase(path, full))[:_MOST_INCLUDES]

    def _extended(self, name: str, node: Node, extending: tuple[str, ...]) -> Node:
        """Return a job with what it extends."""
        if name in self._whole:
            return self._whole[name]
        if not isinstance(node, Map):
            return node
        base: Node | None = None
        for parent in texts(at(node, "extends")):
            if parent in (*extending, name):
                self._say(cyclic(self.files.get(name, self.path), name, node.line))
            elif len(extending) > _DEEPEST:
                self._fault(name, "it extends more than eleven levels", node)
            elif parent in self._raw:
                inner = self._extended(parent, self._raw[parent], (*extending, name))
                base = self._merged(base, inner)
            else:
                self._say(missing(self.files.get(name, self.path), parent, node.line))
        whole = self._merged(base, self._dereferenced(node, 0))
        if not extending or len(extending) <= _DEEPEST:
            self._whole[name] = whole
        return whole

    def _dereferenced(self, node: Node, depth: int) -> Node:
        """Return a node with what its `!reference` tags stand for."""
        self._spend(1)
        if isinstance(node, Map):
            changed = [(key, self._dereferenced(value, depth)) for key, value in node.entries]
            return Map(node.line, changed)
        if not isinstance(node, Sequence):
            return node
        if node.tag == "!reference":
            return self._referenced(node, depth)
        found: list[Node] = []
        for item in node.items:
            inner = self._dereferenced(item, depth)
            # A list within a list of commands is flattened, as GitLab does.
            found += inner.items if isinstance(inner, Sequence) else [inner]
        self._spend(len(found))
        return Sequence(node.line, found)

    def _referenced(self, node: Sequence, depth: int) -> Node:
        path = texts(node)
        start = self._raw.get(path[0]) if path else None
        target = at(start, *path[1:]) if start is not None else at(Map(0, [*self._top()]), *path)
        if target is None or depth > _DEEPEST:
            self._fault(".".join(path), "what it refers to is not there, or refers on", node)
            return Sequence(node.line)
        return self._dereferenced(target, depth + 1)

    def _top(self) -> list[tuple[Scalar, Node]]:
        return [(Scalar(name, 0, 0, name), node) for name, node in self.top.items()]

    def _with_defaults(self, job: Node) -> Node:
        """Return a job with what `default` and the old global keywords give it."""
        if text(job, "inherit", "default") == "false":
            return job
        given: dict[str, Node] = {}
        given.update((name, self.top[name]) for name in _OLD if name in self.top)
        given.update(fields(self.top.get("default")))
        own = fields(job)
        added = [(Scalar(k, v.line, v.line, k), v) for k, v in given.items() if k not in own]
        return Map(job.line, [*entries(job), *added]) if added else job

    def _merged(self, base: Node | None, over: Node) -> Node:
        """Merge as GitLab does: mappings key by key, all else is replaced."""
        if not isinstance(base, Map) or not isinstance(over, Map):
            return over
        self._spend(len(base.entries) + len(over.entries))
        own = {key.text: (key, value) for key, value in base.entries}
        for key, value in over.entries:
            known = own.get(key.text)
            own[key.text] = key, self._merged(known[1] if known else None, value)
        return Map(over.line, list(own.values()))

    def _folded(self, node: Node, known: Mapping[str, str]) -> Node:
        """Return a node with the values of a template's inputs."""
        self._spend(1)
        if isinstance(node, Map):
            return Map(node.line, [(k, self._folded(v, known)) for k, v in node.entries])
        if isinstance(node, Sequence):
            return Sequence(node.line, [self._folded(v, known) for v in node.items], node.tag)
        folded = _INPUT.sub(lambda found: known.get(found[1], f"{{{found[1]}}}"), node.text)
        if folded == node.text:
            return node
        return Scalar(folded, node.line, node.end_line, folded, node.plain)

    def _fault(self, name: str, why: str, node: Node) -> None:
        self._say(unreadable(self.files.get(name, self.path), f"{name}: {why}", node.line))

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise UnreadableError("what it extends and refers to comes to more than people write")


_OLD: Final = ("image", "services", "cache", "before_script", "after_script")


def _is_job(node: Node) -> bool:
    names = {key.text for key, _ in entries(node)}
    return not names.isdisjoint({"script", "trigger", "run", "extends", "stage", "needs"})


def _is_fixed(node: Node) -> bool:
    """Say whether what is included cannot change: a full commit, or GitLab's own templates."""
    if text(node, "template") or text(node, "integrity"):
        return True
    component = text(node, "component")
    return is_commit(text(node, "ref")) or is_commit(component.rpartition("@")[2])
