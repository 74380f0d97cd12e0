"""What is known of calls in Julia and in R: which ones fetch, and from where."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Fetcher:
    """A call that fetches; `calls.toml` says what the fields mean."""

    calls: tuple[str, ...]
    kind: str
    uri: str = "{}"
    library: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    needs: str = "any"
    only_if: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    checksum: tuple[str, ...] = ()
    revision: tuple[str, ...] = ()
    checked: bool = False


@dataclass(frozen=True)
class Fetchers:
    """The calls of one language.

    Attributes:
        exact: By name.
        open: Those with a `*`: what stands before and behind it.
    """

    exact: dict[str, tuple[Fetcher, ...]]
    open: tuple[tuple[str, str, Fetcher], ...]

    def named(self, name: str) -> tuple[Fetcher, ...]:
        """Return what may be meant by a name."""
        fitting = tuple(
            fetcher
            for before, behind, fetcher in self.open
            if name.startswith(before) and name.endswith(behind) and name not in fetcher.excluded
        )
        return self.exact.get(name, ()) + fitting


@cache
def calls(language: str) -> Fetchers:
    """Read the facts of a language (`julia`, `r`) once."""
    text = files("bezoar.facts").joinpath("calls.toml").read_text(encoding="utf-8")
    exact: dict[str, tuple[Fetcher, ...]] = {}
    open_ones: list[tuple[str, str, Fetcher]] = []
    for entry in tomllib.loads(text)[language]:
        fetcher = _fetcher(entry)
        for call in fetcher.calls:
            before, star, behind = call.partition("*")
            if star:
                open_ones.append((before, behind, fetcher))
            else:
                exact[call] = (*exact.get(call, ()), fetcher)
    return Fetchers(exact, tuple(open_ones))


def _fetcher(entry: dict[str, Any]) -> Fetcher:
    fields = dict(entry)
    for key in ("source", "checksum", "revision"):
        fields[key] = tuple(fields.get(key, "").split("|")) if fields.get(key) else ()
    for key in ("calls", "library", "members", "only_if", "unless"):
        fields[key] = tuple(fields.get(key, ()))
    fields["excluded"] = tuple(fields.pop("except", ()))
    return Fetcher(**fields)
