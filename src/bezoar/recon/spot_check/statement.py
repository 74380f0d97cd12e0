"""What a spot check says, in sentences, and what it does not say."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bezoar.recon.spot_check.answers import Answer, Opinion
from bezoar.recon.spot_check.exact import CONFIDENCE, enough, most_bad, unseen
from bezoar.recon.spot_check.sampling import Sampling

RARE: Final = 0.001
"""A share of poison that is known to work and easily missed."""

CAVEAT: Final = "It counts what the eye can see: poison that looks ordinary was not looked for."


@dataclass(frozen=True, slots=True)
class Tally:
    """What was answered.

    Attributes:
        sampling: How the samples were picked.
        population: How many samples they were picked from.
        whole: How many samples the data has.
        planned: How many were picked.
        counts: How often each answer was given.
        skipped: Picked before the last one answered, but not answered.
    """

    sampling: Sampling
    population: int
    whole: int
    planned: int
    counts: dict[Opinion, int]
    skipped: int = 0

    @classmethod
    def of(
        cls,
        answers: Iterable[Answer | None],
        *,
        sampling: Sampling,
        population: int,
        whole: int,
    ) -> "Tally":
        """Count answers, given in the order of the draw; None where there is none."""
        opinions = [None if answer is None else answer.opinion for answer in answers]
        answered = [i for i, opinion in enumerate(opinions) if opinion is not None]
        counted = Counter(opinion for opinion in opinions if opinion is not None)
        counts = {opinion: counted[opinion] for opinion in Opinion}
        skipped = answered[-1] + 1 - len(answered) if answered else 0
        return cls(sampling, population, whole, len(opinions), counts, skipped)

    @property
    def looked(self) -> int:
        """How many samples were looked at: the skipped ones were seen, too."""
        return sum(self.counts.values()) + self.skipped

    @property
    def bad(self) -> int:
        """How many should not be trained on."""
        return sum(count for opinion, count in self.counts.items() if opinion.bad)

    @property
    def doubtful(self) -> int:
        """How many nobody called good or bad; a bound has to count them as bad."""
        return self.counts[Opinion.UNSURE] + self.skipped

    @property
    def by_chance(self) -> bool:
        """True where the samples stand for those that they were picked from."""
        return self.sampling in (Sampling.UNIFORM, Sampling.CHANGED)

    @property
    def most_bad(self) -> int | None:
        """How many of the population are bad at most, at 95 %; None if chance did not pick."""
        if not self.by_chance or not self.looked:
            return None
        seen = self.bad + self.doubtful
        return most_bad(seen, population=self.population, looked=self.looked)

    def as_json(self) -> dict[str, Any]:
        """Return the counts and the bound as JSON values."""
        return {
            "sampling": str(self.sampling),
            "samples": self.whole,
            "population": self.population,
            "planned": self.planned,
            "looked_at": self.looked,
            "bad": self.bad,
            "skipped": self.skipped,
            **{str(opinion).replace("-", "_"): count for opinion, count in self.counts.items()},
            "confidence": CONFIDENCE,
            "most_bad": self.most_bad,
        }


def statement(tally: Tally) -> str:
    """Return what the review says: never more than the way of picking supports."""
    return " ".join(sentences(tally))


def sentences(tally: Tally) -> Iterator[str]:
    """Yield what the review says, the most important first."""
    if not tally.looked:
        yield "Nothing was looked at, so nothing is known."
        return
    yield from _by_chance(tally) if tally.by_chance else _by_choice(tally)
    if tally.doubtful:
        yield f"{_count(tally.doubtful)} that nobody was sure about {_counts_as(tally)}."
    yield CAVEAT


def _counts_as(tally: Tally) -> str:
    verb = "is" if tally.doubtful == 1 else "are"
    return f"{verb} counted as bad in this" if tally.by_chance else f"{verb} neither good nor bad"


def _by_chance(tally: Tally) -> Iterator[str]:
    head = f"{tally.looked:,} of {_which(tally)} looked at, {tally.bad:,} bad"
    most, left = tally.most_bad, tally.population - tally.looked
    assert most is not None  # noqa: S101 - something was looked at
    if not left:
        yield f"{head}: that is all of them."
    else:
        rare = max(1, math.ceil(RARE * tally.population))
        missed = unseen(population=tally.population, bad=rare, looked=tally.looked)
        yield (
            f"{head}: with {_percent(CONFIDENCE)} confidence "
            f"{_under((most + 1) / tally.population)} are bad; "
            f"a poisoning of {_rare(tally, rare)} would have gone unseen with probability "
            f"{_percent(missed)}."
        )
        needed = enough(population=tally.population, bad=rare)
        if needed > tally.looked:
            yield (
                f"To see at least one of those {rare:,} with {_percent(CONFIDENCE)} probability, "
                f"look at {needed:,}."
                if rare > 1
                else f"To see it with {_percent(CONFIDENCE)} probability, look at {needed:,}."
            )
    if tally.sampling is Sampling.CHANGED:
        yield "About the samples that did not change it says nothing."


def _by_choice(tally: Tally) -> Iterator[str]:
    if tally.sampling is Sampling.SUSPICIOUS:
        picked, how = f"The {tally.looked:,} most suspicious of", "by their scores"
    else:
        picked, how = f"{tally.looked:,} of", "evenly from each class"
    yield f"{picked} {tally.population:,} looked at, {tally.bad:,} bad."
    yield (
        f"They were picked {how}, not by chance from the whole: how large a share of the whole "
        "is bad, nobody can say from them. For that, review a uniform sample."
    )


def _which(tally: Tally) -> str:
    if tally.sampling is Sampling.CHANGED:
        return f"{tally.population:,} changed samples"
    return f"{tally.population:,}"


def _rare(tally: Tally, rare: int) -> str:
    if rare == 1:
        return "a single sample"
    return f"{100 * RARE:g} % ({rare:,} of {tally.population:,})"


def _count(number: int) -> str:
    return f"{number:,} sample" + ("" if number == 1 else "s")


def _under(share: float) -> str:
    """Return an upper bound with two digits, rounded up: a bound is never made tighter."""
    if share >= 1:
        return "up to 100 %"
    digits = 1 - math.floor(math.log10(100 * share))
    scale = 10.0**digits
    # The subtraction keeps 3.0 from becoming 3.1 for the sake of a last bit.
    rounded = math.ceil(100 * share * scale - 1e-9) / scale
    return f"under {rounded:.{max(0, digits)}f} %"


def _percent(share: float) -> str:
    """Return a probability with two digits; never 0 or 100 % where it is not that."""
    percent = 100 * share
    if percent > 99 and share < 1:  # noqa: PLR2004 - percents
        return f"{min(percent, 99.9):.1f} %"
    if 0 < percent < 1:
        return "under 1 %"
    return f"{percent:.0f} %"
