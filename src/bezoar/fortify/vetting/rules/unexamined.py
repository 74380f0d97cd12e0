"""BZ330: bytes that no rule could look at."""

from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

RULE: Final = Rule(
    code="BZ330",
    name="unexamined",
    title="Bytes that could not be looked at",
    severity=Severity.MEDIUM,
    why="What cannot be looked at is not admitted: an encrypted or unknown archive, containers in"
    " containers, or a file that costs more to read than any ordinary one.",
)
