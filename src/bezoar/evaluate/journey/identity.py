"""Which data a name means: when two names mean the same, or one lies within the other."""

import ipaddress
import posixpath
import re
from typing import Final
from urllib.parse import urlsplit

INTERNAL: Final = "PIPELINE-INTERNAL:"
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{?\{?\s*([A-Za-z_][\w.]*)\s*\}?\}?")
# Names that nobody outside of a team's network can resolve, or that say that it is the team's own.
_INNER_ENDS: Final = (
    *(".internal", ".local", ".lan", ".corp", ".intranet", ".intra", ".private", ".home.arpa"),
    *(".localdomain", ".svc"),
)
_INNER_LABELS: Final = frozenset({"internal", "intranet", "corp", "artifactory", "nexus", "minio"})
_SIGN: Final = re.compile(r"[*?\[]")
_DEEPEST: Final = 64  # folders
_HERE: Final = re.compile(r"^(?:\./|/(?:workspace|github/workspace|builds/[^/]+/[^/]+)/)+")


def identity(name: str) -> str:
    """Return a name such that equal names mean the same data; empty where it tells nothing."""
    text = _VARIABLE.sub(r"{\1}", name.strip().strip("\"'"))
    if text.startswith(INTERNAL):
        return text
    if found := _SCHEME.match(text):
        scheme, rest = found[1].lower(), text[found.end() :]
        scheme = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}.get(scheme, scheme)
        return (
            "" if scheme == "file" and not rest else f"{scheme}://{rest.split('?')[0].rstrip('/')}"
        )
    if not text or text in (".", "./", "-"):
        return ""
    return posixpath.normpath(_HERE.sub("", text)) if text != "/" else ""


def overlap(first: str, second: str) -> bool:
    """Say whether two identities have data in common: they are equal, or one holds the other."""
    short, long = sorted((extent(first), extent(second)), key=len)
    return short == long or long.startswith(short + "/")


def extent(name: str) -> str:
    """Return the smallest file or folder that surely holds all that a name means.

    Of a pattern that is the folder before its first sign. What lies deeper than anybody's data
    counts as its folder at that depth, so that a name of thousands of folders costs no more.
    """
    if not name.startswith(INTERNAL) and (found := _SIGN.search(name)):
        name = name[: found.start()].rpartition("/")[0] or name
    parts = name.split("/", _DEEPEST)
    return "/".join(parts[:_DEEPEST])


def is_public_web(name: str) -> bool:
    """Say whether a name is a web address that is not plainly the team's own."""
    return name.startswith(("http://", "https://")) and is_public_host(name)


def is_public_host(uri: str) -> bool:
    """Say whether the world can ask the host of an address, as far as its name tells."""
    try:
        host = (urlsplit(uri.strip()).hostname or "").lower().rstrip(".")
    except ValueError:
        return True
    if not host or "{" in host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        labels = host.split(".")
        inner = len(labels) == 1 or host.endswith(_INNER_ENDS)
        return not (inner or _INNER_LABELS & set(labels))
