"""BZ322: a drawing that runs scripts or fetches."""

import html
import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.kinds import as_text
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ322",
    name="svg-script",
    title="Drawing with a script",
    severity=Severity.HIGH,
    why="An SVG drawing is a web page: its scripts run in the browser, or the labelling tool, of"
    " whoever looks at it.",
)

_SVG: Final = re.compile(r"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
_PAGE: Final = re.compile(r"<html[\s>]|<!DOCTYPE\s+html|<head[\s>]", re.IGNORECASE)
"""A web page that holds a drawing: it is one by its own word, and has scripts."""
_RUNS: Final = re.compile(
    r"<(?:\w+:)?script[\s>/]|[\s\"'/]on[a-z]{3,20}\s*=\s*[\"']|javascript\s*:|<(?:\w+:)?handler[\s>]"
    r"|data:text/html|<iframe[\s>]",
    re.IGNORECASE,
)
_FETCHES: Final = re.compile(
    r"<(?:\w+:)?(?:image|use|feImage|foreignObject|link)\b[^<>]{0,400}?href\s*=\s*[\"']\s*"
    r"(?:https?:|file:|//|\\\\)|@import\s|url\(\s*[\"']?\s*(?:https?:|//)",
    re.IGNORECASE,
)


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what a drawing runs or fetches."""
    if specimen.kind:
        return
    first = as_text(specimen.head[:4096])
    drawing = _SVG.search(first)
    if not drawing or (specimen.extension != "svg" and _PAGE.search(first, 0, drawing.start())):
        return
    for _, window in specimen.windows():
        text = as_text(window)
        # A reader sees references to characters as these characters.
        plain = html.unescape(text) if "&" in text else text
        if match := _RUNS.search(plain):
            yield Seen(f"a drawing that runs a script: {match[0].strip()[:40]}")
            return
        if _FETCHES.search(plain):
            yield Seen("a drawing that fetches from elsewhere", Severity.MEDIUM)
            return
