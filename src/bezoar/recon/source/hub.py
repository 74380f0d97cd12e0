"""Hugging Face Hub: models and data sets.

Reference: https://huggingface.co/.well-known/openapi.json and the classes `ModelInfo`,
`DatasetInfo`, `Organization`, `User` and `RepoFile` of
https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/hf_api.py
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError
from bezoar.recon.scan.registered import canonical
from bezoar.recon.source import levels
from bezoar.recon.source.asking import Answer, described, learn, part, renamed, vacant
from bezoar.recon.source.fields import at, count, flag, items, moment, text
from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

API: Final = "https://huggingface.co/api"
_PLACE: Final = re.compile(r"(hf|hf-datasets):([\w.-]{1,96})(?:/([\w.-]{1,96}))?(?:/(.+))?")
_REVIEWS: Final = "https://huggingface.co/docs/hub/repositories-pull-requests-discussions"
_VERSIONS: Final = "https://huggingface.co/docs/huggingface_hub/guides/repository"
_DOWNLOADS: Final = (1_000, 100_000)
_OLDEST_LEGACY: Final = "huggingface"


@dataclass(frozen=True, slots=True)
class HubRepository:
    """A repository of the Hub.

    Attributes:
        kind: `datasets` or `models`, as in the Hub's addresses.
        owner: The user or organisation; empty for the oldest repositories.
        name: Its name.
        revision: The revision in the address.
        file: The file in the address.
    """

    kind: str
    owner: str
    name: str
    revision: str | None = None
    file: str = ""

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the repository behind `hf://…`, `hf-datasets:…` or a page of the Hub."""
        place, revision = canonical(uri)
        found = _PLACE.fullmatch(place)
        if not found:
            return None
        scheme, first, second, file = found.groups()
        owner, name = (first, second) if second else ("", first)
        kind = "datasets" if scheme == "hf-datasets" else "models"
        return cls(kind, owner, name, revision, file or "")

    @property
    def id(self) -> str:
        """`OWNER/NAME`."""
        return f"{self.owner}/{self.name}" if self.owner else self.name

    @property
    def place(self) -> str:
        """What it is called."""
        return f"Hugging Face Hub, {self.kind.removesuffix('s')} {self.id}"

    @property
    def api(self) -> str:
        """Where the Hub answers for it."""
        return f"{API}/{self.kind}/{'/'.join(map(part, self.id.split('/')))}"

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask the Hub; see `Host`."""
        url = self.api + ("?securityStatus=true" if self.kind == "models" else "")
        try:
            info = described(client, url)
        except NotThereError:
            accounts = _accounts(self.owner)
            if self.owner and (free := vacant(client, self.owner, accounts)):
                return [free]
            raise
        owner = text(info, "author") or self.owner or _OLDEST_LEGACY
        return [
            *_owner(client, owner, now),
            *filter(None, [renamed(self.id, text(info, "id"), url, "id")]),
            Signal(
                Aspect.REVIEW,
                Level.POOR,
                "the Hub asks for no review: who may write, pushes to every branch",
                _REVIEWS,
            ),
            levels.last_update(moment(info, "lastModified"), now, url, "lastModified"),
            Signal(
                Aspect.VERSIONS,
                Level.FAIR,
                "a commit stays what it is; branches and tags move, and history can be squashed",
                _VERSIONS,
            ),
            levels.popularity(
                count(info, "downloads"), "downloads in 30 days", _DOWNLOADS, url, "downloads"
            ),
            levels.licence(_licence(info), url, "cardData.license"),
            *self._flags(client, info, url),
        ]

    def _flags(self, client: Client, info: Any, url: str) -> list[Signal]:
        found = []
        if flag(info, "disabled"):
            found.append(
                levels.flagged(Level.BAD, "the Hub has disabled it", url, "disabled", True)
            )
        gated = at(info, "gated")
        if gated not in (False, None):
            says = "it is gated: not everybody gets to see what you get"
            found.append(levels.flagged(Level.FAIR, says, url, "gated", str(gated)[:20]))
        return [*found, self._scan(client, info, url)]

    def _scan(self, client: Client, info: Any, url: str) -> Signal:
        """Say what the Hub's own scanners say of the files."""
        if self.kind == "models":
            field = "securityRepoStatus.filesWithIssues"
            status = at(info, "securityRepoStatus")
            issues = items(status, "filesWithIssues")
            named = [(text(one, "path"), text(one, "level")) for one in issues or ()]
            return _verdict(named if issues is not None else None, url, field)
        sha = text(info, "sha") or "main"
        files = learn(client, f"{self.api}/tree/{part(sha)}?recursive=true&expand=true")
        field = "[].securityFileStatus.status"
        listed = items(files.value)
        named = [
            (text(one, "path"), text(one, "securityFileStatus", "status")) for one in listed or ()
        ]
        known = [one for one in named if one[1] is not None]
        return files.tells(_verdict(known or None, files.url, field))


def _owner(client: Client, owner: str, now: datetime) -> list[Signal]:
    organisation, user = (learn(client, url) for url in _accounts(owner))
    if organisation.value is not None:
        return _organisation(organisation, owner, now)
    if user.value is None:
        silent = (Aspect.CONTRIBUTORS, Aspect.MAINTAINERS, Aspect.AGE)
        return [unknown(aspect, user.why, user.url) for aspect in silent]
    says = f"only the user {owner} pushes; anybody may propose"
    made = moment(user.value, "createdAt")
    return [
        Signal(Aspect.CONTRIBUTORS, Level.FAIR, says, user.url, "user", owner),
        levels.maintainers(1, "person owns it", user.url, "user"),
        levels.account_age(made, now, user.url, "createdAt"),
    ]


def _organisation(answer: Answer, owner: str, now: datetime) -> list[Signal]:
    verified = flag(answer.value, "isVerified") is True
    says = f"members of the organisation {owner} push; anybody may propose"
    says += "" if verified else "; the Hub has not verified who they are"
    made = moment(answer.value, "createdAt")
    people = count(answer.value, "numUsers")
    return [
        Signal(
            Aspect.CONTRIBUTORS,
            Level.GOOD if verified else Level.FAIR,
            says,
            answer.url,
            "isVerified",
            verified,
        ),
        levels.maintainers(people, "members", answer.url, "numUsers"),
        levels.account_age(made, now, answer.url, "createdAt"),
    ]


def _accounts(owner: str) -> tuple[str, str]:
    return (
        f"{API}/organizations/{part(owner)}/overview",
        f"{API}/users/{part(owner)}/overview",
    )


def _licence(info: Any) -> str | None:
    if named := text(info, "cardData", "license") or text(info, "cardData", "license", 0):
        return named
    tags = [tag for tag in items(info, "tags") or () if isinstance(tag, str)]
    found = next((tag for tag in tags if tag.startswith("license:")), "")
    return found.removeprefix("license:")[:80] or None


def _verdict(files: list[tuple[str | None, str | None]] | None, url: str, field: str) -> Signal:
    """Judge what the Hub says of files, as (path, status)."""
    if files is None:
        return levels.flagged(Level.UNKNOWN, "the Hub shows no scan of it", url, field, None)
    for level, words in ((Level.BAD, {"unsafe"}), (Level.POOR, {"suspicious", "caution"})):
        hit = [path or "(no name)" for path, status in files if status in words]
        if hit:
            says = f"the Hub calls {len(hit):,} of its files {min(words)}: {hit[0]}"
            return levels.flagged(level, says, url, field, hit[0])
    return levels.flagged(Level.GOOD, "the Hub's scanners name no file of it", url, field, None)
