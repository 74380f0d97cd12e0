"""Airflow's templates: `{{ ds }}` in an argument, as a name that only a run decides.

Source: airflow.apache.org, "Templates reference".
"""

import re
from dataclasses import replace
from typing import Final

from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.value import Either, Items, Table, Text, Value

_FIELD: Final = re.compile(r"\{\{([^{}]{1,300})\}\}")
_ODD: Final = re.compile(r"[^\w.]+")
_DEEPEST: Final = 8
_MOST: Final = 256


def rendered(given: Given) -> Given:
    """Return arguments in which each template is one word: `{ds}`."""
    return replace(
        given,
        positional=[_value(one, _DEEPEST) for one in given.positional],
        named={name: _value(one, _DEEPEST) for name, one in given.named.items()},
    )


def _value(value: Value, deep: int) -> Value:
    match value:
        case Text(parts):
            told = tuple(_text(one) if isinstance(one, str) else one for one in parts)
            return replace(value, parts=told)
        case Items(items) if deep:
            return Items(tuple(_value(one, deep - 1) for one in items[:_MOST]))
        case Table(pairs) if deep:
            return Table(tuple((key, _value(one, deep - 1)) for key, one in pairs[:_MOST]))
        case Either(options) if deep:
            return replace(value, options=tuple(_value(one, deep - 1) for one in options))
        case _:
            return value


def _text(text: str) -> str:
    return _FIELD.sub(lambda found: f"{{{_ODD.sub('_', found[1]).strip('_')}}}", text)
