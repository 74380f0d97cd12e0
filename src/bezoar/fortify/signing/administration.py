"""What `bezoar keys` does: make keys, change the keyring, pin it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.errors import UsageError
from bezoar.fortify.signing import keyring_changes as changes
from bezoar.fortify.signing import trust as pins
from bezoar.fortify.signing.chain import (
    BrokenKeyringError,
    read_chain,
    trusted_keyring,
)
from bezoar.fortify.signing.choosing import choose_key
from bezoar.fortify.signing.envelope import Envelope
from bezoar.fortify.signing.keyring import Keyring, Member, Role, parse_keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import (
    Passphrase,
    PrivateKey,
    make_key,
    reuse_key,
)
from bezoar.fortify.signing.trust import Pin
from bezoar.ledger import open_ledger
from bezoar.project import Project

KEYS_CHANGED: Final = "keys.changed"
_FIRST: Final = (Role.ADMIN, Role.APPROVER)

NewPassphrase = Callable[[str], bytes | None]
"""Asks for the passphrase of a new key, given its name; None: it gets none."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new key.

    Attributes:
        key: The key.
        first: Whether it is the project's first; the others wait to be admitted.
        path: What to commit.
    """

    key: PrivateKey
    first: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the keyring that somebody is about to sign.

    Attributes:
        before: The version in force.
        after: The next one.
        waiting: Its envelope, where others have signed it.
    """

    before: Keyring
    after: Keyring
    waiting: Envelope | None = None

    def lines(self) -> tuple[str, ...]:
        """Return what changes, in a line each."""
        old, new = self.before.keys, self.after.keys
        gone = [f"- {_line(one)}" for key, one in old.items() if new.get(key) != one]
        come = [f"+ {_line(one)}" for key, one in new.items() if old.get(key) != one]
        numbers = [
            f"  threshold of {role}: {self.before.thresholds[role]} -> {number}"
            for role, number in self.after.thresholds.items()
            if self.before.thresholds[role] != number
        ]
        return (*gone, *come, *numbers)


def new_key(
    project: Project,
    name: str,
    roles: tuple[Role, ...] | None,
    new_passphrase: NewPassphrase,
    passphrase: Passphrase,
    *,
    reuse: bool = False,
) -> Made:
    """Make a key: the project's first, or one that asks to be admitted.

    Args:
        project: Whose keyring.
        name: Whose key.
        roles: What it may do; None: what is usual.
        new_passphrase: Asks for the passphrase of the new key.
        passphrase: Asks for that of a key which lies here already.
        reuse: Take the key of that name which lies here already.

    Raises:
        UsageError: If the name or the roles are off, there is such a key already, or it is to be
            reused and there is none.
        BrokenKeyringError: If keys are pinned and gone.
        BezoarError: If it cannot be written.
    """
    folder = keys_folder(project.dbom)
    first = read_chain(folder) is None
    if first and (pin := pins.pinned(project.root)) is not None:
        raise BrokenKeyringError(
            f"there are no keys in {folder}, and {pin} is pinned", next=f"git log {folder}"
        )
    roles = roles or (_FIRST if first else (Role.APPROVER,))
    if first and not set(roles) >= set(_FIRST):
        raise UsageError(
            "the first key is an admin and an approver, else nothing could be approved",
            next=f"bezoar keys new {name}",
        )
    key = reuse_key(name, passphrase) if reuse else make_key(name, new_passphrase(name))
    if not first:
        return Made(key, first=False, path=changes.ask(folder, name, roles, key))
    keyring = changes.begin(project.root, folder, name, roles, key)
    _record(project, keyring, (f"+ {_line(keyring.keys[key.public.id])}",))
    return Made(key, first=True, path=folder / "1.json")


def admitting(project: Project, name: str) -> Change:
    """Return the change that admits who asked."""
    folder, before = keys_folder(project.dbom), _keyring(project)
    return Change(before, changes.with_member(before, changes.read_request(folder, name)))


def removing(project: Project, name: str) -> Change:
    """Return the change that takes a key out."""
    before = _keyring(project)
    return Change(before, changes.without_member(before, name))


def thresholds(project: Project, wanted: Mapping[str, int]) -> Change:
    """Return the change that sets thresholds, by role."""
    before = _keyring(project)
    try:
        numbers = {Role(role): number for role, number in wanted.items()}
    except ValueError as error:
        raise UsageError(f"{error} (want {', '.join(Role)})", "bezoar keys threshold -h") from None
    return Change(before, changes.with_thresholds(before, numbers))


def waiting(project: Project) -> Change:
    """Return the change that waits for signatures.

    Raises:
        UsageError: If none does.
    """
    before = _keyring(project)
    envelope = changes.pending(keys_folder(project.dbom), before)
    if envelope is None:
        raise UsageError("no change of the keys waits for a signature", "bezoar keys list")
    return Change(before, parse_keyring(envelope.payload), envelope)


def sign_change(
    project: Project, change: Change, passphrase: Passphrase, key: str | None = None
) -> str:
    """Sign a change; it is in force once enough admins have.

    Returns:
        What it still lacks; empty where it is in force.

    Raises:
        UsageError: If nothing changes, another change waits, or no key here may sign.
        BezoarError: If it cannot be written.
    """
    if not change.lines():
        raise UsageError("that changes nothing", "bezoar keys list")
    folder = keys_folder(project.dbom)
    signer = choose_key(change.before, (Role.ADMIN,), key, passphrase)
    lack = changes.propose(folder, change.before, change.after, signer)
    if not lack:
        for come in change.after.keys.keys() - change.before.keys.keys():
            changes.request_path(folder, change.after.keys[come].name).unlink(missing_ok=True)
        _record(project, _keyring(project), change.lines())
    return lack


def trust(project: Project, text: str, *, replace: bool = False) -> Keyring:
    """Pin a first key, or a version of the keyring, on this machine, and return what holds.

    Args:
        project: Whose keys.
        text: The fingerprint.
        replace: Pin it in place of another one, and forget which versions were seen.

    Raises:
        UsageError: If another one is pinned and is not to be replaced.
        BrokenKeyringError: If the keys in the repository do not lead to it; it is pinned all the
            same.
    """
    new, known = Pin.parse(text), pins.pinned(project.root)
    if known not in (None, new) and not replace:
        raise UsageError(
            f"{known} is pinned for {project.root}", f"bezoar keys trust {new} --replace"
        )
    pins.pin(project.root, new)
    if replace and (chain := read_chain(keys_folder(project.dbom))) is not None:
        pins.forget(chain.first)
    return _keyring(project)


def _keyring(project: Project) -> Keyring:
    return trusted_keyring(project.root, keys_folder(project.dbom))


def _line(one: Member) -> str:
    return f"{one.name} ({', '.join(one.roles)}) {one.key.id}"


def _record(project: Project, keyring: Keyring, lines: tuple[str, ...]) -> None:
    detail = {"version": keyring.version, "changes": list(lines)}
    with open_ledger(project) as ledger:
        ledger.append(KEYS_CHANGED, str(keyring.digest), detail)
