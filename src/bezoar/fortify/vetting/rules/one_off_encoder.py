"""BZ328: a picture that another program wrote than all others."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

RULE: Final = Rule(
    code="BZ328",
    name="one-off-encoder",
    title="Picture from another encoder than all others",
    severity=Severity.LOW,
    why="Where one program wrote a whole set, the few files that another one wrote were put in"
    " later. They are what to look at first.",
)

FEWEST: Final = 50
"""Pictures of one format, from which on a set says something about one of them."""
_SHARE: Final = 0.95
_RARE: Final = 0.002


def odd_ones(seen: Iterable[tuple[str, int]]) -> frozenset[str]:
    """Return the signatures that are rare in a set that nearly always has the same.

    Args:
        seen: Each signature, and how many files have it.
    """
    counts = Counter(dict(seen))
    odd: set[str] = set()
    for form in {signature.partition(" ")[0] for signature in counts}:
        mine = {one: count for one, count in counts.items() if one.startswith(f"{form} ")}
        total = sum(mine.values())
        if total >= FEWEST and max(mine.values()) >= _SHARE * total:
            odd |= {one for one, count in mine.items() if count <= max(1, _RARE * total)}
    return frozenset(odd)
