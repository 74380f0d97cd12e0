"""Functions that fetch what they are given: their calls are fetches, too."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from bezoar.facts.loaders import Loader
from bezoar.recon.scan.python.candidate import Candidate
from bezoar.syntax.python.folding import substituted
from bezoar.syntax.python.scopes import Scope
from bezoar.syntax.python.survey import parameters
from bezoar.syntax.python.value import Hole, Text, Value, texts, truth

_SAYS_SO: Final = re.compile(
    r"(?:^|_)(?:download|fetch|retrieve|wget|urlretrieve|get_file|cached_path|get_url)"
    r"|(?:load|get|read|open)\w*_(?:from_)?url|_url$|from_url|^(?:Download|Fetch|Retrieve)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Flow:
    """What a function fetches, with its parameters as holes.

    Attributes:
        candidate: The call within, or the command that it runs.
        parameters: Those that stand in the source.
        flags: Those that decide whether it fetches at all, and what each is where nobody gives it.
        is_command: Whether the source is a command line for a shell.
    """

    candidate: Candidate
    parameters: frozenset[str]
    flags: tuple[tuple[str, bool], ...] = ()
    is_command: bool = False


@dataclass(slots=True)
class Wrapper:
    """A function, or a class by what its methods do.

    Attributes:
        name: Its full name.
        parameters: Their names in order, without the receiver.
        flows: What it fetches.
    """

    name: str
    parameters: tuple[str, ...]
    flows: list[Flow] = field(default_factory=list)


@lru_cache(maxsize=4_096)
def says_so(name: str) -> bool:
    """Say whether a function's name tells that it fetches."""
    return _SAYS_SO.search(name) is not None


def owner(scope: Scope | None) -> Scope | None:
    """Return the function around a place in the code."""
    while scope is not None and not scope.is_function:
        scope = scope.parent
    return scope


def names_of(scope: Scope) -> tuple[str, ...]:
    """Return the names of a function's parameters without its receiver."""
    node = scope.node
    names = [name for name, _, _ in parameters(node)]  # type: ignore[arg-type] # it is a function
    return tuple(name for name in names if name != scope.receiver)


def filled(flow: Flow, given: Mapping[str, Value]) -> Iterator[tuple[Text, bool]]:
    """Yield the sources of a flow in a call that gives these arguments; none if it fetches none.

    Each comes with whether the call itself says something of it.
    """
    told = False
    for name, default in flow.flags:
        value = given.get(name)
        outcome = default if value is None else truth(value)
        if outcome is False and len(flow.flags) == 1:
            return
        told = told or (value is not None and outcome is True)
    if not flow.parameters:
        yield flow.candidate.source, told
        return
    before = _said(flow.candidate.source)
    for text in texts(substituted(flow.candidate.source, dict(given))):
        yield text, _said(text) > before


def flow_of(
    candidate: Candidate, flags: Iterable[tuple[str, bool]], scope: Scope, *, is_command: bool
) -> Flow | None:
    """Return what a function gives to its callers to decide, None where it decides itself."""
    names = set(names_of(scope))
    used = {part.name for part in candidate.source.parts if isinstance(part, Hole)} & names
    open_flags = tuple((name, default) for name, default in flags if name in names)
    if not used and not open_flags:
        return None
    return Flow(candidate, frozenset(used), open_flags, is_command)


def _said(text: Text) -> int:
    """Return how many letters and digits of a text are literal, defaults counted."""
    written = [part if isinstance(part, str) else part.default or "" for part in text.parts]
    return sum(c.isalnum() for part in written for c in part)


def named(candidate: Candidate, name: str, source: Text) -> Candidate:
    """Return the candidate of a wrapper's call."""
    return replace(candidate, name=name, source=source)


def unknown_function() -> Loader:
    """Return the loader that stands for a function of which only the name is known."""
    return Loader(("*",), "", "address", ("{0:url}",))
