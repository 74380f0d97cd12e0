"""`Source`: what every kind of source can do: say what it has, and give bytes from any place on."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bezoar.core.digest import Digest


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as its source announces it: claims, until the bytes are here.

    Attributes:
        path: Where it goes, below the folder of what is fetched; checked, see `names`.
        at: What its source opens it by: an address, a key, an object's id. It may hold a secret.
        uri: Its address for people and records, without secrets.
        size: Bytes.
        digest: `sha256:…`, `md5:…` or `git-blob-sha1:…`.
        mark: What its source calls these very bytes.
        fixed: Its address never means other bytes.
        headers: What is sent along when it is asked for.
    """

    path: str
    at: str
    uri: str
    size: int | None = None
    digest: Digest | None = None
    mark: str = ""
    fixed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be fetched.

    Attributes:
        source: The address, as it was asked for, without secrets.
        files: The files.
        folder: They are a tree, not one file.
        revision: What the source calls this state of it: a commit, a version's id.
        asked: The revision that was asked for, where it may lead elsewhere tomorrow.
        tag: That is a tag, which ought not to move.
        left_out: What the source has and nobody fetches: a path, and why.
        hosts: Whoever was asked for this plan.
        nearby: It lies in a private network that a person has named.
    """

    source: str
    files: tuple[RemoteFile, ...]
    folder: bool = False
    revision: str | None = None
    asked: str | None = None
    tag: bool = False
    left_out: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()
    nearby: bool = False


class Stream(Protocol):
    """Bytes on their way; iterate over it once.

    Attributes:
        start: The first byte that comes; 0 where the source starts over.
        size: Of the whole file, as announced now; None where it is not.
        mark: What the source calls these very bytes; empty where it does not.
        hosts: Whoever was asked for them.
        name: What the source calls the file; empty where it does not.
        version: What it calls this version of the file.
        unchanged: It still is what the mark in the question names; nothing comes.
    """

    start: int
    size: int | None
    mark: str
    hosts: tuple[str, ...]
    name: str
    version: str
    unchanged: bool

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes.

        Raises:
            UnreachableError: If they end too early.
        """
        ...


class Source(Protocol):
    """One place to fetch from."""

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return a file that lies below the place, without asking for it.

        Args:
            key: Its name below the place; empty for the place itself.
            path: Where it goes.
        """
        ...

    def plan(self) -> Plan:
        """Say what there is; a name that moves is resolved to what it means now.

        Raises:
            UnreachableError: If nobody answers, or there is no such thing.
            HostileNameError: If the name of a file leads anywhere but below the target.
        """
        ...

    def opened(
        self, file: RemoteFile, start: int = 0, mark: str = ""
    ) -> AbstractContextManager[Stream]:
        """Open a file of the plan.

        Args:
            file: Which one.
            start: The first byte that is wanted.
            mark: What the bytes before it were called: other ones start over.

        Raises:
            UnreachableError: If it cannot be had.
        """
        ...


@dataclass
class Pieces:
    """Bytes that do not come from the web; see `Stream`."""

    pieces: Iterable[bytes]
    start: int = 0
    size: int | None = None
    mark: str = ""
    hosts: tuple[str, ...] = ()
    name: str = ""
    version: str = ""
    unchanged: bool = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        return iter(self.pieces)
