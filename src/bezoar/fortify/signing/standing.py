"""How the keys of a project stand: what `bezoar keys list` shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bezoar.core.errors import BezoarError
from bezoar.fortify.signing import keyring_changes as changes
from bezoar.fortify.signing import trust as pins
from bezoar.fortify.signing.administration import Change
from bezoar.fortify.signing.chain import read_chain, trusted_keyring
from bezoar.fortify.signing.keyring import Keyring, parse_keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import own_keys
from bezoar.fortify.signing.trust import Pin
from bezoar.project import Project


@dataclass(frozen=True, slots=True)
class Standing:
    """How the keys of a project stand.

    Attributes:
        keyring: What lies there, the newest version; None where it cannot be read.
        fault: Why nothing it says counts; None where it does.
        pin: Where trust begins; None where nobody said.
        waiting: A change that waits for signatures, in lines.
        asked: Who asks to be admitted.
        own: Names of the private keys that lie here, by fingerprint.
    """

    keyring: Keyring | None
    fault: BezoarError | None
    pin: Pin | None
    waiting: tuple[str, ...]
    asked: tuple[str, ...]
    own: Mapping[str, str]

    def rows(self) -> list[dict[str, Any]]:
        """Return the keys as JSON values, by name."""
        members = self.keyring.keys.items() if self.keyring else ()
        keys = sorted(members, key=lambda item: item[1].name)
        return [
            {
                "name": one.name,
                "roles": list(one.roles),
                "fingerprint": key,
                "here": self.own.get(key),
            }
            for key, one in keys
        ]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        keyring = self.keyring
        return {
            "holds": self.fault is None,
            "fault": self.fault.message if self.fault else None,
            "pinned": str(self.pin) if self.pin else None,
            "version": keyring.version if keyring else None,
            "digest": str(keyring.digest) if keyring else None,
            "thresholds": {str(r): n for r, n in keyring.thresholds.items()} if keyring else {},
            "keys": self.rows(),
            "waiting": list(self.waiting),
            "asked": list(self.asked),
        }


def standing(project: Project) -> Standing:
    """Say how the keys stand; what is wrong with them is part of it.

    Raises:
        UsageError: If what this machine keeps is damaged.
    """
    folder = keys_folder(project.dbom)
    keyring, fault, lines = None, None, tuple[str, ...]()
    try:
        chain = read_chain(folder)
        keyring = chain.current if chain else None
        trusted_keyring(project.root, folder)
        if keyring and (envelope := changes.pending(folder, keyring)):
            lines = Change(keyring, parse_keyring(envelope.payload)).lines()
    except BezoarError as error:
        fault = error
    return Standing(
        keyring=keyring,
        fault=fault,
        pin=pins.pinned(project.root),
        waiting=lines,
        asked=tuple(sorted(changes.asked(folder))),
        own={key.id: name for name, key in own_keys().items()},
    )
