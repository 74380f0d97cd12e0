"""JSON with one meaning: read so that no key counts twice, written in one spelling."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

JsonObject = dict[str, Any]


def parse_object(data: bytes) -> JsonObject:
    """Read a JSON object.

    Raises:
        ValueError: If it is none, names a key twice, or is nested too deeply.
    """
    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - one exception for every shape
    return found


def canonical(value: Any) -> bytes:
    """Return the one spelling of JSON values: ASCII, sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _once(pairs: Sequence[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
