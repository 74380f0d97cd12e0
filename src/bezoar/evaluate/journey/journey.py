"""`Journey`: the way of the data through every pipeline of a tree, as a graph."""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bezoar.evaluate.journey.arrivals import Arrival
from bezoar.evaluate.journey.declared import may_declare
from bezoar.evaluate.journey.following import Followed, follow
from bezoar.evaluate.journey.graph import Edge, Node, graph_of
from bezoar.evaluate.journey.identity import is_public_web
from bezoar.evaluate.journey.library import library_of
from bezoar.evaluate.pipelines.definition import Pipeline, Text

_RUN_BY_OTHERS: Final = frozenset({"python", "shell", "makefile", "mlproject"})
_WORD: Final = re.compile(r"[\w.-]+")
_SCRIPTS: Final = frozenset({"python", "shell"})
_RULES_OF_REVIEW: Final = frozenset({"CODEOWNERS"})


@dataclass(frozen=True, slots=True)
class Journey:
    """The way of the data through every pipeline of a tree.

    Attributes:
        followed: Each pipeline that nothing else runs.
        pipelines: All of them, as their definitions say.
        arrivals: Where data comes in.
        files: Paths of the tree.
        texts: Of the small files that rules look into (CODEOWNERS and the like), by path.
        nodes: Of the graph.
        edges: Of the graph.
        declaring: The definitions, and what else may give a name of theirs a value, by path.
        looked_at: Lines of which the scan already said what they fetch, and whether that is data.
        is_public: Says whether an address is one that the world can ask, and no mirror of the team.
    """

    followed: tuple[Followed, ...]
    pipelines: tuple[Pipeline, ...]
    arrivals: tuple[Arrival, ...] = ()
    files: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    declaring: Mapping[str, str] = field(default_factory=dict)
    looked_at: frozenset[tuple[str, int]] = frozenset()
    is_public: Callable[[str], bool] = is_public_web

    def arriving(self, one: Followed) -> list[Arrival]:
        """Return where data comes in along one pipeline."""
        files = one.files
        return [arrival for arrival in self.arrivals if arrival.path in files]


def build(
    pipelines: Iterable[Pipeline],
    arrivals: Iterable[Arrival] = (),
    files: Mapping[str, Text] | None = None,
    *,
    validators: Iterable[str] = (),
    looked_at: Iterable[tuple[str, int]] = (),
    is_public: Callable[[str], bool] = is_public_web,
) -> Journey:
    """Return the way of the data through every pipeline.

    Args:
        pipelines: What the parsers made of the definitions.
        arrivals: Where data comes in, as a scan saw it.
        files: The files of the tree, by path.
        validators: Programs, scripts and calls of the team's own that count as validators.
        looked_at: Path and line of all that the scan saw, data or not.
        is_public: Says whether an address is one that the world can ask, and no mirror of the team.
    """
    known, given = tuple(pipelines), files or {}
    library = library_of(known, validators)
    followed = [follow(one, library) for one in known]
    run = {name for one in followed for name in one.runs if name != one.pipeline.place.name}
    run |= _mentioned(known, given)
    alone = tuple(
        one
        for one in followed
        if not (
            one.pipeline.format in _RUN_BY_OTHERS
            and (one.pipeline.place.name in run or not (one.trains or one.given_up))
        )
    )
    texts = {
        path: file.text
        for path, file in given.items()
        if posixpath.basename(path) in _RULES_OF_REVIEW
    }
    homes = {one.pipeline.place.name for one in alone}
    declaring = {
        path: file.text for path, file in given.items() if path in homes or may_declare(path)
    }
    nodes, edges = graph_of(alone)
    return Journey(
        followed=alone,
        pipelines=known,
        arrivals=tuple(arrivals),
        files=frozenset(given),
        texts=texts,
        nodes=nodes,
        edges=edges,
        declaring=declaring,
        looked_at=frozenset(looked_at),
        is_public=is_public,
    )


def _mentioned(pipelines: Iterable[Pipeline], files: Mapping[str, Text]) -> set[str]:
    """Return the scripts whose names stand in a definition: it runs them in a way of its own."""
    homes = {one.place.name for one in pipelines if one.format not in _SCRIPTS}
    words = {word for home in homes if home in files for word in _WORD.findall(files[home].text)}
    scripts = {one.place.name for one in pipelines if one.format in _SCRIPTS}
    return {name for name in scripts if posixpath.basename(name) in words}
