"""Changing the keyring: the first key, requests of others, and a version's signatures.

A new version waits in `next.json` until enough keys of the version in force have signed it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bezoar.core.errors import UsageError
from bezoar.core.json_object import canonical, parse_object
from bezoar.datasets.containers import readable
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing import trust
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import Envelope, Signer, parse_envelope
from bezoar.fortify.signing.keyring import (
    DEFAULT_THRESHOLDS,
    KIND,
    NAME_PATTERN,
    Keyring,
    Member,
    Role,
    fault,
    parse_keyring,
)
from bezoar.fortify.signing.trust import Pin

REQUEST_KIND: Final = "application/vnd.bezoar.key-request+json"
_HELP: Final = "bezoar keys --help"


def begin(root: Path, folder: Path, name: str, roles: Iterable[Role], signer: Signer) -> Keyring:
    """Write version 1, with one key, and pin that key on this machine.

    Args:
        root: The project's folder, which the pin is noted for.
        folder: Where the keyrings lie.
        name: Whose key it is.
        roles: What it may do; it has to be an admin.
        signer: The key.

    Raises:
        UsageError: If a keyring could not be used so.
        BezoarError: If it cannot be written.
    """
    member = _member(name, roles, signer)
    thresholds = dict(DEFAULT_THRESHOLDS)
    keyring = _keyring(1, None, {signer.public.id: member}, thresholds)
    _write(folder / "1.json", Envelope(keyring.content(), KIND).with_signature(signer))
    trust.pin(root, Pin(signer.public.fingerprint))
    return keyring


def ask(folder: Path, name: str, roles: Iterable[Role], signer: Signer) -> Path:
    """Write a request to be admitted, signed by the new key: who asks holds its private half.

    Raises:
        UsageError: If the name or the roles are off.
        BezoarError: If it cannot be written.
    """
    content = canonical(_member(name, roles, signer).model_dump(mode="json"))
    path = request_path(folder, name)
    _write(path, Envelope(content, REQUEST_KIND).with_signature(signer))
    return path


def request_path(folder: Path, name: str) -> Path:
    """Return where the request of a name is kept."""
    return folder / "requests" / f"{name}.json"


def asked(folder: Path) -> Iterator[str]:
    """Yield the names that ask to be admitted, in any order."""
    names = (path.stem for path in (folder / "requests").glob("*.json"))
    return (name for name in names if re.fullmatch(NAME_PATTERN, name))


def read_request(folder: Path, name: str) -> Member:
    """Return who asks to be admitted.

    Raises:
        UsageError: If there is no such request, or the key that it names did not sign it.
    """
    path = request_path(folder, name)
    try:
        data = read_document(path)
        if data is None:
            raise UsageError(f"{name} has not asked: {path} is missing", f"bezoar keys new {name}")
        envelope = parse_envelope(data, REQUEST_KIND)
        member = Member.model_validate(parse_object(envelope.payload))
    except ValidationError as error:
        raise UsageError(f"{path}: {readable(fault(error))}", f"bezoar keys new {name}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {readable(str(error))}", f"bezoar keys new {name}") from None
    if member.name != name or not envelope.signed_by(member.key):
        raise UsageError(
            f"{path}: the key of {member.name} did not sign it", f"bezoar keys new {name}"
        )
    return member


def with_member(keyring: Keyring, member: Member) -> Keyring:
    """Return the next version, with one more key.

    Raises:
        UsageError: If the key or its name is in it already.
    """
    if known := keyring.keys.get(member.key.id):
        raise UsageError(f"that key is in the keyring already, as {known.name}", "bezoar keys list")
    return _next(keyring, {**keyring.keys, member.key.id: member}, keyring.thresholds)


def without_member(keyring: Keyring, name: str) -> Keyring:
    """Return the next version, without a key.

    Raises:
        UsageError: If there is none of that name, or too few would be left.
    """
    if keyring.named(name) is None:
        raise UsageError(f"the keyring knows no {name}", "bezoar keys list")
    kept = {key: one for key, one in keyring.keys.items() if one.name != name}
    return _next(keyring, kept, keyring.thresholds)


def with_thresholds(keyring: Keyring, thresholds: Mapping[Role, int]) -> Keyring:
    """Return the next version, with other thresholds.

    Raises:
        UsageError: If they cannot be met.
    """
    return _next(keyring, keyring.keys, {**keyring.thresholds, **thresholds})


def propose(folder: Path, current: Keyring, new: Keyring, signer: Signer) -> str:
    """Sign the next version; it is in force once enough admins have.

    Returns:
        What it still lacks; empty where it is in force.

    Raises:
        UsageError: If another change is waiting.
        BezoarError: If it cannot be written.
    """
    waiting = pending(folder, current)
    if waiting is not None and waiting.payload != new.content():
        raise UsageError(
            f"another change waits for signatures in {_pending_path(folder)}",
            f"bezoar keys sign, or rm {_pending_path(folder)}",
        )
    envelope = waiting or Envelope(new.content(), KIND)
    return _settle(folder, current, envelope.with_signature(signer))


def pending(folder: Path, current: Keyring) -> Envelope | None:
    """Return the change that waits for signatures; None where there is none.

    Raises:
        UsageError: If it cannot be read, or does not follow the version in force.
    """
    path = _pending_path(folder)
    try:
        data = read_document(path)
        if data is None:
            return None
        envelope = parse_envelope(data, KIND)
        keyring = parse_keyring(envelope.payload)
    except ValueError as error:
        raise UsageError(f"{path}: {readable(str(error))}", f"rm {path}") from None
    if keyring.version != current.version + 1 or keyring.previous != str(current.digest):
        raise UsageError(f"{path} does not follow version {current.version}", f"rm {path}")
    return envelope


def sign_pending(folder: Path, current: Keyring, waiting: Envelope, signer: Signer) -> str:
    """Add a signature to the change that waits; return what it still lacks."""
    return _settle(folder, current, waiting.with_signature(signer))


def _settle(folder: Path, current: Keyring, envelope: Envelope) -> str:
    """Put a version in force if enough admins signed it, else let it wait."""
    path = _pending_path(folder)
    if lack := current.lacking_admins(current.signers(envelope)):
        _write(path, envelope)
        return lack
    _write(folder / f"{current.version + 1}.json", envelope)
    path.unlink(missing_ok=True)
    return ""


def _pending_path(folder: Path) -> Path:
    return folder / "next.json"


def _next(keyring: Keyring, keys: Mapping[str, Member], thresholds: Mapping[Role, int]) -> Keyring:
    return _keyring(keyring.version + 1, str(keyring.digest), dict(keys), dict(thresholds))


def _keyring(
    version: int, previous: str | None, keys: dict[str, Member], thresholds: dict[Role, int]
) -> Keyring:
    try:
        return Keyring(version=version, previous=previous, keys=keys, thresholds=thresholds)
    except ValidationError as error:
        raise UsageError(fault(error), _HELP) from None


def _member(name: str, roles: Iterable[Role], signer: Signer) -> Member:
    try:
        return Member.of(name, signer.public, roles)
    except ValidationError as error:
        raise UsageError(fault(error), _HELP) from None


def _write(path: Path, envelope: Envelope) -> None:
    write_whole(path, envelope.content())
