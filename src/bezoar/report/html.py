"""One HTML file that opens offline: may I train on this, and what should I look at first?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bezoar.core.outcome import Status, tally
from bezoar.report.charts import Floats, Histogram, histogram
from bezoar.report.exhibits import exhibit
from bezoar.report.page import page
from bezoar.report.pictures import Album, Fetch, Tile
from bezoar.report.wording import (
    LIMITS,
    Step,
    answer,
    clipped,
    counted,
    figure,
    group_title,
    not_checked,
    quoted,
    silence,
    steps_of,
    summary,
)

if TYPE_CHECKING:
    from bezoar.expose.inspection import Inspection

ROOM_FOR_PICTURES = 3_500_000
"""Bytes; with what text is let onto the page this keeps the file under 5 MB."""
GROUPS_SHOWN = 12
FINDINGS_SHOWN = 40
CHARTS_SHOWN = 6
REVIEWED = 12
SETTINGS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Chart:
    """The score distribution of one class, laid out for a desk and for a phone."""

    title: str
    alt: str
    wide: Histogram
    narrow: Histogram


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the review list."""

    tile: Tile
    label: str
    resembles: str
    score: str


def inspection_html(
    inspection: "Inspection",
    picture: Fetch,
    *,
    steps: Sequence[Step] = (),
    limits: Sequence[str] = LIMITS,
    made: Mapping[str, Any] | None = None,
) -> str:
    """Write an inspection as one HTML page.

    Args:
        inspection: What `bezoar inspect` learned.
        picture: Reads the picture of a sample, shape (h, w, 3), by its id.
        steps: What to do next, besides what the findings say.
        limits: What no check of this run sees.
        made: More lines for "How was this made?".

    Returns:
        The page, at most 5 MB of UTF-8.
    """
    return page(
        "inspection.html.j2", **inspection_fields(inspection, picture, steps, limits, made or {})
    )


def inspection_fields(
    inspection: "Inspection",
    picture: Fetch,
    steps: Sequence[Step],
    limits: Sequence[str],
    made: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the templates of an inspection ask for."""
    album = Album(picture, ROOM_FOR_PICTURES)
    grouped = {group.code for group in inspection.groups}
    others = [finding for finding in inspection.findings if finding.code not in grouped]
    exhibits = [exhibit(inspection, group, album) for group in inspection.groups[:GROUPS_SHOWN]]
    review = _review(inspection.table, album)
    short, why = answer(inspection.verdict.decision, found=bool(inspection.findings))
    first = tuple(steps) or steps_of(inspection.findings)[:1]
    return {
        "title": f"{short} {clipped(inspection.dataset, 60)}",
        "dataset": inspection.dataset,
        "decision": str(inspection.verdict.decision),
        "answer": short,
        "lead": " ".join((why, summary(inspection), silence(inspection.outcomes))),
        "decided_by": inspection.verdict.decided_by[:GROUPS_SHOWN],
        "facts": _facts(inspection),
        "steps": first[:GROUPS_SHOWN],
        "exhibits": exhibits,
        "further_groups": [group_title(group) for group in inspection.groups[GROUPS_SHOWN:]][:50],
        "others": others[:FINDINGS_SHOWN],
        "others_more": max(0, len(others) - FINDINGS_SHOWN),
        "charts": _charts(inspection),
        "review": review,
        "not_checked": not_checked(inspection.outcomes),
        "passed": [o for o in inspection.outcomes if o.status is Status.PASSED],
        "limits": limits,
        "unreadable": dict(list(album.unreadable.items())[:FINDINGS_SHOWN]),
        "unreadable_count": len(album.unreadable),
        "left_out": len(album.left_out),
        "made": _made(inspection, made),
    }


def _facts(inspection: "Inspection") -> list[tuple[str, str]]:
    counts = tally(inspection.outcomes)
    silent = sum(
        counts[status] for status in (Status.NOT_APPLICABLE, Status.SKIPPED, Status.FAILED)
    )
    return [
        ("Samples", f"{inspection.table.height:,}"),
        ("Classes", f"{inspection.table['label'].n_unique():,}"),
        ("Flagged", f"{int(inspection.table['flagged'].sum()):,}"),
        ("Checks passed", f"{counts[Status.PASSED]} of {len(inspection.outcomes)}"),
        ("Not checked", str(silent)),
    ]


def _charts(inspection: "Inspection") -> list[Chart]:
    """Lay out the scores of each class that a group is labelled as; of all, where there is none."""
    table = inspection.table
    labels = list(dict.fromkeys(group.label for group in inspection.groups))[:CHARTS_SHOWN]
    parts = [
        (f"labelled {quoted(label)}", table.filter(pl.col("label").eq_missing(label)))
        for label in labels
    ] or [("of the set", table)]
    charts = [_chart(which, rows) for which, rows in parts]
    return [chart for chart in charts if chart is not None]


def _chart(which: str, rows: pl.DataFrame) -> Chart | None:
    others, flagged = _scores(rows.filter(~pl.col("flagged"))), _scores(rows.filter("flagged"))
    wide, narrow = (histogram(others, flagged, *size) for size in ((1080, 280), (350, 230)))
    if wide is None or narrow is None:
        return None
    title = f"Scores of the {counted(rows.height, 'sample')} {which}"
    alt = f"Histogram. {len(others):,} not flagged"
    if len(others):
        alt += f", from {figure(others.min())} to {figure(others.max())}"
    alt += f"; {len(flagged):,} flagged"
    if len(flagged):
        alt += f", from {figure(flagged.min())} to {figure(flagged.max())}"
    return Chart(title, alt + ".", wide, narrow)


def _scores(rows: pl.DataFrame) -> Floats:
    values = rows["score"].cast(pl.Float64).to_numpy()
    return np.asarray(values[np.isfinite(values)], np.float64)


def _review(table: pl.DataFrame, album: Album) -> list[Candidate]:
    """Return the samples with the highest scores among those that are not flagged."""
    rows = table.filter(~pl.col("flagged") & pl.col("score").is_finite())
    rows = rows.sort("score", "path", descending=[True, False]).head(REVIEWED)
    return [
        Candidate(
            tile=album.tile(path, f"Picture of {clipped(path)}"),
            label=quoted(label),
            resembles=quoted(resembles) if resembles is not None else "nothing else",
            score=figure(score),
        )
        for path, label, resembles, score in rows.select(
            "path", "label", "resembles", "score"
        ).iter_rows()
    ]


def _made(inspection: "Inspection", made: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what a second run needs; nested settings as `outer inner`."""
    lines = {
        "dataset": inspection.dataset,
        "trusted reference": inspection.reference or "none",
        "samples": f"{inspection.table.height:,}",
        "time": f"{inspection.seconds:.1f} s",
        "bezoar": version("bezoar"),
    }
    for key, value in {**inspection.settings, **made}.items():
        nested = value.items() if isinstance(value, Mapping) else [("", value)]
        lines |= {f"{key} {inner}".strip(): str(item) for inner, item in nested}
    return [(clipped(key, 60), clipped(value)) for key, value in lines.items()][:SETTINGS_SHOWN]
