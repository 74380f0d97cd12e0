"""`Notice`: what a person or a machine is told about an alarm."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError

SCHEMA_VERSION: Final = 1
LONGEST_KEY: Final = 255
"""Characters of a key by which PagerDuty tells alarms apart (Events API v2)."""
_LONGEST_TEXT: Final = 2000
_MOST_SAMPLES: Final = 20


class State(StrEnum):
    """Whether an alarm is on."""

    FIRING = "firing"
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
    samples: tuple[str, ...] = ()
    command: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the notice as JSON values."""
        fields = asdict(self)
        fields["class"] = fields.pop("class_")
        return {"schema_version": SCHEMA_VERSION, **fields}

    def spelled(self) -> str:
        """Return the notice as a line of JSON, as an outbox keeps it."""
        return json.dumps(self.as_json(), sort_keys=True, allow_nan=False)

    @property
    def title(self) -> str:
        """One short line."""
        name = self.class_ or "unknown classes"
        how = "comes up too often" if self.state is State.FIRING else "is back to baseline"
        return f"{self.model}: {name} {how}"


@dataclass
class Alarms:
    """Which alarms are on, so that each has a key of its own from its beginning to its end.

    Attributes:
        model: The model that is watched.
        stream: Where its predictions come from.
        numbers: How many alarms each class had.
    """

    model: str
    stream: str
    numbers: dict[str, int] = field(default_factory=dict)

    def key(self, class_: str, *, began: bool) -> str:
        """Return the key of an alarm that begins, or of the one that ends."""
        number = self.numbers.get(class_, 0) + began
        self.numbers[class_] = number
        return key_of(self.model, self.stream, class_, number)


def key_of(model: str, stream: str, class_: str, number: int) -> str:
    """Return the key of a class's alarm: `MODEL:STREAM:CLASS:NUMBER`, cut where it is too long."""
    end = f":{number}"
    start = f"{model}:{stream}:{class_}"
    if len(start) + len(end) > LONGEST_KEY:
        mark = Digest.of(start.encode("utf-8", "surrogatepass")).value.hex()[:16]
        start = start[: LONGEST_KEY - len(end) - len(mark) - 1] + "~" + mark
    return start + end


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


def most_missing(
    expected: Mapping[str, float], counts: Mapping[str, int], class_: str, *, least: float = 3.0
) -> str:
    """Return the class that comes up too rarely while another comes up too often.

    A backdoor moves predictions from one class to another: the pair says which sign the sticker
    is on. For people; no promise rests on it.

    Args:
        expected: Share of each class, from the baseline.
        counts: How often each came up lately.
        class_: The one that comes up too often.
        least: Standard deviations below its share from which a class stands out.
    """
    total = sum(counts.values())
    worst, found = -least, ""
    for name, share in expected.items():
        mean = share * total
        if name in ("", class_) or mean <= 0:
            continue
        deviation = (counts.get(name, 0) - mean) / mean**0.5
        if deviation < worst:
            worst, found = deviation, name
    return found
