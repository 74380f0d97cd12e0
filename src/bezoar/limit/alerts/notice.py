"""`Notice`: what a person or a machine is told about an alarm."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError

SCHEMA_VERSION: Final = 1
LONGEST_KEY: Final = 255
"""Characters of a key by which PagerDuty tells alarms apart (Events API v2)."""
_LONGEST_NUMBER: Final = 12
_LONGEST_TEXT: Final = 2000
_MOST_SAMPLES: Final = 20


class State(StrEnum):
    """Whether an alarm is on; one that is updated is on, and more is known of it."""

    FIRING = "firing"
    UPDATED = "updated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person or a machine is told about an alarm.

    Attributes:
        key: The alarm; the same one while it lasts, so that its end finds its beginning.
        state: Whether it is on.
        model: The model, by name.
        class_: Which class; empty for those that the baseline does not know.
        sentence: What happened, with counts.
        time: When, RFC 3339.
        observed: How often the class came up.
        predictions: In how many predictions.
        expected: How often it was expected to.
        deviations: Standard deviations from the baseline.
        per_false_alarm: Predictions to a false alarm, at least.
        release: Digest of the model that answers; empty where nobody said.
        data: Manifest roots of what it was trained on.
        suspected: The class that comes up too rarely in its place; empty where none stands out.
        suspected_observed: How often that one came up in that time.
        suspected_expected: How often it was expected to.
        between: Alarms of the class before this one that began and ended while nobody could be
            told; the ledger has those that it was told of.
        samples: Inputs that were kept, by name; only where somebody asked for that.
        command: What brings the last good model back.
    """

    key: str
    state: State
    model: str
    class_: str
    sentence: str
    time: str
    observed: int = 0
    predictions: int = 0
    expected: float = 0.0
    deviations: float = 0.0
    per_false_alarm: float = 0.0
    release: str = ""
    data: tuple[str, ...] = ()
    suspected: str = ""
    suspected_observed: int = 0
    suspected_expected: float = 0.0
    between: int = 0
    samples: tuple[str, ...] = ()
    command: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the notice as JSON values."""
        fields = asdict(self)
        fields["class"] = fields.pop("class_")
        return {"schema_version": SCHEMA_VERSION, **fields, "pair": self.pair}

    def spelled(self) -> str:
        """Return the notice as a line of JSON, as an outbox keeps it."""
        return json.dumps(self.as_json(), sort_keys=True, allow_nan=False)

    @property
    def title(self) -> str:
        """One short line."""
        if self.state is State.UPDATED and self.pair:
            return f"{self.model}: {self.pair}"
        name = self.class_ or "unknown classes"
        on = self.state is not State.RESOLVED
        return f"{self.model}: {name} {'comes up too often' if on else 'is back to baseline'}"

    @property
    def pair(self) -> str:
        """Which class is most likely taken for which, as `stop → 80`; empty where nobody knows."""
        return f"{self.suspected} → {self.class_ or 'unknown classes'}" if self.suspected else ""

    @property
    def evidence_of_pair(self) -> str:
        """The pair with its counts; empty where there is none."""
        if not self.pair:
            return ""
        seen, expected = self.suspected_observed, self.suspected_expected
        return f"{self.pair} ({self.suspected}: {seen:,} against {expected:,.1f} expected)"


def key_of(model: str, stream: str, class_: str, number: int) -> str:
    """Return the key of a class's alarm: `MODEL:STREAM:CLASS:NUMBER`, cut where it is too long."""
    start = f"{model}:{stream}:{class_}"
    room = LONGEST_KEY - _LONGEST_NUMBER  # the start is the same whatever the number
    if len(start) > room:
        mark = Digest.of(start.encode("utf-8", "surrogatepass")).value.hex()[:16]
        start = start[: room - len(mark) - 1] + "~" + mark
    return f"{start}:{number}"


def start_of(key: str) -> str:
    """Return what the keys of all alarms of one class begin with; empty for another sort of key."""
    start, _, number = key.rpartition(":")
    return start if number.isascii() and number.isdecimal() else ""


def parse_notice(text: str) -> Notice:
    """Return the notice that a line of JSON holds.

    Raises:
        BezoarError: If it holds none.
    """
    try:
        fields = json.loads(text)
        version = fields.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise ValueError(f"schema_version {version!r}")  # noqa: TRY301 - one place says so
        fields["class_"] = fields.pop("class")
        fields.pop("pair", None)
        fields["state"] = State(fields["state"])
        for name in ("data", "samples"):
            fields[name] = tuple(map(str, fields[name]))
        return Notice(**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BezoarError(
            f"a notice in the outbox cannot be read ({type(error).__name__})",
            next="bezoar monitor alerts list",
        ) from None


def bounded(notice: Notice) -> Notice:
    """Return a notice whose texts are short: names of classes and samples are a stranger's."""
    return replace(
        notice,
        model=notice.model[:200],
        class_=notice.class_[:200],
        suspected=notice.suspected[:200],
        sentence=notice.sentence[:_LONGEST_TEXT],
        samples=tuple(name[:200] for name in notice.samples[:_MOST_SAMPLES]),
        data=notice.data[:_MOST_SAMPLES],
    )
