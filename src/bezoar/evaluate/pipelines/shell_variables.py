"""The variables of a script, as far as their values are written down."""

import re
from collections.abc import Mapping
from typing import Final

_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_DECLARING: Final = frozenset({"export", "declare", "local", "readonly", "typeset"})
_LITERAL: Final = re.compile(r"[^$`\\\"'*?\[\]]*")
# A quotation in single quotes is passed over; else one reference.
_REFERENCE: Final = re.compile(
    r"'[^']*'|\\\$|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-=]([^{}$`\"']{0,200}))?\})"
)
_LONGEST: Final = 4096


class Variables:
    """Names with their one literal value; a name that may have several has none."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._values = {name: value for name, value in given.items() if _is_literal(value)}

    def assign(self, words: list[str], *, certain: bool) -> bool:
        """Take a command that only assigns; say whether it is one.

        Args:
            words: Of the command, as written.
            certain: Whether it runs in any case.
        """
        declared = bool(words) and words[0] in _DECLARING
        given = [word for word in words[1:] if not word.startswith("-")] if declared else words
        found = [_ASSIGNED.fullmatch(word) for word in given]
        if not words or not all(found):
            return False
        for one in found:
            if one is not None:
                self._set(one[1], _unquoted(self.fold(one[2])), certain=certain)
        return True

    def _set(self, name: str, value: str, *, certain: bool) -> None:
        if _is_literal(value) and (certain or self._values.get(name, value) == value):
            self._values[name] = value
        else:
            self._values.pop(name, None)

    def fold(self, text: str) -> str:
        """Put the values that are known into a text, as long as it stays short."""
        if "$" not in text or len(text) > _LONGEST * 16:
            return text
        folded = _REFERENCE.sub(self._value, text)
        return folded if len(folded) <= len(text) + _LONGEST else text

    def _value(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if not name:
            return found[0]
        known = self._values.get(name)
        if known is not None:
            return known
        return found[3] or found[0]


def _is_literal(value: str) -> bool:
    return len(value) <= _LONGEST and _LITERAL.fullmatch(value) is not None


def _unquoted(value: str) -> str:
    for quote in "\"'":
        if len(value) > 1 and value[0] == value[-1] == quote:
            return value[1:-1]
    return value
