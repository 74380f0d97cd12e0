"""BZ314: a notebook."""

import json
from collections.abc import Iterator
from typing import Any, Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ314",
    name="notebook",
    title="Notebook in the data",
    severity=Severity.MEDIUM,
    why="A notebook is code, and its outputs are HTML and JavaScript that a viewer may run. It is"
    " no sample.",
)


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield what a notebook holds; one that is too long or damaged is one by its marks."""
    named = specimen.extension == "ipynb"
    looks = specimen.head[:1].isspace() or specimen.head[:1] in (b"{", b"\xef")
    if not named and not (looks and _says_so(specimen.head)):
        return
    cells = _cells(specimen)
    if cells is None:
        if named or _says_so(specimen.head):
            yield Seen("a notebook that cannot be read in full")
        return
    code = [cell for cell in cells if cell.get("cell_type") == "code" and cell.get("source")]
    outputs = sum(bool(cell.get("outputs")) for cell in cells)
    if code or outputs:
        message = f"a notebook with {len(code):,} cells of code, {outputs:,} with outputs"
        yield Seen(message, evidence={"code": len(code), "outputs": outputs})
    else:
        yield Seen("a notebook without code", Severity.LOW)


def _says_so(head: bytes) -> bool:
    return b'"nbformat"' in head and b'"cells"' in head


def _cells(specimen: Specimen) -> list[dict[str, Any]] | None:
    if not specimen.complete:
        return None
    try:
        document = json.loads(specimen.head)
    except (ValueError, RecursionError):
        return None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        return None
    return [cell for cell in cells if isinstance(cell, dict)]
