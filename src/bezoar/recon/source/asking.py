"""What each host's file shares: an answer or the reason why there is none, and vacant accounts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol, Self
from urllib.parse import quote, urlsplit

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.recon.source.fields import at
from bezoar.recon.source.signal import Aspect, Level, Signal

_NOT_FOUND: Final = 404


class Host(Protocol):
    """One source at one host."""

    @property
    def place(self) -> str:
        """What it is called there, with the host's name."""
        ...

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the source behind an address; None where it lies elsewhere."""
        ...

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask the host.

        Raises:
            UnreachableError: If nothing at all could be learned.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought.

    Attributes:
        url: The question.
        value: The JSON that came back; None where none did.
        why: Why none did; empty where one did.
        status: The HTTP status of a refusal, 0 otherwise.
    """

    url: str
    value: Any = None
    why: str = ""
    status: int = 0

    def tells(self, signal: Signal) -> Signal:
        """Return a signal drawn from this answer; where there was none, it says why."""
        if not self.why:
            return signal
        return replace(signal, level=Level.UNKNOWN, says=self.why, value=None)


def described(client: Client, url: str, *path: str) -> dict[str, Any]:
    """Return the description of a source.

    Raises:
        UnreachableError: If there is none; `NotThereError` where the host says so.
    """
    found = at(client.json(url), *path)
    if not isinstance(found, dict) or not found:
        raise UnreachableError(f"{urlsplit(url).hostname} answers without a description")
    return found


def learn(client: Client, url: str) -> Answer:
    """Ask; a failure is part of the answer."""
    try:
        return Answer(url, client.json(url))
    except NotThereError as error:
        return Answer(url, None, str(error), error.status)
    except UnreachableError as error:
        return Answer(url, None, str(error))


def vacant(client: Client, owner: str, accounts: Iterable[str]) -> Signal | None:
    """Return a signal where an owner's account does not exist: whoever makes it owns the source.

    Args:
        client: Who asks.
        owner: Its name.
        accounts: Addresses, one of which answers for an account that exists.
    """
    answers = [learn(client, url) for url in accounts]
    if not answers or any(answer.status != _NOT_FOUND for answer in answers):
        return None
    says = f"there is no account {owner!r}: whoever registers that name publishes there"
    return Signal(Aspect.CONTRIBUTORS, Level.BAD, says, answers[0].url, "status", _NOT_FOUND)


def renamed(asked: str, found: str | None, url: str, field: str) -> Signal | None:
    """Return a signal where a source now has another name: the old one can be taken."""
    if found is None or found.lower() == asked.lower():
        return None
    says = f"it is called {found!r} now: whoever registers {asked!r} takes its place"
    return Signal(Aspect.CONTRIBUTORS, Level.POOR, says, url, field, found)


def part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")
