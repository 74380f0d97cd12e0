"""The ledger's events about spot checks."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from bezoar.core.digest import Digest
from bezoar.core.event import Event
from bezoar.recon.spot_check.answers import Answer, answers_digest
from bezoar.recon.spot_check.review import Review
from bezoar.recon.spot_check.statement import statement

REVIEWED: Final = "dataset.reviewed"


class EventSource(Protocol):
    """What yields events: a `Ledger`."""

    def events(self) -> Iterable[Event]:
        """Yield all events."""
        ...


def review_detail(
    review: Review,
    reviewer: str,
    answers: Mapping[str, Answer],
    *,
    problems: int = 0,
    root: Digest | None = None,
) -> dict[str, Any]:
    """Return what the ledger keeps of a finished review, as JSON values.

    Args:
        review: What was drawn.
        reviewer: Who looked.
        answers: What was said.
        problems: What of the data set could not be listed as a sample, and so not be drawn.
        root: What the data set is pinned by, where that is not the samples themselves.
    """
    tally = review.tally(answers)
    return {
        "root": str(root or review.manifest.root),
        "review": str(review.draw.digest),
        "reviewer": reviewer,
        "seed": review.plan.seed,
        "since": review.asked["since"],
        "scores": review.asked["scores"],
        **tally.as_json(),
        "answers": str(answers_digest(answers)),
        "reviewers": len(review.others(reviewer)) + 1,
        "disagreements": len(review.disagreements(reviewer, answers)),
        "problems": problems,
        "statement": statement(tally),
    }


def last_review(ledger: EventSource, root: Digest) -> Event | None:
    """Return the newest review of the data with this root; None where nobody looked."""
    return last_reviews(ledger).get(str(root))


def last_reviews(ledger: EventSource) -> dict[str, Event]:
    """Return the newest review of each root, reading the ledger once."""
    found: dict[str, Event] = {}
    for event in ledger.events():
        root = str(event.detail.get("root"))
        if event.kind == REVIEWED and (root not in found or found[root].time <= event.time):
            found[root] = event
    return found


def in_short(event: Event | None) -> str:
    """Return a review as one cell of a table: `100 of 39,209, 0 bad`."""
    if event is None:
        return "-"
    detail = event.detail
    looked, whole, bad = (detail.get(key) for key in ("looked_at", "samples", "bad"))
    if not all(isinstance(count, int) for count in (looked, whole, bad)):
        return "?"
    return f"{looked:,} of {whole:,}, {bad:,} bad"
