"""BZ313: one file, two formats."""

import re
import struct
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.kinds import PICTURES, is_portable_executable
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ313",
    name="polyglot",
    title="Two formats in one file",
    severity=Severity.HIGH,
    why="What one program reads as a picture another reads as an archive, a page or a program. A"
    " check that looks at the one lets the other pass.",
    taxonomy=("ATLAS:AML.T0010.002",),
)

_END_OF_ARCHIVE: Final = b"PK\x05\x06"
_ELF: Final = re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01")
_CODE: Final = re.compile(
    rb"<script[\s>/]|<\?php\s|<html[\s>]|<!doctype\s+html|<svg[\s>][^<>]{0,200}onload|javascript:",
    re.IGNORECASE,
)
_SIGNS_OF_CODE: Final = (b"<script", b"<?php", b"<html", b"<!doctype", b"onload", b"javascript:")
"""One of them is in whatever `_CODE` finds; looking for them is much faster."""
_COMMENT_AS_SIZE: Final = (b"/*", b"=/", b"//", b"='", b'="')
_PDF: Final = b"%PDF-"
_ANYWHERE_IN: Final = 1024
"""Readers of PDF look for its mark in so many bytes."""
_RECORD: Final = 22


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield each second format in a file."""
    kind = specimen.kind
    if kind != "zip" and (archive := _archive_behind(specimen)):
        yield Seen(f"{kind or 'bytes of no known format'}, and a ZIP archive {archive}")
    if kind not in ("pdf", "") and _PDF in specimen.head[:_ANYWHERE_IN]:
        yield Seen(f"{kind}, and a PDF document")
    if kind not in ("tar", "", "zip") and specimen.head[257:262] == b"ustar":
        yield Seen(f"{kind}, and a tar archive")
    if kind in PICTURES:
        yield from _in_picture(specimen)


def _archive_behind(specimen: Specimen) -> str:
    """Say where an archive starts whose end is the end of the file; empty where there is none."""
    tail = specimen.tail
    at = tail.rfind(_END_OF_ARCHIVE)
    while at >= 0:
        if len(tail) >= at + _RECORD:
            entries, size = struct.unpack_from("<HI", tail, at + 10)
            (comment,) = struct.unpack_from("<H", tail, at + 20)
            ends = at + _RECORD + comment <= len(tail)
            if ends and entries and _directory_at(tail, at, size):
                return f"of {entries:,} entries"
        at = tail.rfind(_END_OF_ARCHIVE, 0, at)
    return ""


def _directory_at(tail: bytes, end: int, size: int) -> bool:
    """Tell whether a directory of this size lies before its end, as far as that can be seen."""
    return size >= 46 and (end < size or tail.startswith(b"PK\x01\x02", end - size))  # noqa: PLR2004 - a directory's shortest entry


def _in_picture(specimen: Specimen) -> Iterator[Seen]:
    kind, head = specimen.kind, specimen.head
    size = head[6:8] if kind == "gif" else head[2:4] if kind == "bmp" else b""
    if size in _COMMENT_AS_SIZE and b"*/" in head:
        yield Seen(f"{kind}, and a script: its size reads as the start of a comment")
    for _, window in specimen.windows():
        lower = window.lower()
        signs = any(sign in lower for sign in _SIGNS_OF_CODE)
        if signs and (match := _CODE.search(window)):
            yield Seen(f"{kind}, and a page or script: it holds {_text(match[0])}")
            return
        if b"\x7fELF" in window and _ELF.search(window):
            yield Seen(f"{kind}, and a program (elf)")
            return
        if _holds_portable_executable(window):
            yield Seen(f"{kind}, and a program (pe)")
            return


def _holds_portable_executable(window: bytes) -> bool:
    at = window.find(b"PE\0\0")
    while at >= 0:
        start = window.rfind(b"MZ", max(at - 4096, 0), at)
        if start >= 0 and is_portable_executable(window, start):
            return True
        at = window.find(b"PE\0\0", at + 4)
    return False


def _text(found: bytes) -> str:
    return found[:40].decode("latin-1").strip()
