"""What a few samples, drawn without replacement, say about a finite set: exactly.

The number of bad samples among `looked` that were drawn uniformly from `population`, `bad` of
which are bad, is hypergeometric. Bounds come from inverting its tail, as Clopper and Pearson
(1934, doi:10.1093/biomet/26.4.404) do for the binomial; for a finite set see Wright (1997,
doi:10.1080/01621459.1997.10473633). For a population without end they become theirs.
"""

import math
from typing import Final

CONFIDENCE: Final = 0.95
# A tie (1 sample in 20 at 95 %) must not be decided by the last bit of a logarithm.
_SLACK: Final = 1e-6


def at_most(seen: int, *, population: int, bad: int, looked: int) -> float:
    """Return the probability of meeting `seen` bad samples or fewer.

    Laws: it falls as `bad` grows and as `looked` grows; it is 1 where `seen >= bad`.

    Args:
        seen: How many.
        population: Samples in all.
        bad: How many of them are bad.
        looked: How many are looked at.
    """
    least, most = max(0, looked - (population - bad)), min(looked, bad)
    if seen >= most:
        return 1.0
    logs = [_log_chance(k, population, bad, looked) for k in range(least, seen + 1)]
    if not logs:
        return 0.0
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(one - top) for one in logs))


def unseen(*, population: int, bad: int, looked: int) -> float:
    """Return the probability that none of the bad samples is among those looked at."""
    return at_most(0, population=population, bad=bad, looked=looked)


def most_bad(seen: int, *, population: int, looked: int, confidence: float = CONFIDENCE) -> int:
    """Return how many bad samples the whole set can hold at most, at this confidence.

    One-sided: with any larger number, meeting as few as `seen` had a probability of
    `1 - confidence` or less.

    Laws: at least `seen`, and at most `population` less the good ones seen; more bad seen never
    lowers it; looking at everything gives `seen` itself.
    """
    low, high = seen, population - (looked - seen)
    while low < high:
        middle = (low + high + 1) // 2
        chance = at_most(seen, population=population, bad=middle, looked=looked)
        if chance > (1 - confidence) * (1 - _SLACK):
            low = middle
        else:
            high = middle - 1
    return low


def enough(*, population: int, bad: int, confidence: float = CONFIDENCE) -> int:
    """Return how many samples to look at to meet one of the bad ones with this probability.

    Args:
        population: Samples in all.
        bad: How many of them are bad; at least 1.
        confidence: The probability.
    """
    low, high = 1, population - bad + 1
    while low < high:
        middle = (low + high) // 2
        chance = unseen(population=population, bad=bad, looked=middle)
        if chance <= (1 - confidence) * (1 + _SLACK):
            high = middle
        else:
            low = middle + 1
    return low


def _log_chance(k: int, population: int, bad: int, looked: int) -> float:
    """Return the logarithm of the probability of meeting exactly `k`."""
    return (
        _log_ways(bad, k) + _log_ways(population - bad, looked - k) - _log_ways(population, looked)
    )


def _log_ways(n: int, k: int) -> float:
    """Return the logarithm of the number of ways to choose `k` of `n`."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
