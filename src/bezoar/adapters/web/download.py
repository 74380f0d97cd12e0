"""Taking bytes from a stranger: streamed, paced, resumable, each redirect checked.

References: RFC 9110 (ranges, `If-Range`, entity tags), RFC 6266 (`Content-Disposition`).
"""

import http.client
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Self
from urllib.parse import urlsplit

from bezoar.adapters.web.errors import (
    CutOffError,
    NotThereError,
    StaleMarkError,
    UnreachableError,
)
from bezoar.adapters.web.guard import Connection, hang_up
from bezoar.adapters.web.reach import REDIRECTS, Reach, host_of, joined

_PIECE: Final = 1 << 18
_ABSENT: Final = frozenset({401, 403, 404, 410, 451})
_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_STRONG: Final = re.compile(r'"[!#-~]{1,200}"')
_DATE: Final = re.compile(r"[A-Za-z0-9,: +-]{1,60}")
_OLD_ENOUGH: Final = timedelta(minutes=1)
_PARTIAL: Final = 206
_NOT_MODIFIED: Final = 304
_UNSATISFIABLE: Final = 416


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how slow a transfer may be.

    Attributes:
        seconds: For all of it.
        slowest: Bytes per second, over a window.
        window_s: That window's length in seconds; also what a silence may last.
        most_redirects: From one address.
    """

    seconds: float = 86_400.0
    slowest: int = 1_000
    window_s: float = 30.0
    most_redirects: int = 5


class Download:
    """An answer whose bytes are still to come; iterate over it once.

    Attributes:
        url: The address that answered, after redirects.
        headers: By lower-case name.
        start: The first byte that comes; 0 where the host starts over.
        size: Of the whole, as the host announces it; None where it does not.
        mark: What names these very bytes: a strong entity tag, or else a date; may be empty.
        hosts: All that were asked on the way.
        name: What the file is called; for whoever reads it to fill in.
        version: What its host calls this version of it; the same.
        unchanged: The host says that it still has what the mark in the question names.
    """

    def __init__(
        self,
        url: str,
        response: http.client.HTTPResponse,
        hosts: tuple[str, ...],
        watch: "_Watch",
    ) -> None:
        self.url, self.hosts, self._response, self._watch = url, hosts, response, watch
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.unchanged = response.status == _NOT_MODIFIED
        self.mark, self.name, self.version = _mark(self.headers), "", ""
        self.start, self.size = 0, response.length
        if response.status == _PARTIAL:
            self.start, self.size = self._range()

    def _range(self) -> tuple[int, int]:
        found = _RANGE.fullmatch(self.headers.get("content-range", ""))
        start, last, size = map(int, found.groups()) if found else (0, 0, 0)
        if not start <= last < size or last != size - 1:
            raise UnreachableError(f"{host_of(self.url)} answers with another part than asked for")
        return start, size

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes as they come.

        Raises:
            CutOffError: If the line ends before the announced end.
            UnreachableError: If too little comes.
        """
        while piece := self._piece():
            self._watch.received += len(piece)
            yield piece
        if self._response.length:
            got = f"{self.start + self._watch.received:,} of {self.size or 0:,} bytes"
            raise CutOffError(f"{host_of(self.url)} hung up after {got}")

    def _piece(self) -> bytes:
        with self._watch.told(self.url):
            piece = self._response.read1(_PIECE)
            if not piece and self._watch.why:  # what a cut line looks like to a reader: the end
                raise TimeoutError
            return piece


