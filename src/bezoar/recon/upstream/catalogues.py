"""What became of a record of Zenodo, a data set at OpenML or at Kaggle: catalogues with versions.

References: https://developers.zenodo.org/#records, https://www.openml.org/apis,
https://www.kaggle.com/docs/api
"""

from typing import Final

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.recon.source.asking import described, learn, part
from bezoar.recon.source.fields import at, count, items, text
from bezoar.recon.source.kaggle import KaggleDataset
from bezoar.recon.source.openml import OpenmlDataset
from bezoar.recon.source.zenodo import ZenodoRecord
from bezoar.recon.upstream.answer import Change, Pinned, State, Upstream, by_name

_WITHDRAWN: Final = 410


def zenodo(record: ZenodoRecord, client: Client, pinned: Pinned) -> Upstream:
    """Ask Zenodo for the newest version.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    url = record.api
    try:
        info = described(client, url)
    except NotThereError as error:
        if error.status != _WITHDRAWN:
            raise
        return Upstream(State.GONE, "Zenodo has withdrawn it", record.record, url=url)
    number = _number(info, "id")
    if number is None:
        raise UnreachableError("Zenodo does not say which record it is")
    if number != record.record:
        # The number of all versions together: it leads to the newest.
        return by_name(pinned, record.record, number, url)
    sizes = {text(one, "key"): count(one, "size") for one in items(info, "files") or ()}
    changed = [
        Change(name, "changed")
        for name, size in sorted(pinned.sizes.items())
        if sizes.get(name) not in (None, size)
    ]
    if changed:
        says = "changed: a file of the record has another size than the registered one"
        return Upstream(State.CHANGED, says, number, number, tuple(changed), url=url)
    newest = learn(client, f"{url}/versions/latest")
    head = _number(newest.value, "id")
    if head is None:
        says = f"whether there is a newer version is not said: {newest.why or 'no id'}"
        return Upstream(State.UNKNOWN, says, number, url=newest.url)
    if head == number:
        return Upstream(State.SAME, "it is the newest version", number, head, url=newest.url)
    doi = text(newest.value, "doi") or head
    says = f"a newer version is there: {doi}"
    return Upstream(State.NEWER, says, number, doi, url=newest.url)


def openml(dataset: OpenmlDataset, client: Client, pinned: Pinned) -> Upstream:
    """Ask OpenML for the newest version of that name.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    del pinned  # an id is one version
    url = dataset.api
    info = described(client, url, "data_set_description")
    name, mine = text(info, "name"), _whole(info, "version")
    if text(info, "status") == "deactivated":
        return Upstream(State.GONE, "OpenML has deactivated it", dataset.number, url=url)
    if name is None or mine is None:
        raise UnreachableError("OpenML does not say which version it is")
    listing = learn(client, f"{url.rpartition('/')[0]}/list/data_name/{part(name)}")
    versions = {
        version: _number(one, "did") or ""
        for one in items(listing.value, "data", "dataset") or ()
        if (version := _whole(one, "version")) is not None
    }
    if not versions:
        says = f"whether there is a newer version is not said: {listing.why or 'no list'}"
        return Upstream(State.UNKNOWN, says, f"version {mine}", url=listing.url)
    newest = max(versions)
    if newest <= mine:
        says = "it is the newest version"
        return Upstream(State.SAME, says, f"version {mine}", f"version {mine}", url=listing.url)
    says = f"a newer version is there: {newest}, id {versions[newest]}; anybody may upload one"
    return Upstream(State.NEWER, says, f"version {mine}", f"version {newest}", url=listing.url)


def kaggle(dataset: KaggleDataset, client: Client, pinned: Pinned) -> Upstream:
    """Ask Kaggle for the newest version.

    Raises:
        UnreachableError: If nothing could be learned.
    """
    url = dataset.api
    newest = count(described(client, url), "currentVersionNumber")
    if newest is None:
        raise UnreachableError("Kaggle does not say what is newest")
    revision = pinned.revision or dataset.revision
    if revision is None or not revision.isdecimal():
        return by_name(pinned, revision or "the newest version", str(newest), url)
    if newest > int(revision[:9]):
        says = f"a newer version is there: {newest}"
        return Upstream(State.NEWER, says, revision, str(newest), url=url)
    return Upstream(State.SAME, "it is the newest version", revision, str(newest), url=url)


def _number(value: object, key: str) -> str | None:
    """Return an id, written as a number or as text."""
    number = count(value, key)
    return str(number) if number is not None else text(value, key)


def _whole(value: object, key: str) -> int | None:
    found = at(value, key)
    if isinstance(found, str) and found.isdecimal():
        return int(found[:9])
    return count(value, key)
