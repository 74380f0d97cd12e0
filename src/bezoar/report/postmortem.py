"""The post-mortem of a drill: what happened, what went well, what was missed, what to do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from bezoar.report.criteria import CRITERIA
from bezoar.report.wording import LIMITS, Step, clipped, counted, seconds, share

if TYPE_CHECKING:
    from bezoar.expose.inspection import Inspection
    from bezoar.report.pictures import Fetch

MISSED_SHOWN = 100
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+!|~&])")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of the model trained on the poisoned set, and of that on the cleaned one.

    Attributes:
        name: What is measured.
        wish: Which way is good.
        before: On the poisoned set, 0 to 1; None if not measured.
        after: On the cleaned set.
    """

    name: str
    wish: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Postmortem:
    """What both formats show; names are not escaped yet.

    Attributes:
        scenario: The drill's name.
        noticed: Whether the poison was noticed.
        summary: Two or three sentences.
        comparisons: Before and after.
        numbers: Name and value of each figure.
        timeline: Seconds since the start, and what happened.
        well: What went well.
        badly: What was missed.
        missed: Ids of poisoned samples that were not flagged.
        actions: What to do about it.
    """

    scenario: str
    noticed: bool
    summary: str
    comparisons: tuple[Comparison, ...]
    numbers: tuple[tuple[str, str], ...]
    timeline: tuple[tuple[str, str], ...]
    well: tuple[str, ...]
    badly: tuple[str, ...]
    missed: tuple[str, ...]
    actions: tuple[Step, ...]


def postmortem(drill: Mapping[str, Any]) -> Postmortem:
    """Read a drill's JSON, and judge it.

    Args:
        drill: `scenario, noticed, stage, time_to_detection_s, verdict, tpr, fpr,
            attack_success_before, attack_success_after, accuracy_before, accuracy_after,
            clean_twin_verdict, seed, report, timeline, missed`, and `next`, the command that
            repeats it; what was not measured is None or absent.
    """
    measured = _measured(drill)
    scenario = str(drill.get("scenario", "drill"))
    judged = [
        (criterion, criterion.good(measured[criterion.key]))
        for criterion in CRITERIA
        if measured.get(criterion.key) is not None
    ]
    bad = [criterion for criterion, good in judged if not good]
    actions = [Step(criterion.action, "") for criterion in bad]
    missed = tuple(str(name) for name in drill.get("missed") or ())
    slipped = (f"{counted(len(missed), 'poisoned sample')} slipped through.",) if missed else ()
    if missed and "tpr" not in {criterion.key for criterion in bad}:
        actions.append(Step("Look at the samples that slipped through.", ""))
    actions += _again(drill, scenario)
    return Postmortem(
        scenario=scenario,
        noticed=bool(drill.get("noticed")),
        summary=_summary(drill),
        comparisons=(
            Comparison(
                "Attack success",
                "lower is better",
                drill.get("attack_success_before"),
                drill.get("attack_success_after"),
            ),
            Comparison(
                "Clean accuracy",
                "higher is better",
                drill.get("accuracy_before"),
                drill.get("accuracy_after"),
            ),
        ),
        numbers=_numbers(drill),
        timeline=tuple(
            (seconds(event.get("t_s")), str(event.get("what", "")))
            for event in drill.get("timeline") or ()
        ),
        well=tuple(c.well.format(value=_said(measured[c.key])) for c, good in judged if good),
        badly=tuple(c.badly.format(value=_said(measured[c.key])) for c in bad) + slipped,
        missed=missed,
        actions=tuple(actions),
    )


def postmortem_markdown(drill: Mapping[str, Any]) -> str:
    """Write a drill's post-mortem as Markdown (CommonMark with tables).

    Args:
        drill: As `postmortem` takes it.
    """
    return (
        _markdown()
        .get_template("postmortem.md.j2")
        .render(post=postmortem(drill), shown=MISSED_SHOWN)
    )


