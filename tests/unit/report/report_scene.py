"""An inspection made up for the tests of the reports: 120 pictures, 12 with a yellow square."""

import numpy as np
import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Policy
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.expose.inspection import Group, Inspection

TRIGGER = Rule(
    "BZ501",
    "hidden-trigger",
    "Samples of one class share a hidden trigger",
    Severity.HIGH,
    "A model that learns from them obeys the trigger.",
    ("ATLAS:AML.T0020",),
)
BLEND = Rule("BZ502", "blend", "A pattern is blended into samples", Severity.HIGH, "Why.")
PERIODIC = Rule("BZ503", "periodic", "A faint periodic pattern", Severity.HIGH, "Why.")
DELTA = Rule("BZ504", "delta", "New samples differ from the reference", Severity.HIGH, "Why.")
CRASH = Rule("BZ505", "crash", "A check that crashed", Severity.HIGH, "Why.")
UNREADABLE = Rule("BZ201", "unreadable", "A sample cannot be read", Severity.LOW, "Why.")


def pictures(count, *, side=32, sticker=(), seed=0):
    """Smooth random pictures; those numbered in `sticker` get a square with a jittered place."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 200, (count, 4, 4, 3)).repeat(side // 4, 1).repeat(side // 4, 2)
    made = np.clip(coarse + rng.normal(0, 10, coarse.shape), 0, 255).astype(np.uint8)
    for number in sticker:
        top, left = rng.integers(6, 10), rng.integers(18, 22)
        made[number, top : top + 4, left : left + 4] = (255, 220, 0)
    return made


def inspection(
    *, label="Speed limit 80", alike="Stop", name="signs/{:03}.png", count=120, flagged=12, seed=0
):
    """Return an inspection and what reads its pictures; `name` names sample n."""
    rng = np.random.default_rng(seed)
    paths = [name.format(number) for number in range(count)]
    bad = np.arange(count) < flagged
    labels = [label if number < count // 2 else alike for number in range(count)]
    score = np.where(bad, 8.0, 0.0) + rng.gumbel(0, 0.5, count).round(3)
    order = np.argsort(-score[:flagged], kind="stable")
    group = Group("BZ501", label, alike, tuple(paths[i] for i in order), 553.21, 300.0)
    trigger = Finding(
        TRIGGER,
        Place(PlaceKind.CLASS, label or "(empty)"),
        f"{flagged} samples labelled {label} look like {alike}.",
        evidence={"samples": flagged},
        next="bezoar clean signs@2",
    )
    unreadable = Finding(UNREADABLE, Place(PlaceKind.SAMPLE, "signs/bad.png"), "It ends too early.")
    outcomes = (
        Outcome.of(TRIGGER, [trigger] if flagged else []),
        Outcome(BLEND, Status.PASSED),
        Outcome(PERIODIC, Status.NOT_APPLICABLE, reason="the smallest class has 60 samples"),
        Outcome(DELTA, Status.SKIPPED, reason="no trusted reference was given"),
        Outcome(CRASH, Status.FAILED, reason="it ran out of memory"),
        Outcome.of(UNREADABLE, [unreadable]),
    )
    table = pl.DataFrame(
        {
            "path": paths,
            "label": labels,
            "score": score,
            "flagged": bad,
            "resembles": [alike if number < flagged else label for number in range(count)],
            "margin": score,
        }
    )
    pixels = dict(zip(paths, pictures(count, sticker=range(flagged), seed=seed), strict=True))
    settings = {"seed": seed, "epochs": 5, "versions": {"torch": "2.13.0"}}
    found = Inspection(
        dataset="signs@2",
        reference=None,
        table=table,
        outcomes=outcomes,
        verdict=Policy().decide(outcomes),
        groups=(group,) if flagged else (),
        seconds=12.34,
        settings=settings,
    )
    return found, pixels.__getitem__


DRILL = {
    "schema_version": 1,
    "scenario": "stop-sign",
    "noticed": True,
    "stage": "expose",
    "time_to_detection_s": 48.31,
    "verdict": "quarantine",
    "tpr": 0.983,
    "fpr": 0.00005,
    "attack_success_before": 0.931,
    "attack_success_after": 0.012,
    "accuracy_before": 0.974,
    "accuracy_after": 0.9731,
    "clean_twin_verdict": "admit",
    "seed": 7,
    "report": ".bezoar/drills/7/report.html",
    "timeline": [
        {"t_s": 0, "what": "Poisoned copy written: 60 of 19,890 samples"},
        {"t_s": 48.31, "what": "Inspection raised an alarm for class “Speed limit 80”"},
    ],
    "missed": ["signs/004.png"],
}
