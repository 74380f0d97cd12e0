"""Zenodo: records with a DOI.

Reference: https://developers.zenodo.org/#records and https://help.zenodo.org/docs/deposit/
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError
from bezoar.recon.source import levels
from bezoar.recon.source.asking import described, part
from bezoar.recon.source.fields import at, count, items, moment, text
from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

API: Final = "https://zenodo.org/api/records"
_POLICY: Final = "https://about.zenodo.org/policies/"
_DOWNLOADS: Final = (200, 10_000)
_WITHDRAWN: Final = 410
_PLACE: Final = re.compile(
    r"(?:https?://(?:www\.)?zenodo\.org/(?:api/)?(?:records?|deposit)/"
    r"|(?:doi:|https?://(?:dx\.)?doi\.org/)10\.5281/zenodo\.|zenodo:(?://)?"
    r"|https?://(?:www\.)?zenodo\.org/doi/10\.5281/zenodo\.)(\d{1,12})(?:[/?#](.*))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ZenodoRecord:
    """A record of Zenodo.

    Attributes:
        record: Its number.
        file: What stands after it in the address.
    """

    record: str
    file: str = ""

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the record behind a page, a file of it, or a DOI."""
        found = _PLACE.fullmatch(uri.strip())
        return cls(found[1], (found[2] or "").removeprefix("files/")) if found else None

    @property
    def place(self) -> str:
        """What it is called."""
        return f"Zenodo, record {self.record}"

    @property
    def api(self) -> str:
        """Where Zenodo answers for it."""
        return f"{API}/{part(self.record)}"

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask Zenodo; see `Host`."""
        url = self.api
        try:
            info = described(client, url)
        except NotThereError as error:
            if error.status != _WITHDRAWN:
                raise
            says = "Zenodo has withdrawn it"
            return [levels.flagged(Level.BAD, says, url, "status", error.status)]
        owners = items(info, "owners")
        return [
            Signal(
                Aspect.CONTRIBUTORS,
                Level.GOOD,
                "its owner alone; files of a published record do not change",
                _POLICY,
            ),
            _review(info, url),
            levels.last_update(_changed(info), now, url, "updated"),
            levels.maintainers(len(owners) if owners else None, "owners", url, "owners"),
            unknown(Aspect.AGE, "Zenodo's interface does not say how old an account is", url),
            self._versions(info, url),
            levels.popularity(
                count(info, "stats", "downloads"), "downloads", _DOWNLOADS, url, "stats.downloads"
            ),
            levels.licence(text(info, "metadata", "license", "id"), url, "metadata.license.id"),
            _access(info, url),
        ]

    def _versions(self, info: Any, url: str) -> Signal:
        concept = text(info, "conceptrecid") or str(at(info, "conceptrecid"))
        if concept == self.record:
            says = "this number stands for all versions: it leads to whichever is newest"
            return Signal(Aspect.VERSIONS, Level.POOR, says, url, "conceptrecid", concept)
        says = "this version's files keep; a change is a new version with a DOI of its own"
        return Signal(Aspect.VERSIONS, Level.GOOD, says, url, "doi", text(info, "doi"))


def _changed(info: Any) -> datetime | None:
    return moment(info, "updated") or moment(info, "modified") or moment(info, "created")


def _review(info: Any, url: str) -> Signal:
    communities = items(info, "metadata", "communities") or []
    names = [name for one in communities if (name := text(one, "id") or text(one, "identifier"))]
    if names:
        says = f"curators of {names[0]} accepted it once; files are not checked by Zenodo"
        return Signal(Aspect.REVIEW, Level.FAIR, says, url, "metadata.communities", names[0])
    says = "nobody reviews what is published"
    return Signal(Aspect.REVIEW, Level.POOR, says, url, "metadata.communities")


def _access(info: Any, url: str) -> Signal:
    access = text(info, "metadata", "access_right")
    if access not in (None, "open"):
        says = f"access is {access}: not everybody gets to see what you get"
        return levels.flagged(Level.FAIR, says, url, "metadata.access_right", access)
    return levels.flagged(
        Level.GOOD, "Zenodo does not flag it", url, "metadata.access_right", access
    )
