"""BZ325: a file that people do not see, or take for another."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ325",
    name="hidden-file",
    title="File that is hidden, or named like another",
    severity=Severity.LOW,
    why="What nobody sees nobody looks at. Some hidden files are read by tools without a word:"
    " hooks of Git, settings of shells and editors.",
)

_ACTED_ON: Final = frozenset({".git", ".vscode", ".idea", ".ssh", ".hg", ".svn"})
_READ: Final = frozenset({".bashrc", ".profile", ".envrc", ".npmrc", ".netrc", ".pypirc", ".env"})
_RUN: Final = frozenset("exe com scr pif bat cmd js vbs jar msi lnk hta ps1 dll".split())  # noqa: SIM905 - reads better
_SHOWN_AS: Final = frozenset("jpg jpeg png gif bmp webp pdf txt csv doc docx xlsx json".split())  # noqa: SIM905 - the same


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what is odd about a file's name."""
    if specimen.depth:
        return
    parts = specimen.name.split("/")
    if acted := next((part for part in parts if part in _ACTED_ON), ""):
        yield Seen(f"it lies in {acted}, whose files tools act on", Severity.MEDIUM)
    elif parts[-1] in _READ:
        yield Seen(f"{parts[-1]} is read by tools without a word", Severity.MEDIUM)
    elif any(part.startswith(".") for part in parts):
        yield Seen("a hidden file")
    if not specimen.name.isascii() and any(unicodedata.category(c) == "Cf" for c in parts[-1]):
        yield Seen("its name holds characters that do not show", Severity.MEDIUM)
    stem = parts[-1].lower().split(".")
    if len(stem) > 2 and stem[-1] in _RUN and stem[-2] in _SHOWN_AS:  # noqa: PLR2004 - two extensions
        yield Seen(f"it is named as .{stem[-2]} and run as .{stem[-1]}", Severity.HIGH)
