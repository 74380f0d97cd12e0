"""`post`: says something to an address that a person named; nothing is followed, little is read."""

import http.client
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.guard import hung_up_after
from bezoar.adapters.web.reach import Reach, host_of

_MOST_ANSWER: Final = 1 << 16
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = 10.0
) -> tuple[int, Mapping[str, str], bytes]:
    """Send bytes and return the answer's status, headers by lower-case name, and beginning.

    A redirect is an answer like any other: what was meant for one host is not sent to another.

    Args:
        url: Where to; https, or http on this very machine. A person named it: it may lie in a
            private network.
        body: What.
        headers: Beside what every question carries.
        timeout_s: Seconds for the whole conversation.

    Raises:
        UnreachableError: If nobody answers; the message names the host alone, since the rest of
            such an address is often a secret.
    """
    reach = _reach(url)
    connection, target = reach.connection(url, timeout_s)
    try:
        with hung_up_after(connection, timeout_s):
            connection.request("POST", target, body, {**reach.headers(url), **headers})
            with connection.getresponse() as response:
                found = {name.lower(): value for name, value in response.getheaders()}
                answer = response.status, found, response.read(_MOST_ANSWER)
        if connection.expired:
            raise TimeoutError
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        late = connection.expired or isinstance(error, TimeoutError)
        why = f"took longer than {timeout_s:g} s" if late else f"({type(error).__name__})"
        raise UnreachableError(f"{host_of(url)} cannot be reached {why}") from None
    return answer


def _reach(url: str) -> Reach:
    host = host_of(url)
    try:
        port = urlsplit(url).port
    except ValueError:
        port = None
    scheme = url.partition(":")[0].lower()
    place = f"{host}:{port or (443 if scheme == 'https' else 80)}"
    return Reach(plain=frozenset({host} & _LOOPBACK), private=frozenset({place}))
