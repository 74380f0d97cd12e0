"""OpenML: data sets.

Reference: https://www.openml.org/apis and https://docs.openml.org/REST-tutorial; the fields are
those of `oml:data_set_description` in https://www.openml.org/api/v1/xsd/openml.data.upload
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from bezoar.adapters.web.client import Client
from bezoar.recon.source import levels
from bezoar.recon.source.asking import described
from bezoar.recon.source.fields import moment, text
from bezoar.recon.source.signal import Aspect, Level, Signal, unknown

API: Final = "https://www.openml.org/api/v1/json/data"
_DOCS: Final = "https://docs.openml.org/concepts/data/"
_PLACE: Final = re.compile(
    r"(?:openml:(?://)?(?:data/)?|https?://(?:www\.|api\.)?openml\.org/"
    r"(?:d/|api/v1/(?:json/|xml/)?data/|data/|search\?(?:type=data&)?(?:[\w=.-]+&)*id=))"
    r"(\d{1,9})(?:[/&?#].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OpenmlDataset:
    """A data set at OpenML.

    Attributes:
        number: Its id, which stands for one version.
    """

    number: str

    @classmethod
    def matches(cls, uri: str) -> Self | None:
        """Return the data set behind an address."""
        found = _PLACE.fullmatch(uri.strip())
        return cls(found[1]) if found else None

    @property
    def place(self) -> str:
        """What it is called."""
        return f"OpenML, data set {self.number}"

    @property
    def api(self) -> str:
        """Where OpenML answers for it."""
        return f"{API}/{self.number}"

    def signals(self, client: Client, now: datetime) -> list[Signal]:
        """Ask OpenML; see `Host`."""
        url = self.api
        info = described(client, url, "data_set_description")
        digest = text(info, "md5_checksum")
        kept = "an id is one version and keeps; OpenML names an MD5, which is no proof of anything"
        return [
            Signal(
                Aspect.CONTRIBUTORS,
                Level.FAIR,
                "anybody with an account uploads; a data set is its uploader's",
                _DOCS,
            ),
            _status(info, url),
            levels.last_update(moment(info, "upload_date"), now, url, "upload_date"),
            levels.maintainers(1, "person uploaded it", _DOCS, ""),
            unknown(Aspect.AGE, "OpenML's interface does not say how old an account is", url),
            Signal(Aspect.VERSIONS, Level.FAIR, kept, url, "md5_checksum", digest),
            unknown(Aspect.POPULARITY, "this interface counts no downloads", url),
            levels.licence(text(info, "licence"), url, "licence"),
            _withdrawn(info, url),
        ]


def _status(info: Any, url: str) -> Signal:
    status = text(info, "status")
    if status == "active":
        says = "an administrator activated it once; its values are nobody's review"
        return Signal(Aspect.REVIEW, Level.FAIR, says, url, "status", status)
    if status is None:
        return unknown(Aspect.REVIEW, "its status is not said", url, "status")
    says = f"its status is {status!r}: nobody has verified it"
    return Signal(Aspect.REVIEW, Level.POOR, says, url, "status", status)


def _withdrawn(info: Any, url: str) -> Signal:
    status = text(info, "status")
    if status == "deactivated":
        says = "OpenML has deactivated it"
        return levels.flagged(Level.BAD, says, url, "status", status)
    level = Level.GOOD if status else Level.UNKNOWN
    return levels.flagged(level, "OpenML does not flag it", url, "status", status)