@dataclass
class Downloads:
    """Takes bytes from the web.

    Attributes:
        reach: Which addresses may be asked.
        pace: How long and how slow.
    """

    reach: Reach = field(default_factory=Reach)
    pace: Pace = field(default_factory=Pace)
    _began: float = field(default_factory=time.monotonic)

    @contextmanager
    def opened(
        self,
        url: str,
        *,
        start: int = 0,
        mark: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Iterator[Download]:
        """Ask for an address, follow its redirects, and yield what answers.

        Args:
            url: The address.
            start: The first byte that is wanted.
            mark: What the bytes before it were called: other ones start over. With `start` 0 the
                host may answer that nothing has changed.
            headers: More of them; sent to this address's host alone.
            body: What is sent, with POST.

        Raises:
            NotThereError: On 401, 403, 404, 410 and 451.
            UnreachableError: If nobody answers, or not with what was asked for, or too slowly.
        """
        asked, before, hosts = dict(headers or {}), "", []
        if mark:
            asked |= _conditions(start, mark)
        for _ in range(self.pace.most_redirects + 1):
            hosts.append(host_of(url))
            connection, target = self.reach.connection(url, self.pace.window_s, before=before)
            with _Watch(connection, self.pace, self._began + self.pace.seconds) as watch:
                with watch.told(url):
                    method = "POST" if body is not None else "GET"
                    sent = {**self.reach.headers(url), **asked}
                    connection.request(method, target, body=body, headers=sent)
                    response = connection.getresponse()
                location = response.getheader("location")
                if response.status not in REDIRECTS or not location:
                    with response:
                        _check(url, response, _answers(start, mark))
                        yield Download(url, response, tuple(hosts), watch)
                    return
            following = joined(url, location)
            self.reach.checked(following)
            if urlsplit(following)[:2] != urlsplit(url)[:2]:
                # What was meant for one place is not shown to another, nor sent in the clear.
                asked = _conditions(start, mark) if mark else {}
            before, url, body = url, following, None
        most = self.pace.most_redirects
        raise UnreachableError(f"{host_of(url)} redirects more than {most} times")


class _Watch:
    """Hangs up on whoever is too slow, from a thread of its own: a reader may be stuck."""

    def __init__(self, connection: Connection, pace: Pace, deadline: float) -> None:
        self._connection, self._pace, self._deadline = connection, pace, deadline
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.received = 0
        self.why = ""

    @contextmanager
    def told(self, url: str) -> Iterator[None]:
        """Tell each way in which a conversation fails."""
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            silent = f"is silent for {self._pace.window_s:g} s"
            if why := self.why or (silent if isinstance(error, TimeoutError) else ""):
                raise UnreachableError(f"{host_of(url)} {why}") from None
            reason = f"{error or type(error).__name__}"
            if self.received:
                raise CutOffError(f"{host_of(url)} hung up ({reason})") from None
            raise UnreachableError(f"{host_of(url)} cannot be reached ({reason})") from None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._connection.close()
        self._thread.join()

    def _look(self) -> None:
        before = 0
        while True:
            left = self._deadline - time.monotonic()
            if self._over.wait(max(0.0, min(self._pace.window_s, left))):
                return
            received, least = self.received, self._pace.slowest * self._pace.window_s
            if time.monotonic() >= self._deadline:
                self.why = f"took longer than {self._pace.seconds:g} s in all"
            elif received - before < least:
                slow = f"{self._pace.slowest:,} bytes/s over {self._pace.window_s:g} s"
                self.why = f"sends less than {slow}"
            if self.why:
                hang_up(self._connection)
                return
            before = received


def _conditions(start: int, mark: str) -> dict[str, str]:
    """Return the headers that ask for the rest of the same bytes, or whether they are the same."""
    if start:
        return {"Range": f"bytes={start}-", "If-Range": mark}
    return {"If-None-Match": mark} if mark.startswith('"') else {"If-Modified-Since": mark}


def _mark(headers: Mapping[str, str]) -> str:
    """Return the strong entity tag, else the date; a weak tag does not name bytes.

    A date names them only where they were not changed in the very minute of the answer.
    """
    tag, changed = headers.get("etag", ""), headers.get("last-modified", "")
    if _STRONG.fullmatch(tag):
        return tag
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(changed)
    except (TypeError, ValueError):
        return ""
    return changed if age >= _OLD_ENOUGH and _DATE.fullmatch(changed) else ""


def _answers(start: int, mark: str) -> frozenset[int]:
    """Return which statuses answer a question."""
    if not mark:
        return frozenset({http.client.OK})
    return frozenset(
        {http.client.OK, _PARTIAL, _UNSATISFIABLE} if start else {http.client.OK, _NOT_MODIFIED}
    )


def _check(url: str, response: http.client.HTTPResponse, answers: frozenset[int]) -> None:
    """Refuse an answer that is not the bytes that were asked for.

    Raises:
        NotThereError: If the host says that there is no such thing, or not for everybody.
        StaleMarkError: If it has not as many bytes any more as are here already.
        UnreachableError: If it is anything else.
    """
    status, host = response.status, host_of(url)
    if status in _ABSENT:
        raise NotThereError(f"{host} answers {status}", status)
    if status not in answers:
        raise UnreachableError(f"{host} answers {status}: no usable answer")
    if status == _UNSATISFIABLE:
        raise StaleMarkError(f"{host} has fewer bytes than before")
    if (response.getheader("content-encoding") or "identity").lower() != "identity":
        raise UnreachableError(f"{host} answers in an encoding that was not asked for")
