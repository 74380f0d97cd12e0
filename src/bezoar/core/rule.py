"""`Rule`: one thing that bezoar looks for."""

import re
from dataclasses import dataclass
from enum import IntEnum

from bezoar.core.severity import Severity

_CODE = re.compile(r"BZ([1-6])\d\d")


class Stage(IntEnum):
    """The six stages; the number is the first digit of a rule's code."""

    RECON = 1
    EVALUATE = 2
    FORTIFY = 3
    LIMIT = 4
    EXPOSE = 5
    EXERCISE = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that bezoar looks for.

    Law: the code's first digit is its stage.

    Attributes:
        code: `BZ` and three digits.
        name: Short kebab-case name.
        title: What is wrong, in a few words.
        severity: How bad a finding of it is unless the finding says otherwise.
        why: Why it matters, in one or two sentences.
        taxonomy: Dated ids of public taxonomies, as `ATLAS:AML.T0020`.
    """

    code: str
    name: str
    title: str
    severity: Severity
    why: str
    taxonomy: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"not a rule code: {self.code!r}")

    @property
    def stage(self) -> Stage:
        """The stage that the rule belongs to."""
        return Stage(int(self.code[2]))

    @property
    def page(self) -> str:
        """Where the documentation explains it."""
        return f"docs/reference/rules.md#{self.code.lower()}"
