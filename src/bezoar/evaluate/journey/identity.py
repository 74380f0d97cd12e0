"""Which data a name means: when two names mean the same, or one lies within the other."""

import ipaddress
import posixpath
import re
from typing import Final
from urllib.parse import urlsplit

INTERNAL: Final = "PIPELINE-INTERNAL:"
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{?\{?\s*([A-Za-z_][\w.]*)\s*\}?\}?")
_INNER: Final = frozenset(
    {"internal", "local", "lan", "corp", "intranet", "intra", "private", "svc", "localdomain"}
    | {"artifactory", "nexus", "minio", "mirror"}
)
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
    if first == second:
        return True
    short, long = sorted((first, second), key=len)
    if short.startswith(INTERNAL):
        return long.startswith(short + "/")
    return long.startswith(short + "/") or _globbed(short, long) or _globbed(long, short)


def _globbed(pattern: str, other: str) -> bool:
    """Say whether a pattern's fixed beginning lies in, or around, another name."""
    at = min((pattern.find(sign) for sign in "*?[" if sign in pattern), default=-1)
    if at < 0:
        return False
    start = pattern[:at].rpartition("/")[0]
    return bool(start) and (other.startswith(start) or start.startswith(other + "/"))


def is_public_web(name: str) -> bool:
    """Say whether a name is a web address that is not plainly the team's own."""
    if not name.startswith(("http://", "https://")):
        return False
    try:
        host = (urlsplit(name).hostname or "").lower().rstrip(".")
    except ValueError:
        return True
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        inner = _INNER & set(host.split("."))
        return "." in host and not inner and "{" not in host
