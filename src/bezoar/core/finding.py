"""`Finding`: what a check saw, where, and what to type next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bezoar.core.place import Place
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw.

    Law: it cannot exist without a place.

    Attributes:
        rule: The rule that it breaks.
        place: Where.
        message: One sentence for a person. Names in it are the attacker's: escape them.
        severity: How bad; the rule's severity unless given.
        confidence: How sure.
        evidence: What the sentence rests on; JSON values only.
        next: The command to type.
    """

    rule: Rule
    place: Place
    message: str
    severity: Severity = None  # type: ignore[assignment]  # __post_init__ takes the rule's
    confidence: Confidence = Confidence.HIGH
    evidence: Mapping[str, Any] = field(default_factory=dict, hash=False)
    next: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.place, Place):
            raise TypeError("a finding has a place")
        if self.severity is None:
            object.__setattr__(self, "severity", self.rule.severity)
        object.__setattr__(self, "evidence", MappingProxyType(dict(self.evidence)))

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def title(self) -> str:
        """The rule's title."""
        return self.rule.title

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "code": self.code,
            "title": self.title,
            "severity": str(self.severity),
            "confidence": str(self.confidence),
            "place": {"kind": self.place.kind, "name": self.place.name, "line": self.place.line},
            "message": self.message,
            "evidence": dict(self.evidence),
            "next": self.next,
        }
