"""BZ107: what was fetched is unpickled."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.core.source import Pin
from bezoar.recon.rules.inquiry import Inquiry, at_fetch
from bezoar.recon.scan.fetch import Checksum, Danger

RULE: Final = Rule(
    code="BZ107",
    name="unsafe-load",
    title="Fetched bytes are deserialised as code",
    severity=Severity.HIGH,
    why="A pickle is a program. Whoever exchanges the file runs commands on each machine that loads"
    " it, whatever the model does. `weights_only=True` or safetensors carry numbers alone.",
    taxonomy=("ATLAS:AML.T0011.000", "ATLAS:AML.T0010.003"),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch that is unpickled; a digest makes it milder."""
    for fetch in inquiry.inventory.fetches:
        if Danger.UNSAFE_LOAD in fetch.dangers:
            tied = fetch.pin is Pin.HASH or fetch.checksum is Checksum.CALL
            message = f"{fetch.loader} deserialises what {fetch.uri} answers with"
            message += "; its digest is checked before" if tied else ""
            severity = Severity.LOW if tied else RULE.severity
            yield at_fetch(RULE, fetch, message, severity=severity)
