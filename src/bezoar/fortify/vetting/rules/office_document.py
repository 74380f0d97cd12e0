"""BZ316: an office document with macros, or one that fetches."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ316",
    name="office-document",
    title="Office document with macros or outside links",
    severity=Severity.HIGH,
    why="Macros are programs; a linked template or object is fetched, and run, when the document"
    " is opened.",
)

_OLE_MACROS: Final = tuple(
    name.encode("utf-16-le") for name in ("_VBA_PROJECT", "VBA\0", "Macros\0", "_VBA_PROJECT_CUR")
)
_MACRO_MEMBERS: Final = re.compile(
    r"!(?:(?:word|xl|ppt)/(?:vbaProject\.bin|macrosheets/.+|activeX/.+)|Basic/.+|Scripts/.+)\Z",
    re.IGNORECASE,
)
_OLE_MEMBERS: Final = re.compile(
    r"!(?:word|xl|ppt)/(?:embeddings/oleObject.+|externalLinks/.+)\Z", re.IGNORECASE
)
_OUTSIDE: Final = re.compile(rb"<Relationship\b[^<>]{0,2000}\bTargetMode\s*=\s*[\"']External[\"']")
_LINK_ALONE: Final = re.compile(rb"/hyperlink[\"']")
_DDE: Final = re.compile(rb"\bDDE(?:AUTO)?\b\s")
_RTF_OBJECT: Final = re.compile(rb"\\obj(?:data|update|autlink|ocx)\b|\\\*\\template\b")


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what runs or fetches in a document; its parts are looked at one by one."""
    if specimen.kind == "ole":
        yield _ole(specimen)
    elif specimen.kind == "rtf":
        if _RTF_OBJECT.search(specimen.head):
            yield Seen("a text document with an embedded object or a linked template")
    elif specimen.depth:
        yield from _part(specimen)


def _ole(specimen: Specimen) -> Seen:
    for _, window in specimen.windows():
        if any(name in window for name in _OLE_MACROS):
            return Seen("a document with macros (OLE)")
    return Seen("a document of an old format (OLE), not looked into further", Severity.MEDIUM)


def _part(specimen: Specimen) -> Iterator[Seen]:
    name = specimen.name
    if _MACRO_MEMBERS.search(name):
        yield Seen("a part of a document that holds macros or controls")
    elif _OLE_MEMBERS.search(name):
        yield Seen("an embedded object or a link to another workbook", Severity.MEDIUM)
    elif name.endswith(".rels"):
        outside = [m[0] for m in _OUTSIDE.finditer(specimen.head)]
        if any(not _LINK_ALONE.search(one) for one in outside):
            yield Seen("a document that fetches a template or an object when it is opened")
    elif name.endswith("word/document.xml") and _DDE.search(specimen.head):
        yield Seen("a document that starts another program (DDE)")
