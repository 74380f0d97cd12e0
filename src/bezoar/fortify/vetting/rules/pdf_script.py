"""BZ317: a PDF document that does something."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ317",
    name="pdf-script",
    title="PDF document with scripts, programs or attachments",
    severity=Severity.HIGH,
    why="A PDF document can run JavaScript, start a program, and carry other files.",
)

_ACTS: Final = re.compile(rb"/(JavaScript|JS|Launch|RichMedia|XFA)(?![A-Za-z0-9])")
_CARRIES: Final = re.compile(rb"/(EmbeddedFiles?|ObjStm|Encrypt)(?![A-Za-z0-9])")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM: Final = re.compile(rb"stream\r?\n")
_MOST_STREAMS: Final = 20_000
_PIECE: Final = 1 << 22


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what a document does, in the open and in compressed streams of objects."""
    if specimen.kind != "pdf":
        return
    acts: set[str] = set()
    carries: set[str] = set()
    for _, window in specimen.windows():
        for text in (window, *_streams(specimen, window)):
            plain = _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), text)
            acts |= {match[1].decode() for match in _ACTS.finditer(plain)}
            carries |= {match[1].decode() for match in _CARRIES.finditer(plain)}
    if acts:
        yield Seen(f"a PDF document with {', '.join(sorted(acts))}")
    if "Encrypt" in carries:
        yield Seen("an encrypted PDF document, not looked into", Severity.MEDIUM)
    if carries & {"EmbeddedFile", "EmbeddedFiles"}:
        yield Seen("a PDF document with other files in it", Severity.MEDIUM)


def _streams(specimen: Specimen, window: bytes) -> Iterator[bytes]:
    """Yield what compressed streams of objects unpack to."""
    for number, match in enumerate(_STREAM.finditer(window)):
        before = window[max(match.start() - 512, 0) : match.start()]
        if number >= _MOST_STREAMS:
            specimen.budget.step(specimen.budget.steps + 1)
        if b"ObjStm" not in before and b"#" not in before:
            continue
        try:
            piece = zlib.decompressobj().decompress(window[match.end() :], _PIECE)
        except zlib.error:
            continue
        specimen.budget.inflate(len(piece))
        yield piece
