"""Opening a mirror by its address."""

import ipaddress
import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from bezoar.core.errors import UsageError
from bezoar.fortify.mirror.folder import FolderMirror
from bezoar.fortify.mirror.keys import checked
from bezoar.fortify.mirror.store import Store
from bezoar.project import Project
from bezoar.project.settings import MirrorSettings

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_REPOSITORY: Final = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_KINDS: Final = "a folder, file:, s3://, oci://, https:// or gs://"


def open_mirror(uri: str, project_root: Path, settings: MirrorSettings | None = None) -> Store:
    """Return the mirror at an address; nothing is asked of it yet.

    Args:
        uri: `file:///absolute`, `file:relative` or a path (relative to the project's folder),
            `s3://bucket/prefix`, `gs://bucket/prefix`, `oci://host/repository`, `https://…`;
            `http://…` and `oci+http://…` to this machine, or to hosts that the settings allow.
        project_root: The project's folder.
        settings: What else is known of the team's mirror.

    Raises:
        UsageError: If it is no address of a mirror, or names a user or a password.
        BezoarError: If what it takes to reach it is not installed.
    """
    if not _SCHEME.match(uri):
        return FolderMirror(_folder(uri, project_root), uri)
    try:
        parts = urlsplit(uri)
        named = parts.username is not None or parts.password is not None
    except ValueError:
        raise _not_one(uri) from None
    if named or not uri.isprintable():
        raise _off("an address of a mirror names no user and no password: they come from outside")
    if parts.query or parts.fragment:
        raise _off("a ? or # in the path of an address is written as %3F or %23")
    settings = settings or MirrorSettings()
    match parts.scheme:
        case "file":
            return FolderMirror(_folder(_path(parts), project_root), uri)
        case "s3":
            return _s3(parts, settings)
        case "gs":
            return _cloud_storage(parts, settings)
        case "oci" | "oci+http":
            return _registry(parts, settings)
        case "https" | "http":
            return _web(uri, settings)
    raise _not_one(uri)


def declared_mirror(project: Project) -> Store:
    """Return the mirror that a project declares.

    Raises:
        UsageError: If it declares none, or what it declares is none.
        BezoarError: If what it takes to reach it is not installed.
    """
    settings = project.settings.mirror
    if settings.uri is None:
        raise _off("no mirror is declared")
    return open_mirror(settings.uri, project.root, settings)


def _s3(parts: SplitResult, settings: MirrorSettings) -> Store:
    from bezoar.adapters.s3 import Bucket, Retention  # noqa: PLC0415 - not every mirror is in S3
    from bezoar.fortify.mirror.s3 import S3Mirror  # noqa: PLC0415 - the same

    retention = None
    if settings.object_lock_days:
        retention = Retention(settings.object_lock_days, settings.object_lock_mode)
    endpoint = _encrypted(settings.endpoint, settings) if settings.endpoint else None
    bucket = Bucket(_bucket(parts), endpoint=endpoint, region=settings.region)
    return S3Mirror(bucket, _prefix(parts), retention)


def _cloud_storage(parts: SplitResult, settings: MirrorSettings) -> Store:
    from bezoar.fortify.mirror.gcs import ENDPOINT, CloudStorageMirror  # noqa: PLC0415 - see above
    from bezoar.fortify.mirror.google_login import GoogleLogin  # noqa: PLC0415 - the same

    endpoint = settings.endpoint or os.environ.get("STORAGE_EMULATOR_HOST") or ENDPOINT
    endpoint = endpoint if "://" in endpoint else f"http://{endpoint}"
    login = GoogleLogin(os.environ)
    return CloudStorageMirror(_bucket(parts), _prefix(parts), _encrypted(endpoint, settings), login)


def _registry(parts: SplitResult, settings: MirrorSettings) -> Store:
    from bezoar.fortify.mirror.oci import RegistryMirror  # noqa: PLC0415 - see above
    from bezoar.fortify.mirror.registry_login import RegistryLogin  # noqa: PLC0415 - the same

    repository = parts.path.strip("/")
    if not _REPOSITORY.fullmatch(repository):
        raise _off(f"not the name of a repository: {repository!r}")
    scheme = "http" if parts.scheme == "oci+http" else "https"
    registry = _encrypted(f"{scheme}://{parts.netloc}", settings)
    return RegistryMirror(registry, repository, RegistryLogin(registry, repository, os.environ))


def _web(uri: str, settings: MirrorSettings) -> Store:
    from bezoar.fortify.mirror.credentials import given  # noqa: PLC0415 - see above
    from bezoar.fortify.mirror.web import WebMirror  # noqa: PLC0415 - the same

    return WebMirror(_encrypted(uri, settings), given())


def _encrypted(url: str, settings: MirrorSettings) -> str:
    """Return an address whose line nobody else reads or writes, or one that people allowed."""
    from bezoar.fortify.mirror.lines import origin_of  # noqa: PLC0415 - see above

    try:
        origin = origin_of(url)
    except ValueError:
        raise _not_one(url) from None
    if origin.scheme == "https" or origin.host in settings.allow_http or _is_here(origin.host):
        return url
    raise UsageError(
        f"the line to {origin.host} is not encrypted: {url}",
        next=f'use https, or write into bezoar.toml: [mirror] allow_http = ["{origin.host}"]',
    )


def _is_here(host: str) -> bool:
    """Tell whether a host is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bucket(parts: SplitResult) -> str:
    if not _BUCKET.fullmatch(parts.netloc):
        raise _off(f"not the name of a bucket: {parts.netloc!r}")
    return parts.netloc


def _prefix(parts: SplitResult) -> str:
    """Return the path as a prefix of names, without slashes at its ends."""
    prefix = unquote(parts.path).strip("/")
    try:
        return checked(prefix) if prefix else ""
    except ValueError:
        raise _off(f"not a prefix of a mirror's names: {parts.path!r}") from None


def _path(parts: SplitResult) -> str:
    if parts.netloc not in {"", "localhost"}:
        raise _off(f"file://{parts.netloc}/ is on another machine: mount it, and give its path")
    return unquote(parts.path)


def _folder(path: str, project_root: Path) -> Path:
    if not path or "\0" in path:
        raise _off("the mirror's path is empty")
    return project_root / Path(path).expanduser()


def _not_one(uri: str) -> UsageError:
    return _off(f"not the address of a mirror: {uri!r} (want {_KINDS})")


def _off(message: str) -> UsageError:
    return UsageError(message, next='write into bezoar.toml: [mirror] uri = "../mirror"')
