"""Fetches of DVC: imports with their lock, stages, and the remotes that `dvc pull` reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bezoar.core.source import Pin
from bezoar.recon.scan import addresses, yaml
from bezoar.recon.scan.fetch import Checksum, Context, Fetch, Kind
from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence
from bezoar.syntax.yaml_tree import documents

_REMOTE: Final = re.compile(r"^[ \t]*url[ \t]*=[ \t]*(\S+)[ \t]*$")
_REMOTES: Final = frozenset({"http", "https", "webdav", "webdavs", "ssh", "hdfs", "webhdfs", "oss"})
_DIGESTS: Final = ("md5", "checksum", "sha256")  # An ETag is what a server calls it today.


def may_fetch(data: bytes) -> bool:
    """Say from the bytes alone whether a file of DVC names what lies elsewhere."""
    return b"://" in data or b"repo" in data or b"cmd" in data or b"url" in data


def read(text: str, path: str, context: Context) -> Iterable[Fetch]:
    """Read the fetches of `.dvc`, `dvc.yaml`, `dvc.lock` or `.dvc/config`.

    Raises:
        UnreadableError: It is not what its name says.
    """
    if path.endswith((".dvc/config", ".dvc/config.local")):
        return _remotes(text, path, context)
    if path.endswith(".dvc"):
        return _imports(text, path, context)
    if path.rpartition("/")[2] == "dvc.lock":
        return _locked(text, path, context)
    return yaml.read(text, path, context)


def _remotes(text: str, path: str, context: Context) -> Iterator[Fetch]:
    """Yield each remote that lies elsewhere: `dvc pull` takes the bytes that it answers with."""
    for number, line in enumerate(text.split("\n"), 1):
        match = _REMOTE.match(line)
        scheme = addresses.scheme(match[1]) if match else ""
        if match and (scheme in addresses.STORES or scheme in _REMOTES or scheme == "gdrive"):
            at = Scalar(match[1], number, number, line)
            yield replace(_fetch(path, context, at, match[1]), kind=Kind.OTHER)


def _imports(text: str, path: str, context: Context) -> Iterator[Fetch]:
    """Yield what a `.dvc` file imports: from a repository, or from an address."""
    for document in documents(text):
        deps = document.get("deps") if isinstance(document, Mapping) else None
        for dep in deps.items if isinstance(deps, Sequence) else ():
            if isinstance(dep, Mapping):
                yield from _imported(dep, document, path, context)


def _imported(dep: Mapping, document: Node | None, path: str, context: Context) -> Iterator[Fetch]:
    repo, inner = dep.get("repo"), dep.text("path")
    checked = _has_digest(dep) or (isinstance(document, Mapping) and _outs_have_digest(document))
    checksum = Checksum.CALL if checked else Checksum.NONE
    if isinstance(repo, Mapping) and isinstance(url := repo.get("url"), Scalar):
        lock = repo.text("rev_lock", "rev") or None
        uri = f"git+{url.text.strip()}#{inner}" if "://" in url.text else f"git:{url.text}#{inner}"
        pin = addresses.pin_of(lock) if lock else Pin.NONE
        found = _fetch(path, context, url, uri)
        yield replace(found, loader="dvc.import", revision=lock, pin=pin, checksum=checksum)
    elif isinstance(where := dep.get("path"), Scalar) and addresses.scheme(where.text):
        pin = Pin.HASH if checked else Pin.NONE
        found = _fetch(path, context, where, where.text.strip())
        yield replace(found, loader="dvc.import-url", pin=pin, checksum=checksum)


def _locked(text: str, path: str, context: Context) -> Iterator[Fetch]:
    """Yield the stages' dependencies that lie elsewhere."""
    for document in documents(text):
        stages = document.get("stages") if isinstance(document, Mapping) else None
        for _, stage in stages.entries if isinstance(stages, Mapping) else ():
            deps = stage.get("deps") if isinstance(stage, Mapping) else None
            for dep in deps.items if isinstance(deps, Sequence) else ():
                if isinstance(dep, Mapping) and addresses.scheme(dep.text("path")):
                    yield from _imported(dep, None, path, context)


def _fetch(path: str, context: Context, at: Scalar, uri: str) -> Fetch:
    return Fetch(
        path=path,
        line=at.line,
        end_line=at.end_line,
        loader="dvc.remote",
        kind=addresses.judge(uri.removeprefix("git+").replace("#", "/")) or Kind.DATASET,
        uri=uri,
        dangers=frozenset(addresses.dangers(uri)),
        snippet=at.script.strip()[:200],
        in_ci=context.in_ci,
    )


def _has_digest(entry: Mapping) -> bool:
    return bool(entry.text(*_DIGESTS))


def _outs_have_digest(document: Mapping) -> bool:
    outs = document.get("outs")
    items = outs.items if isinstance(outs, Sequence) else []
    return any(isinstance(out, Mapping) and _has_digest(out) for out in items)
