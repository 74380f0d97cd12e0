"""BZ320: XML that defines entities or includes other documents."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.kinds import as_text
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ320",
    name="xml-entity",
    title="XML with entities or inclusions",
    severity=Severity.HIGH,
    why="An entity can read a file of the machine that parses it, call an address, or unfold to"
    " gigabytes.",
)

_XML: Final = re.compile(r"\s*<(?:\?xml\b|!DOCTYPE\b|!--|[A-Za-z_][\w.:-]*[\s>/])", re.IGNORECASE)
_ENTITY: Final = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_OUTSIDE: Final = re.compile(r"<!DOCTYPE\s[^>\[]{0,400}\b(SYSTEM|PUBLIC)\b([^>\[]{0,600})")
_WELL_KNOWN: Final = re.compile(
    r"https?://(?:www\.w3\.org/|xml\.apple\.com/DTDs|www\.apple\.com/DTDs/|java\.sun\.com/)"
    r"|-//W3C//DTD"
)
_INCLUDE: Final = re.compile(r"<(?:\w+:)?include\b[^<>]{0,300}\bhref\s*=|<\?xml-stylesheet\b")
_ODD_ENCODING: Final = re.compile(
    r"<\?xml[^>]{0,100}encoding\s*=\s*[\"'](?:utf-?7|ebcdic|(?:ibm|cp)-?(?:037|500"
    r"|875|1026|1047|1140))",
    re.IGNORECASE,
)
_HEAD: Final = 4096
_HTML: Final = frozenset({"html", "htm", "xhtml"})


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what reaches out of an XML document."""
    if specimen.kind or not _XML.match(as_text(specimen.head[:_HEAD])):
        return
    if specimen.extension not in _HTML:
        yield from _reaching(specimen)


def _reaching(specimen: Specimen) -> Iterator[Seen]:
    first = as_text(specimen.head[:_HEAD])
    if _ODD_ENCODING.search(first):
        yield Seen("XML in an encoding that hides what it says", Severity.MEDIUM)
    outside = _OUTSIDE.search(first)
    if outside and not _WELL_KNOWN.search(outside[2]):
        yield Seen("a document type that is fetched from elsewhere", Severity.MEDIUM)
    for text in _texts(specimen):
        if _ENTITY.search(text):
            yield Seen("it defines entities")
            return
        if _INCLUDE.search(text):
            yield Seen("it includes another document", Severity.MEDIUM)
            return


def _texts(specimen: Specimen) -> Iterator[str]:
    if specimen.complete:
        yield as_text(specimen.head)
        return
    yield from (window.decode("latin-1") for _, window in specimen.windows())
