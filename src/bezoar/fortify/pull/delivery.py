"""`deliver`: every file of a version, verified, into a folder that appears whole or not at all."""

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Manifest
from bezoar.datasets.containers import readable, why_unsafe
from bezoar.fortify.pull.cache import clone, copy, write_all
from bezoar.fortify.pull.content import SMALL, Contents, Stopped, Wanted
from bezoar.fortify.pull.part import Part, open_part, remove_part

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes."""


@dataclass
class Delivered:
    """What a delivery brought.

    Attributes:
        files: How many files the version has.
        bytes: Their bytes.
        cached: How many of them the cache had.
        reused: How many an interrupted run had finished.
        present: True where the whole copy was there already.
    """

    files: int
    bytes: int
    cached: int = 0
    reused: int = 0
    present: bool = False
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, wanted: Wanted, *, cached: bool) -> int:
        """Count some content and return how many bytes are done."""
        with self._lock:
            self._done += wanted.size * len(wanted.paths)
            self.cached += len(wanted.paths) if cached else 0
            return self._done


def deliver(
    files: Manifest,
    target: Path,
    contents: Contents,
    *,
    workers: int = 16,
    progress: Progress | None = None,
) -> Delivered:
    """Deliver every file of a version; a copy that is there already is verified where it lies.

    Args:
        files: The files manifest, verified.
        target: The folder that is to hold them.
        contents: Where their bytes come from.
        workers: How many files are fetched at a time.
        progress: Called with (done, total), in bytes.

    Raises:
        HashMismatch: If a byte is not what was approved; the target is left as it was.
        BezoarError: If the mirror does not answer, or nothing can be written.
    """
    _check_names(files)
    delivered = Delivered(len(files), files.size)
    with open_part(target) as part:
        if part is None:
            contents.verification.copy(contents.dataset, target, files)
            remove_part(target)
            delivered.present = True
            return delivered
        done = part.reuse(files)
        delivered.reused = len(done)
        part.make_folders(files)

        def fetch(wanted: Wanted) -> None:
            count = delivered.add(wanted, cached=_fetch(wanted, part, contents))
            if progress:
                progress(count, delivered.bytes)

        _in_threads(fetch, _grouped(files, done), workers, contents.stop)
        part.settle()
    contents.cache.sweep()
    return delivered


def _check_names(files: Manifest) -> None:
    """Refuse a name that leads out of the folder, whoever signed it."""
    for entry in files.entries:
        if why := why_unsafe(entry.path):
            raise BezoarError(f"{readable(entry.path)}: {why}", next="bezoar vet NAME")


def _grouped(files: Manifest, done: frozenset[str]) -> list[Wanted]:
    """Return each content once, with the paths that it goes to; large ones first."""
    paths: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for entry in files.entries:
        if entry.path not in done:
            paths[entry.size, entry.sha256].append(entry.path)
    wanted = [Wanted(size, sha256, tuple(names)) for (size, sha256), names in paths.items()]
    return sorted(wanted, key=lambda one: one.size <= SMALL)


def _in_threads(
    fetch: Callable[[Wanted], None], wanted: list[Wanted], workers: int, stop: threading.Event
) -> None:
    """Fetch with several threads; the first error ends them all."""
    waiting = iter(wanted)

    def work() -> None:
        try:
            # A list's iterator hands out each element once, whichever thread asks.
            for one in waiting:
                if stop.is_set():
                    return
                fetch(one)
        except BaseException:
            stop.set()
            raise

    count = max(1, min(workers, len(wanted)))
    with ThreadPoolExecutor(count, thread_name_prefix="pull") as pool:
        futures = [pool.submit(work) for _ in range(count)]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            stop.set()
            raise
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
        raise error


def _fetch(wanted: Wanted, part: Part, contents: Contents) -> bool:
    """Bring some content to each of its paths; tell whether the cache had it."""
    if wanted.size <= SMALL:
        data, cached = contents.read(wanted)
        for path in wanted.paths:
            descriptor = part.create(path)
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
        return cached
    first, *others = wanted.paths
    source = part.create(first)
    try:
        cached = contents.write(wanted, source)
        for path in others:
            _copy(source, part.create(path))
    finally:
        os.close(source)
    return cached


def _copy(source: int, target: int) -> None:
    """Copy a file that was just verified, and that nobody but this process knows of."""
    try:
        if not clone(source, target):
            copy(source, target)
    finally:
        os.close(target)
