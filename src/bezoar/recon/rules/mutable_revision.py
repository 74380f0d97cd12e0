"""BZ102: a branch, a tag, or whatever is newest."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.core.source import Pin
from bezoar.recon.rules.inquiry import Inquiry, at_fetch, is_dynamic, registering
from bezoar.recon.scan.fetch import Fetch

RULE: Final = Rule(
    code="BZ102",
    name="mutable-revision",
    title="Revision that its owner can move",
    severity=Severity.MEDIUM,
    why="A branch, a tag or `latest` names whatever its owner points it to today. Whoever takes"
    " over the account, or is the owner, exchanges what you train on without a trace at your side.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0020"),
)

# Stores that know revisions: without one they hand out the newest.
_VERSIONED: Final = ("hf:", "hf-datasets:", "torch.hub:", "wandb:", "git+", "gha:", "hf://")


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch of what may be something else tomorrow."""
    for fetch in inquiry.inventory.fetches:
        if not fetch.registered_bytes and (why := _why(fetch)):
            yield at_fetch(RULE, fetch, f"{fetch.uri}: {why}", next=registering(fetch))


def _why(fetch: Fetch) -> str:
    if fetch.pin is Pin.TAG:
        named = f"{fetch.revision!r} is" if fetch.revision else "it names"
        return f"{named} a branch, a tag or a version, which its owner can move"
    if fetch.pin is Pin.NONE and fetch.uri.startswith(_VERSIONED) and not is_dynamic(fetch):
        return "no revision is named, so the newest comes in"
    return ""
