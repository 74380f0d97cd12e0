"""The four questions that decide how exposed a team is, answered from what an audit found.

Do training scripts pull from public addresses? Do we use names that can change? Do we validate
before training? May anyone add a data set?
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.severity import Severity
from bezoar.evaluate.questions import Answers

PUBLIC: Final = frozenset({"BZ221"})
MOVING: Final = frozenset({"BZ222", "BZ223", "BZ232"})
UNVALIDATED: Final = frozenset({"BZ225", "BZ226", "BZ227", "BZ236"})
OPEN: Final = frozenset({"BZ229", "BZ230", "BZ234"})
_EVIDENCE_SHOWN: Final = 5


class Reply(StrEnum):
    """How a question is answered."""

    SOUND = "sound"
    UNSAFE = "unsafe"
    UNKNOWN = "unknown"


class Grade(StrEnum):
    """How sound the way in is, as a school would say it."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    F = "F"


MEANING: Final = {
    Grade.A: "All four answers are sound, and nothing was found that needs mending.",
    Grade.B: "Nothing was found that needs mending, but not all four answers are known.",
    Grade.C: "There is something to mend.",
    Grade.D: "Poison has a way in.",
    Grade.F: "Poison has a way in, and no pipeline validates what it trains on.",
}


@dataclass(frozen=True, slots=True)
class Trains:
    """A pipeline that trains.

    Attributes:
        name: Of the pipeline.
        place: Where it is defined, as text.
        validated: Whether all that its training reads was validated before.
        production: False where it is a test or an example.
        why: What keeps it from that, or how it is done.
    """

    name: str
    place: str
    validated: bool
    production: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class FourAnswer:
    """One question and its answer.

    Attributes:
        name: Short, for JSON.
        question: As it is asked.
        reply: How it is answered.
        said: The answer in a few words.
        evidence: What it rests on, a line each.
    """

    name: str
    question: str
    reply: Reply
    said: str
    evidence: tuple[str, ...]


def validated_share(pipelines: Iterable[Trains]) -> float | None:
    """Return the measure: of the production pipelines that train, those that validate, in per cent.

    None where no production pipeline trains.
    """
    counted = [one for one in pipelines if one.production]
    return 100 * sum(one.validated for one in counted) / len(counted) if counted else None


def four_answers(
    findings: Sequence[Finding], pipelines: Sequence[Trains], said: Answers | None
) -> tuple[FourAnswer, ...]:
    """Answer the four questions.

    Args:
        findings: What the audit found.
        pipelines: Those that train.
        said: The team's answers to what no file shows, as far as they count.
    """
    return (
        _public(findings, pipelines),
        _moving(findings, pipelines),
        _validated(findings, pipelines),
        _anyone(findings, said),
    )


def grade(
    answers: Iterable[FourAnswer], findings: Iterable[Finding], pipelines: Iterable[Trains]
) -> Grade:
    """Return the grade: what it takes is said in `MEANING`."""
    replies = {answer.reply for answer in answers}
    worst = max((finding.severity for finding in findings), default=Severity.INFO)
    if Reply.UNSAFE in replies or worst >= Severity.HIGH:
        return Grade.F if validated_share(pipelines) == 0 else Grade.D
    if worst >= Severity.MEDIUM:
        return Grade.C
    return Grade.B if Reply.UNKNOWN in replies else Grade.A


def _public(findings: Sequence[Finding], pipelines: Sequence[Trains]) -> FourAnswer:
    question = "Do training scripts pull straight from public addresses?"
    if found := _lines(findings, PUBLIC):
        return FourAnswer("public-pull", question, Reply.UNSAFE, "Yes, they do.", found)
    return _clean("public-pull", question, "No pull from a public address was found.", pipelines)


def _moving(findings: Sequence[Finding], pipelines: Sequence[Trains]) -> FourAnswer:
    question = "Do we use tags, branches or paths whose content can change?"
    if found := _lines(findings, MOVING):
        return FourAnswer("mutable-name", question, Reply.UNSAFE, "Yes, we do.", found)
    return _clean("mutable-name", question, "No name that can change was found.", pipelines)


def _validated(findings: Sequence[Finding], pipelines: Sequence[Trains]) -> FourAnswer:
    name, question = "validation", "Do we validate before training?"
    found = _lines(findings, UNVALIDATED)
    open_ = [one for one in pipelines if not one.validated]
    if found or open_:
        evidence = found or tuple(f"{one.place}: {one.name}, {one.why}" for one in open_)
        validate = len(pipelines) - len(open_)
        share = f"validated: {validate:,} of {_counted(pipelines)}"
        said = "Not always." if validate else "No."
        return FourAnswer(name, question, Reply.UNSAFE, said, (share, *evidence))
    if not pipelines:
        return _none(name, question)
    how = tuple(f"{one.place}: {one.name}, {one.why}" for one in pipelines[:_EVIDENCE_SHOWN])
    return FourAnswer(name, question, Reply.SOUND, "Yes, always.", how)


def _anyone(findings: Sequence[Finding], said: Answers | None) -> FourAnswer:
    name, question = "who-may-add", "May anyone add a data set?"
    found = _lines(findings, OPEN)
    if said is not None:
        found += tuple(
            f"answered: {asked.name} = {answer.choice}: {asked.choices[answer.choice]}"
            for asked, answer in said.unsafe()
        )
    if found:
        return FourAnswer(name, question, Reply.UNSAFE, "There is a way to.", found)
    if said is None or "who-may-add" not in said.answers:
        evidence = ("No file shows it, and nobody said: bezoar audit --questions",)
        return FourAnswer(name, question, Reply.UNKNOWN, "Nobody said.", evidence)
    told = tuple(_told(said))
    return FourAnswer(name, question, Reply.SOUND, "No.", told)


def _told(said: Answers) -> Iterator[str]:
    for name in ("who-may-add", "who-reviews", "who-may-write"):
        if answer := said.answers.get(name):
            words = f" ({answer.words})" if answer.words else ""
            yield f"answered by {said.by} on {said.time[:10]}: {name} = {answer.choice}{words}"


def _clean(name: str, question: str, said: str, pipelines: Sequence[Trains]) -> FourAnswer:
    if not pipelines:
        return _none(name, question)
    evidence = (f"looked at: {_counted(pipelines)}",)
    return FourAnswer(name, question, Reply.SOUND, said, evidence)


def _none(name: str, question: str) -> FourAnswer:
    evidence = ("No pipeline that trains was found.",)
    return FourAnswer(name, question, Reply.UNKNOWN, "Nothing trains here.", evidence)


def _counted(pipelines: Sequence[Trains]) -> str:
    return (
        "1 pipeline that trains"
        if len(pipelines) == 1
        else f"{len(pipelines):,} pipelines that train"
    )


def _lines(findings: Iterable[Finding], codes: frozenset[str]) -> tuple[str, ...]:
    found = [one for one in findings if one.code in codes]
    lines = [f"{one.place}: {one.message}" for one in found[:_EVIDENCE_SHOWN]]
    more = len(found) - len(lines)
    return (*lines, f"and {more:,} more") if more else tuple(lines)
