"""The graph that is drawn: steps, the data between them, and what is unsafe."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from bezoar.core.place import Place
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.journey.identity import INTERNAL
from bezoar.evaluate.journey.order import highest
from bezoar.evaluate.journey.overlapping import Overlapping
from bezoar.evaluate.pipelines.inline_secrets import hidden


class NodeKind(StrEnum):
    """What a node of the graph is."""

    SOURCE = "source"
    FETCH = "fetch"
    STORE = "store"
    TRANSFORM = "transform"
    VALIDATE = "validate"
    TRAIN = "train"
    GATE = "gate"
    REGISTER = "register"
    DEPLOY = "deploy"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph.

    Attributes:
        id: Unique in the journey.
        kind: What it is.
        label: For people.
        pipeline: Name of its pipeline; empty for sources and stores.
        place: Where it is written; None for sources and stores.
        home: The file of the definition that runs it; empty for sources and stores.
        step: Name of its step; empty for sources and stores.
    """

    id: str
    kind: NodeKind
    label: str
    pipeline: str = ""
    place: Place | None = None
    home: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow of the graph: data goes along it.

    Attributes:
        start: Id of a node.
        end: Id of a node.
        data: What goes along it; empty where it is order alone.
        fault: Why it is unsafe; empty where it is not.
    """

    start: str
    end: str
    data: str = ""
    fault: str = ""


_KINDS: Final = {
    Role.FETCH: NodeKind.FETCH,
    Role.TRANSFORM: NodeKind.TRANSFORM,
    Role.VALIDATE: NodeKind.VALIDATE,
    Role.TRAIN: NodeKind.TRAIN,
    Role.GATE: NodeKind.GATE,
    Role.REGISTER: NodeKind.REGISTER,
    Role.PROMOTE: NodeKind.DEPLOY,
    Role.OTHER: NodeKind.OTHER,
}


def graph_of(followed: Iterable[Followed]) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return the nodes and edges of all pipelines."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str, str], Edge] = {}
    for number, one in enumerate(followed):
        for node in _nodes(number, one):
            nodes.setdefault(node.id, node)
        for edge in _edges(number, one, nodes):
            key = edge.start, edge.end, edge.data
            if key not in edges or edge.fault:
                edges[key] = edge
    return tuple(nodes.values()), tuple(edges.values())


def _id(number: int, act: Act) -> str:
    return f"{number}/{hidden(act.step)}/{act.role}/{act.place.line or 0}"


def _shown(act: Act) -> bool:
    return act.role is not Role.OTHER


def _nodes(number: int, one: Followed) -> Iterator[Node]:
    for act in one.acts:
        if _shown(act):
            name, pipeline = hidden(act.name), hidden(one.pipeline.name)
            kind, home = _KINDS[act.role], act.defined.name
            step = hidden(act.step)
            yield Node(_id(number, act), kind, name, pipeline, act.place, home, step)


def _edges(number: int, one: Followed, nodes: dict[str, Node]) -> Iterator[Edge]:
    shown = [act for act in one.acts if _shown(act)]
    writing = Overlapping(act.writes if _shown(act) else () for act in one.acts)
    faults = {
        (id(act), name): str(way.fault)
        for training in one.trainings
        for way in training.unguarded
        for act in way.way
        for name in (act.reads or (way.source,))
    }
    for act in shown:
        for name in act.reads:
            before = writing.of(name) & one.order.before(act)
            writer = _id(number, one.acts[highest(before)]) if before else _store(name, nodes)
            yield Edge(writer, _id(number, act), _label(name), faults.get((id(act), name), ""))
        for name in act.writes:
            if "://" in name:
                yield Edge(_id(number, act), _store(name, nodes), _label(name))
    for first, second in pairwise(shown):
        if not second.reads and one.order.precedes(first, second):
            fault = faults.get((id(second), ""), "")
            yield Edge(_id(number, first), _id(number, second), "", fault)


def _store(name: str, nodes: dict[str, Node]) -> str:
    kind = (
        NodeKind.SOURCE
        if name.startswith(("http://", "https://", "git+", "hf://", "ftp://"))
        else NodeKind.STORE
    )
    key = f"data/{hidden(name)}"
    nodes.setdefault(key, Node(key, kind, _label(name)))
    return key


def _label(name: str) -> str:
    return hidden(name.removeprefix(INTERNAL).rpartition("|")[2])
