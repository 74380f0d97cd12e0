"""BZ101: data comes in that the DBOM does not know."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence, Severity
from bezoar.recon.rules.inquiry import Inquiry, at_fetch, drafting, is_dynamic
from bezoar.recon.scan.fetch import Fetch

RULE: Final = Rule(
    code="BZ101",
    name="unregistered-source",
    title="Source that the DBOM does not know",
    severity=Severity.MEDIUM,
    why="Nobody can vet, verify or recall data that nobody wrote down. Each source of data, or of a"
    " model trained elsewhere, has an entry that pins its bytes.",
    taxonomy=("ATLAS:AML.T0010.002",),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch that no entry of the DBOM covers."""
    for fetch in inquiry.inventory.fetches:
        if fetch.registered is None:
            yield _finding(inquiry, fetch)


def _finding(inquiry: Inquiry, fetch: Fetch) -> Finding:
    if cover := inquiry.registry.cover(fetch):
        entry = cover.entry
        message = f"{fetch.uri} is {entry.status} in the DBOM ({entry.spec}): {entry.reason}"
        return at_fetch(RULE, fetch, message, severity=Severity.HIGH, next="bezoar dbom list")
    if is_dynamic(fetch):
        names = ", ".join(fetch.decided_by) or fetch.uri
        message = f"{fetch.loader} takes its source from {names}: nobody can tell what comes in"
        return at_fetch(RULE, fetch, message, severity=Severity.LOW, confidence=Confidence.MEDIUM)
    message = f"{fetch.uri} is not in the DBOM"
    return at_fetch(RULE, fetch, message, next=drafting(fetch))
