"""BZ109: there is a mirror of vetted copies, and this goes around it."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry, at_fetch, is_dynamic
from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.registered import canonical

RULE: Final = Rule(
    code="BZ109",
    name="around-the-mirror",
    title="Public fetch although a mirror is declared",
    severity=Severity.MEDIUM,
    why="The mirror holds what somebody vetted and signed. One line that goes around it makes all"
    " of that void for what it brings in.",
    taxonomy=("ATLAS:AML.T0010.002",),
)


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch from elsewhere, where the settings declare a mirror."""
    mirrors = tuple(canonical(uri).place for uri in inquiry.mirrors)
    for fetch in inquiry.inventory.fetches if mirrors else ():
        if not is_dynamic(fetch) and not _below(fetch, mirrors):
            message = f"{fetch.uri} does not come from the mirror {inquiry.mirrors[0]}"
            yield at_fetch(RULE, fetch, message)


def _below(fetch: Fetch, mirrors: tuple[str, ...]) -> bool:
    place = canonical(fetch.uri).place
    if "/.." in place:
        return False
    return any(place == mirror or place.startswith(mirror + "/") for mirror in mirrors)
