"""What became of an image: the digest behind its tag.

Reference: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
"""

import hashlib
import re
from typing import Final

from bezoar.adapters.web.client import Client, Reply
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.recon.source.registry import RegistryImage, Session
from bezoar.recon.upstream.answer import Pinned, State, Upstream, by_name

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def upstream(image: RegistryImage, client: Client, pinned: Pinned) -> Upstream:
    """Ask a registry; see `Host`.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    noted = pinned.revision or ""
    digest = image.digest or (noted if _DIGEST.fullmatch(noted) else None)
    tag = image.tag or (noted if noted and noted != digest else None)
    if tag is None and digest is None:
        tag = "latest"
    session = Session(client)
    url = image.manifest(tag or digest or "")
    try:
        found = _digest_of(session.ask(url))
    except NotThereError:
        says = f"the registry has no {tag or digest} any more"
        return Upstream(State.GONE, says, digest or tag or "", url=url)
    if digest is None:
        return by_name(pinned, tag or "latest", found, url)
    if found == digest:
        where = f"tag {tag!r} still leads to it" if tag else "it is still there"
        return Upstream(State.SAME, where, digest, found, url=url)
    if tag is None:
        raise UnreachableError("the registry answers a digest with other bytes")
    says = f"moved: tag {tag!r} now points elsewhere; your digest still names what you pinned"
    return Upstream(State.MOVED, says, digest, found, url=url)


def _digest_of(reply: Reply) -> str:
    """Return a manifest's digest, computed here: what the registry says has to agree."""
    found = f"sha256:{hashlib.sha256(reply.body).hexdigest()}"
    said = reply.headers.get("docker-content-digest", found)
    if said != found and said.startswith("sha256:"):
        raise UnreachableError("the registry names another digest than its manifest has")
    return found
