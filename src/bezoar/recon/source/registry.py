"""Container registries: images and artefacts by the OCI distribution interface; Docker Hub's own.

Reference: https://github.com/opencontainers/distribution-spec/blob/main/spec.md,
https://distribution.github.io/distribution/spec/auth/token/ and
https://docs.docker.com/reference/api/hub/latest/
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from bezoar.adapters.web.client import Client, Reply, parsed
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.recon.source import levels
from bezoar.recon.source.asking import Answer, learn, part
from bezoar.recon.source.fields import count, flag, moment, text
from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

_SPEC: Final = "https://github.com/opencontainers/distribution-spec/blob/main/spec.md"
_DOCKER_HUB: Final = "docker.io"
_PULLS: Final = (10_000, 1_000_000)
_REGISTRIES: Final = (
    r"docker\.io|index\.docker\.io|registry-1\.docker\.io|ghcr\.io|quay\.io|nvcr\.io|public\.ecr\.aws"
    r"|mcr\.microsoft\.com|registry\.gitlab\.com|registry\.access\.redhat\.com"
    r"|(?:[\w-]+\.)?gcr\.io|[\w-]+-docker\.pkg\.dev|[\w-]+\.azurecr\.io"
    r"|[\w-]+\.dkr\.ecr\.[\w-]+\.amazonaws\.com"
)
_WRITTEN: Final = re.compile(
    rf"(?:(?P<scheme>docker|oci|docker-image):(?://)?(?=[\w])|(?=(?:{_REGISTRIES})/))"
    r"(?P<name>[\w.-]+(?::\d+(?=/))?(?:/[\w.-]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?"
)
_PARAMETER: Final = re.compile(r'(realm|service|scope)="([^"]{0,500})"')
_ACCEPT: Final = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json,"
    " application/vnd.docker.distribution.manifest.list.v2+json,"
    " application/vnd.docker.distribution.manifest.v2+json"
)


@dataclass(frozen=True, slots=True)
class RegistryImage:
    """An image, or another artefact, in a registry.

    Attributes:
        registry: The registry's name: `docker.io`, `ghcr.io`, `host:port`.
        name: The repository's name there.
        tag: A name that moves.
        digest: What pins it.
    """

    registry: str
    name: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the image behind `docker://…`, `oci://…`, or the name of a known registry."""
        found = _WRITTEN.fullmatch(uri.strip())
        if not found:
            return None
        first, slash, rest = found["name"].partition("/")
        known = slash and ("." in first or ":" in first or first == "localhost")
        registry, name = (first.lower(), rest) if known else (_DOCKER_HUB, found["name"])
        if registry in ("index.docker.io", "registry-1.docker.io"):
            registry = _DOCKER_HUB
        if registry == _DOCKER_HUB and "/" not in name:
            name = f"library/{name}"
        return cls(registry, name, found["tag"], found["digest"])

    @property
    def place(self) -> str:
        """What it is called."""
        return f"registry {self.registry}, {self.name}"

    @property
    def reference(self) -> str:
        """The tag or the digest; `latest` where neither is written."""
        return self.digest or self.tag or "latest"

    @property
    def revision(self) -> str | None:
        """The same, None where neither is written."""
        return self.digest or self.tag

    def manifest(self, reference: str) -> str:
        """Return where the registry answers for a tag or digest."""
        host = "registry-1.docker.io" if self.registry == _DOCKER_HUB else self.registry
        return (
            f"https://{host}/v2/{'/'.join(map(part, self.name.split('/')))}/manifests/{reference}"
        )

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask the registry, and Docker Hub about what lies there; see `Host`."""
        session = Session(client)
        url = self.manifest(self.reference)
        parsed(session.ask(url))  # it is there, and it is a manifest
        found = [
            self._versions(url),
            Signal(Aspect.REVIEW, Level.POOR, "a registry takes what is pushed, unseen", _SPEC),
        ]
        if self.registry == _DOCKER_HUB:
            return found + self._at_docker_hub(client, now)
        says = "a registry's interface does not tell strangers who may push"
        return [*found, unknown(Aspect.CONTRIBUTORS, says, _SPEC)]

    def _versions(self, url: str) -> Signal:
        if self.digest:
            says = "a digest names these very bytes"
            return Signal(Aspect.VERSIONS, Level.GOOD, says, url, "digest", self.digest)
        says = f"the tag {self.reference} is whatever was pushed last"
        return Signal(Aspect.VERSIONS, Level.POOR, says, url, "tag", self.reference)

    def _at_docker_hub(self, client: Client, now: datetime) -> list[Signal]:
        namespace, _, name = self.name.partition("/")
        page = f"https://hub.docker.com/v2/namespaces/{part(namespace)}/repositories/{part(name)}"
        about = learn(client, page)
        account = Answer("", None, "official images have no account")
        if namespace != "library":
            account = learn(client, f"https://hub.docker.com/v2/users/{part(namespace)}")
        made = moment(account.value, "date_joined")
        told = (
            _pushers(about.value, namespace, page),
            levels.last_update(moment(about.value, "last_updated"), now, page, "last_updated"),
            levels.maintainers(
                count(about.value, "collaborator_count"),
                "collaborators",
                page,
                "collaborator_count",
            ),
            levels.popularity(
                count(about.value, "pull_count"), "pulls", _PULLS, page, "pull_count"
            ),
            _state(about.value, page),
        )
        return [
            *(about.tells(signal) for signal in told),
            account.tells(levels.account_age(made, now, account.url, "date_joined")),
        ]


def _pushers(about: Any, namespace: str, url: str) -> Signal:
    if namespace == "library":
        says = "an official image: changes pass a review by Docker's maintainers"
        return Signal(Aspect.CONTRIBUTORS, Level.GOOD, says, url, "namespace", namespace)
    says = f"{namespace} and whom they let push"
    return Signal(Aspect.CONTRIBUTORS, Level.FAIR, says, url, "namespace", text(about, "namespace"))


def _state(about: Any, url: str) -> Signal:
    says = "Docker Hub does not flag it"
    private = flag(about, "is_private")
    return levels.flagged(
        Level.UNKNOWN if private is None else Level.GOOD, says, url, "is_private", private
    )


@dataclass
class Session:
    """Questions to registries; where one asks for a token, an anonymous one is drawn.

    Attributes:
        client: Who asks.
    """

    client: Client
    _tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, url: str, *, method: str = "GET") -> Reply:
        """Return a manifest, or with `HEAD` its headers; errors as of `Client.ask`."""
        headers = {"Accept": _ACCEPT}
        key = url.partition("/manifests/")[0]
        if key in self._tokens:
            headers["Authorization"] = self._tokens[key]
        reply = self.client.heard(url, method=method, headers=headers)
        challenge = reply.headers.get("www-authenticate", "")
        if reply.status == 401 and key not in self._tokens and challenge[:7].lower() == "bearer ":  # noqa: PLR2004 - the status that asks for a token
            self._tokens[key] = f"Bearer {self._drawn(challenge)}"
            return self.ask(url, method=method)
        if reply.status in (401, 403, 404):
            raise NotThereError(f"the registry answers {reply.status}", reply.status)
        if reply.status != 200:  # noqa: PLR2004 - the status of success
            raise UnreachableError(f"the registry answers {reply.status}")
        return reply

    def _drawn(self, challenge: str) -> str:
        """Return an anonymous token from where the registry says."""
        given = dict(_PARAMETER.findall(challenge))
        realm = given.pop("realm", "")
        joint = "&" if "?" in realm else "?"
        answer = self.client.json(f"{realm}{joint}{urlencode(sorted(given.items()))}")
        token = answer.get("token") or answer.get("access_token") if isinstance(answer, dict) else 0
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,16384}", token):
            raise UnreachableError("the registry gives no token to strangers")
        return token
