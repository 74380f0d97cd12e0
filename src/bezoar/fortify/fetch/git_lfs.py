"""Large files of a Git repository, asked for one by one: each has the SHA-256 that it is named by.

Reference: https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md. The address is that of
the repository, whatever its `.lfsconfig` says: that file is a stranger's.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bezoar.adapters.web.download import Downloads
from bezoar.adapters.web.errors import UnreachableError
from bezoar.core.place import printable
from bezoar.fortify.fetch.local import LocalSource
from bezoar.fortify.fetch.source import RemoteFile, Stream
from bezoar.fortify.fetch.web import answered, streamed

_TYPE: Final = "application/vnd.git-lfs+json"
_HEADER: Final = re.compile(r"[!-~][ -~]{0,4000}")


@dataclass(frozen=True, slots=True)
class LfsStore:
    """The large files of one repository.

    Attributes:
        url: Of the repository.
        downloads: Who asks.
    """

    url: str
    downloads: Downloads

    @contextmanager
    def opened(self, file: RemoteFile, start: int, mark: str) -> Iterator[Stream]:
        """Open a file by the digest that the repository knows it by; see `Source`.

        Raises:
            UnreachableError: If the store has none, or it is none for everybody.
        """
        assert file.digest is not None  # noqa: S101 - a pointer always names one
        if self.url.startswith("file:"):
            here = LocalSource(self._stored(file.digest.hex))
            with here.opened(replace(here.file_at("", file.path), uri=file.uri)) as stream:
                stream.mark = ""
                yield stream
            return
        with streamed(self.downloads, self._located(file), start, mark) as stream:
            yield stream

    def _stored(self, oid: str) -> Path:
        """Return where a repository of this machine keeps a large file."""
        root = Path(unquote(urlsplit(self.url).path))
        for place in (root / ".git", root):
            path = place / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
            if path.is_file():
                return path
        raise UnreachableError(f"the repository has no large file {oid}")

    def _located(self, file: RemoteFile) -> RemoteFile:
        """Return a file with the address that the store gives for it."""
        oid = file.digest.hex if file.digest else ""
        question = {
            "operation": "download",
            "transfers": ["basic"],
            "objects": [{"oid": oid, "size": file.size}],
            "hash_algo": "sha256",
        }
        url = self.url.rstrip("/").removesuffix(".git") + ".git/info/lfs/objects/batch"
        headers = {"Accept": _TYPE, "Content-Type": _TYPE}
        answer, _ = answered(self.downloads, url, json.dumps(question).encode(), headers)
        action = _action(answer, oid)
        sent = action.get("header") or {}
        if not isinstance(sent, dict):
            sent = {}
        usable = {str(k): str(v) for k, v in sent.items() if _HEADER.fullmatch(f"{k}{v}")}
        return replace(file, at=action["href"], headers=usable)


def _action(answer: Any, oid: str) -> dict[str, Any]:
    """Return how a store says that an object is to be had.

    Raises:
        UnreachableError: If it says something else.
    """
    objects = answer.get("objects") if isinstance(answer, dict) else None
    for one in objects if isinstance(objects, list) else ():
        if not isinstance(one, dict) or one.get("oid") != oid:
            continue
        actions = one.get("actions")
        action = actions.get("download") if isinstance(actions, dict) else None
        if isinstance(action, dict) and isinstance(action.get("href"), str):
            return action
        error = one.get("error")
        why = printable(str(error.get("message")))[:200] if isinstance(error, dict) else "no place"
        raise UnreachableError(f"the store of large files has no {oid}: {why}")
    raise UnreachableError(f"the store of large files does not know {oid}")
