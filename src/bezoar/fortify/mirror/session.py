"""`Session`: HTTP to a team's own server; each thread keeps its connection.

The server may well have a private address, so nobody asks whether it is public. Encrypted lines
are verified; what is known here is shown to no other host; answers are bounded in size and time.
"""

import http.client
import random
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

from bezoar.core.errors import BezoarError
from bezoar.fortify.mirror.lines import SILENCE_S, Lines, Origin, origin_of
from bezoar.fortify.mirror.store import PIECE, CheckedReader

_SLOWEST: Final = 1024  # bytes a second, over the whole of an answer
_ATTEMPTS: Final = 5
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 20.0
_MOST_REDIRECTS: Final = 3
_MOST_BYTES: Final = 8 << 20
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

sleep: Callable[[float], None] = time.sleep
"""Waits; tests wait less."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        status: The HTTP status.
        headers: By lower-case name.
        body: The answer itself.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Authority(Protocol):
    """Who this is, as a server wants to hear it."""

    def header(self) -> str:
        """Return what goes into `Authorization`; may be empty."""
        ...

    def challenged(self, challenge: str) -> bool:
        """Take in what a server wants; tell whether it is worth another try."""
        ...


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer that begins, and the line on which it comes."""

    url: str
    origin: Origin
    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse

    @property
    def status(self) -> int:
        return self.response.status

    def header(self, name: str) -> str:
        return self.response.headers.get(name, "")


