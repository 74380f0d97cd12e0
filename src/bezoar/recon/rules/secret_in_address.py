"""BZ110: a password or token in an address."""

from collections.abc import Iterator
from typing import Final

from bezoar.adapters.web.redaction import HIDDEN
from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry, at_fetch
from bezoar.recon.scan.fetch import Danger

RULE: Final = Rule(
    code="BZ110",
    name="secret-in-address",
    title="Password or token in a data address",
    severity=Severity.HIGH,
    why="Who reads the repository, a log or a shell's history can read your data, and often write"
    " it. Withdraw it first; taking it out of the newest version is not enough.",
    taxonomy=("ATLAS:AML.T0055",),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch whose address holds a secret; none repeats it."""
    for fetch in inquiry.inventory.fetches:
        if Danger.SECRET_IN_URI in fetch.dangers or HIDDEN in fetch.uri:
            yield at_fetch(
                RULE, fetch, f"the address of {fetch.loader} holds a secret: {fetch.uri}"
            )
