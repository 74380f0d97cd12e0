"""How much an archive may become, counted while it is unpacked."""

from dataclasses import asdict, dataclass
from typing import Any

from bezoar.datasets.unpack.rules import ARCHIVE_BOMB, Refused


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """How much an archive may become; what it says about itself is not believed.

    Attributes:
        entries: Files and folders.
        total_bytes: Bytes of all files together.
        file_bytes: Bytes of one file.
        ratio: How many times its packed size the archive, and each entry, may become.
        free_bytes: Below so many bytes the ratio does not count: small files shrink a lot.
    """

    entries: int = 1_000_000
    total_bytes: int = 256 << 30
    file_bytes: int = 64 << 30
    ratio: int = 200
    free_bytes: int = 64 << 20

    def as_json(self) -> dict[str, Any]:
        """Return them as JSON values, by the names of the attributes."""
        return asdict(self)


class Meter:
    """Counts the bytes that something unpacks to."""

    def __init__(self, most: int, packed: int, limits: UnpackLimits) -> None:
        """Begin to count.

        Args:
            most: At most so many bytes.
            packed: How many it was packed into.
            limits: Where the ratio is from.
        """
        self._most, self._limits = most, limits
        self._by_ratio = max(packed * limits.ratio, limits.free_bytes)
        self.spent = 0

    def spend(self, size: int) -> None:
        """Count some bytes.

        Raises:
            Refused: If that is too much.
        """
        self.spent += size
        if self.spent > self._most:
            raise bomb(f"it unpacks to more than {self._most:,} bytes")
        if self.spent > self._by_ratio:
            raise bomb(f"it unpacks to more than {self._limits.ratio:,} times its size")


def bomb(why: str) -> Refused:
    """Return the refusal of what becomes too much."""
    return Refused(ARCHIVE_BOMB, why, final=True)