class Session:
    """HTTP to one server.

    Attributes:
        base: Its address, without a slash at its end.
    """

    def __init__(self, base: str, authority: Authority) -> None:
        """Prepare; nothing is asked yet.

        Args:
            base: The server's address.
            authority: What it is told about who asks.
        """
        self.base, self._authority = base.rstrip("/"), authority
        self._home, self._lines = origin_of(base), Lines()

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | CheckedReader | None = None,
        expected: Collection[int] = (200,),
    ) -> Answer:
        """Return what the server answers.

        Args:
            method: As `GET`.
            path: Below the base, or a whole address.
            headers: More headers.
            body: What is sent along.
            expected: Which statuses are answers; others are errors.

        Raises:
            WrongBytesError: If the body is not what it should be.
            BezoarError: If it refuses, does not answer, or answers with too much.
        """
        heard = self._exchange(method, self._url(path), dict(headers or {}), body)
        answer = self._whole(heard)
        if answer.status not in expected:
            raise self.refused(method, heard.url, answer)
        return answer

    def stream(self, path: str, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """Yield what the server answers to GET, in pieces.

        Raises:
            BezoarError: If it refuses, does not answer, or stops half-way.
        """
        heard = self._exchange("GET", self._url(path), dict(headers or {}), None)
        if heard.status != http.client.OK:
            raise self.refused("GET", heard.url, self._whole(heard))
        yield from self._pieces(heard)

    def refused(self, method: str, url: str, answer: Answer) -> BezoarError:
        """Return the error that an unexpected answer is."""
        host, status = origin_of(url).host, answer.status
        if status in {401, 403}:
            return BezoarError(
                f"{host} refuses {method} {_short(url)} ({status}): the credentials are not enough",
                next="export BEZOAR_MIRROR_TOKEN=…  # or log in: docker login " + host,
            )
        if status == http.client.NOT_FOUND:
            return BezoarError(f"{host} has no {_short(url)} ({status})", f"curl -I {self.base}")
        if status == http.client.INSUFFICIENT_STORAGE:
            return BezoarError(f"{host} has no room left ({status})", f"curl -I {self.base}")
        said = answer.body[:200].decode("utf-8", "replace").strip()
        return BezoarError(
            f"{host} answers {method} {_short(url)} with {status} {said}".rstrip(),
            next=f"curl -I {self.base}",
        )

    def _url(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else f"{self.base}/{path}"

    def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes | CheckedReader | None
    ) -> _Heard:
        """Return the answer behind redirects and challenges."""
        challenged = False
        for _ in range(_MOST_REDIRECTS + 2):
            heard = self._patiently(method, url, headers, body)
            location = heard.header("Location")
            if heard.status == http.client.UNAUTHORIZED and not challenged:
                challenged = True
                if not self._authority.challenged(heard.header("WWW-Authenticate")):
                    return heard
            elif heard.status in _REDIRECTS and location and method in {"GET", "HEAD"}:
                url = self._followed(url, location)
            else:
                return heard
            self._discard(heard)
            if isinstance(body, CheckedReader):
                body.rewind()
        raise BezoarError(f"{self._home.host} redirects again and again", f"curl -IL {self.base}")

    def _followed(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        try:
            safe = origin_of(target).scheme == "https" or self._home.scheme == "http"
        except ValueError:
            safe = False
        if not safe:
            raise BezoarError(
                f"{self._home.host} redirects to what is not https: {_short(target)}",
                next=f"curl -IL {self.base}",
            )
        return target

    def _patiently(
        self, method: str, url: str, headers: dict[str, str], body: bytes | CheckedReader | None
    ) -> _Heard:
        """Ask, and again where that may help; some times, with longer and longer waits."""
        for attempt in range(_ATTEMPTS):
            last, wanted = attempt == _ATTEMPTS - 1, 0.0
            try:
                heard = self._once(method, url, headers, body)
            except (OSError, http.client.HTTPException) as error:
                if last or isinstance(error, ssl.SSLCertVerificationError):
                    raise self._unreachable(url, error) from error
            else:
                if last or heard.status not in _AGAIN:
                    return heard
                wanted = _seconds(heard.header("Retry-After"))
                self._discard(heard)
            sleep(_wait(attempt, wanted))
            if isinstance(body, CheckedReader):
                body.rewind()
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, method: str, url: str, headers: dict[str, str], body: bytes | CheckedReader | None
    ) -> _Heard:
        parts, origin = urlsplit(url), origin_of(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": "bezoar", "Accept-Encoding": "identity", **headers}
        if origin == self._home and (header := self._authority.header()):
            sent["Authorization"] = header
        if isinstance(body, CheckedReader):
            sent["Content-Length"] = str(body.size)
        connection = self._lines.take(origin)
        try:
            # A server that refuses early hangs up while it is being sent to.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, body=body, headers=sent)
            return _Heard(url, origin, connection, connection.getresponse())
        except BaseException:
            connection.close()
            raise

    def _whole(self, heard: _Heard) -> Answer:
        headers = {name.lower(): value for name, value in heard.response.getheaders()}
        return Answer(heard.status, headers, b"".join(self._pieces(heard, _MOST_BYTES)))

    def _pieces(self, heard: _Heard, most: float = float("inf")) -> Iterator[bytes]:
        """Yield an answer's bytes, and make sure that they are all there."""
        response, received, began = heard.response, 0, time.monotonic()
        length, whole = response.length, False
        try:
            while piece := response.read1(_next(length, received)):
                received += len(piece)
                if received > most:
                    raise self._odd(heard, f"answers with more than {most:,.0f} bytes")
                if time.monotonic() - began > SILENCE_S + received / _SLOWEST:
                    raise self._odd(heard, "answers too slowly")
                yield piece
            if length is not None and received != length:
                raise self._odd(heard, f"stopped after {received:,} of {length:,} bytes")
            whole = not response.will_close
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(heard.url, error) from error
        finally:
            response.close()
            if whole:
                self._lines.keep(heard.origin, heard.connection)
            else:
                heard.connection.close()

    def _discard(self, heard: _Heard) -> None:
        with suppress(BezoarError):
            self._whole(heard)

    def _unreachable(self, url: str, error: Exception) -> BezoarError:
        why = str(error) or type(error).__name__
        return BezoarError(
            f"{origin_of(url).host} cannot be reached ({why[:200]})", f"curl -I {self.base}"
        )

    def _odd(self, heard: _Heard, what: str) -> BezoarError:
        return BezoarError(
            f"{heard.origin.host} {what}: {_short(heard.url)}", f"curl -I {self.base}"
        )


def _short(url: str) -> str:
    """Return the path of an address: what follows it may hold a secret."""
    return urlsplit(url).path[:200] or "/"


def _seconds(text: str) -> float:
    return min(float(text), _LONGEST_WAIT_S) if text.isdecimal() else 0.0


def _next(length: int | None, received: int) -> int:
    # To ask for more than there is would be to wait for more.
    return PIECE if length is None else min(PIECE, length - received)


def _wait(attempt: int, wanted: float) -> float:
    """Return how long to wait: longer each time, and not all at the same moment."""
    most = min(_FIRST_WAIT_S * (1 << attempt), _LONGEST_WAIT_S)
    return max(wanted, most * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
