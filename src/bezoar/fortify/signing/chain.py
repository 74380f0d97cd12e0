"""The chain of keyrings: each version signed by the threshold of the one before it.

Anybody who can write to the repository can write there. What holds is what leads, signature by
signature, to the key that is pinned outside of it, and is no older than what was seen before.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.datasets.containers import readable
from bezoar.fortify.signing import trust
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import Envelope, parse_envelope
from bezoar.fortify.signing.keyring import KIND, Keyring, parse_keyring
from bezoar.fortify.signing.trust import Pin

MOST_VERSIONS: Final = 10_000


class BrokenKeyringError(BezoarError):
    """The keys do not lead to the key that is pinned (exit code 1): nothing they sign counts."""

    exit_code = 1


class NoKeysError(BrokenKeyringError):
    """Nobody has made a key yet."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The versions of a keyring, from the first on.

    Attributes:
        keyrings: All of them, oldest first.
    """

    keyrings: tuple[Keyring, ...]

    @property
    def current(self) -> Keyring:
        """The newest."""
        return self.keyrings[-1]

    @property
    def first(self) -> Digest:
        """The fingerprint of the first key."""
        return next(iter(self.keyrings[0].keys.values())).key.fingerprint

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Of each version."""
        return tuple(one.digest for one in self.keyrings)


def trusted_keyring(root: Path, folder: Path) -> Keyring:
    """Return the keyring in force of a project.

    Args:
        root: The project's folder, which the pin is noted for.
        folder: Where the keyrings lie: `dbom/keys`.

    Raises:
        NoKeysError: If nobody made a key and nothing is pinned.
        BrokenKeyringError: If a signature is missing, a version is missing or older than one seen
            before, the first key is another than the pinned one, or none is pinned.
    """
    first = trust.pinned(root)
    chain = read_chain(folder)
    if chain is None:
        if first is None:
            raise NoKeysError("there are no keys yet", next="bezoar keys new NAME")
        raise _broken(folder, f"there are no keys, and {first} is pinned")
    if first is None:
        raise BrokenKeyringError(
            f"nobody here said which key to trust: the first in {folder} is {chain.first}",
            next=f"bezoar keys trust FINGERPRINT, as whoever made it told you; or"
            f" export {trust.VARIABLE}=FINGERPRINT",
        )
    _check_pin(chain, first, folder)
    _check_seen(chain, folder)
    trust.remember(chain.first, chain.digests)
    return chain.current


def read_chain(folder: Path) -> Chain | None:
    """Return the keyrings of a folder, each signed by the threshold of the one before.

    Returns:
        None where there is none. Whether its first key is to be trusted is not asked here.

    Raises:
        BrokenKeyringError: If one cannot be read, is missing, or lacks signatures.
    """
    keyrings: list[Keyring] = []
    for number in _numbers(folder):
        if number != len(keyrings) + 1:
            raise _broken(folder, f"version {len(keyrings) + 1} is missing")
        envelope, keyring = read_version(folder, number)
        _check_link(folder, envelope, keyring, keyrings[-1] if keyrings else None)
        keyrings.append(keyring)
    return Chain(tuple(keyrings)) if keyrings else None


def read_version(folder: Path, number: int) -> tuple[Envelope, Keyring]:
    """Return one version as it stands, its signatures unchecked.

    Raises:
        BrokenKeyringError: If it cannot be read.
    """
    try:
        envelope = parse_envelope(read_document(folder / f"{number}.json") or b"", KIND)
        keyring = parse_keyring(envelope.payload)
    except ValueError as error:
        raise _broken(folder, f"version {number}: {readable(str(error))}") from None
    if keyring.version != number:
        raise _broken(folder, f"{number}.json holds version {keyring.version}")
    return envelope, keyring


def _check_link(folder: Path, envelope: Envelope, keyring: Keyring, before: Keyring | None) -> None:
    """Raise unless a version was signed by the one before it; the first signs itself."""
    if before is None and len(keyring.keys) != 1:
        raise _broken(folder, "version 1 has more keys than the first")
    if before is not None and keyring.previous != str(before.digest):
        raise _broken(folder, f"version {keyring.version} does not follow version {before.version}")
    judge = before or keyring
    if lack := judge.lacking_admins(judge.signers(envelope)):
        raise _broken(folder, f"version {keyring.version} has {lack}")


def _check_pin(chain: Chain, first: Pin, folder: Path) -> None:
    if first.version is None:
        if chain.first != first.digest:
            raise _broken(folder, f"the first key is {chain.first}, and {first} is pinned")
    elif len(chain.keyrings) < first.version:
        raise _broken(folder, f"version {first.version} is pinned, and the newest is older")
    elif chain.digests[first.version - 1] != first.digest:
        raise _broken(folder, f"version {first.version} is not the pinned one")


def _check_seen(chain: Chain, folder: Path) -> None:
    known = trust.seen(chain.first)
    if len(known) > len(chain.keyrings):
        newest = len(chain.keyrings)
        raise _other(folder, f"version {len(known)} was seen here before: {newest} is a replay")
    for number, (one, other) in enumerate(zip(known, chain.digests, strict=False), start=1):
        if one != other:
            raise _other(folder, f"version {number} is another than the one seen here before")


def _numbers(folder: Path) -> list[int]:
    try:
        names = [path.stem for path in folder.glob("*.json")]
    except OSError as error:
        raise _broken(folder, f"it cannot be read: {error.strerror}") from None
    numbers = sorted(int(name) for name in names if name.isascii() and _is_number(name))
    if len(numbers) > MOST_VERSIONS:
        raise _broken(folder, f"it holds more than {MOST_VERSIONS:,} versions")
    return numbers


def _is_number(name: str) -> bool:
    return name.isdecimal() and not name.startswith("0") and len(name) <= 9  # noqa: PLR2004


def _other(folder: Path, why: str) -> BrokenKeyringError:
    """Return the fault of keys that hold by themselves, and not beside what was seen."""
    found = _broken(folder, why)
    return BrokenKeyringError(
        found.message,
        next="git pull; if a person told you that these are right:"
        " bezoar keys trust FINGERPRINT --replace",
    )


def _broken(folder: Path, why: str) -> BrokenKeyringError:
    return BrokenKeyringError(
        f"the keys in {folder.parent.name}/{folder.name} do not hold: {why}",
        next=f"git log {folder.parent.name}/{folder.name}, then bezoar keys list",
    )
