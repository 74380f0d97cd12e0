"""BZ318: an array of Python objects, or one whose header lies."""

import math
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.npy_header import read_header
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ318",
    name="object-array",
    title="Array of Python objects",
    severity=Severity.HIGH,
    why="NumPy keeps objects as a pickle. It refuses to load them until somebody writes"
    " allow_pickle=True to make the error go away.",
    taxonomy=("ATLAS:AML.T0011.000",),
)


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what is wrong with an array."""
    if specimen.kind != "npy":
        return
    header = read_header(specimen.head)
    if header is None:
        yield Seen("an array whose header cannot be read", Severity.MEDIUM)
    elif "O" in header.types:
        yield Seen("an array of Python objects: NumPy unpickles it")
    elif header.item_size is not None and specimen.complete:
        expected = header.item_size * math.prod(header.shape)
        found = len(specimen.head) - header.start
        if expected != found:
            message = f"an array of {found:,} bytes that says it has {expected:,}"
            yield Seen(message, Severity.MEDIUM)
