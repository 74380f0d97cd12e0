"""SHA-256 of many files, as fast as the machine reads them.

Small files cost system calls, not hashing: each is opened, read into one buffer that is used over
and over, and closed. Nothing is remembered between runs: a cache keyed by time stamps would
believe whoever sets them.
"""

import hashlib
import itertools
import os
import signal
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError

# A link, a pipe or a terminal in the place of a file must neither be followed nor waited for.
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Fits the second-level cache: hashing reads what the kernel has just written there.
_BUFFER: Final = 1 << 18
_RECORD: Final = 40
_FAILED: Final = (1 << 64) - 1
# Below this, starting processes takes longer than they save.
_WORTH_A_PROCESS: Final = 2000


@dataclass(frozen=True, slots=True)
class Hashed:
    """One file: its size in bytes and its SHA-256, or why it could not be read (an `errno`)."""

    size: int
    sha256: bytes
    error: int = 0


class FileHashes:
    """Hashes of files, being computed while the caller does other things.

    In a process of one thread the work is done by a child process per core, so that the imports
    that follow do not slow it down; otherwise, where forking is not safe, by `results` itself.
    """

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        """Start.

        Args:
            root: The folder.
            paths: Files, relative to the folder.
        """
        self._root, self._paths = os.fsencode(root), paths
        self._children: list[tuple[int, int, int]] = []
        if len(paths) >= _WORTH_A_PROCESS and _single_threaded():
            workers = len(os.sched_getaffinity(0))
            bounds = [len(paths) * i // workers for i in range(workers + 1)]
            for start, end in itertools.pairwise(bounds):
                self._children.append((*_start_child(self._root, paths[start:end]), end - start))
        # Nobody may ask for the results; the children must not outlive the question.
        weakref.finalize(self, _end, self._children)

    def results(self) -> Iterator[Hashed]:
        """Yield one result per path, in their order; to be called once.

        Raises:
            BezoarError: If a child process was ended from outside.
        """
        if not self._children:
            yield from map(_unpack, _records(self._root, self._paths))
            return
        while self._children:
            process, pipe, count = self._children.pop(0)
            with os.fdopen(pipe, "rb") as file:
                data = file.read()
            _, status = os.waitpid(process, 0)
            if status or len(data) != _RECORD * count:
                raise BezoarError("a process that hashed files was ended", next="run it again")
            for start in range(0, len(data), _RECORD):
                yield _unpack(data[start : start + _RECORD])


def _end(children: list[tuple[int, int, int]]) -> None:
    for process, pipe, _ in children:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(pipe)


def _single_threaded() -> bool:
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names only
    except OSError:
        return False


def _start_child(root: bytes, paths: Sequence[str]) -> tuple[int, int]:
    """Return the process that hashes these files, and the pipe where its records arrive."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    status = 1
    # Whatever happens, the child must not return into its parent's program.
    try:
        os.close(reader)
        with os.fdopen(writer, "wb") as file:
            file.write(b"".join(_records(root, paths)))
        status = 0
    finally:
        os._exit(status)


def _records(root: bytes, paths: Sequence[str]) -> Iterator[bytes]:
    """Yield 40 bytes per file: its size and its digest, or a mark and the error's number."""
    new, open_file, read, close = hashlib.sha256, os.open, os.readv, os.close
    prefix, buffer = root + b"/", bytearray(_BUFFER)
    view, buffers = memoryview(buffer), [buffer]
    for path in paths:
        try:
            file = open_file(prefix + os.fsencode(path), _FLAGS)
            try:
                size = read(file, buffers)
                digest = new(view[:size])
                # A short read is no proof of the end: only an empty one is.
                while more := read(file, buffers):
                    digest.update(view[:more])
                    size += more
            finally:
                close(file)
        except OSError as error:
            yield _FAILED.to_bytes(8, "big") + (error.errno or 0).to_bytes(32, "big")
        else:
            yield size.to_bytes(8, "big") + digest.digest()


def _unpack(record: bytes) -> Hashed:
    size, rest = int.from_bytes(record[:8], "big"), record[8:]
    if size == _FAILED:
        return Hashed(0, b"", int.from_bytes(rest, "big"))
    return Hashed(size, rest)
