"""`Digest`: an algorithm and the bytes it produced."""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

_ALGORITHM = re.compile(r"[a-z0-9][a-z0-9.+-]*")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """An algorithm and the bytes that it produced.

    The algorithm's name carries each parameter that changes the result: `sha256` is the plain
    hash of some bytes, `merkle-sha256-v1` the root of a manifest.

    Law: `Digest.parse(str(digest)) == digest`.

    Attributes:
        algorithm: Lower-case name; letters, digits, `.`, `+` and `-`.
        value: The raw digest, at least one byte.
    """

    algorithm: str
    value: bytes

    def __post_init__(self) -> None:
        if not _ALGORITHM.fullmatch(self.algorithm):
            raise ValueError(f"not a digest algorithm: {self.algorithm!r}")
        if not self.value:
            raise ValueError("a digest has at least one byte")

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the SHA-256 of `data`."""
        return cls("sha256", hashlib.sha256(data).digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `algorithm:hex`.

        Raises:
            ValueError: If `text` has another shape.
        """
        algorithm, colon, value = text.partition(":")
        if not colon or not _HEX.fullmatch(value):
            raise ValueError(f"not a digest (want algorithm:lower-case-hex): {text!r}")
        return cls(algorithm, bytes.fromhex(value))

    @property
    def hex(self) -> str:
        """The value in lower-case hexadecimal."""
        return self.value.hex()

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value.hex()}"
