"""A Git repository at one commit, its large files from LFS; read from objects, never checked out.

Reference: https://git-scm.com/docs/git-cat-file (`--batch`), `git-ls-tree`, `git-ls-remote`.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, cast

from bezoar.adapters.git_lfs import LONGEST, parse_pointer
from bezoar.adapters.web.download import Downloads
from bezoar.adapters.web.errors import CutOffError, UnreachableError
from bezoar.core.digest import Digest
from bezoar.fortify.fetch.git_command import Git
from bezoar.fortify.fetch.git_lfs import LfsStore
from bezoar.fortify.fetch.receiving import GIT_BLOB
from bezoar.fortify.fetch.source import Pieces, Plan, RemoteFile, Stream

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_PIECE: Final = 1 << 20
_LINK: Final = "120000"
_SUBMODULE: Final = "160000"
_LFS: Final = "lfs:"


@dataclass
class GitSource:
    """`git+https://HOST/PATH@REVISION`.

    Attributes:
        url: Of the repository, as git takes it.
        revision: A commit, branch or tag; `HEAD` for what the repository calls its own.
        git: git, with a repository of its own for what comes.
        downloads: Who asks for large files.
    """

    url: str
    revision: str
    git: Git
    downloads: Downloads
    _objects: "_Objects | None" = None

    def plan(self) -> Plan:
        """Resolve the revision, fetch its commit, and list the files of its tree."""
        self._prepare()
        commit, name = self._resolved()
        self._bring(commit, name)
        listing = self.git.run("ls-tree", "-r", "-z", "--full-tree", "--long", commit)
        files, left_out = [], []
        for row in listing.split(b"\0")[:-1]:
            facts, _, path = row.partition(b"\t")
            mode, _kind, oid, size = facts.decode("ascii").split()
            text = path.decode("utf-8", "surrogateescape")
            if mode in (_LINK, _SUBMODULE):
                why = "it is a link" if mode == _LINK else "it is a submodule, a source of its own"
                left_out.append((text, why))
            else:
                files.append(self._file(text, oid, int(size), commit))
        asked = None if _COMMIT.fullmatch(self.revision) else self.revision
        return Plan(
            f"git+{self.url}",
            tuple(self._with_large_files(files)),
            folder=True,
            revision=commit,
            asked=asked,
            tag=name.startswith("refs/tags/"),
            left_out=tuple(left_out),
            nearby=self.downloads.reach.is_private(self.url),
        )

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return a file at the revision as it was asked for; see `Source`."""
        return RemoteFile(path, f"{self.revision}:{key}", f"git+{self.url}@{self.revision}/{key}")

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Stream]:
        """Open a file: an object of the repository, or one of LFS; see `Source`."""
        if file.at.startswith(_LFS):
            with LfsStore(self.url, self.downloads).opened(file, start, mark) as stream:
                yield stream
            return
        try:
            yield Pieces(self._read(file.at), 0, file.size)
        except BaseException:
            self._stop()  # it stands in the middle of an object
            raise

    def close(self) -> None:
        """End what runs."""
        self._stop()

    def _prepare(self) -> None:
        self.git.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.git.run("init", "--bare", "--quiet", "--template=")

    def _read(self, oid: str) -> Iterator[bytes]:
        if self._objects is None:
            self._objects = _Objects(self.git)
        return self._objects.pieces(oid)

    def _stop(self) -> None:
        if self._objects is not None:
            self._objects.close()
            self._objects = None

    def _resolved(self) -> tuple[str, str]:
        """Return the commit that is meant, and the name under which it is to be had."""
        if _COMMIT.fullmatch(self.revision):
            return self.revision, ""
        lines = self.git.run("ls-remote", "--quiet", "--", self.url).decode("utf-8", "replace")
        known = {}
        for line in lines.splitlines():
            oid, _, name = line.partition("\t")
            known[name] = oid
        wanted = self.revision
        for name in (f"refs/tags/{wanted}", f"refs/heads/{wanted}", wanted):
            oid = known.get(f"{name}^{{}}") or known.get(name, "")
            if _COMMIT.fullmatch(oid):
                return oid, name
        raise UnreachableError(f"the repository has no branch or tag {wanted!r}")

    def _bring(self, commit: str, name: str) -> None:
        """Fetch a commit: alone where the host gives it so, else with its history."""
        if self._has(commit):
            return
        # What an earlier run has left half-way, with its locks, is not taken up.
        shutil.rmtree(self.git.folder, ignore_errors=True)
        self._prepare()
        shared = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        with suppress(UnreachableError):
            self.git.run("fetch", *shared, "--depth=1", "--", self.url, commit)
        if not self._has(commit):
            refs = [f"+{name}:refs/fetched"] if name else ["+refs/*:refs/fetched/*"]
            self.git.run("fetch", *shared, "--", self.url, *refs)
        if not self._has(commit):
            raise UnreachableError(f"the repository has no commit {commit}")

    def _has(self, commit: str) -> bool:
        try:
            # All that it is made of: a fetch may have been ended half-way.
            self.git.run("rev-list", "--objects", "--quiet", "--max-count=1", commit)
            self.git.run("cat-file", "-e", f"{commit}^{{commit}}")
        except UnreachableError:
            return False
        return True

    def _file(self, path: str, oid: str, size: int, commit: str) -> RemoteFile:
        digest = Digest(GIT_BLOB, bytes.fromhex(oid))
        uri = f"git+{self.url}@{commit}/{path}"
        return RemoteFile(path, oid, uri, size, digest, fixed=True)

    def _with_large_files(self, files: list[RemoteFile]) -> Iterator[RemoteFile]:
        """Yield the files, each pointer of LFS as the file that it stands for."""
        for file in files:
            small = file.size is not None and file.size < LONGEST
            data = b"".join(self._read(file.at)) if small else b""
            if pointer := parse_pointer(data):
                digest = Digest("sha256", bytes.fromhex(pointer.sha256))
                at = _LFS + pointer.sha256
                yield replace(file, at=at, size=pointer.size, digest=digest)
            else:
                yield file


class _Objects:
    """The objects of a repository, one after the other, from one process."""

    def __init__(self, git: Git) -> None:
        self._process = git.start("cat-file", "--batch", stderr=subprocess.DEVNULL)
        self._in = cast("BinaryIO", self._process.stdin)
        self._out = cast("BinaryIO", self._process.stdout)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for stream in (self._in, self._out):
            with suppress(OSError):
                stream.close()
        self._process.wait()

    def pieces(self, oid: str) -> Iterator[bytes]:
        """Yield the bytes of a blob.

        Raises:
            CutOffError: If they are not all there.
        """
        try:
            self._in.write(oid.encode() + b"\n")
            self._in.flush()
            head = self._out.readline(200).split()
            left = int(head[2]) + 1 if head[1:2] == [b"blob"] else -1
            while left > 1:
                piece = self._out.read(min(_PIECE, left - 1))
                left -= len(piece)
                if not piece:
                    break
                yield piece
            whole = left == 1 and self._out.read(1) == b"\n"
        except (OSError, ValueError, IndexError):
            whole = False
        if not whole:
            raise CutOffError(f"git does not give the object {oid}")
