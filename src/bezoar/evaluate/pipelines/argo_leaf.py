"""Argo's templates that run something: containers, scripts, manifests, requests.

Source: argo-workflows.readthedocs.io, "Field Reference".
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.core.place import Place
from bezoar.evaluate.pipelines import container_spec
from bezoar.evaluate.pipelines.container_spec import Mount, MountPaths
from bezoar.evaluate.pipelines.definition import Command, Reference, Step
from bezoar.evaluate.pipelines.reading import INTERNAL, image_of, is_commit
from bezoar.syntax.access import at, items, text
from bezoar.syntax.nodes import Node, Scalar
from bezoar.syntax.unreadable import UnreadableError
from bezoar.syntax.yaml_tree import documents

_OUTPUT: Final = re.compile(
    r"\{\{-?\s*=?\s*(?:tasks|steps)\.([\w-]{1,100})\.outputs\.(?:parameters\.|artifacts\.)?([\w-]{1,100})"
)
_PINNING: Final = re.compile(
    r"sha256|digest|hash|checksum|revision|commit|md5|[0-9a-f]{40}", re.IGNORECASE
)
_REFERENCE: Final = re.compile(r"\{\{-?\s*=?\s*([^{}]{0,300}?)\s*-?\}\}")


@dataclass
class Scope:
    """What a template sees.

    Attributes:
        parameters: Literal values by the expression that names them.
        artifacts: The artifacts that it is given, by name.
        outputs: What the steps beside it hand over: by step and artifact.
    """

    parameters: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, tuple[Reference, ...]] = field(default_factory=dict)
    outputs: dict[tuple[str, str], tuple[Reference, ...]] = field(default_factory=dict)

    def fold(self, value: str) -> str:
        """Put literal values into a text, and `{name}` for what is decided elsewhere."""
        if "{{" not in value:
            return value
        return _REFERENCE.sub(
            lambda found: self.parameters.get(found[1], f"{{{found[1] or 'expression'}}}"), value
        )

    def named(self, value: str) -> tuple[Reference, ...]:
        """Return the artifacts that an expression stands for."""
        found: list[Reference] = []
        for step, output in _OUTPUT.findall(value):
            found += self.outputs.get((step, output), ())
        if given := re.search(r"\{\{\s*inputs\.artifacts\.([\w-]{1,100})\s*\}\}", value):
            found += self.artifacts.get(given[1], ())
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a template that runs something comes to.

    Attributes:
        step: The step, with its name still to be given.
        outputs: What it hands over, by name.
    """

    step: Step
    outputs: dict[str, tuple[Reference, ...]]


def leaf(
    template: Node,
    where: Place,
    name: str,
    scope: Scope,
    volumes: tuple[dict[str, tuple[str, bool]], MountPaths],
) -> Leaf:
    """Return a template as one step.

    Args:
        template: It.
        where: Its place.
        name: Of the step.
        scope: What it sees.
        volumes: The stores behind its volumes, and the paths that they go by.

    Raises:
        UnreadableError: A script in it has more commands than a person writes.
    """
    stores, paths = volumes
    containers = list(_containers(template))
    mounted = [one for node in containers for one in container_spec.mounts(node, stores)]

    def fold(value: str) -> str:
        return paths.fold(scope.fold(value), mounted)

    found: list[Command] = []
    for node in containers:
        found += container_spec.commands(node, fold)
    images = [one for node in containers if isinstance(one := at(node, "image"), Scalar)]
    image = image_of(scope.fold(images[0].text), images[0].line) if images else None
    outputs, writes = _outputs(template, name, scope)
    memoize = at(template, "memoize")
    step = Step(
        name=name,
        place=where,
        commands=tuple(found),
        uses=_uses(template),
        image=image,
        reads=tuple(_reads(template, scope)),
        writes=writes,
        cached=memoize is not None,
        cache_key_pins=_PINNING.search(text(memoize, "key")) is not None,
        identity=scope.fold(text(template, "serviceAccountName")),
        access={
            one.store: one.access
            for one in _weakest_first(mounted)
            # What no later run sees, nobody can poison for it.
            if not one.store.startswith(container_spec.OF_ONE_RUN)
        },
        secrets=tuple(one for node in containers for one in container_spec.secrets(node)),
        workspace="volumes" if mounted else name,
    )
    return Leaf(step, outputs)


