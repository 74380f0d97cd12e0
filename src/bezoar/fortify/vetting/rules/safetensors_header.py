"""BZ324: a safetensors file whose header lies."""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ324",
    name="safetensors-header",
    title="Safetensors header that does not fit",
    severity=Severity.MEDIUM,
    why="Tensors that overlap, or bytes that belong to none, are room for a second file, and are"
    " read differently by different readers.",
)

_BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6,
    "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "F64": 64, "I64": 64, "U64": 64, "C64": 64,
}  # fmt: skip
_LONGEST: Final = 100_000_000
"""The format's own limit."""
_MOST_DIGITS: Final = 18


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what is wrong with the header."""
    if specimen.extension != "safetensors":
        return
    length = int.from_bytes(specimen.head[:8], "little")
    if len(specimen.head) < 8 or length > _LONGEST:  # noqa: PLR2004 - the length itself
        yield Seen(f"its header is said to be {length:,} bytes long")
        return
    if length > len(specimen.head) - 8:
        if specimen.complete:
            yield Seen("it ends within its header")
        else:
            specimen.budget.step(specimen.budget.steps + 1)
        return
    known = specimen.complete or not specimen.depth
    why = _fault(specimen.head[8 : 8 + length], specimen.size - 8 - length if known else None)
    if why:
        yield Seen(why)


def _fault(text: bytes, room: int | None) -> str:
    """Say what is wrong with a header; `room` is how many bytes follow it, where that is known."""
    try:
        header = json.loads(text, object_pairs_hook=_once)
        tensors = [_extent(name, one) for name, one in header.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return f"its header cannot be read ({type(error).__name__})"
    end = 0
    for start, stop, wanted, name in sorted(tensors):
        if start != end:
            return f"{name} starts at byte {start:,}, not at {end:,} where the one before ends"
        if stop - start != wanted:
            return f"{name} has {stop - start:,} bytes and a shape of {wanted:,}"
        end = stop
    if room is not None and end != room:
        return f"its tensors end at byte {end:,}, and {room:,} follow the header"
    return ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a name twice")
    return found


def _extent(name: str, tensor: dict[str, Any]) -> tuple[int, int, int, str]:
    start, stop = tensor["data_offsets"]
    shape = tensor["shape"]
    sizes = (start, stop, *shape)
    if not all(isinstance(n, int) and 0 <= n < 10**_MOST_DIGITS for n in sizes):
        raise ValueError("no size")
    return start, stop, math.prod(shape) * _BITS[tensor["dtype"]] // 8, name[:100]
