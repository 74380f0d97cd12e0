"""BZ103: nobody compares what comes in with what was expected."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity
from bezoar.core.source import Pin
from bezoar.recon.rules.inquiry import Inquiry, at_fetch
from bezoar.recon.scan.fetch import Checksum

RULE: Final = Rule(
    code="BZ103",
    name="no-checksum",
    title="No digest that the bytes must have",
    severity=Severity.LOW,
    why="Without a digest known before, exchanged bytes look like any others. A digest in the call,"
    " a full commit, or an entry in the DBOM that `bezoar verify` checks is enough.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch whose bytes nothing ties."""
    for fetch in inquiry.inventory.fetches:
        tied = fetch.registered_bytes or fetch.pin in (Pin.HASH, Pin.REVISION)
        if tied or fetch.checksum is not Checksum.NONE:
            continue
        sure = Confidence.MEDIUM if fetch.pin is Pin.DYNAMIC else Confidence.HIGH
        message = f"{fetch.loader} takes any bytes that {fetch.uri or 'its source'} answers with"
        yield at_fetch(RULE, fetch, message, confidence=sure)
