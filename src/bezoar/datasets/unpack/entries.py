"""What the readers of all formats yield."""

from collections.abc import Iterable
from dataclasses import dataclass

from bezoar.datasets.unpack.rules import Refused


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive.

    Attributes:
        name: Its name as the archive has it; a folder's may end in `/`.
        folder: Whether it is a folder.
        size: Its bytes, as the archive says; None where it does not.
        packed: How many bytes it is packed into; None where it is not packed by itself.
        pieces: Its bytes, to be read once and before the next entry; raises `Refused`.
        refused: Why it is not unpacked, where its kind already says so.
        privileged: Whether it asks for setuid or setgid.
    """

    name: str
    folder: bool = False
    size: int | None = 0
    packed: int | None = None
    pieces: Iterable[bytes] = ()
    refused: Refused | None = None
    privileged: bool = False
