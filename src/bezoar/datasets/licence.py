"""SPDX licence expressions (SPDX 3.0.1, annex B): checked, and spelt as the list spells them."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from bezoar.facts.licences import licences

_TOKEN: Final = re.compile(r"\s*([()]|[^\s()]+)")
_OWN: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_OWN_EXCEPTION: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+")
_AFTER_LICENCE: Final = ("AND", "OR", "WITH")
_WANTS_LICENCE: Final = (*_AFTER_LICENCE, "(")
_SILENT: Final = ("NONE", "NOASSERTION")
_LONGEST: Final = 1000


def parse_licence(text: str) -> str:
    """Check an SPDX expression and return it with each identifier as the list spells it.

    Args:
        text: `CC-BY-4.0`, `MIT OR (Apache-2.0 WITH LLVM-exception)`, `LicenseRef-ours`; also
            `NONE` (there is none) and `NOASSERTION` (nobody looked).

    Raises:
        ValueError: If it is none; the message names the nearest identifier.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"not an SPDX expression: it has more than {_LONGEST} characters")
    if text.strip() in _SILENT:
        return text.strip()
    words, depth, before = list[str](), 0, "("
    for word in _TOKEN.findall(text):
        words.append(_spelt(word, before, words))
        depth += (word == "(") - (word == ")")
        if depth < 0:
            break
        before = word
    if before in _WANTS_LICENCE:
        raise ValueError("not an SPDX expression: a licence is missing at its end")
    if depth:
        raise ValueError("not an SPDX expression: its parentheses do not match")
    return " ".join(words).replace("( ", "(").replace(" )", ")")


def _spelt(word: str, before: str, words: Sequence[str]) -> str:
    """Return a word as the list spells it, if it may stand after the word before it."""
    if before == "WITH":
        return _known(word, licences().exceptions, _OWN_EXCEPTION, "exception")
    if before in _WANTS_LICENCE:
        if word in (*_AFTER_LICENCE, ")"):
            raise ValueError(f"not an SPDX expression: a licence is missing before {word!r}")
        return word if word == "(" else _known(word, licences().licences, _OWN, "licence")
    if word != ")" and word not in _AFTER_LICENCE:
        raise ValueError(f"not an SPDX expression: AND, OR or WITH is missing before {word!r}")
    if word == "WITH" and (before == ")" or words[-2:-1] == ["WITH"]):
        raise ValueError("not an SPDX expression: WITH stands after a licence's identifier")
    return word


def _known(word: str, names: Mapping[str, str], own: re.Pattern[str], what: str) -> str:
    if own.fullmatch(word):
        return word
    # A `+` says "or any later version"; some deprecated identifiers end with one themselves.
    plain = word if word.lower() in names else word.removesuffix("+")
    name = names.get(plain.lower())
    if name is not None:
        return name + word[len(plain) :]
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    own_name = "LicenseRef-NAME" if what == "licence" else "AdditionRef-NAME"
    hint = f"; did you mean {names[near[0]]!r}?" if near else f"; {own_name} is for others"
    raise ValueError(f"{word!r} is not an SPDX {what}{hint}")
