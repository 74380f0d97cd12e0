"""BZ106: what is fetched brings code along, and it runs."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.core.source import Pin
from bezoar.recon.rules.inquiry import Inquiry, at_fetch
from bezoar.recon.scan.fetch import Danger

RULE: Final = Rule(
    code="BZ106",
    name="remote-code",
    title="Code of the fetched repository is run",
    severity=Severity.HIGH,
    why="`trust_remote_code=True` and its like run what the repository's owner wrote, with your"
    " rights, on your machine. A full commit at least makes it the code that somebody read.",
    taxonomy=("ATLAS:AML.T0010.003", "ATLAS:AML.T0011"),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch that runs code; a pinned revision makes it milder."""
    for fetch in inquiry.inventory.fetches:
        if Danger.REMOTE_CODE in fetch.dangers:
            pinned = fetch.pin in (Pin.HASH, Pin.REVISION)
            message = f"{fetch.loader} runs the code that {fetch.uri} brings along"
            message += f", as of {fetch.revision}" if pinned and fetch.revision else ""
            severity = Severity.MEDIUM if pinned else RULE.severity
            yield at_fetch(RULE, fetch, message, severity=severity)
