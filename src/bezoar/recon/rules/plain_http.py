"""BZ104: over a line that anybody on the way can write to."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry, at_fetch
from bezoar.recon.scan.fetch import Checksum, Danger

RULE: Final = Rule(
    code="BZ104",
    name="plain-http",
    title="Fetched over an unencrypted line",
    severity=Severity.MEDIUM,
    why="Whoever sits on the way, in a café or at a provider, can exchange the data while it"
    " travels. Nothing at either end notices.",
    taxonomy=("ATLAS:AML.T0020", "ATLAS:AML.T0010.002"),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch over http or ftp; a digest in the call makes it milder."""
    for fetch in inquiry.inventory.fetches:
        if Danger.PLAIN_HTTP in fetch.dangers:
            checked = fetch.checksum is Checksum.CALL
            message = f"{fetch.uri} is fetched without encryption"
            message += "; its digest is checked" if checked else ""
            severity = Severity.LOW if checked else RULE.severity
            yield at_fetch(RULE, fetch, message, severity=severity)
