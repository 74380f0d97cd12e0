"""BZ326: bytes behind the end of a picture."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.encoder import end_of_picture
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ326",
    name="trailing-data",
    title="Bytes behind the end of a picture",
    severity=Severity.MEDIUM,
    why="No viewer shows them, every copy carries them: room for a second file.",
)

_CAMERA: Final = (b"\xff\xd8\xff", b"SEFH", b"MotionPhoto", b"\0\0\0\x18ftyp", b"\0\0\0\x1cftyp")
"""A second picture or a clip of the same moment, as cameras write it."""
_FEW: Final = 16
_PADDING: Final = b"\0\r\n \xff"


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield how much lies behind the end of a picture."""
    if not specimen.complete:
        return
    data = specimen.head
    end = end_of_picture(data, specimen.kind)
    if end is None or end >= len(data):
        return
    rest = data[end:]
    if not rest.strip(_PADDING):
        return
    count = len(rest)
    mild = count < _FEW or any(mark in rest[:64] or mark in rest[-64:] for mark in _CAMERA)
    message = f"{count:,} bytes behind its end, starting with {rest[:8].hex(' ')}"
    severity = Severity.LOW if mild else Severity.MEDIUM
    yield Seen(message, severity, evidence={"bytes": count, "offset": end})
