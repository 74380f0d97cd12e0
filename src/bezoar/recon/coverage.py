"""The first stage's measure: the share of training datasets with a verified checksum."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bezoar.core.event import Event
from bezoar.datasets.entry import DbomEntry, Status

_VERIFIED, _PULLED, _REFUSED = "dataset.verified", "dataset.pulled", "dataset.refused"
"""The kinds of the events that `verify` and `pull` leave: both compare every byte."""


class State(StrEnum):
    """What the ledger says about a dataset's checksum."""

    VERIFIED = "verified"
    DRAFT = "draft"
    NEVER = "never verified"
    FAILED = "failed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Covered:
    """One dataset, and whether its checksum is verified.

    Attributes:
        dataset: `NAME@VERSION`.
        status: Of its entry.
        state: What the ledger says.
        why: In a sentence.
        next: The command that verifies it; empty where it is verified.
        verified_at: When it was looked at last, RFC 3339; None where it never was.
    """

    dataset: str
    status: Status
    state: State
    why: str
    next: str = ""
    verified_at: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what may be trained on is verified.

    Attributes:
        counted: Drafts and approved datasets.
        set_aside: Quarantined and revoked ones: nobody may train on them, so they do not count.
    """

    counted: tuple[Covered, ...]
    set_aside: tuple[DbomEntry, ...] = ()

    @property
    def verified(self) -> int:
        """How many are verified."""
        return sum(one.state is State.VERIFIED for one in self.counted)

    @property
    def percentage(self) -> float | None:
        """Of the counted ones, 0 to 100; None where there is none."""
        return 100 * self.verified / len(self.counted) if self.counted else None


def coverage(entries: Iterable[DbomEntry], events: Iterable[Event]) -> Coverage:
    """Hold the DBOM against the ledger.

    A dataset counts as verified if the last time somebody looked it held, and what was looked at
    is what its entry says today. Adding a dataset hashes it, but nobody has compared it yet.

    Args:
        entries: Of the DBOM.
        events: Of the ledger, of all writers, in any order.
    """
    last: dict[str, Event] = {}
    for event in events:
        dataset = str(event.detail.get("dataset", event.subject))
        known = last.get(dataset)
        if _looked(event) and (known is None or event.time >= known.time):
            last[dataset] = event
    counted, set_aside = [], []
    for entry in entries:
        if entry.status in (Status.QUARANTINED, Status.REVOKED):
            set_aside.append(entry)
        else:
            counted.append(_covered(entry, last.get(entry.spec)))
    return Coverage(tuple(counted), tuple(set_aside))


def _covered(entry: DbomEntry, event: Event | None) -> Covered:
    verify = f"bezoar verify {entry.spec}"
    state, why, following = State.VERIFIED, "each sample is what was registered", ""
    if entry.content is None:
        state, why = State.DRAFT, "nobody has registered its bytes"
        following = f"bezoar dbom add PATH --name {entry.name} --version {entry.version}"
    elif event is None:
        state, why, following = State.NEVER, "nobody has held it against its manifest", verify
    elif not _same(entry, event):
        state, why, following = State.STALE, "its manifest changed after it was verified", verify
    elif not _held(event):
        state, why, following = State.FAILED, "it was not what was registered", verify
    return Covered(entry.spec, entry.status, state, why, following, event.time if event else None)


def _looked(event: Event) -> bool:
    """Tell whether somebody compared the whole of a dataset; files read one by one are parts."""
    whole = event.kind in {_PULLED, _REFUSED} and not event.detail.get("lazily")
    return whole or event.kind == _VERIFIED


def _same(entry: DbomEntry, event: Event) -> bool:
    """Tell whether what was verified is what the entry says today."""
    manifest = event.detail.get("manifest", str(entry.manifest))
    root = event.detail.get("root", event.subject)
    return bool(root == str(entry.root) and manifest == str(entry.manifest))


def _held(event: Event) -> bool:
    """Tell whether it held; events of bezoar 0.1 know only how much was found."""
    if event.kind != _VERIFIED:
        return event.kind == _PULLED
    held = event.detail.get("intact")
    return held is True if held is not None else event.detail.get("findings") == 0
