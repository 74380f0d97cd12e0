"""A data set on the Hugging Face Hub, by its commit.

Reference: `dataset_info` and `list_repo_tree` of
https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/hf_api.py
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote, unquote

from bezoar.adapters.web.download import Download, Downloads
from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.reach import host_of, joined
from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.fortify.fetch.receiving import GIT_BLOB
from bezoar.fortify.fetch.source import Plan, RemoteFile
from bezoar.fortify.fetch.web import answered, streamed

HOST: Final = "huggingface.co"
_PLACE: Final = re.compile(
    r"(?:datasets/)?(?P<owner>[\w.-]{1,96})/(?P<name>[\w.-]{1,96})"
    r"(?:@(?P<revision>[\w.%-]{1,200}))?(?:/(?P<below>.{1,500}))?"
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHA1: Final = re.compile(r"[0-9a-f]{40}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NEXT: Final = re.compile(r'<([^<>\s]{1,2000})>\s{0,9};\s{0,9}rel="next"')
_MOST_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class HubSource:
    """`hf://datasets/OWNER/NAME@REVISION`, with a path behind it or all of it.

    Attributes:
        id: `OWNER/NAME`.
        revision: A commit, branch or tag.
        below: A file or folder in it; empty for all.
        downloads: Who asks.
    """

    id: str
    revision: str
    below: str
    downloads: Downloads

    @classmethod
    def parse(cls, rest: str, downloads: Downloads) -> Self:
        """Read what follows `hf://`.

        Raises:
            UsageError: If it is no data set.
        """
        found = _PLACE.fullmatch(rest.rstrip("/"))
        if not found or rest.startswith(("models/", "spaces/", "buckets/")):
            raise UsageError(
                f"not a data set of the Hub: hf://{rest}",
                next="bezoar fetch hf://datasets/OWNER/NAME@COMMIT --name NAME",
            )
        revision = unquote(found["revision"] or "main")
        return cls(f"{found['owner']}/{found['name']}", revision, found["below"] or "", downloads)

    def plan(self) -> Plan:
        """Resolve the revision and list its files with the digests that the Hub names."""
        api = f"https://{HOST}/api/datasets/{self.id}"
        info, _ = answered(self.downloads, f"{api}/revision/{_part(self.revision)}")
        commit = info.get("sha") if isinstance(info, dict) else None
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            raise UnreachableError(f"{HOST} does not say which commit that is")
        listed = self._listed(f"{api}/tree/{commit}?recursive=true")
        files = tuple(self._file(one, commit) for one in listed if self._is_wanted(one["path"]))
        if not files:
            raise UnreachableError(f"{self.id} has no file {self.below or 'at all'} at {commit}")
        source = f"hf://datasets/{self.id}" + (f"/{self.below}" if self.below else "")
        asked = None if _COMMIT.fullmatch(self.revision) else self.revision
        return Plan(source, files, folder=True, revision=commit, asked=asked, hosts=(HOST,))

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return a file at the revision as it was asked for; see `Source`."""
        return self._at(key, path, self.revision)

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Download]:
        """Open a file; see `Source`."""
        with streamed(self.downloads, file, start, mark) as stream:
            yield stream

    def _at(self, key: str, path: str, commit: str) -> RemoteFile:
        url = f"https://{HOST}/datasets/{self.id}/resolve/{_part(commit)}/{quote(key)}"
        return RemoteFile(path, url, f"hf://datasets/{self.id}@{commit}/{key}")

    def _is_wanted(self, path: str) -> bool:
        return not self.below or path == self.below or path.startswith(f"{self.below}/")

    def _listed(self, url: str) -> Iterator[dict[str, Any]]:
        """Yield the files of a tree, page by page."""
        for _ in range(_MOST_PAGES):
            page, headers = answered(self.downloads, url)
            if not isinstance(page, list):
                raise UnreachableError(f"{HOST} lists nothing")
            for one in page:
                if isinstance(one, dict) and one.get("type") == "file":
                    yield _described(one)
            following = _NEXT.search(headers.get("link", "")[:8_000])
            if not following:
                return
            url = joined(url, following[1])
            if host_of(url) != HOST:
                raise UnreachableError(f"{HOST} continues its list at {host_of(url)}")
        raise UnreachableError(f"{HOST} lists more than {_MOST_PAGES:,} pages")

    def _file(self, one: dict[str, Any], commit: str) -> RemoteFile:
        path, large = one["path"], one.get("lfs")
        oid = large.get("oid") if isinstance(large, dict) else one.get("oid")
        pattern, algorithm = (_SHA256, "sha256") if large else (_SHA1, GIT_BLOB)
        if not isinstance(oid, str) or not pattern.fullmatch(oid):
            raise UnreachableError(f"{HOST} names no digest of {path}")
        at = self._at(path, path, commit)
        digest = Digest(algorithm, bytes.fromhex(oid))
        return RemoteFile(path, at.at, at.uri, one["size"], digest, fixed=True)


def _described(one: dict[str, Any]) -> dict[str, Any]:
    size = one.get("size")
    if not isinstance(one.get("path"), str) or not isinstance(size, int) or size < 0:
        raise UnreachableError(f"{HOST} lists a file without name or size")
    return one


def _part(text: str) -> str:
    return quote(text, safe="")
