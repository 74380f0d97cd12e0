"""An event as one line of JSON: what `bezoar log export` writes and `import` reads."""

import json
from typing import Any, NoReturn

from bezoar.core.digest import Digest
from bezoar.core.event import Event

_TEXTS = ("writer", "time", "kind", "subject", "actor")
_FIELDS = {*_TEXTS, "number", "detail", "previous"}


def to_line(event: Event) -> str:
    """Return a sealed event as canonical JSON, its digest included, without a line end."""
    return json.dumps(event.as_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_line(line: str) -> Event:
    """Read what `to_line` wrote; the digest is taken as it stands, not checked.

    Raises:
        ValueError: If the line has another shape.
    """
    fields = _mapping(line)
    digest = fields.pop("digest", None)
    if not isinstance(digest, str):
        raise ValueError("it has no digest")  # noqa: TRY004 - one exception for every shape
    return _event(fields, digest)


def from_content(content: str, digest: str) -> Event:
    """Read an event from its content (`Event.content`) and the digest that stands beside it.

    Raises:
        ValueError: If either has another shape, or the content is spelled in another way.
    """
    event = _event(_mapping(content), digest)
    if event.content().decode() != content:
        raise ValueError("it is spelled in another way than it was written")
    return event


def _mapping(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - one exception for every shape
    return fields


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _event(fields: dict[str, Any], digest: str) -> Event:
    if fields.keys() != _FIELDS:
        raise ValueError(f"it has the fields {', '.join(sorted(fields)) or 'none'}")
    previous = fields["previous"]
    sound = (
        all(isinstance(fields[name], str) for name in _TEXTS)
        and type(fields["number"]) is int
        and isinstance(fields["detail"], dict)
        and (previous is None or isinstance(previous, str))
    )
    if not sound:
        raise ValueError("a field has the wrong type")
    parsed = {**fields, "previous": Digest.parse(previous) if previous is not None else None}
    event = Event(**parsed, digest=Digest.parse(digest))
    event.content()  # a number like 1e999 parses, and has no JSON form
    return event
