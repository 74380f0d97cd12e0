"""`RegistryLogin`: who asks an OCI registry, as the registry wants to hear it."""

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from bezoar.core.errors import BezoarError
from bezoar.fortify.mirror.credentials import Given, from_docker, from_environment
from bezoar.fortify.mirror.lines import origin_of
from bezoar.fortify.mirror.session import Session

_FIELD: Final = re.compile(r'([a-zA-Z]+)="([^"]*)"')


class RegistryLogin:
    """Who asks a registry; see `Authority`.

    The distribution specification's way: a token from the server that the registry names, for one
    repository; or name and password at once, where it wants those.
    """

    def __init__(self, registry: str, repository: str, environment: Mapping[str, str]) -> None:
        """Prepare; nothing is asked yet.

        Args:
            registry: The registry's address, as `https://host:port`.
            repository: Which repository.
            environment: The process's environment.
        """
        self._origin, self._repository = origin_of(registry), repository
        host = registry.partition("://")[2]
        given = from_environment(environment)
        self._basic = given or from_docker(host, environment)
        # A token that people hand in is the registry's own; all else waits until it is asked for.
        self._header = given if given.startswith("Bearer ") else ""
        self._lock = threading.Lock()

    def header(self) -> str:
        """See `Authority.header`."""
        return self._header

    def challenged(self, challenge: str) -> bool:
        """See `Authority.challenged`."""
        scheme, _, rest = challenge.partition(" ")
        before = self._header
        with self._lock:
            if scheme.lower() == "basic":
                self._header = self._basic
            elif scheme.lower() == "bearer":
                self._header = self._token(dict(_FIELD.findall(rest)))
        return bool(self._header) and (self._header != before or scheme.lower() == "bearer")

    def _token(self, asked: dict[str, str]) -> str:
        """Return a token from the server that hands them out; empty where it hands none to us."""
        realm = asked.get("realm", "")
        try:
            origin = origin_of(realm)
        except ValueError:
            return ""
        if origin.scheme != "https" and origin != self._origin:
            return ""
        scope = asked.get("scope") or f"repository:{self._repository}:pull,push"
        query = urlencode({"service": asked.get("service", ""), "scope": scope})
        login = self._basic if self._basic.startswith("Basic ") else ""
        try:
            answer = Session(realm, Given(login)).ask("GET", f"{realm}?{query}")
            found: Any = json.loads(answer.body)
            token = found.get("token") or found.get("access_token")
        except (BezoarError, ValueError, AttributeError, RecursionError):
            return ""
        return f"Bearer {token}" if isinstance(token, str) and token.isascii() else ""
