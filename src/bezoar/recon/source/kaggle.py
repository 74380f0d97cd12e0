"""Kaggle: data sets.

Reference: `DatasetsView` of https://www.kaggle.com/docs/api, as kagglehub asks it in
https://github.com/Kaggle/kagglehub/blob/main/src/kagglehub/http_resolver.py
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from bezoar.adapters.web.client import Client
from bezoar.recon.source import levels
from bezoar.recon.source.asking import described, part, renamed
from bezoar.recon.source.fields import count, flag, items, moment, text
from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

API: Final = "https://www.kaggle.com/api/v1/datasets/view"
_DOCS: Final = "https://www.kaggle.com/docs/datasets"
_DOWNLOADS: Final = (1_000, 50_000)
_NAME: Final = r"[a-z0-9][\w-]{0,99}"
_PLACE: Final = re.compile(
    rf"(?:https?://(?:www\.)?kaggle\.com/(?:api/v1/)?(?:datasets/(?:download/|view/)?)?"
    rf"|kaggle:(?://)?(?:datasets/)?)"
    rf"(?!c/|competitions/|models/|code/|docs/)({_NAME})/({_NAME})"
    rf"(?:/versions/(\d+)|/(\d+)|\?datasetVersionNumber=(\d+)|/.*|[?#].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KaggleDataset:
    """A data set at Kaggle.

    Attributes:
        owner: The user or organisation.
        name: Its short name.
        revision: The version's number in the address.
    """

    owner: str
    name: str
    revision: str | None = None

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the data set behind an address."""
        found = _PLACE.fullmatch(uri.strip())
        if not found:
            return None
        return cls(found[1], found[2], found[3] or found[4] or found[5])

    @property
    def place(self) -> str:
        """What it is called."""
        return f"Kaggle, data set {self.owner}/{self.name}"

    @property
    def api(self) -> str:
        """Where Kaggle answers for it."""
        return f"{API}/{part(self.owner)}/{part(self.name)}"

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask Kaggle; see `Host`."""
        url = self.api
        info = described(client, url)
        versions = "each new version takes the place of the one before where none is named"
        return [
            _owner(info, url),
            *filter(None, [renamed(f"{self.owner}/{self.name}", text(info, "ref"), url, "ref")]),
            Signal(Aspect.REVIEW, Level.POOR, "nobody reviews a new version", _DOCS),
            levels.last_update(moment(info, "lastUpdated"), now, url, "lastUpdated"),
            _people(info, url),
            unknown(Aspect.AGE, "Kaggle's interface does not say how old an account is", url),
            Signal(
                Aspect.VERSIONS,
                Level.FAIR,
                f"a version stays what it is; {versions}",
                url,
                "currentVersionNumber",
                count(info, "currentVersionNumber"),
            ),
            levels.popularity(
                count(info, "downloadCount"), "downloads", _DOWNLOADS, url, "downloadCount"
            ),
            levels.licence(text(info, "licenseName"), url, "licenseName"),
            levels.flagged(
                Level.FAIR if flag(info, "isPrivate") else Level.GOOD,
                "it is private" if flag(info, "isPrivate") else "Kaggle shows it to everybody",
                url,
                "isPrivate",
                flag(info, "isPrivate"),
            ),
        ]


def _owner(info: Any, url: str) -> Signal:
    owner = text(info, "ownerName")
    if owner is None:
        return unknown(Aspect.CONTRIBUTORS, "who owns it is not said", url, "ownerName")
    says = f"{owner} and whom they invited"
    return Signal(Aspect.CONTRIBUTORS, Level.FAIR, says, url, "ownerName", owner)


def _people(info: Any, url: str) -> Signal:
    """Count who published versions: Kaggle does not tell strangers who may."""
    versions = items(info, "versions")
    names = {text(one, "creatorRef") or text(one, "creatorName") for one in versions or ()} - {None}
    number = len(names) or (1 if text(info, "creatorName") else None)
    return levels.maintainers(number, "people published versions", url, "versions[].creatorRef")
