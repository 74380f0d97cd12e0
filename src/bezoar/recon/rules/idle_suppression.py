"""BZ112: a comment that asks for silence without a reason, or for nothing."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry
from bezoar.recon.scan.suppression import Suppression

RULE: Final = Rule(
    code="BZ112",
    name="idle-suppression",
    title="Suppression without a reason, or of nothing",
    severity=Severity.LOW,
    why="Without a reason nobody can judge later whether it still holds, so it has no effect. One"
    " that silences nothing waits for the next finding on its line.",
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each suppression that silenced nothing."""
    for one in inquiry.silent:
        place = Place(PlaceKind.FILE, one.path, one.line)
        yield Finding(RULE, place, _why(one))


def _why(one: Suppression) -> str:
    if not one.codes:
        return "it names no rule, so it has no effect: bezoar: ignore[BZ101] REASON"
    codes = ", ".join(sorted(one.codes))
    if not one.reason:
        return f"it gives no reason, so it has no effect: bezoar: ignore[{codes}] REASON"
    return f"there is nothing of {codes} here to be silent about"
