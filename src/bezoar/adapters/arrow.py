"""Columns of an Arrow IPC stream that a stranger sent, within bounds, through pyarrow.

A stream may say that it holds more than it does: compressed buffers, and views that point at one
text a thousand times, unfold without bound. Both are told before anything is unfolded. Only wanted
columns are read, only of plain types, and what is read is validated in full first.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from bezoar.core.arrays import Floats

MOST_BATCHES: Final = 1024
_MOST_TEXT: Final = 32 << 20
_OLD_COMPRESSION: Final = b"ARROW:experimental_compression"
_COMPRESSION: Final = 3
_HEADER_TYPE, _HEADER, _RECORD_BATCH, _DICTIONARY_BATCH, _DATA = 1, 2, 3, 2, 1
"""Numbers of fields and of types in Arrow's Message.fbs."""


class ArrowError(Exception):
    """A stream that is none, or not within bounds.

    Attributes:
        too_much: True where it is too long, rather than wrong.
    """

    def __init__(self, why: str, *, too_much: bool = False) -> None:
        super().__init__(why)
        self.too_much = too_much


def read_columns(
    body: bytes, names: Sequence[str], numeric: Sequence[str], most_rows: int
) -> tuple[int, dict[str, list[Any] | Floats]]:
    """Return the columns of a stream that are wanted and there.

    Args:
        body: The stream.
        names: Which columns are wanted.
        numeric: Of these: times and numbers, which come as an array: seconds, NaN where there is
            none, infinite where there is something that is no number.
        most_rows: How many rows there may be.

    Returns:
        The number of rows, and the columns by name.

    Raises:
        ArrowError: If it is no stream, or not within bounds.
    """
    import pyarrow as pa  # noqa: PLC0415 - 40 MB, for those who send Arrow

    try:
        _look_over(pa, body)
        with pa.ipc.open_stream(body) as stream:
            found = {name: stream.schema.get_all_field_indices(name) for name in names}
        if any(len(one) > 1 for one in found.values()):
            raise ArrowError("a column is there twice")
        found = {name: one for name, one in found.items() if one}
        # No index at all would mean: every column.
        options = pa.ipc.IpcReadOptions(
            included_fields=[one[0] for one in found.values()] or [0], use_threads=False
        )
        batches, rows = [], 0
        with pa.ipc.open_stream(body, options=options) as stream:
            for batch in stream:
                rows += batch.num_rows
                if rows > most_rows:
                    raise ArrowError(
                        f"At most {most_rows:,} predictions in a batch.", too_much=True
                    )
                batch.validate(full=True)
                batches.append(batch)
        return rows, {
            name: _column(pa, [batch.column(name) for batch in batches], number=name in numeric)
            for name in found
        }
    except (pa.ArrowException, ValueError, OSError, KeyError, struct.error, MemoryError) as error:
        raise ArrowError(f"The body is no Arrow stream ({type(error).__name__}).") from None


def _look_over(pa: Any, body: bytes) -> None:
    """Look at each message's head; nothing is unfolded yet."""
    reader = pa.ipc.MessageReader.open_stream(body)
    for _ in range(MOST_BATCHES):
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        if _compressed(message.metadata.to_pybytes()):
            raise ArrowError("Send it without compression.")
    raise ArrowError(f"At most {MOST_BATCHES:,} messages in a stream.", too_much=True)


def _compressed(metadata: bytes) -> bool:
    """Tell whether a message's buffers are compressed: what its flatbuffer says.

    Raises:
        struct.error: If it is no such message.
    """
    if _OLD_COMPRESSION in metadata:
        return True
    (root,) = struct.unpack_from("<I", metadata)
    kind, header = _field(metadata, root, _HEADER_TYPE), _field(metadata, root, _HEADER)
    if kind is None or header is None:
        return False
    at = header + struct.unpack_from("<I", metadata, header)[0]
    if metadata[kind] == _DICTIONARY_BATCH:
        data = _field(metadata, at, _DATA)
        if data is None:
            return False
        at = data + struct.unpack_from("<I", metadata, data)[0]
    elif metadata[kind] != _RECORD_BATCH:
        return False
    return _field(metadata, at, _COMPRESSION) is not None


def _field(buffer: bytes, table: int, number: int) -> int | None:
    """Return where a table's field lies in a flatbuffer; None where it is not there."""
    vtable = table - struct.unpack_from("<i", buffer, table)[0]
    if vtable < 0 or struct.unpack_from("<H", buffer, vtable)[0] < 6 + 2 * number:
        return None
    (offset,) = struct.unpack_from("<H", buffer, vtable + 4 + 2 * number)
    if offset and table + offset >= len(buffer):
        raise struct.error
    return table + offset if offset else None


def _column(pa: Any, chunks: list[Any], *, number: bool) -> list[Any] | Floats:
    if number and (found := _numbers(pa, chunks)) is not None:
        return found
    return [value for chunk in chunks for value in _values(pa, chunk)]


def _numbers(pa: Any, chunks: list[Any]) -> Floats | None:
    """Return times or floats as an array; None where they are another thing."""
    parts = []
    for chunk in chunks:
        kind, scale = chunk.type, 1.0
        if pa.types.is_timestamp(kind):
            scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
            chunk = chunk.view(pa.int64())  # noqa: PLW2901 - the same times
        elif not pa.types.is_floating(kind):
            return None
        none = chunk.is_null().to_numpy(zero_copy_only=False)
        values = chunk.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64) / scale
        values = np.where(np.isnan(values), np.inf, values)
        parts.append(np.where(none, np.nan, values))
    return np.concatenate(parts) if parts else np.zeros(0)


def _values(pa: Any, chunk: Any) -> list[Any]:
    """Return what a column holds as Python's values."""
    kind, types = chunk.type, pa.types
    if types.is_dictionary(kind):
        # Each text is made once, however often it is meant.
        known = _values(pa, chunk.dictionary)
        return [None if k is None else known[k] for k in chunk.indices.to_pylist()]
    if types.is_string_view(kind):
        views = np.frombuffer(chunk.buffers()[1] or b"", "<i4")[4 * chunk.offset :: 4]
        if views[: len(chunk)].sum(dtype=np.int64) > _MOST_TEXT:
            raise ArrowError("Its texts are too long.", too_much=True)
    elif types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        if not (types.is_floating(kind.value_type) or types.is_integer(kind.value_type)):
            raise ArrowError(f"A column of {str(kind)[:60]} cannot be read.")
    elif not (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_null(kind)
    ):
        raise ArrowError(f"A column of {str(kind)[:60]} cannot be read.")
    values: list[Any] = chunk.to_pylist()
    return values
