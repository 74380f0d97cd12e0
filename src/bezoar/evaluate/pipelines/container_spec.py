"""A container as Kubernetes writes it: what it runs, what it mounts, what it is given."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.pipelines.container_commands import container_commands, shell_flags
from bezoar.evaluate.pipelines.definition import Access, Command
from bezoar.evaluate.pipelines.inline_secrets import is_secret, of_script
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.access import at, entries, is_true, items, listed, text
from bezoar.syntax.nodes import Mapping, Node, Scalar

_PROGRAMS: Final = re.compile(
    r"(?:\S*/)?(?:python[0-9.]*|(?:ba|da|z|k|a)?sh|bezoar|dvc|mlflow|aws|gsutil|gcloud|az|make|git"
    r"|curl|wget|torchrun|accelerate|deepspeed|papermill|spark-submit|great_expectations|dbt|soda"
    r"|tini|env|conda|poetry|uv|pip)|\S+\.(?:py|sh)|\S*/\S*"
)
_SHARED: Final = ("persistentVolumeClaim", "hostPath", "nfs", "csi", "ephemeral")
_SHORT: Final = {"persistentVolumeClaim": "pvc", "ephemeral": "run"}
OF_ONE_RUN: Final = "run:"
"""What the name of a volume begins with that is made for one run, and gone after it."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume that outlives the container.

    Attributes:
        store: What it is, by name: `pvc:signs`.
        path: Where it lies in the container.
        access: Whether it may be written to.
    """

    store: str
    path: str
    access: Access


def commands(node: Node, fold: Callable[[str], str] = str) -> tuple[Command, ...]:
    """Return what a container or a script template runs.

    Raises:
        UnreadableError: A script in it has more commands than a person writes.
    """
    environment = variables(node, fold)
    words = _scalars(at(node, "command"))
    source = at(node, "source")
    folder = fold(text(node, "workingDir"))
    start = (Command(f"cd {folder}", node.line),) if folder.strip("./") else ()
    if isinstance(source, Scalar):
        program = words[0].text if words else "sh"
        if "python" in program:
            return (*start, Command(fold(source.text), source.line, "python"))
        errexit, pipefail = shell_flags([one.text for one in words[1:]])
        found = commands_of(
            fold(source.script),
            source.line,
            errexit=errexit or source.text.startswith("#!/bin/bash -e"),
            pipefail=pipefail,
            variables=environment,
        )
        return (*start, *found)
    arguments = _scalars(at(node, "args"))
    if not words and arguments and not _PROGRAMS.fullmatch(arguments[0].text.strip()):
        name = re.split(r"[@:]", text(node, "image").rpartition("/")[2])[0] or "entrypoint"
        first = arguments[0]
        words = [Scalar(name, first.line, first.line, name)]
    return (*start, *container_commands([*words, *arguments], fold, environment))


def variables(node: Node | None, fold: Callable[[str], str] = str) -> dict[str, str]:
    """Return a container's variables, those that hold a secret left out."""
    found = {text(one, "name"): fold(text(one, "value")) for one in items(at(node, "env"))}
    return {name: value for name, value in found.items() if value and not is_secret(name, value)}


def secrets(node: Node | None) -> Iterator[tuple[str, int]]:
    """Yield the name and the line of each secret that a container is given as plain text."""
    for one in items(at(node, "env")):
        name, value = text(one, "name"), at(one, "value")
        if isinstance(value, Scalar) and is_secret(name, value.text):
            yield name, value.line
    for part in ("command", "args", "source"):
        for scalar in _scalars(at(node, part)):
            yield from of_script(scalar.script, scalar.line)


def mounts(node: Node | None, stores: dict[str, tuple[str, bool]]) -> Iterator[Mount]:
    """Yield the volumes of a container that outlive it.

    Args:
        node: The container.
        stores: For each volume its store, and whether it can only be read.
    """
    for one in items(at(node, "volumeMounts")):
        known = stores.get(text(one, "name"))
        if known and (path := text(one, "mountPath")):
            read_only = known[1] or is_true(at(one, "readOnly"))
            yield Mount(known[0], path.rstrip("/"), Access.READ if read_only else Access.WRITE)


def stores_of(volumes: Node | None, claims: Node | None = None) -> dict[str, tuple[str, bool]]:
    """Return the volumes that outlive a container, by name, with the store behind each."""
    found: dict[str, tuple[str, bool]] = {}
    for one in items(volumes):
        name = text(one, "name")
        for kind in _SHARED:
            if (volume := at(one, kind)) is not None:
                what = (
                    text(volume, "claimName")
                    or text(volume, "path")
                    or text(volume, "driver")
                    or name
                )
                short = _SHORT.get(kind, kind)
                found[name] = f"{short}:{what}", is_true(at(volume, "readOnly"))
    for one in items(claims):
        name = text(one, "metadata", "name")
        found[name] = f"{OF_ONE_RUN}{name}", False
    return found


class MountPaths:
    """Gives each store one path, wherever containers mount it: its files have one name then."""

    def __init__(self) -> None:
        self._path_of: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def fold(self, value: str, mounted: list[Mount]) -> str:
        """Return a text with the paths of mounts as they are called elsewhere."""
        for mount in sorted(mounted, key=lambda one: -len(one.path)):
            path = self._path(mount)
            if path != mount.path and mount.path in value:
                value = re.sub(rf"(?<![\w/.-]){re.escape(mount.path)}(?![\w-])", path, value)
        return value

    def _path(self, mount: Mount) -> str:
        if mount.store not in self._path_of:
            owner = self._taken.setdefault(mount.path, mount.store)
            free = mount.path if owner == mount.store else "/" + mount.store.replace(":", "/")
            self._path_of[mount.store] = free
        return self._path_of[mount.store]


def containers_within(node: Node | None, depth: int = 0) -> Iterator[Mapping]:
    """Yield every container in a manifest, whatever kind of job it describes."""
    if depth > 30 or node is None:  # noqa: PLR2004 - no manifest is nested that deep
        return
    for key, value in entries(node):
        if key.text in ("containers", "initContainers"):
            yield from (one for one in items(value) if isinstance(one, Mapping))
        else:
            yield from containers_within(value, depth + 1)
    for item in items(node):
        yield from containers_within(item, depth + 1)


def _scalars(node: Node | None) -> list[Scalar]:
    return [one for one in listed(node) if isinstance(one, Scalar)]
