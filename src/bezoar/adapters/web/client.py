"""`Client`: asks public interfaces for metadata; the only socket of reconnaissance.

HTTPS only; few redirects, each one checked like the first address; public addresses only; answers
bounded in size and time. Nothing that is known here is sent, except a token to its own host.
"""

import base64
import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.adapters.web.guard import hung_up_after
from bezoar.adapters.web.reach import REDIRECTS, Reach, host_of, joined

_MOST_REDIRECTS: Final = 3
_MOST_SILENT: Final = 3
_ABSENT: Final = frozenset({401, 403, 404, 410, 451})
_TOKEN: Final = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a host answered.

    Attributes:
        url: The address that answered, after redirects.
        status: The HTTP status.
        headers: By lower-case name.
        body: The answer itself.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Client:
    """Asks public interfaces for metadata.

    Attributes:
        local: For tests: base addresses (`http://127.0.0.1:PORT/x`) that answer for a host.
        tokens: What is sent as `Authorization`, for each host.
        timeout_s: Seconds for one question.
        budget_s: Seconds for all questions together.
        most_bytes: Of one answer.
        most_requests: How many questions may be asked.
        asked: The addresses asked, in order.
    """

    local: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 10.0
    budget_s: float = 120.0
    most_bytes: int = 8 << 20
    most_requests: int = 400
    asked: list[str] = field(default_factory=list)
    _silent: Counter[str] = field(default_factory=Counter)
    _began: float = field(default_factory=time.monotonic)

    def json(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON that an address answers with.

        Raises:
            NotThereError: If the host says that there is no such thing, or not for everybody.
            UnreachableError: If nobody answers, or not with JSON.
        """
        reply = self.ask(url, headers={"Accept": "application/json", **(headers or {})})
        return parsed(reply)

    def ask(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Return what an address answers with; redirects are followed.

        Raises:
            NotThereError: On 401, 403, 404, 410 and 451.
            UnreachableError: On any other failure, and on an address that must not be asked.
        """
        reply = self.heard(url, method=method, headers=headers)
        if reply.status in _ABSENT and reply.headers.get("x-ratelimit-remaining") != "0":
            raise NotThereError(f"{host_of(url)} answers {reply.status}", reply.status)
        if reply.status != http.client.OK:
            limited = reply.status in {403, 429}
            why = "too many questions from here for now" if limited else "no usable answer"
            raise UnreachableError(f"{host_of(url)} answers {reply.status}: {why}")
        return reply

    def heard(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Return the last answer whatever its status; see `ask`."""
        extra = dict(headers or {})
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._once(url, method, extra)
            location = reply.headers.get("location")
            if reply.status not in REDIRECTS or not location:
                return reply
            target = joined(url, location)
            if host_of(target) != host_of(url):
                # What was meant for one host is not shown to another.
                extra.pop("Authorization", None)
            url = target
        raise UnreachableError(f"{host_of(url)} redirects more than {_MOST_REDIRECTS} times")

    def _once(self, url: str, method: str, extra: Mapping[str, str]) -> Reply:
        left = self.budget_s - (time.monotonic() - self._began)
        if left <= 0 or len(self.asked) >= self.most_requests:
            raise UnreachableError("too many questions, or too slow answers, for one command")
        if self._silent[host_of(url)] >= _MOST_SILENT:
            raise UnreachableError(f"{host_of(url)} did not answer before")
        self.asked.append(url)
        reach = Reach(local=self.local, tokens=self.tokens)
        connection, target = reach.connection(url, min(self.timeout_s, left))
        try:
            with hung_up_after(connection, min(self.timeout_s, left)):
                connection.request(method, target, headers={**reach.headers(url), **extra})
                with connection.getresponse() as response:
                    reply = self._reply(url, response)
            if connection.expired:  # what a cut line looks like to a reader: a short answer
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            if connection.expired or isinstance(error, TimeoutError):
                self._silent[host_of(url)] += 1
                why = f"took longer than {self.timeout_s:g} s"
            else:
                why = f"cannot be reached ({error or type(error).__name__})"
            raise UnreachableError(f"{host_of(url)} {why}") from None
        return reply

    def _reply(self, url: str, response: http.client.HTTPResponse) -> Reply:
        headers = {name.lower(): value for name, value in response.getheaders()}
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise UnreachableError(f"{host_of(url)} answers in an encoding that was not asked for")
        body = response.read(self.most_bytes + 1)
        if len(body) > self.most_bytes:
            raise UnreachableError(
                f"{host_of(url)} answers with more than {self.most_bytes:,} bytes"
            )
        return Reply(url, response.status, headers, body)


def parsed(reply: Reply) -> Any:
    """Return a reply's JSON.

    Raises:
        UnreachableError: If it is none.
    """
    try:
        return json.loads(reply.body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise UnreachableError(
            f"{host_of(reply.url)} answers with something else than JSON"
        ) from None


def tokens_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens that an environment holds, each for its own host.

    `HF_TOKEN`, `GITHUB_TOKEN` (or `GH_TOKEN`), `KAGGLE_USERNAME` with `KAGGLE_KEY`.
    """
    found = {}
    if token := _usable(environment.get("HF_TOKEN")):
        found["huggingface.co"] = f"Bearer {token}"
    if token := _usable(environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN")):
        found["api.github.com"] = f"Bearer {token}"
    user, key = _usable(environment.get("KAGGLE_USERNAME")), _usable(environment.get("KAGGLE_KEY"))
    if user and key:
        found["www.kaggle.com"] = "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()
    return found


def _usable(token: str | None) -> str | None:
    return token if token and _TOKEN.fullmatch(token) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