def _weakest_first(mounted: list[Mount]) -> list[Mount]:
    return sorted(mounted, key=lambda one: one.access == "write")


def _containers(template: Node) -> Iterator[Node]:
    """Yield the containers of a template in the order in which they start."""
    yield from items(at(template, "initContainers"))
    for kind in ("container", "script"):
        if (node := at(template, kind)) is not None:
            yield node
    yield from items(at(template, "containerSet", "containers"))
    manifest = at(template, "resource", "manifest")
    if isinstance(manifest, Scalar) and manifest.text.strip():
        try:
            for document in documents(manifest.text, shared=True):
                yield from container_spec.containers_within(document)
        except UnreadableError:
            return


def _uses(template: Node) -> str:
    for kind in ("suspend", "http", "resource", "plugin", "data"):
        if at(template, kind) is not None:
            return f"argo.{kind}"
    return ""


def _reads(template: Node, scope: Scope) -> Iterator[Reference]:
    for one in items(at(template, "inputs", "artifacts")):
        name, path = text(one, "name"), text(one, "path")
        for given in scope.artifacts.get(name, ()) or tuple(stored(one, scope.fold)):
            yield Reference(given.name, given.line, pinned=given.pinned, path=path)
    for one in items(at(template, "inputs", "parameters")):
        yield from scope.artifacts.get(f"parameter:{text(one, 'name')}", ())
    if url := scope.fold(text(template, "http", "url")):
        yield Reference(url, template.line)
    data = at(template, "data", "source", "artifactPaths")
    yield from stored(data, scope.fold)


def _outputs(
    template: Node, name: str, scope: Scope
) -> tuple[dict[str, tuple[Reference, ...]], tuple[Reference, ...]]:
    """Return what a template hands over, and all that it writes."""
    handed: dict[str, tuple[Reference, ...]] = {}
    writes: list[Reference] = []
    for kind in ("artifacts", "parameters"):
        for one in items(at(template, "outputs", kind)):
            output = text(one, "name")
            path = text(one, "path") or text(one, "valueFrom", "path")
            reference = Reference(f"{INTERNAL}{name}.{output}", one.line, path=path)
            handed[output] = (reference,)
            writes.append(reference)
            writes += (
                Reference(at_store.name, one.line, path=path)
                for at_store in stored(one, scope.fold)
            )
    handed["result"] = (Reference(f"{INTERNAL}{name}.result", template.line),)
    return handed, tuple(writes)


def stored(node: Node | None, fold: Callable[[str], str]) -> Iterator[Reference]:
    """Yield where an artifact lies outside the workflow."""
    if node is None:
        return
    path = text(node, "path")
    if (s3 := at(node, "s3")) is not None and text(s3, "key"):
        bucket = fold(text(s3, "bucket")) or "{artifact-repository}"
        yield Reference(f"s3://{bucket}/{fold(text(s3, 'key'))}", s3.line, path=path)
    for kind, scheme in (("gcs", "gs"), ("oss", "oss")):
        if (store := at(node, kind)) is not None and text(store, "key"):
            bucket = fold(text(store, "bucket")) or "{artifact-repository}"
            yield Reference(
                f"{scheme}://{bucket}/{fold(text(store, 'key'))}", store.line, path=path
            )
    if url := fold(text(node, "http", "url") or text(node, "artifactory", "url")):
        yield Reference(url, node.line, path=path)
    if (azure := at(node, "azure")) is not None and text(azure, "blob"):
        where = f"{text(azure, 'endpoint')}/{text(azure, 'container')}/{text(azure, 'blob')}"
        yield Reference(fold(where), azure.line, path=path)
    if (hdfs := at(node, "hdfs")) is not None and text(hdfs, "path"):
        yield Reference(fold(f"hdfs://{text(hdfs, 'path')}"), hdfs.line, path=path)
    if repository := fold(text(node, "git", "repo")):
        revision = fold(text(node, "git", "revision"))
        name = f"git+{repository}" + (f"@{revision}" if revision else "")
        yield Reference(name, node.line, pinned=is_commit(revision), path=path)
