"""What no file shows about the way of data into training: questions for the team, and its answers.

The answers are a record that people version, in one spelling, with the day on which they have to
be given anew.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as check

from bezoar.core.errors import UsageError
from bezoar.core.json_object import canonical, parse_object
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

UNANSWERED: Final = Rule(
    code="BZ237",
    name="question-unanswered",
    title="What no file shows was not answered, or no longer holds",
    severity=Severity.LOW,
    why="Who may add data, who reviews it and where training runs stands in no file. An answer"
    " that nobody gave, that has expired or that was edited after it was signed is none.",
)

DAYS: Final = 180
"""For how long an answer counts: teams, roles and clusters change within half a year."""
MOST_BYTES: Final = 1 << 16
MOST_DAYS: Final = 3_650
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Question:
    """What a team is asked.

    Attributes:
        name: Its name in the record.
        text: As it is asked.
        choices: What may be answered: a word, and what it means.
        unsafe: The words among them that leave the way open.
    """

    name: str
    text: str
    choices: Mapping[str, str]
    unsafe: frozenset[str]


QUESTIONS: Final = (
    Question(
        "who-may-add",
        "Who may add a data set, or a version of one, to what is trained on?",
        {
            "anyone": "whoever can write to a bucket, a share or the repository",
            "team": "named people, in an account each",
            "reviewed": "nobody alone: a second person has to agree",
        },
        frozenset({"anyone"}),
    ),
    Question(
        "who-reviews",
        "Who looks at new data before it is trained on?",
        {
            "nobody": "it goes in as it comes",
            "author": "the person who adds it",
            "second-person": "somebody else than who adds it",
        },
        frozenset({"nobody"}),
    ),
    Question(
        "who-may-write",
        "May the identity that training runs as write to the data that it reads?",
        {
            "yes": "it may, or nobody knows",
            "no": "it may only read",
        },
        frozenset({"yes"}),
    ),
    Question(
        "where-training-runs",
        "Where does the training of what goes into production run?",
        {
            "anywhere": "also on laptops and in notebooks",
            "pipelines": "only in pipelines that are defined in this repository",
            "elsewhere": "in pipelines that this repository does not show",
        },
        frozenset({"anywhere", "elsewhere"}),
    ),
    Question(
        "who-may-change-pipelines",
        "Who may change a pipeline's definition, or dbom/, on the branch that production uses?",
        {
            "anyone": "whoever may push",
            "protected": "the branch takes reviewed changes alone, from administrators, too",
        },
        frozenset({"anyone"}),
    ),
    Question(
        "who-may-promote",
        "Who may put a model into production?",
        {
            "anyone": "whoever may write to the registry or the cluster",
            "pipeline": "a pipeline alone, after its checks",
            "second-person": "a person, after another one has agreed",
        },
        frozenset({"anyone"}),
    ),
)

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,39}$")]
_Words = Annotated[str, StringConstraints(max_length=2_000)]
_Time = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(_Model):
    """What a team says.

    Attributes:
        choice: One of the question's words.
        words: Who, where and how, in the team's own words.
    """

    choice: _Name
    words: _Words = ""


class Answers(_Model):
    """The record `dbom/records/audit-answers.json`.

    Attributes:
        schema_version: Of the record.
        by: Who answered.
        time: When, RFC 3339.
        expires: From when on the answers count no more.
        answers: By the question's name.
    """

    schema_version: Literal[1] = 1
    by: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    time: _Time
    expires: _Time
    answers: Annotated[dict[_Name, Answer], Field(max_length=64)]

    @check(mode="after")
    def _sound(self) -> Self:
        if not self.began < self.ends <= self.began + timedelta(days=MOST_DAYS):
            raise ValueError(f"it expires 1 to {MOST_DAYS} days after it was answered")
        return self

    @property
    def began(self) -> datetime:
        """When it was answered."""
        return datetime.fromisoformat(self.time)

    @property
    def ends(self) -> datetime:
        """From when on it counts no more."""
        return datetime.fromisoformat(self.expires)

    def content(self) -> bytes:
        """Return the one spelling of the record."""
        return canonical(self.model_dump()) + b"\n"

    def unsafe(self) -> Iterator[tuple[Question, Answer]]:
        """Yield the answers that leave the way open."""
        for question in QUESTIONS:
            answer = self.answers.get(question.name)
            if answer and answer.choice in question.unsafe:
                yield question, answer


def answered(given: Mapping[str, Answer], by: str, now: datetime, days: int = DAYS) -> Answers:
    """Return the record of what a team says today.

    Args:
        given: Answers by the question's name.
        by: Who answered.
        now: The time, UTC.
        days: For how long they count.

    Raises:
        UsageError: If a question or an answer is unknown, or the days are too many.
    """
    known = {question.name: question for question in QUESTIONS}
    for name, answer in given.items():
        if name not in known:
            raise UsageError(f"no question is called {name!r} ({', '.join(known)})", _HOW)
        if answer.choice not in known[name].choices:
            wanted = ", ".join(known[name].choices)
            raise UsageError(f"{name}: {answer.choice!r} is none of {wanted}", _HOW)
    try:
        return Answers(
            by=by,
            time=now.strftime(_TIME),
            expires=(now + timedelta(days=days)).strftime(_TIME),
            answers=dict(given),
        )
    except (ValidationError, OverflowError) as error:
        raise UsageError(f"the answers cannot be recorded: {_why(error)}", _HOW) from None


def parse_answers(data: bytes) -> Answers:
    """Read the record, whoever wrote it.

    Raises:
        ValueError: If it is none, or not in its one spelling.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        found = Answers.model_validate(parse_object(data))
    except ValidationError as error:
        raise ValueError(_why(error)) from None
    if found.content() != data:
        raise ValueError("it is not in the spelling in which it is written")
    return found


def from_toml(data: bytes) -> dict[str, Answer]:
    """Read answers that somebody prepared: `who-may-add = "team: Ada and Grace"`, a line each.

    Raises:
        UsageError: If it is no such file.
    """
    try:
        table: dict[str, Any] = tomllib.loads(data.decode())
        return {name: _from_text(value) for name, value in table.items()}
    except (ValueError, RecursionError, AttributeError) as error:
        why = _why(error) if isinstance(error, ValidationError) else str(error)[:200]
        raise UsageError(f"these are no answers: {why}", _HOW) from None


def _from_text(text: str) -> Answer:
    choice, _, words = text.partition(":")
    return Answer(choice=choice.strip(), words=words.strip())


def unanswered(found: Answers, now: datetime) -> Iterable[tuple[Question, str]]:
    """Yield each question without an answer that counts, and why there is none."""
    for question in QUESTIONS:
        answer = found.answers.get(question.name)
        if answer is None:
            yield question, "nobody answered this"
        elif answer.choice not in question.choices:
            yield question, f"the answer {answer.choice!r} is none that can be given"
        elif found.ends <= now:
            yield question, f"the answer expired on {found.expires[:10]}"
        elif found.began > now + timedelta(days=1):
            yield question, f"the answer is dated {found.time[:10]}, which is still to come"


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:200]
    return str(error)[:200]


_HOW: Final = "bezoar audit --questions"
