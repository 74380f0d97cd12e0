"""Where notices go: Slack, PagerDuty, a webhook, e-mail, and whatever apprise knows."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol

from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.posting import post
from bezoar.core.errors import UsageError
from bezoar.limit.alerts import cloudevents, pagerduty, plain, slack
from bezoar.limit.alerts.delivery import BusyError, RefusedError, Sink
from bezoar.limit.alerts.notice import Notice

_LATER: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_SECONDS: Final = re.compile(r"\d{1,6}")
_ROUTING_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class HttpSink:
    """A service that takes JSON over HTTP.

    Attributes:
        url: Where to; often a secret.
        payload: How the service wants to hear it.
        content_type: Of the payload.
        token: Sent as `Authorization: Bearer`; empty for none.
    """

    url: str = field(repr=False)
    payload: Callable[[Notice], dict[str, Any]] = field(repr=False)
    content_type: str = "application/json; charset=utf-8"
    token: str = field(default="", repr=False)

    def send(self, notice: Notice) -> None:
        """Send one notice; see `Sink`."""
        body = json.dumps(self.payload(notice), allow_nan=False).encode()
        headers = {"Content-Type": self.content_type}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            status, answered, _ = post(self.url, body, headers)
        except UnreachableError as error:
            raise BusyError(str(error)) from None
        _judge(status, answered)


def _judge(status: int, headers: Mapping[str, str]) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        after = _SECONDS.fullmatch(headers.get("retry-after", ""))
        raise BusyError(f"the service answers {status}", float(after[0]) if after else None)
    raise RefusedError(f"the service answers {status}")


@dataclass(frozen=True)
class MailSink:
    """A mail server.

    Attributes:
        server: `HOST:PORT`.
        sender: The address that it comes from.
        recipients: The addresses that it goes to.
        user: Who logs in; empty for nobody.
        password: With which password.
    """

    server: str
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, notice: Notice) -> None:
        """Send one notice; see `Sink`."""
        from bezoar.adapters.mail import Letter, RejectedError, send  # noqa: PLC0415 - for mail

        letter = Letter(self.sender, self.recipients, plain.subject(notice), plain.body(notice))
        try:
            send(self.server, letter, user=self.user, password=self.password)
        except RejectedError as error:
            raise RefusedError(str(error)) from None
        except OSError as error:
            raise BusyError(f"{self.server} cannot be reached ({type(error).__name__})") from None


@dataclass(frozen=True)
class AppriseSink:
    """Whatever apprise knows.

    Attributes:
        url: In apprise's own notation; often a secret.
    """

    url: str = field(repr=False)

    def send(self, notice: Notice) -> None:
        """Send one notice; see `Sink`."""
        from bezoar.adapters.apprise import notify  # noqa: PLC0415 - an extra

        if not notify(self.url, plain.subject(notice), plain.body(notice)):
            raise BusyError("apprise could not deliver it")


class SinkSettings(Protocol):
    """A `[alerts.sinks.NAME]` table of `bezoar.toml`."""

    @property
    def kind(self) -> str:
        """`slack`, `pagerduty`, `webhook`, `email` or `apprise`."""
        ...

    @property
    def variable(self) -> str:
        """Name of the environment variable with the address, the key or the password."""
        ...

    @property
    def url(self) -> str:
        """Where to, where that is no secret."""
        ...

    @property
    def user(self) -> str:
        """Who logs in at the mail server."""
        ...

    @property
    def sender(self) -> str:
        """Where mail comes from."""
        ...

    @property
    def recipients(self) -> tuple[str, ...]:
        """Where mail goes to."""
        ...


def open_sinks(
    settings: Mapping[str, SinkSettings], environment: Mapping[str, str] | None = None
) -> dict[str, Sink]:
    """Return the sinks that a project declares; secrets come from the environment.

    Raises:
        UsageError: If a secret is missing, or is none.
    """
    known = os.environ if environment is None else environment
    return {name: _opened(name, one, known) for name, one in settings.items()}


def _opened(name: str, one: SinkSettings, environment: Mapping[str, str]) -> Sink:
    secret = environment.get(one.variable, "") if one.variable else ""
    if one.variable and not secret:
        why = f"[alerts.sinks.{name}]: {one.variable} is not set"
        raise UsageError(why, next=f"export {one.variable}=…")
    match one.kind:
        case "slack":
            return HttpSink(_address(name, secret), slack.slack)
        case "pagerduty":
            key = secret
            if not _ROUTING_KEY.fullmatch(key):
                raise UsageError(f"[alerts.sinks.{name}]: {one.variable} is no routing key", _HOW)
            address = one.url or pagerduty.ADDRESS
            return HttpSink(_address(name, address), lambda n: pagerduty.pagerduty(n, key))
        case "webhook":
            address = _address(name, one.url or secret)
            token = secret if one.url else ""
            return HttpSink(address, cloudevents.cloudevent, cloudevents.CONTENT_TYPE, token)
        case "email":
            return MailSink(one.url, one.sender, one.recipients, one.user, secret)
        case _:
            return AppriseSink(secret)


_HOW: Final = "see docs/how-to/get-alerts.md"


def _address(name: str, url: str) -> str:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise UsageError(f"[alerts.sinks.{name}]: its address is not https", _HOW)
    return url
