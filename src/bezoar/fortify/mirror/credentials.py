"""Who asks: credentials for mirrors on the web, from the environment or from `docker login`."""

import base64
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_VISIBLE: Final = re.compile(r"[!-~]{1,16384}")
_MOST_BYTES: Final = 1 << 20


def from_environment(environment: Mapping[str, str]) -> str:
    """Return what goes into `Authorization`; empty where the environment names nobody.

    `BEZOAR_MIRROR_TOKEN`, or `BEZOAR_MIRROR_USERNAME` with `BEZOAR_MIRROR_PASSWORD`.
    """
    token = environment.get("BEZOAR_MIRROR_TOKEN", "").strip()
    if _VISIBLE.fullmatch(token):
        return f"Bearer {token}"
    user = environment.get("BEZOAR_MIRROR_USERNAME", "")
    return basic(user, environment.get("BEZOAR_MIRROR_PASSWORD", "")) if user else ""


def from_docker(host: str, environment: Mapping[str, str]) -> str:
    """Return what `docker login` left for a host; empty where it left nothing.

    Programs that keep the secret elsewhere (`credHelpers`) are not started.
    """
    folder = environment.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    try:
        with Path(folder, "config.json").open("rb") as file:
            found: Any = json.loads(file.read(_MOST_BYTES))
        auth = found["auths"][host]["auth"]
        user, _, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return basic(user, password)


def basic(user: str, password: str) -> str:
    """Return a name and a password as `Authorization` has them."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Given:
    """The same words each time; see `Authority`."""

    def __init__(self, header: str = "") -> None:
        self._header = header

    def header(self) -> str:
        """See `Authority.header`."""
        return self._header

    def challenged(self, challenge: str) -> bool:
        """See `Authority.challenged`: there is nothing else to say."""
        del challenge
        return False


def given() -> Given:
    """Return what the environment says about who asks."""
    return Given(from_environment(os.environ))
