"""What a reader sees of a flagged group: its pictures, its peers, and what it shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.place import PlaceKind
from bezoar.report.charts import Gauge, gauge
from bezoar.report.panels import Panel, shared_panels, shared_sentence
from bezoar.report.pictures import Album, Tile
from bezoar.report.residual import Shared, shared_residual
from bezoar.report.wording import Step, clipped, counted, figure, group_title, quoted, steps_of

if TYPE_CHECKING:
    from bezoar.expose.inspection import Group, Inspection

FLAGGED_SHOWN = 24
PEERS_SHOWN = 12
NAMES_SHOWN = 100
_COMPARED = 200  # flagged pictures that the residual is taken over; more would change nothing seen
_ORDINARY = 600  # and ordinary ones that it is taken against


@dataclass(frozen=True, slots=True)
class Board:
    """A set of pictures under one title."""

    title: str
    kind: str
    tiles: tuple[Tile, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What the page shows of one group; every text is escaped for a line and clipped."""

    title: str
    title_of_one: str
    code: str
    rule: str
    why: str
    messages: tuple[str, ...]
    statistic: str
    threshold: str
    gauge: Gauge | None
    boards: tuple[Board, ...]
    shared: str
    panels: tuple[Panel, ...]
    names: tuple[tuple[str, str], ...]
    more_names: int
    steps: tuple[Step, ...]


def exhibit(inspection: "Inspection", group: "Group", album: Album) -> Exhibit:
    """Gather what the page shows of a group.

    Args:
        inspection: Holds the table and the findings.
        group: One of its groups.
        album: Where the pictures come from.
    """
    rule = next((o.rule for o in inspection.outcomes if o.rule.code == group.code), None)
    findings = _findings_of(inspection, group)
    scores = dict(
        inspection.table.filter(pl.col("path").is_in(list(group.ids)))
        .select("path", "score")
        .iter_rows()
    )
    names, pictures = album.stack([*group.ids[:_COMPARED], *_alike(inspection.table, group)])
    count = len({*names} & {*group.ids})
    ordinary, flagged_pictures = names[count:], pictures[:count]
    shared = shared_residual(flagged_pictures, pictures[count:], np.random.default_rng(0))
    twins = _twins(shared, ordinary) if shared else _spread(ordinary, PEERS_SHOWN)
    boards = _boards(inspection.table, group, scores, twins, album)
    panels = shared_panels(shared, flagged_pictures, album) if shared else ()
    album.forget()
    return Exhibit(
        title=group_title(group),
        title_of_one=f"One of {counted(len(group.ids), 'sample')} labelled {quoted(group.label)}",
        code=group.code,
        rule=rule.title if rule else "",
        why=rule.why if rule else "",
        messages=tuple(clipped(finding.message, 400) for finding in findings[:3]),
        statistic=figure(group.statistic),
        threshold=figure(group.threshold),
        gauge=gauge(group.statistic, group.threshold),
        boards=boards,
        shared=shared_sentence(shared, group),
        panels=panels,
        names=tuple((clipped(i), figure(scores.get(i))) for i in group.ids[:NAMES_SHOWN]),
        more_names=max(0, len(group.ids) - NAMES_SHOWN),
        steps=steps_of(findings),
    )


def _findings_of(inspection: "Inspection", group: "Group") -> list[Finding]:
    same = [finding for finding in inspection.findings if finding.code == group.code]
    here = [
        finding
        for finding in same
        if finding.place.kind is PlaceKind.CLASS and finding.place.name == group.label
    ]
    return here or same


def _alike(table: pl.DataFrame, group: "Group") -> list[str]:
    """Return ordinary samples of the class, or classes, that the group resembles."""
    if group.resembles is not None:
        classes = [group.resembles]
    else:
        rows = table.filter(pl.col("path").is_in(list(group.ids)))
        classes = rows["resembles"].drop_nulls().unique().sort().to_list()
    rows = table.filter(~pl.col("flagged") & pl.col("label").is_in(classes))
    return _spread(rows["path"].sort().to_list(), _ORDINARY)


def _own(table: pl.DataFrame, group: "Group") -> list[str]:
    """Return ordinary samples of the class that the group is labelled as, the calmer half."""
    rows = table.filter(~pl.col("flagged") & pl.col("label").eq_missing(group.label))
    calm = rows.filter((pl.col("score") <= pl.col("score").median()).fill_null(value=True))
    return _spread(calm["path"].sort().to_list(), PEERS_SHOWN)


def _spread(names: Sequence[str], count: int) -> list[str]:
    """Return at most `count` names, evenly from first to last."""
    if len(names) <= count:
        return list(names)
    return [names[i] for i in np.linspace(0, len(names) - 1, count).round().astype(int)]


def _twins(shared: Shared, ordinary: Sequence[str]) -> list[str]:
    """Return for the first flagged pictures the ordinary one most like each, none twice."""
    twins: dict[str, None] = {}
    for row in shared.nearest:
        twins.update(dict.fromkeys([ordinary[j] for j in row if ordinary[j] not in twins][:1]))
    return list(twins)[:PEERS_SHOWN]


def _boards(
    table: pl.DataFrame,
    group: "Group",
    scores: Mapping[str, float | None],
    twins: Sequence[str],
    album: Album,
) -> tuple[Board, ...]:
    label = quoted(group.label)
    alike = quoted(group.resembles) if group.resembles else "samples of classes they look like"
    shown = group.ids[:FLAGGED_SHOWN]
    flagged = tuple(
        album.tile(i, f"Flagged, labelled {label}, score {figure(scores.get(i))}: {clipped(i)}")
        for i in shown
    )
    own = tuple(album.tile(i, f"Ordinary {label}: {clipped(i)}") for i in _own(table, group))
    like = tuple(album.tile(i, f"Ordinary {alike}: {clipped(i)}") for i in twins)
    boards = (
        Board(f"Flagged, labelled {label}", "flagged", flagged, len(group.ids) - len(shown)),
        Board(f"Ordinary {label}", "ordinary", own, 0),
        Board(f"Ordinary {alike}", "ordinary", like, 0),
    )
    return tuple(board for board in boards if board.tiles)
