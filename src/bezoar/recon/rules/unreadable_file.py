"""BZ111: a file that nobody could look into."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry

RULE: Final = Rule(
    code="BZ111",
    name="unreadable-file",
    title="File that could not be read",
    severity=Severity.MEDIUM,
    why="What cannot be read may fetch anything. Files too large, damaged, or not what their name"
    " says are also the cheapest way to hide a line from a scanner.",
)

# Data and configuration of any size lies about under these names, and nothing of it runs.
_MILD: Final = (".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".conf")


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each file that could not be read."""
    for file in inquiry.inventory.unreadable:
        severity = Severity.LOW if file.path.lower().endswith(_MILD) else RULE.severity
        place = Place(PlaceKind.FILE, file.path or ".")
        yield Finding(RULE, place, f"could not read it: {file.why}", severity)
