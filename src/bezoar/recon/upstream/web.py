"""What became of a plain file on the web: the headers of its server.

Reference: RFC 9110 (ETag, Last-Modified, Content-Length) and RFC 9530 (Repr-Digest).
"""

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError
from bezoar.recon.upstream.answer import Change, Pinned, State, Upstream, by_name

_SHA256: Final = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):")
_GONE: Final = frozenset({404, 410})


def upstream(client: Client, pinned: Pinned) -> Upstream:
    """Ask a server for the headers of a file.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    url = pinned.uri
    try:
        reply = client.ask(url, method="HEAD", headers={"Want-Repr-Digest": "sha-256=10"})
    except NotThereError as error:
        if error.status not in _GONE:
            raise
        return Upstream(State.GONE, "the server has no such file any more", url=url)
    headers = reply.headers
    mine = next(iter(pinned.digests.values())) if len(pinned.digests) == 1 else None
    size = next(iter(pinned.sizes.values())) if len(pinned.sizes) == 1 else None
    if mine and (digest := _digest(headers.get("repr-digest", ""))):
        return _by_digest(url, mine, digest)
    length = headers.get("content-length", "")
    if size is not None and length.isdecimal() and int(length[:18]) != size:
        says = f"changed: the server has {int(length[:18]):,} bytes, {size:,} were registered"
        return Upstream(State.CHANGED, says, str(size), length, url=url)
    mark = headers.get("etag") or headers.get("last-modified") or ""
    if not mark:
        says = "the server names no digest, no ETag and no date"
        return Upstream(State.UNKNOWN, says, head=length, url=url)
    return by_name(
        pinned, "this address", mark[:200], url, changed_at=_date(headers.get("last-modified"))
    )


def _by_digest(url: str, mine: str, digest: str) -> Upstream:
    if digest == mine:
        says = "the file has the registered digest, as the server says"
        return Upstream(State.SAME, says, f"sha256:{mine}", f"sha256:{digest}", url=url)
    name = url.partition("?")[0].rpartition("/")[2] or url
    change = Change(name, "changed", f"sha256:{digest}")
    says = "changed: the server names another digest than the registered one"
    return Upstream(State.CHANGED, says, f"sha256:{mine}", f"sha256:{digest}", (change,), url=url)


def _digest(header: str) -> str | None:
    found = _SHA256.search(header)
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else None
    except binascii.Error:
        return None


def _date(header: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
