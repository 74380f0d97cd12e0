"""safetensors: a header of JSON and the bytes of tensors, read with NumPy alone.

Source: the format's description in the safetensors repository (README, "Format").
"""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from bezoar.core.errors import BezoarError
from bezoar.core.json_object import parse_object

_LENGTH: Final = 8
_MOST_HEADER: Final = 100 << 20
_SIZES: Final = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
    "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
_FLOATS: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
_BLOCK: Final = 1 << 24


def check_safetensors(path: Path) -> int:
    """Read a file of tensors and return how many it has.

    Raises:
        BezoarError: If its header does not fit its bytes, or holds a number that is none.
    """
    try:
        return _check(path)
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = str(error)[:200]
        raise BezoarError(f"{path.name} cannot be read as safetensors: {why}") from None


def _check(path: Path) -> int:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        if not 2 <= length <= min(_MOST_HEADER, size - _LENGTH):  # noqa: PLR2004 - `{}`
            raise ValueError("the length of its header is off")
        tensors = parse_object(file.read(length))
    tensors.pop("__metadata__", None)
    end = 0
    for name, about in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
        end = _check_place(name, about, end)
    if end != size - _LENGTH - length:
        raise ValueError("its tensors do not fill it")
    if not tensors:
        raise ValueError("it holds no tensor")
    for name, about in tensors.items():
        _check_numbers(path, name, about, _LENGTH + length)
    return len(tensors)


def _check_place(name: str, about: Any, after: int) -> int:
    begin, end = about["data_offsets"]
    wanted = math.prod(about["shape"]) * _SIZES[about["dtype"]]
    if begin != after or end - begin != wanted or any(one < 0 for one in about["shape"]):
        raise ValueError(f"tensor {name[:80]!r} is not where it should be")
    return int(end)


def _check_numbers(path: Path, name: str, about: Any, offset: int) -> None:
    kind = _FLOATS.get(about["dtype"])
    begin, end = about["data_offsets"]
    if kind is None or begin == end:
        return
    numbers = np.memmap(
        path, kind, "r", offset + begin, ((end - begin) // np.dtype(kind).itemsize,)
    )
    for start in range(0, len(numbers), _BLOCK):
        if not np.isfinite(numbers[start : start + _BLOCK]).all():
            raise ValueError(f"tensor {name[:80]!r} holds what is no number")
