"""What stands behind an address: data, a model, an archive, or nothing that a model learns from."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan.address_kind import STORES, WEB, scheme, verdict
from bezoar.recon.scan.fetch import Danger, Kind

__all__ = [
    "STORES",
    "WEB",
    "dangers",
    "holds_secret",
    "is_software",
    "judge",
    "pin_of",
    "revision_in",
    "scheme",
]

_LONGEST: Final = 4096  # An address longer than any browser sends is none.
_KINDS: Final = frozenset(kind.value for kind in Kind)
_SECRET: Final = re.compile(
    r"(?:^|[?&;])(?:access_?token|token|api_?key|apikey|key|sig|signature|password|passwd|secret"
    r"|x-amz-signature|x-goog-signature|awsaccesskeyid|private_token)=(?!\{)[^&{}]{6,}",
    re.IGNORECASE,
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# Where hosts keep the revision in a path: `OWNER/NAME/raw/REVISION/FILE` and its kind.
_REVISION: Final = (
    re.compile(
        r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/(?:datasets/)?"
        r"[^/?#]+(?:/[^/?#]+)?/(?:resolve|raw|blob|tree)/(?P<rev>[^/?#]+)"
    ),
    re.compile(
        r"^https?://raw\.githubusercontent\.com/[^/?#]+/[^/?#]+/(?:refs/(?:heads|tags)/)?"
        r"(?P<rev>[^/?#]+)/"
    ),
    re.compile(
        r"^https?://(?:github\.com|gitlab\.com|bitbucket\.org)/[^/?#]+/[^/?#]+/(?:-/)?"
        r"(?:raw|blob|tree|archive|releases/download|zipball|tarball)/"
        r"(?:refs/(?:heads|tags)/)?(?P<rev>[^/?#]+?)(?:\.zip|\.tar\.gz|/|$)"
    ),
    re.compile(r"^https?://cdn\.jsdelivr\.net/gh/[^/?#]+/[^/@?#]+@(?P<rev>[^/?#]+)/"),
    re.compile(r"^hf://(?:datasets/)?[^/?#@]+/[^/?#@]+@(?P<rev>[^/?#]+)"),
    re.compile(r"^git\+[^@?#]+(?:\.git)?@(?P<rev>[^/?#@]+)"),
)


def judge(uri: str, name: str = "") -> Kind | None:
    """Say what comes in from an address.

    Args:
        uri: The address as folded; `{name}` stands for what is no literal.
        name: The file's name where the bytes are kept, if that is known: it tells what an address
            without a telling end does not.

    Returns:
        None for software, a program's interface, a page for people, or no address at all.
    """
    if len(uri) > _LONGEST:
        return None
    found = verdict(uri.strip(), name.strip()[:_LONGEST])
    return Kind(found) if found in _KINDS else None


def is_software(uri: str, name: str = "") -> bool:
    """Say whether an address is known to lead to software, an interface or a page.

    What is neither this nor a kind of `judge` is unknown: `wget` of it is worth reporting, the
    same text in a configuration file is not.
    """
    return verdict(uri.strip()[:_LONGEST], name.strip()[:_LONGEST]) == "software"


def pin_of(revision: str) -> Pin:
    """Say what a revision ties: only a full commit cannot be moved."""
    if _COMMIT.fullmatch(revision):
        return Pin.REVISION
    return Pin.DYNAMIC if revision.startswith("{") else Pin.TAG


def revision_in(uri: str) -> tuple[str | None, Pin]:
    """Return the revision that stands in an address itself, and what it ties."""
    for pattern in _REVISION:
        if match := pattern.match(uri):
            return match["rev"], pin_of(match["rev"])
    return None, Pin.NONE


def dangers(uri: str) -> Iterator[Danger]:
    """Yield what is dangerous about an address itself."""
    start = scheme(uri)
    if start in ("http", "ftp") and not _own(uri):
        yield Danger.PLAIN_HTTP
    if start and holds_secret(uri):
        yield Danger.SECRET_IN_URI


def holds_secret(uri: str) -> bool:
    """Say whether a password or token stands in an address as a literal."""
    rest = uri.partition("://")[2]
    authority, _, tail = rest.partition("/")
    who, at, _ = authority.rpartition("@")
    password = who.partition(":")[2] or (who if who.startswith(("ghp_", "hf_", "glpat-")) else "")
    if at and password and "{" not in password:
        return True
    return "?" in tail and bool(_SECRET.search(tail[tail.index("?") :]))


def _own(uri: str) -> bool:
    host = uri.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    own = ("localhost", "127.0.0.1", "0.0.0.0", "[")  # noqa: S104 - compared with, never bound to
    return host in own or host.endswith((".local", ".internal"))
