"""Which kind of source an address means."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from bezoar.adapters.web.client import tokens_of
from bezoar.adapters.web.download import Downloads
from bezoar.adapters.web.guard import addresses_of
from bezoar.core.errors import UsageError
from bezoar.fortify.fetch import gs
from bezoar.fortify.fetch.azure import AzureSource
from bezoar.fortify.fetch.bay import locked
from bezoar.fortify.fetch.dvc import DvcSource
from bezoar.fortify.fetch.git import GitSource
from bezoar.fortify.fetch.git_command import Git
from bezoar.fortify.fetch.gs import GoogleSource
from bezoar.fortify.fetch.hub import HubSource
from bezoar.fortify.fetch.local import LocalSource
from bezoar.fortify.fetch.s3 import S3Source
from bezoar.fortify.fetch.source import Source
from bezoar.fortify.fetch.web import WebSource

_HELP: Final = "bezoar fetch --help"
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Way:
    """How sources are asked.

    Attributes:
        downloads: Who asks over the web.
        work: A folder for what git fetches; it need not exist.
        credentials: The person's own are sent.
        environment: Where those are.
        most_bytes: How much may come.
    """

    downloads: Downloads
    work: Path
    credentials: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    most_bytes: int = 100 << 30


def tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens of an environment that sources ask for, each for its own host.

    `HF_TOKEN` for the Hugging Face Hub, `GOOGLE_OAUTH_ACCESS_TOKEN` for Google Cloud Storage.
    """
    found = {
        host: token for host, token in tokens_of(environment).items() if host == "huggingface.co"
    }
    token = environment.get("GOOGLE_OAUTH_ACCESS_TOKEN", "")
    if token and token.isascii() and token.isprintable() and " " not in token:
        found[gs.HOST] = f"Bearer {token}"
    return found


@contextmanager
def open_source(text: str, way: Way, remote: str | None = None) -> Iterator[Source]:
    """Open the source that an address means; what it needed is removed afterwards.

    Args:
        text: `https://…`, `s3://…`, `gs://…`, `az://…`, `hf://…`, `git+https://…`, a path, or the
            path of a `.dvc` file.
        way: How it is asked.
        remote: Where the data of a `.dvc` file lies: an address, or a folder.

    Raises:
        UsageError: If it means none, or one that is not allowed.
    """
    for one in (text, remote or ""):
        _check_address(one)
    is_dvc = "://" not in text and Path(text).name.endswith((".dvc", "dvc.lock"))
    if is_dvc != (remote is not None):
        raise UsageError(
            f"{text} is a file of DVC: where is its data?" if is_dvc else "--remote is for DVC",
            next="bezoar fetch FILE.dvc --remote FOLDER-OR-URL --name NAME",
        )
    if remote is not None:
        yield DvcSource(_path(text), _opened(remote, way))
    elif text.startswith("git+"):
        with _git(text.removeprefix("git+"), way) as source:
            yield source
    else:
        yield _opened(text, way)


def _check_address(text: str) -> None:
    """Refuse what nobody can take apart, before anybody tries to.

    Raises:
        UsageError: If it is that.
    """
    try:
        _port = urlsplit(text.removeprefix("git+")).port if "://" in text else None
    except ValueError:
        raise UsageError(f"not an address: {text}", next=_HELP) from None


def _opened(text: str, way: Way) -> Source:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return LocalSource(_path(text))
    if scheme == "file":
        return LocalSource(_path(unquote(urlsplit(text).path)))
    if scheme in _PORTS:
        require_allowed(text, way.downloads)
        return WebSource(text, way.downloads)
    return _of_a_store(scheme, rest, way)


def _of_a_store(scheme: str, rest: str, way: Way) -> Source:
    bucket, _, key = rest.partition("/")
    match scheme:
        case "s3":
            return S3Source(bucket, key, way.downloads, way.credentials)
        case "gs":
            return GoogleSource(bucket, key, way.downloads)
        case "az":
            given = way.environment.get("AZURE_STORAGE_SAS_TOKEN", "") if way.credentials else ""
            return AzureSource(bucket, key, way.downloads, given)
        case "hf":
            return HubSource.parse(rest, way.downloads)
    raise UsageError(f"nothing is fetched from {scheme}://", next=_HELP)


def require_allowed(url: str, downloads: Downloads) -> None:
    """Refuse http where nobody has allowed it for this host.

    Raises:
        UsageError: If it is not allowed.
    """
    host = urlsplit(url).hostname or ""
    if url.startswith("http:") and host.lower() not in downloads.reach.plain:
        raise UsageError(
            f"http://{host} is not encrypted: who sits on the way can exchange the data",
            next="--allow-http, best with --sha256; or name the host: [fetch] allow_http",
        )


def _path(text: str) -> Path:
    path = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - a link stays a link
    if not text or not path.exists():
        raise UsageError(f"{text!r} does not exist", next=_HELP)
    return path


@contextmanager
def _git(text: str, way: Way) -> Iterator[GitSource]:
    """Open a repository: `https://HOST/PATH@REVISION`, or one of this machine."""
    url, revision = _split_revision(text)
    if "://" not in url:
        url = _path(url).as_uri()
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http", "file") or revision.startswith("-") or not revision:
        raise UsageError(f"not a repository that is fetched: git+{text}", next=_HELP)
    options: tuple[str, ...] = ()
    if parts.scheme != "file":
        require_allowed(url, way.downloads)
        way.downloads.reach.checked(url)
        # The address that is checked here is the one that git connects to.
        port = parts.port or _PORTS[parts.scheme]
        named = way.downloads.reach.is_private(url)
        address = addresses_of(parts.hostname or "", port, named=named)[0]
        options = (f"http.curloptResolve={parts.hostname}:{port}:{address}",)
    folder = way.work / f".git-{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"
    seconds = way.downloads.pace.seconds
    repository = folder / "repository"
    git = Git(repository, parts.scheme, way.most_bytes, seconds, way.credentials, options)
    with locked(folder, url):
        source = GitSource(url, revision, git, way.downloads)
        try:
            yield source
        finally:
            source.close()
            shutil.rmtree(folder, ignore_errors=True)


def _split_revision(text: str) -> tuple[str, str]:
    """Return an address and the revision behind its last `@`; one before the path is a user's."""
    scheme, separator, rest = text.rpartition("://")
    host, slash, path = rest.partition("/") if separator else ("", "", rest)
    place, at, revision = path.rpartition("@")
    if not at or not place:
        return text, "HEAD"
    return f"{scheme}{separator}{host}{slash}{place}", revision
