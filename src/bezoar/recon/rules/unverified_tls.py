"""BZ105: encrypted, to nobody knows whom."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry, at_fetch
from bezoar.recon.scan.fetch import Danger

RULE: Final = Rule(
    code="BZ105",
    name="unverified-tls",
    title="Server's certificate is not verified",
    severity=Severity.HIGH,
    why="With verification off any machine on the way may answer in the server's place, and its"
    " bytes are taken for the real ones.",
    taxonomy=("ATLAS:AML.T0020", "ATLAS:AML.T0010.002"),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch that trusts whoever answers."""
    for fetch in inquiry.inventory.fetches:
        if Danger.UNVERIFIED_TLS in fetch.dangers:
            message = f"{fetch.loader} takes {fetch.uri} from whoever answers"
            yield at_fetch(RULE, fetch, message)
