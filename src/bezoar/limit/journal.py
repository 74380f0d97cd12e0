"""`Journal`: batches on disk before they count, so that a killed monitor loses none that it took.

One file of records, each with its length and a CRC-32 before it. What a crash left half written
at the end was never acknowledged, and is cut off.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from bezoar.core.errors import BezoarError

_HEAD: Final = struct.Struct("<II")
_LONGEST: Final = 1 << 26


class Journal:
    """Records that survive a crash once `sync` returned.

    Law: what is read back is a prefix of what was appended, with all that was synced.
    """

    def __init__(self, path: Path) -> None:
        """Open a journal, made where it is missing; what is half written is cut off.

        Raises:
            BezoarError: If it cannot be opened.
        """
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self.size = sum(_HEAD.size + len(record) for record in self.records())
            os.ftruncate(self._file, self.size)
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; what was not synced may be lost."""
        os.close(self._file)

    def append(self, records: list[bytes]) -> None:
        """Write records and make them survive; all of them or, where that fails, none.

        Raises:
            BezoarError: If the disk does not take them.
        """
        data = b"".join(_HEAD.pack(len(one), zlib.crc32(one)) + one for one in records)
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], self.size + written)
            os.fdatasync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise self._failed(error) from error
        self.size += len(data)

    def records(self) -> Iterator[bytes]:
        """Yield the records, up to the first that is not whole."""
        at = 0
        while len(head := os.pread(self._file, _HEAD.size, at)) == _HEAD.size:
            length, check = _HEAD.unpack(head)
            if length > _LONGEST:
                return
            record = os.pread(self._file, length, at + _HEAD.size)
            if len(record) < length or zlib.crc32(record) != check:
                return
            yield record
            at += _HEAD.size + length

    def _failed(self, error: OSError) -> BezoarError:
        return BezoarError(
            f"the monitor's journal {self.path} cannot be used: {error.strerror}",
            next=f"df {self.path.parent}",
        )
