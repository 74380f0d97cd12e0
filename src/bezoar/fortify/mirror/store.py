"""`Store`: a mirror as whoever publishes sees it; and the reader that holds back a wrong upload."""

import hashlib
from collections.abc import Sequence
from typing import BinaryIO, Final, Protocol

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Mirror, Stored
from bezoar.core.outcome import Outcome

PIECE: Final = 1 << 18
"""Bytes that are read at once: fits the second-level cache, where hashing finds them again."""


class Store(Mirror, Protocol):
    """A mirror that one publishes to.

    Laws: putting twice is putting once; an object is there whole or not at all.
    """

    @property
    def workers(self) -> int:
        """How many objects at once serve it well."""
        ...

    def replace(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """Store an object whatever was there; see `Mirror.put`.

        For the few objects that are not named by their content, and for damaged ones.
        """
        ...

    def keep(self, name: str, blobs: Sequence[Stored]) -> None:
        """Tell the store that these objects belong together and must stay.

        Only a store that sweeps away what nobody names has anything to do.

        Args:
            name: `NAME@VERSION`.
            blobs: All objects of that version that are named by their content.

        Raises:
            BezoarError: If the store refuses, or does not answer.
        """
        ...

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what there is to say about how the store is set up.

        Raises:
            BezoarError: If it does not answer, or there is no such store.
        """
        ...


class WrongBytesError(BezoarError):
    """What was to be stored is not what its digest says.

    Attributes:
        expected: The digest that was announced.
        found: The digest of what was read; None where there was too little or too much of it.
    """

    def __init__(self, why: str, expected: Digest, found: Digest | None = None) -> None:
        super().__init__(why)
        self.expected, self.found = expected, found


class CheckedReader:
    """Reads an object for an upload, hashing on the way.

    Law: the last byte is only given out once the digest of all of them is right. So an upload of
    other bytes ends short of its announced length, and no store takes that for the whole.
    """

    def __init__(self, data: BinaryIO, size: int, digest: Digest) -> None:
        """Begin.

        Args:
            data: The bytes, from their beginning.
            size: How many there must be.
            digest: Their SHA-256.
        """
        self._data, self.size, self.digest = data, size, digest
        self._left, self._hash, self._judged = size, hashlib.sha256(), False

    def read(self, most: int = -1) -> bytes:
        """Return up to so many bytes, fewer only at the end.

        Raises:
            WrongBytesError: If these are not the bytes that were announced.
            BezoarError: If they cannot be read.
        """
        if self._judged:
            return b""
        want = self._left if most < 0 else min(most, self._left)
        piece = self._piece(want)
        while len(piece) < want:
            if not (more := self._piece(want - len(piece))):
                raise WrongBytesError("it is shorter than it was", self.digest)
            piece += more
        self._hash.update(piece)
        self._left -= want
        if not self._left:
            self._judge()
        return piece

    def rewind(self) -> None:
        """Begin again, for another attempt."""
        self._data.seek(0)
        self._left, self._hash, self._judged = self.size, hashlib.sha256(), False

    def _piece(self, most: int) -> bytes:
        try:
            return self._data.read(most)
        except OSError as error:
            name = getattr(self._data, "name", "the file")
            raise BezoarError(f"cannot read {name}: {error.strerror}", "dmesg | tail") from error

    def _judge(self) -> None:
        found = Digest("sha256", self._hash.digest())
        if found != self.digest:
            raise WrongBytesError("its bytes changed", self.digest, found)
        if self._piece(1):
            raise WrongBytesError("it is longer than it was", self.digest)
        self._judged = True
