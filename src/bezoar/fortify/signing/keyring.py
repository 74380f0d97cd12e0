"""`Keyring`: whose signatures count, for what, and how many it takes; one version of it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as check

from bezoar.core.digest import Digest
from bezoar.core.json_object import canonical, parse_object
from bezoar.fortify.signing.envelope import Envelope
from bezoar.fortify.signing.public_keys import PublicKey

KIND: Final = "application/vnd.bezoar.keyring+json"
NAME_PATTERN: Final = r"[a-z0-9][a-z0-9._@+-]{0,79}"
MOST_KEYS: Final = 64


class Role(StrEnum):
    """What a key's signature counts for."""

    ADMIN = "admin"
    """It changes the keyring."""
    APPROVER = "approver"
    """It approves and revokes datasets."""
    REVIEWER = "reviewer"
    """It is the second pair of eyes of an approval, and revokes."""


DEFAULT_THRESHOLDS: Final[Mapping[Role, int]] = {
    Role.ADMIN: 1,
    Role.APPROVER: 1,
    Role.REVIEWER: 0,
}

_Role = Annotated[Role, Field(strict=False)]
KeyName = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Member(_Model):
    """One key of a keyring.

    Attributes:
        name: Whose it is.
        roles: What its signature counts for.
        public: The key, PEM.
    """

    name: KeyName
    roles: Annotated[tuple[_Role, ...], Field(strict=False, min_length=1)]
    public: str

    @check(mode="after")
    def _sound(self) -> Self:
        if list(self.roles) != sorted(set(self.roles)):
            raise ValueError("roles are sorted, each once")
        if PublicKey.parse(self.public).pem != self.public:
            raise ValueError("a key has one spelling")
        return self

    @property
    def key(self) -> PublicKey:
        """The key."""
        return PublicKey.parse(self.public)

    @classmethod
    def of(cls, name: str, key: PublicKey, roles: Iterable[Role]) -> Self:
        """Return a member.

        Raises:
            ValueError: If the name is off, or there is no role.
        """
        return cls(name=name, roles=tuple(sorted(set(roles))), public=key.pem)


class Keyring(_Model):
    """Whose signatures count, for what, and how many it takes.

    Laws: `parse_keyring(k.content()) == k`; no key and no name stands in it twice; each threshold
    can be met by different keys.

    Attributes:
        schema_version: Of this document's format.
        version: 1, then one more with each change.
        previous: Digest of the version before; None for the first.
        keys: By their fingerprints.
        thresholds: How many keys of a role it takes.
    """

    schema_version: Literal[1] = 1
    version: Annotated[int, Field(ge=1)]
    previous: str | None
    keys: dict[str, Member]
    thresholds: dict[_Role, int]

    @check(mode="after")
    def _sound(self) -> Self:
        if not 1 <= len(self.keys) <= MOST_KEYS:
            raise ValueError(f"a keyring has 1 to {MOST_KEYS} keys")
        if any(fingerprint != one.key.id for fingerprint, one in self.keys.items()):
            raise ValueError("a key stands under another fingerprint than its own")
        names = Counter(one.name for one in self.keys.values())
        if twice := [name for name, count in names.items() if count > 1]:
            raise ValueError(f"two keys are named {twice[0]}")
        if (self.version == 1) != (self.previous is None):
            raise ValueError("only the first version has none before it")
        self._attainable()
        return self

    def _attainable(self) -> None:
        if self.thresholds.keys() != set(Role):
            raise ValueError(f"it has a threshold for each of {', '.join(Role)}")
        least = {Role.ADMIN: 1, Role.APPROVER: 1, Role.REVIEWER: 0}
        for role, number in self.thresholds.items():
            if number < least[role]:
                raise ValueError(f"the threshold of {role} is at least {least[role]}")
        if lack := self.lacking(self.keys.values()):
            raise ValueError(f"nothing could ever be approved: {lack}")
        if self.lacking_admins(self.keys.values()):
            raise ValueError("nobody could change it: fewer admins than their threshold")

    @property
    def digest(self) -> Digest:
        """SHA-256 of its content."""
        return Digest.of(self.content())

    def content(self) -> bytes:
        """Return its one spelling, which is what is signed."""
        return canonical(self.model_dump(mode="json"))

    def holders(self, *roles: Role) -> tuple[Member, ...]:
        """Return the keys that have one of these roles."""
        return tuple(one for one in self.keys.values() if set(one.roles) & set(roles))

    def named(self, name: str) -> Member | None:
        """Return the key of a name; None where there is none."""
        return next((one for one in self.keys.values() if one.name == name), None)

    def signers(self, envelope: Envelope) -> tuple[Member, ...]:
        """Return which of its keys signed, whatever their roles."""
        return envelope.signers(self.keys.values())

    def lacking(self, signers: Iterable[Member]) -> str:
        """Return what an approval by these keys lacks; empty where it lacks nothing.

        A key with both roles counts for one of them: two thresholds are never met by one person.
        """
        signers = tuple(signers)
        want = {role: self.thresholds[role] for role in (Role.APPROVER, Role.REVIEWER)}
        for role, number in want.items():
            have = sum(role in one.roles for one in signers)
            if have < number:
                return f"{have} of {number} signatures of a key with the role {role}"
        counted = [one for one in signers if set(one.roles) & want.keys()]
        if len(counted) < sum(want.values()):
            return f"{len(counted)} of {sum(want.values())} signatures of different keys"
        return ""

    def lacking_admins(self, signers: Iterable[Member]) -> str:
        """Return what a change of the keyring by these keys lacks; empty where nothing."""
        have = sum(Role.ADMIN in one.roles for one in signers)
        want = self.thresholds[Role.ADMIN]
        return "" if have >= want else f"{have} of {want} signatures of a key with the role admin"


def parse_keyring(payload: bytes) -> Keyring:
    """Read a keyring.

    Raises:
        ValueError: If it is anything but what `content` gives.
    """
    try:
        keyring = Keyring.model_validate(parse_object(payload))
    except ValidationError as error:
        raise ValueError(fault(error)) from None
    if keyring.content() != payload:
        raise ValueError("it is spelled otherwise than bezoar writes it")
    return keyring


def fault(error: ValidationError) -> str:
    """Return the first fault of a document in a line."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    why = first["msg"].removeprefix("Value error, ")
    return f"{where[:80]}: {why}" if where else why


def check_name(name: str) -> str:
    """Return a key's name.

    Raises:
        ValueError: If it is off.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise ValueError(f"not a key's name: {name!r} (want {NAME_PATTERN})")
    return name
