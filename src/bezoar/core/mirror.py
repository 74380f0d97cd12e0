"""`Mirror`: where a team keeps its own copies; a store of objects that nobody has to trust."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from bezoar.core.digest import Digest


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in a mirror.

    Attributes:
        key: Its name, `/` between the parts.
        size: Bytes.
        version: What the store calls this very version of it; empty where it keeps no versions.
    """

    key: str
    size: int
    version: str = ""


class Mirror(Protocol):
    """A store of objects by name.

    Law: what `get` yields is never trusted: whoever reads compares each byte with a digest that
    came another way. So a mirror need not be honest, only available.
    """

    @property
    def uri(self) -> str:
        """Its address, without secrets."""
        ...

    def find(self, key: str) -> Stored | None:
        """Return what is stored under a key; None where there is nothing.

        Raises:
            BezoarError: If the store does not answer.
        """
        ...

    def put(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """Store an object unless there is one already; whole or not at all.

        Args:
            key: Its name.
            data: Its bytes, from their beginning.
            size: How many.
            digest: Their SHA-256, which the store is asked to check where it can.

        Raises:
            BezoarError: If the store refuses them, or does not answer.
        """
        ...

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """Yield an object's bytes in pieces, as the store gives them: unverified.

        Raises:
            BezoarError: If there is none, or the store does not answer or stops half-way.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin so, in any order; a store may forget some.

        Raises:
            BezoarError: If the store does not answer.
        """
        ...
