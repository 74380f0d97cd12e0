"""SHA-256 of many files, as fast as the machine reads them.

Small files cost system calls, not hashing: each is opened, read into one buffer that is used over
and over, and closed. Nothing is remembered between runs: a cache keyed by time stamps would
believe whoever sets them.
"""

import errno
import hashlib
import itertools
import os
import signal
import struct
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bezoar.core.errors import BezoarError
from bezoar.datasets.regular import READ

# Fits the second-level cache: hashing reads what the kernel has just written there.
_BUFFER: Final = 1 << 18
_RECORD: Final = struct.Struct(">Q32s")
_FAILED: Final = (1 << 64) - 1
# Below this, starting processes takes longer than they save.
_WORTH_A_PROCESS: Final = 2000


class Hashed(NamedTuple):
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
            yield from _unpacked(b"".join(_records(self._root, self._paths)))
            return
        while self._children:
            process, pipe, count = self._children.pop(0)
            with os.fdopen(pipe, "rb") as file:
                data = file.read()
            _, status = os.waitpid(process, 0)
            if status or len(data) != _RECORD.size * count:
                raise BezoarError("a process that hashed files was ended", next="run it again")
            yield from _unpacked(data)


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
    """Yield a record per file: its size and its digest, or a mark and the error's number."""
    new, open_file, read, close = hashlib.sha256, os.open, os.readv, os.close
    prefix, buffer = root + b"/", bytearray(_BUFFER)
    view, buffers = memoryview(buffer), [buffer]
    for path in paths:
        try:
            file = open_file(prefix + os.fsencode(path), READ)
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
            yield _RECORD.pack(_FAILED, (error.errno or errno.EIO).to_bytes(32, "big"))
        else:
            yield _RECORD.pack(size, digest.digest())


def _unpacked(records: bytes) -> Iterator[Hashed]:
    for size, rest in _RECORD.iter_unpack(records):
        if size == _FAILED:
            yield Hashed(0, b"", int.from_bytes(rest, "big"))
        else:
            yield Hashed(size, rest)
