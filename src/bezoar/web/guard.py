"""Who may talk to the local page: the one browser that was given the address, and nothing else.

Any page in any tab can send requests to 127.0.0.1, and so can every program and every other user
of this machine. So each request needs the cookie that a one-time token was exchanged for; the
Host header must name this server, which shuts out names that were rebound to 127.0.0.1; what
changes something needs the Origin of this very server, and a second secret that only its own page
holds, because other ports of 127.0.0.1 count as the same site.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN: Final = "/open"
PAGE_HEADER: Final = "X-Bezoar-Token"
MOST_BYTES: Final = 1 << 16

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_HELLO: Final = "<!doctype html><title>bezoar</title><p>One moment.</p>"


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass
class Keys:
    """The secrets of one run.

    Attributes:
        port: The port of this server.
        token: What the address holds; None once it was used.
        session: What the cookie holds.
        page: What the page sends along with each change.
    """

    port: int
    token: str | None = field(default_factory=_secret)
    session: str = field(default_factory=_secret)
    page: str = field(default_factory=_secret)

    @property
    def address(self) -> str:
        """Where to open the page, once."""
        return f"http://127.0.0.1:{self.port}{OPEN}?token={self.token}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What the Host header may say."""
        return tuple(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost"))

    @property
    def cookie(self) -> str:
        """The cookie's name: browsers do not tell ports apart."""
        return f"bezoar_{self.port}"


class Guard:
    """Lets through what comes from our own page, and gives each answer the strictest headers."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["type"] != "http":
            return
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """Return what to say instead of the page; None where the page may answer."""
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[host] for host in self._keys.hosts]:
            return _refusal(421, "This is not the server that you asked for.")
        if scope["method"] not in ("GET", "POST"):
            return _refusal(405, "Only GET and POST.")
        if scope["path"] == OPEN and scope["method"] == "GET":
            return self._opened(scope, headers)
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _refusal(403, "Another page asked for this.")
        if not self._knows(headers):
            return _refusal(403, "Open the address that the command printed.")
        return self._refused_change(headers) if scope["method"] == "POST" else None

    def _opened(self, scope: Scope, headers: Headers) -> Response:
        """Exchange the token of the address for a cookie, once."""
        given = scope["query_string"].removeprefix(b"token=")
        token = self._keys.token
        if token is not None and hmac.compare_digest(given, token.encode()):
            self._keys.token = None
        elif not self._knows(headers):
            return _refusal(403, "This address is wrong or was used before. Run the command again.")
        # No redirect: after a click on another site the cookie would not come along with it.
        answer = HTMLResponse(_HELLO, headers={"Refresh": "0; url=/"})
        answer.set_cookie(
            self._keys.cookie, self._keys.session, path="/", httponly=True, samesite="strict"
        )
        return answer

    def _knows(self, headers: Headers) -> bool:
        """Tell whether the request brings the cookie."""
        for line in headers.getlist("cookie"):
            try:
                found = SimpleCookie(line).get(self._keys.cookie)
            except CookieError:
                continue
            if found and hmac.compare_digest(found.value.encode(), self._keys.session.encode()):
                return True
        return False

    def _refused_change(self, headers: Headers) -> Response | None:
        """Say why a request must not change anything; None where it may."""
        if headers.getlist("origin") != [f"http://{headers['host']}"]:
            return _refusal(403, "Another page sent this.")
        given = headers.get(PAGE_HEADER, "").encode()
        if not hmac.compare_digest(given, self._keys.page.encode()):
            return _refusal(403, "The page's token is missing or wrong.")
        if headers.get("content-type") != "application/json":
            return _refusal(415, "Only application/json.")
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return _refusal(413, f"At most {MOST_BYTES:,} bytes, and their number.")
        return None


def _refusal(status: int, why: str) -> Response:
    return PlainTextResponse(why + "\n", status)
