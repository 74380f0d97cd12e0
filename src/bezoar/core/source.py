"""`Source`: where bytes come from, and how firmly that is pinned."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bezoar.core.digest import Digest

# A full Git object name (SHA-1 or SHA-256). An abbreviated one can become ambiguous, so it is none.
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Pin(StrEnum):
    """What ties a source to its bytes."""

    HASH = "hash"
    REVISION = "revision"
    TAG = "tag"
    NONE = "none"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class Source:
    """Where bytes come from.

    Law: a tag or a branch is never a pin.

    Attributes:
        uri: The address as written.
        revision: A commit, tag, branch or version, as written.
        publisher: Who publishes it.
        licence: An SPDX expression.
        expected: The digest that the bytes must have.
    """

    uri: str
    revision: str | None = None
    publisher: str | None = None
    licence: str | None = None
    expected: Digest | None = None

    @property
    def pin(self) -> Pin:
        """How the source is pinned; the strongest tie wins."""
        if self.expected is not None:
            return Pin.HASH
        if self.revision is None:
            return Pin.NONE
        return Pin.REVISION if _COMMIT.fullmatch(self.revision) else Pin.TAG

    @property
    def pinned(self) -> bool:
        """True only where the bytes cannot change without notice."""
        return self.pin in (Pin.HASH, Pin.REVISION)
