"""BZ321: a table whose cells a spreadsheet computes."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.kinds import is_text
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ321",
    name="csv-formula",
    title="Table cells that are formulas",
    severity=Severity.MEDIUM,
    why="A spreadsheet runs a cell that starts with =, +, - or @: it can start a program or send"
    " the row away, as soon as somebody opens the label table to look at it.",
)

_CELL: Final = re.compile(
    rb"(?:\A|[\n\r,;\t|])[ ]{0,8}\"?[ \t]{0,8}([=+\-@])([^\n\r,;\t\"]{1,256})"
)
_NUMBER: Final = re.compile(rb"[\d.,\s]*(?:[eE][+-]?\d+)?%?\s*|inf(?:inity)?|nan", re.IGNORECASE)
_RUNS: Final = re.compile(
    rb"[\w ()'./\\+\-]{0,64}\|[^!\n]{0,200}!|(?:HYPERLINK|WEBSERVICE|IMPORT(?:XML|DATA|HTML|FEED"
    rb"|RANGE)|CALL|EXEC|DDE|REGISTER(?:\.ID)?|FILTERXML|IMAGE|RTD|INDIRECT)\s?\(",
    re.IGNORECASE,
)
_FUNCTION: Final = re.compile(rb"\s{0,4}[A-Za-z][A-Za-z0-9.]{1,30}\(")
_EXTENSIONS: Final = frozenset({"csv", "tsv", "tab", "psv"})


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield how many cells of a table are formulas."""
    if specimen.extension not in _EXTENSIONS or not is_text(specimen.head):
        return
    runs, formulas, example = 0, 0, ""
    for _, window in specimen.windows():
        for match in _CELL.finditer(window):
            sign, rest = match[1], match[2]
            if _NUMBER.fullmatch(rest):
                continue
            if _RUNS.match(rest) or (sign == b"=" and _FUNCTION.match(rest)):
                runs += 1
                example = example or (sign + rest)[:60].decode("utf-8", "replace")
            elif sign == b"=":
                formulas += 1
    if runs:
        yield Seen(f"{runs:,} cells are formulas, the first is {example}")
    elif formulas:
        yield Seen(f"{formulas:,} cells start with =", Severity.LOW)
