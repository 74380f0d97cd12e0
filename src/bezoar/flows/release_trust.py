"""Whether a release may be served: by the gate's signed word, and by what was revoked since."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.datasets.containers import readable
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.fortify.signing import RevokedError
from bezoar.fortify.signing.chain import NoKeysError, trusted_keyring
from bezoar.fortify.signing.envelope import IN_TOTO, parse_envelope
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.refusing import refuse_revoked_version, revoked_sample
from bezoar.fortify.signing.revocation import REVOKERS, remembered
from bezoar.fortify.signing.revoked_samples import known_samples
from bezoar.limit.releases.record import ReleaseRecord, TrainedOn
from bezoar.limit.releases.registry import Registry
from bezoar.limit.releases.rules import REVOKED_DATA, UNSIGNED
from bezoar.limit.releases.statement import Gated, parse_gated
from bezoar.project import Project
from bezoar.recon.entries import read_entries

MODELS: Final = "models"
_DEEPEST: Final = 50


class NotReleasedError(BezoarError):
    """A release may not be served (exit code 1).

    Attributes:
        why: In a sentence without the release's name.
    """

    exit_code = 1

    def __init__(self, release: str, why: str, next: str) -> None:  # noqa: A002 - the field's name
        super().__init__(f"{release}: {why}", next)
        self.why = why


def open_registry(project: Project) -> Registry:
    """Return a project's releases."""
    return Registry(project.state / MODELS)


def keyring_or_none(project: Project) -> Keyring | None:
    """Return the keyring in force; None where nobody made a key.

    Raises:
        BezoarError: If there are keys, and they do not hold.
    """
    try:
        return trusted_keyring(project.root, keys_folder(project.dbom))
    except NoKeysError:
        return None


def trusted_gate(project: Project, record: ReleaseRecord) -> Gated:
    """Return what the gate said of a release, its signature verified.

    Raises:
        NotReleasedError: If it has not judged it, no key that may approve has signed, or it is
            about another release.
        BezoarError: If the keys do not lead to the pinned one.
    """
    again = f"bezoar release gate {record.spec}"
    data = open_registry(project).gate(record)
    if data is None:
        raise NotReleasedError(record.spec, f"{UNSIGNED.code} the gate has not judged it", again)
    keyring = keyring_or_none(project)
    try:
        gated = _unsigned(project, data) if keyring is None else _signed(data, keyring)
    except ValueError as error:
        why = f"{UNSIGNED.code} the gate's word does not hold: {readable(str(error))}"
        raise NotReleasedError(record.spec, why, again) from None
    if fault := gated.unlike(record):
        raise NotReleasedError(record.spec, f"{UNSIGNED.code} {fault}", again)
    return gated


def check_servable(project: Project, record: ReleaseRecord) -> Gated:
    """Return what the gate said of a release that may be in production.

    Raises:
        NotReleasedError: If it may not.
    """
    gated = trusted_gate(project, record)
    if gated.lacking:
        again = f"bezoar release promote {record.spec} --override CODE --reason …"
        raise NotReleasedError(record.spec, f"the gate says {gated.lacking}", again)
    return gated


def refuse_revoked_data(project: Project, record: ReleaseRecord) -> None:
    """Raise where a release was trained on data that was revoked since, or on what it came from.

    Raises:
        NotReleasedError: If so.
    """
    for why in revoked_data(project, record):
        text = f"{REVOKED_DATA.code} it was trained on revoked data: {why}"
        raise NotReleasedError(record.spec, text, f"bezoar release list {record.name}")


def revoked_data(project: Project, record: ReleaseRecord) -> Iterator[str]:
    """Yield a sentence for each dataset of a release that was revoked, or came from such.

    A revoked sample withdraws the versions that hold it. Those that were made from one of these
    are named in the signed revocation, or were judged by the gate: it asks `sample_in_lineage`.
    """
    entries, _ = read_entries(Dbom(project))
    for one in record.data:
        if (why := remembered(Digest.parse(one.root))) is not None:
            yield f"{one.dataset} ({why})"
            continue
        for spec in _with_parents(entries, one.dataset):
            try:
                refuse_revoked_version(project, entries[spec], None)
            except RevokedError as error:
                yield error.message
                break
        else:
            if why := _sample_in(project, one, entries.get(one.dataset)):
                yield f"{one.dataset}: {why}"


def _sample_in(project: Project, data: TrainedOn, entry: DbomEntry | None) -> str:
    """Return which revoked sample is in the data of a release, by its root or its manifest."""
    try:
        if why := known_samples(project.dbom).of_root(data.root):
            return why
        same = entry is not None and entry.content is not None and str(entry.root) == data.root
        return revoked_sample(project, entry) if same and entry else ""
    except BezoarError as error:
        return error.message


def _with_parents(entries: dict[str, DbomEntry], spec: str) -> list[str]:
    """Return a dataset and all that it was made from, as far as the DBOM knows them."""
    found, new = dict[str, None](), [spec]
    for _ in range(_DEEPEST):
        new = [one for one in new if one in entries and one not in found]
        if not new:
            break
        found |= dict.fromkeys(new)
        new = [parent.dataset for one in new for parent in entries[one].lineage]
    return list(found)


def _signed(data: bytes, keyring: Keyring) -> Gated:
    envelope = parse_envelope(data, IN_TOTO)
    gated = parse_gated(envelope.payload)
    if not envelope.signers(keyring.holders(*REVOKERS)):
        raise ValueError("no key with the role approver or reviewer has signed it")
    if gated.keyring > keyring.version:
        raise ValueError(f"it was signed under version {gated.keyring} of the keyring")
    return gated


def _unsigned(project: Project, data: bytes) -> Gated:
    if project.settings.release.require_signature:
        raise ValueError("nobody has made a key, and [release] require_signature is true")
    return parse_gated(data)
