"""Taking secrets out of what a scan found."""

from dataclasses import replace

from bezoar.adapters.web.redaction import redacted
from bezoar.recon.scan.fetch import Danger, Fetch


def without_secrets(fetch: Fetch) -> Fetch:
    """Return a fetch that may be printed.

    Where its address holds a secret the line of code is left out as a whole: code can spell a
    secret in more ways than anybody lists.
    """
    uri = redacted(fetch.uri)
    secret = uri != fetch.uri or Danger.SECRET_IN_URI in fetch.dangers
    return replace(
        fetch,
        uri=uri,
        revision=None if fetch.revision is None else redacted(fetch.revision),
        decided_by=tuple(redacted(name) for name in fetch.decided_by),
        snippet="" if secret else redacted(fetch.snippet),
    )
