"""`inspect`: find poison in a data set, with or without a trusted reference."""

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bezoar.core.arrays import Bools, Floats, Images, Ints
from bezoar.core.errors import NothingToInspectError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind, printable
from bezoar.core.policy import Policy
from bezoar.core.rule import Rule
from bezoar.core.sample import Dataset
from bezoar.core.severity import Severity
from bezoar.datasets.images import ImageTable, load_images
from bezoar.expose.detectors import RULES
from bezoar.expose.examination import Confirmed, Examination, examine
from bezoar.expose.inspection import Group, Inspection
from bezoar.expose.judge import JudgeKind
from bezoar.expose.score import suspicion

Progress = Callable[[int, int], None]
SIDE = 32
REQUIRED = frozenset({"BZ501", "BZ502"})

UNKNOWN_CLASS = Rule(
    code="BZ505",
    name="class-without-reference",
    title="A class that the trusted reference does not hold",
    severity=Severity.MEDIUM,
    why="A network trained on the reference cannot judge a class that it never saw.",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The samples that can be examined, as arrays.

    Attributes:
        rows: Shape (n,): their rows in the image table.
        images: Shape (n, h, w, 3).
        labels: Shape (n,): index into `classes`.
        classes: The labels as written.
        reference: Images and labels of the trusted reference.
    """

    rows: Ints
    images: Images
    labels: Ints
    classes: tuple[str, ...]
    reference: tuple[Images, Ints] | None


def inspect(
    dataset: Dataset,
    *,
    trusted: Dataset | None = None,
    seed: int = 0,
    judge: str = JudgeKind.AUTO,
    policy: Policy | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Inspection:
    """Look for poison in a data set of images.

    Args:
        dataset: What to inspect.
        trusted: An earlier, approved version: the judge learns from it first, and samples that
            stand in it unchanged are not judged again.
        seed: Everything random is drawn from it.
        judge: `shapes`, `networks`, or `auto`: shapes where they tell the classes apart.
        policy: Turns outcomes into the verdict. `BZ501` and `BZ502` are required whatever it
            says: data that no detector could look at is not admitted.
        progress: Called with (done, in all), several times over.

    Returns:
        Findings, scores and the verdict.

    Raises:
        NothingToInspectError: If there is neither an image nor anything that was to be one.
    """
    start = time.monotonic()
    policy = policy or Policy()
    policy = replace(policy, required=policy.required | REQUIRED)
    table = load_images(dataset, SIDE)
    if not table.ids and all(not outcome.findings for outcome in table.outcomes):
        raise NothingToInspectError(
            f"{dataset.name} holds no image", next=f"ls {shlex.quote(dataset.name)}"
        )
    part, unknown = _examinable(table, load_images(trusted, SIDE) if trusted else None)
    examination, reason = None, _why_not(part)
    if not reason:
        examination = examine(
            part.images,
            part.labels,
            part.classes,
            seed=seed,
            reference=part.reference,
            judge=JudgeKind(judge),
            progress=progress,
        )
    outcomes = (
        *table.outcomes,
        *_outcomes(dataset, part, examination, reason),
        *([Outcome.of(UNKNOWN_CLASS, unknown)] if trusted else []),
    )
    return Inspection(
        dataset=dataset.name,
        reference=trusted.name if trusted else None,
        table=_score_table(table, part, examination),
        outcomes=outcomes,
        verdict=policy.decide(outcomes),
        groups=_groups(table, part, examination),
        seconds=time.monotonic() - start,
        settings=_settings(seed, examination),
    )


def _settings(seed: int, examination: Examination | None) -> dict[str, Any]:
    """Return what a second run needs to give the same."""
    looks = len(examination.looks) if examination else 0
    judge = str(examination.judge) if examination else None
    versions = {name: version(name) for name in ("bezoar", "numpy", "scipy")}
    if judge == JudgeKind.NETWORKS:
        versions |= {name: version(name) for name in ("torch", "scikit-learn")}
    return {"seed": seed, "side": SIDE, "judge": judge, "looks": looks, **versions}


def _examinable(table: ImageTable, trusted: ImageTable | None) -> tuple[_Part, list[Finding]]:
    """Leave out what stands unchanged in the reference, and classes that it does not hold."""
    if trusted is None:
        classes, labels = np.unique(table.labels, return_inverse=True)
        rows = np.arange(len(table.ids))
        return _Part(rows, table.images, labels.astype(np.int64), _names(classes), None), []
    classes, reference_labels = np.unique(trusted.labels, return_inverse=True)
    known = np.isin(table.labels, classes)
    old = {_identity(*pair) for pair in zip(trusted.images, trusted.labels, strict=True)}
    new = [_identity(*pair) not in old for pair in zip(table.images, table.labels, strict=True)]
    rows = np.flatnonzero(known & np.array(new, bool))
    labels = np.searchsorted(classes, table.labels[rows]).astype(np.int64)
    reference = (trusted.images, reference_labels.astype(np.int64))
    unknown = [
        Finding(
            UNKNOWN_CLASS,
            Place(PlaceKind.CLASS, str(label) or "(empty label)"),
            f"{int((table.labels == label).sum())} samples of a class that is not in the reference",
        )
        for label in np.unique(table.labels[~known])
    ]
    return _Part(rows, table.images[rows], labels, _names(classes), reference), unknown


def _identity(image: Images, label: str) -> tuple[bytes, str]:
    return image.tobytes(), str(label)


def _names(classes: NDArray[np.str_]) -> tuple[str, ...]:
    return tuple(str(name) for name in classes)


def _why_not(part: _Part) -> str:
    """Say why no detector can look at all; empty where they can."""
    if not len(part.rows):
        return "no sample is new" if part.reference else "no image could be read"
    if len(part.classes) < 2:  # noqa: PLR2004 - a class against itself
        return "it compares classes, and there is only one"
    images, labels = part.reference or (part.images, part.labels)
    if len(images) < 4 * len(np.unique(labels)):
        return "it needs at least four samples a class to learn from"
    return ""


def _outcomes(
    dataset: Dataset, part: _Part, examination: Examination | None, reason: str
) -> list[Outcome]:
    outcomes = []
    for rule in RULES:
        why = examination.not_applicable.get(rule.code, "") if examination else reason
        if why:
            outcomes.append(Outcome(rule, Status.NOT_APPLICABLE, reason=why))
            continue
        confirmed = examination.confirmed if examination else ()
        findings = [_finding(dataset, part, one) for one in confirmed if one.rule is rule]
        outcomes.append(Outcome.of(rule, findings))
    return outcomes


def _finding(dataset: Dataset, part: _Part, confirmed: Confirmed) -> Finding:
    alarm = confirmed.alarm
    label, count = part.classes[alarm.label], int(alarm.members.sum())
    alike = "" if alarm.resembles is None else f" and look like {part.classes[alarm.resembles]!r}"
    name = shlex.quote(dataset.name)
    return Finding(
        confirmed.rule,
        Place(PlaceKind.CLASS, label or "(empty label)"),
        printable(f"{count} samples labelled {label!r} stand out together{alike}"),
        evidence={
            "samples": count,
            "statistic": round(confirmed.statistic, 3),
            "threshold": confirmed.threshold,
            "confirmed_by_a_second_look": True,
        },
        next=f"bezoar clean {name} --scores scores.parquet --output {name}-clean",
    )


def _groups(table: ImageTable, part: _Part, examination: Examination | None) -> tuple[Group, ...]:
    if examination is None:
        return ()
    groups = []
    for one in examination.confirmed:
        resembles = one.alarm.resembles
        groups.append(
            Group(
                code=one.rule.code,
                label=part.classes[one.alarm.label],
                resembles=None if resembles is None else part.classes[resembles],
                ids=tuple(table.ids[part.rows[i]] for i in one.alarm.rows()),
                statistic=one.statistic,
                threshold=one.threshold,
            )
        )
    return tuple(groups)


def _score_table(table: ImageTable, part: _Part, examination: Examination | None) -> pl.DataFrame:
    """Return one row per sample; what was not examined has no margin and the score 0."""
    n = len(table.ids)
    score: Floats = np.zeros(n)
    margin: Floats = np.full(n, np.nan)
    flagged: Bools = np.zeros(n, bool)
    resembles: list[str | None] = [None] * n
    if examination is not None:
        evidence = examination.evidence
        ids = [table.ids[row] for row in part.rows]
        score[part.rows] = suspicion(ids, evidence, examination.flagged).values
        margin[part.rows] = evidence.margins.value
        flagged[part.rows] = examination.flagged
        for row, other in zip(part.rows, evidence.margins.alternative, strict=True):
            resembles[row] = part.classes[other]
    columns = {
        "path": list(table.ids),
        "label": table.labels.tolist(),
        "score": score,
        "flagged": flagged,
        "resembles": pl.Series(resembles, dtype=pl.String),
        "margin": pl.Series(margin).fill_nan(None),
    }
    return pl.DataFrame(columns)
