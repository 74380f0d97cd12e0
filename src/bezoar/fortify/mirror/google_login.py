"""`GoogleLogin`: who asks Google Cloud Storage: a token, made from a key where there is one."""

import base64
import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from bezoar.core.errors import BezoarError
from bezoar.fortify.mirror.credentials import Given, from_environment
from bezoar.fortify.mirror.lines import origin_of
from bezoar.fortify.mirror.session import Session

_SCOPE: Final = "https://www.googleapis.com/auth/devstorage.read_write"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_METADATA: Final = "/computeMetadata/v1/instance/service-accounts/default/token"
_LIFE_S: Final = 3600
_EARLY_S: Final = 120
_MOST_BYTES: Final = 1 << 20
_MENDING: Final = "export BEZOAR_MIRROR_TOKEN=$(gcloud auth print-access-token)"


class GoogleLogin:
    """Who asks Cloud Storage; see `Authority`.

    In this order: `BEZOAR_MIRROR_TOKEN`; the service account's key that
    `GOOGLE_APPLICATION_CREDENTIALS` names; the machine's own account, where `GCE_METADATA_HOST`
    says who hands out its tokens; nobody.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Prepare; nothing is asked yet."""
        self._given = from_environment(environment)
        self._key = environment.get("GOOGLE_APPLICATION_CREDENTIALS", "")
        self._machine = environment.get("GCE_METADATA_HOST", "")
        self._lock, self._token, self._until = threading.Lock(), "", 0.0

    def header(self) -> str:
        """See `Authority.header`.

        Raises:
            BezoarError: If a token cannot be had.
        """
        if self._given or not (self._key or self._machine):
            return self._given
        with self._lock:
            if time.monotonic() >= self._until:
                self._token, life_s = self._signed_in() if self._key else self._local()
                self._until = time.monotonic() + max(life_s - _EARLY_S, 0)
            return f"Bearer {self._token}"

    def challenged(self, challenge: str) -> bool:
        """See `Authority.challenged`: a token may have ended before its time, once."""
        del challenge
        if self._given or not self._token:
            return False
        with self._lock:
            self._until = 0.0
        return True

    def _signed_in(self) -> tuple[str, float]:
        """Return a token for the key of a service account (RFC 7523), and how long it lives."""
        key = self._parsed(Path(self._key))
        where = str(key["token_uri"])
        if not where.startswith("https://") and origin_of(where).host != "127.0.0.1":
            raise _unusable(self._key, "its token_uri is not https")
        form = {"grant_type": _GRANT, "assertion": _assertion(key, where)}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        session = Session(where, Given())
        answer = session.ask("POST", where, headers=headers, body=urlencode(form).encode())
        return _token(answer.body)

    def _local(self) -> tuple[str, float]:
        where = f"http://{self._machine}{_METADATA}"
        headers = {"Metadata-Flavor": "Google"}
        return _token(Session(where, Given()).ask("GET", where, headers=headers).body)

    def _parsed(self, path: Path) -> dict[str, Any]:
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(_MOST_BYTES))
            if not all(isinstance(found[name], str) for name in _FIELDS):
                raise TypeError  # noqa: TRY301 - one way out
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _unusable(str(path), f"it is no key ({type(error).__name__})") from None
        return dict(found)


_FIELDS: Final = ("client_email", "private_key", "token_uri")


def _assertion(key: dict[str, Any], where: str) -> str:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - few mirrors need it
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.asymmetric.rsa import (  # noqa: PLC0415 - the same
        RSAPrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - the same
        load_pem_private_key,
    )

    began = int(time.time())
    claims = {"iss": key["client_email"], "scope": _SCOPE, "aud": where}
    claims |= {"iat": began, "exp": began + _LIFE_S}
    text = b".".join(_encoded({"alg": "RS256", "typ": "JWT"}, claims))
    try:
        private = load_pem_private_key(key["private_key"].encode(), None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, RSAPrivateKey):
        raise _unusable("the service account's key", "it holds no RSA key")
    signature = private.sign(text, PKCS1v15(), hashes.SHA256())
    return f"{text.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _encoded(*parts: dict[str, Any]) -> list[bytes]:
    return [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]


def _token(body: bytes) -> tuple[str, float]:
    try:
        found = json.loads(body)
        token, life_s = str(found["access_token"]), float(found.get("expires_in", 0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unusable("the token's server", "its answer is no token") from None
    return token, life_s


def _unusable(what: str, why: str) -> BezoarError:
    return BezoarError(f"Cloud Storage: {what}: {why}", _MENDING)
