"""`Verification`: each question that a pull asks of what it reads."""

import hashlib
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.manifest import Manifest
from bezoar.core.mirror import Mirror
from bezoar.datasets.entry import DbomEntry
from bezoar.fortify.pull.in_place import check_copy
from bezoar.fortify.pull.revoked import ask_mirror
from bezoar.fortify.pull.seen import check_newest, remember_newest
from bezoar.fortify.signing import Approval, NotApprovedError, RevokedError, check_approval
from bezoar.fortify.signing.chain import read_chain, trusted_keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.revoked_samples import known_samples
from bezoar.project import Project

_WAITING: Final = 32  # pieces that a hash may be behind: on a busy machine it waits for its turn


class Hashing(Protocol):
    """A hash that bytes are fed to."""

    def update(self, data: bytes, /) -> None:
        """Feed bytes."""
        ...

    def digest(self) -> bytes:
        """Return the hash of all that was fed."""
        ...


class Verification:
    """What a pull asks; each method raises where the answer is not what was approved.

    It is handed to internal functions, so that a test can show what happens when nobody asks, and
    a benchmark what asking costs. No flag, setting or variable puts another in its place.
    """

    def approval(self, project: Project, entry: DbomEntry) -> Approval:
        """Return the sign-off of a version.

        Raises:
            NotApprovedError: If there is none that counts, or it was revoked.
        """
        return check_approval(project, entry)

    def not_revoked(self, mirror: Mirror, project: Project, approval: Approval) -> None:
        """Ask the mirror whether it knows that a version was revoked.

        Raises:
            RevokedError: If it does.
            HashMismatch: If what it says cannot be believed.
        """
        ask_mirror(mirror, approval, trusted_keyring(project.root, keys_folder(project.dbom)))

    def newest(self, project: Project, approval: Approval, *, named: bool) -> None:
        """Compare a sign-off with the newest one that was seen here, and remember it.

        Args:
            project: Whose keys judged it.
            approval: The sign-off.
            named: Whether that very version was asked for.

        Raises:
            ReplayedError: If it is older, and nobody asked for that very version.
        """
        chain = read_chain(keys_folder(project.dbom))
        if chain is None:
            return
        if not named:
            check_newest(chain.first, approval)
        remember_newest(chain.first, approval)

    def hashing(self) -> Hashing:
        """Return a fresh hash."""
        return hashlib.sha256()

    def content(
        self, dataset: str, place: str, wanted: tuple[int, bytes], found: tuple[int, bytes]
    ) -> None:
        """Compare size and SHA-256 of what was read with what was approved.

        Raises:
            HashMismatch: If they differ.
        """
        if found == wanted:
            return
        why = "its bytes are not those that were approved"
        if found[0] != wanted[0]:
            why = f"it has {found[0]:,} bytes, and {wanted[0]:,} were approved"
        raise HashMismatch(dataset, place, why, expected=_text(wanted[1]), found=_text(found[1]))

    def length(self, dataset: str, place: str, wanted: tuple[int, bytes], size: int) -> None:
        """Refuse more bytes than were approved as soon as they come.

        Raises:
            HashMismatch: If they do.
        """
        if size > wanted[0]:
            why = f"it goes on after the {wanted[0]:,} bytes that were approved"
            raise HashMismatch(dataset, place, why, expected=_text(wanted[1]))

    def pinned(self, digest: Digest) -> Digest | None:
        """Return the digest that a stored manifest must have, before it is parsed."""
        return digest

    def samples(self, dataset: str, samples: Manifest, files: Manifest, root: Digest) -> None:
        """Compare the samples with the root that was signed, and with the files that hold them.

        Raises:
            HashMismatch: If a path, a label or a digest among them is another one.
        """
        if samples.root != root:
            why = "its samples have another root than the one that was approved"
            raise HashMismatch(
                dataset, "the sample manifest", why, expected=str(root), found=str(samples.root)
            )
        known = {entry.path: entry.sha256 for entry in files.entries}
        for entry in samples.entries:
            held = known.get(entry.path, entry.sha256)
            if held != entry.sha256:
                why = "the files manifest names other bytes than the sample manifest"
                raise HashMismatch(
                    dataset, entry.path, why, expected=_text(entry.sha256), found=_text(held)
                )

    def no_revoked_sample(
        self, project: Project, dataset: str, samples: Manifest, files: Manifest
    ) -> None:
        """Look for samples that were revoked, also for files that are no samples.

        Raises:
            RevokedError: If there is one.
            NotApprovedError: If a revocation of samples cannot be read.
        """
        try:
            known = known_samples(project.dbom)
        except BezoarError as error:
            raise NotApprovedError(dataset, error.message, error.next) from error
        if why := known.among((*samples.entries, *files.entries) if known else ()):
            raise RevokedError(dataset, why)

    def copy(self, dataset: str, folder: Path, files: Manifest) -> None:
        """Compare a copy that is there with what was approved.

        Raises:
            HashMismatch: If it differs anywhere, or holds anything else.
        """
        check_copy(dataset, folder, files)


class Background:
    """A hash that is computed while the caller goes on reading and writing."""

    def __init__(self, hashing: Hashing, then: Callable[[int], None] = lambda _size: None) -> None:
        """Begin nothing yet.

        Args:
            hashing: What is fed.
            then: Called in the background with how many bytes were fed so far.
        """
        self._hashing, self._then = hashing, then
        # Two of these cost a tenth of a queue with a bound: that one is written in Python.
        self._pieces: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(_WAITING):
            self._room.put(None)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def update(self, data: bytes, /) -> None:
        """Feed bytes; waits where the hash is too far behind."""
        self._room.get()
        self._pieces.put(data)

    def digest(self) -> bytes:
        """Return the hash of all that was fed; nothing can be fed afterwards."""
        self._end()
        return self._hashing.digest()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._pieces.put(None)
            self._thread.join()

    def _work(self) -> None:
        size = 0
        while (piece := self._pieces.get()) is not None:
            self._hashing.update(piece)
            size += len(piece)
            self._then(size)
            self._room.put(None)


def _text(sha256: bytes) -> str:
    return str(Digest("sha256", sha256)) if sha256 else ""
