"""Sources known to be bad or withdrawn, and names that others imitate."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class KnownSource:
    """One source that somebody reported.

    Attributes:
        place: Its canonical address, or the start of it up to a slash.
        kind: `malicious`, `impersonation` or `withdrawn`.
        why: One sentence.
        since: When it was reported.
        reference: Where.
    """

    place: str
    kind: str
    why: str
    since: date
    reference: str


@dataclass(frozen=True, slots=True)
class KnownSources:
    """The facts of `known_sources.toml`.

    Attributes:
        dated: When they were last looked at.
        sources: What was reported.
        owners: Accounts that many trust, which others imitate.
    """

    dated: date
    sources: tuple[KnownSource, ...]
    owners: tuple[str, ...]


@cache
def known_sources() -> KnownSources:
    """Read the facts once."""
    text = files("bezoar.facts").joinpath("known_sources.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return KnownSources(
        dated=table["dated"],
        sources=tuple(KnownSource(**entry) for entry in table["source"]),
        owners=tuple(table["owners"]),
    )
