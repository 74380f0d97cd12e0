"""What comes in the body of a request: predictions in one of several forms, within bounds."""

import json
from typing import Any, Final

from bezoar.adapters.arrow import ArrowError, read_columns
from bezoar.limit.predictions import Batch, batch_of, batch_of_columns, parsed

MOST_ROWS: Final = 50_000
ARROW: Final = "application/vnd.apache.arrow.stream"
_LINES: Final = frozenset({"application/x-ndjson", "application/jsonl"})


class BodyError(Exception):
    """A body that is none of the forms, or too long.

    Attributes:
        status: HTTP's name for it.
        why: In a sentence.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def read_body(body: bytes, content_type: str, columns: tuple[str, ...]) -> Batch:
    """Return the predictions that a body holds; what is no prediction is in it as a gap.

    Args:
        body: As it was sent.
        content_type: What the sender calls it.
        columns: Names of other columns that are wanted.

    Raises:
        BodyError: If it is none of the forms, or too long.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _LINES:
        rows: list[Any] = [parsed(line) for line in _lines(body) if line.strip()]
    elif kind == ARROW:
        return _arrow(body, columns)
    elif kind == "application/json":
        found = _json(body)
        if isinstance(found, dict) and isinstance(found.get("class"), list):
            return _columns(found, columns)
        rows = found if isinstance(found, list) else [found]
    else:
        raise BodyError(415, f"Send application/x-ndjson, application/json or {ARROW}.")
    _few(len(rows))
    return batch_of(0, [row if isinstance(row, dict) else None for row in rows], columns)


def _few(rows: int) -> None:
    if rows > MOST_ROWS:
        raise BodyError(413, f"At most {MOST_ROWS:,} predictions in a batch.")


def _lines(body: bytes) -> list[str] | list[bytes]:
    """Return lines as text where all of it is (that is read faster), else as bytes."""
    try:
        return body.decode().split("\n")
    except UnicodeDecodeError:
        return body.split(b"\n")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BodyError(400, "The body is no JSON.") from None


def _columns(found: dict[str, Any], columns: tuple[str, ...]) -> Batch:
    size = len(found["class"])
    _few(size)
    names = ("class", "confidence", "time", *columns)
    given = {name: found.get(name, [None] * size) for name in names}
    if any(not isinstance(one, list) or len(one) != size for one in given.values()):
        raise BodyError(400, "Each column is a list, and all have one length.")
    return batch_of_columns(0, given, columns)


def _arrow(body: bytes, columns: tuple[str, ...]) -> Batch:
    names = tuple(dict.fromkeys(("class", "confidence", "time", *columns)))
    numeric = tuple(name for name in ("confidence", "time") if name not in columns)
    try:
        size, found = read_columns(body, names, numeric, MOST_ROWS)
    except ArrowError as error:
        raise BodyError(413 if error.too_much else 400, str(error)) from None
    # Labels that come later have no class.
    if "class" not in found and "label" not in found:
        raise BodyError(400, "There is no column 'class'.")
    nothing = [None] * size
    return batch_of_columns(0, {name: found.get(name, nothing) for name in names}, columns)