def drill_html(
    drill: Mapping[str, Any],
    inspection: "Inspection",
    picture: "Fetch",
    *,
    steps: Sequence[Step] = (),
    limits: Sequence[str] = LIMITS,
    made: Mapping[str, Any] | None = None,
) -> str:
    """Write an inspection as one HTML page with the drill's outcome on top.

    Args:
        drill: As `postmortem` takes it.
        inspection: What `bezoar inspect` learned about the poisoned set.
        picture: Reads the picture of a sample, shape (h, w, 3), by its id.
        steps: What to do next, besides what the findings say.
        limits: What no check of this run sees.
        made: More lines for "How was this made?".
    """
    from bezoar.report.html import inspection_fields  # noqa: PLC0415 - Markdown needs none of it
    from bezoar.report.page import page  # noqa: PLC0415 - see above

    fields = inspection_fields(inspection, picture, steps, limits, made or {})
    post = postmortem(drill)
    fields["title"] = f"{'Noticed' if post.noticed else 'Missed'}: {clipped(post.scenario, 60)}"
    return page("drill.html.j2", post=post, shown=MISSED_SHOWN, **fields)


def _again(drill: Mapping[str, Any], scenario: str) -> list[Step]:
    """Return the command that repeats the drill, as the drill gives it or with the next seed."""
    seed, command = drill.get("seed"), drill.get("next")
    if not command and isinstance(seed, int) and re.fullmatch(r"\w[\w-]*", scenario):
        command = f"bezoar drill run {scenario} --seed {seed + 1}"
    return [Step("Repeat it with another seed", str(command))] if command else []


def _said(value: Any) -> str:
    return share(value) if isinstance(value, int | float) else str(value)


def _measured(drill: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drill with what follows from it: the accuracy that cleaning cost."""
    before, after = drill.get("accuracy_before"), drill.get("accuracy_after")
    lost = None if before is None or after is None else before - after
    return {**drill, "accuracy_lost": lost}


def _summary(drill: Mapping[str, Any]) -> str:
    verdict = f"The verdict was {drill.get('verdict', 'undecided')}."
    if not drill.get("noticed"):
        return f"The poison was not noticed. {verdict}"
    after = drill.get("time_to_detection_s")
    when = f", {seconds(after)} after the data came in" if after is not None else ""
    return f"The {drill.get('stage') or 'unknown'} stage noticed the poison{when}. {verdict}"


def _numbers(drill: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("Verdict", str(drill.get("verdict", "undecided"))),
        ("Stage that noticed", str(drill.get("stage") or "none")),
        ("Time to detection", seconds(drill.get("time_to_detection_s"))),
        ("Poisoned samples flagged (TPR)", share(drill.get("tpr"))),
        ("Clean samples flagged (FPR)", share(drill.get("fpr"))),
        ("Attack success, poisoned set", share(drill.get("attack_success_before"))),
        ("Attack success, cleaned set", share(drill.get("attack_success_after"))),
        ("Accuracy, poisoned set", share(drill.get("accuracy_before"))),
        ("Accuracy, cleaned set", share(drill.get("accuracy_after"))),
        ("Verdict on the clean twin", str(drill.get("clean_twin_verdict") or "not measured")),
        ("Seed", str(drill.get("seed", "unknown"))),
        ("Report", str(drill.get("report") or "none")),
    )


def _plain(text: str) -> str:
    """Escape text for Markdown: it stays on its line, and nothing in it is markup."""
    return _PUNCTUATION.sub(r"\\\1", clipped(text, 400))


def _code(text: str) -> str:
    """Return a name as a code span whose fence is longer than any run of backticks in it."""
    text = clipped(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text or ' '}`"


@cache
def _markdown() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("bezoar.report"),
        autoescape=False,  # noqa: S701 - this writes Markdown; every name goes through a filter
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"plain": _plain, "code": _code, "share": share}
    return templates
