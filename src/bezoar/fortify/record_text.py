"""Records in `dbom/records/`: one spelling, and a strict reading of whatever lies there."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bezoar.datasets.containers import readable

_Record = TypeVar("_Record", bound=BaseModel)


def spelled(fields: Mapping[str, Any]) -> bytes:
    """Return the one spelling: ASCII, sorted keys, two spaces, a line end at the end."""
    return (json.dumps(fields, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def parse_record(kind: type[_Record], data: bytes, most: int) -> _Record:
    """Read a record from its bytes, whoever wrote them.

    Args:
        kind: What it is.
        data: Its bytes.
        most: How many there may be.

    Raises:
        ValueError: If they are none.
    """
    if len(data) > most:
        raise ValueError(f"it is longer than {most:,} bytes")
    try:
        return kind.model_validate(json.loads(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(readable(f"{where}: {first['msg']}"[:200])) from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON that bezoar reads ({type(error).__name__})") from None
