"""Is a version revoked? The mirror is asked at each pull, whoever it was that published there."""

from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.mirror import Mirror
from bezoar.datasets.containers import readable
from bezoar.fortify.mirror.keys import revocation_key
from bezoar.fortify.mirror.publishing import read_object
from bezoar.fortify.signing import Approval, RevokedError
from bezoar.fortify.signing.documents import MOST_BYTES
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.revocation import Revocation
from bezoar.fortify.signing.revoked_samples import (
    RevokedSamples,
    learn_withdrawal,
    verified_withdrawal,
)


def ask_mirror(mirror: Mirror, approval: Approval, keyring: Keyring) -> None:
    """Raise if the mirror holds a revocation of a version; it is remembered on this machine.

    A mirror can keep a revocation back. It cannot make one, and not take one back that was seen.

    Raises:
        RevokedError: If it does.
        HashMismatch: If what it holds in that place is no revocation.
        BezoarError: If it does not answer.
    """
    key = revocation_key(approval.root)
    if mirror.find(key) is None:
        return
    data = read_object(mirror, key, MOST_BYTES)
    try:
        found = verified_withdrawal(data, keyring)
    except ValueError as error:
        why = f"it should be a revocation, and is not one: {readable(str(error))}"
        raise HashMismatch(approval.spec, f"{mirror.uri}: {key}", why) from None
    if str(approval.root) not in found.roots:
        other = found.spec if isinstance(found, Revocation) else ", ".join(map(str, found.samples))
        why = f"it is the revocation of other data, {other}"
        raise HashMismatch(
            approval.spec,
            f"{mirror.uri}: {key}",
            why,
            expected=str(approval.root),
            found=", ".join(found.roots),
        )
    _learn(data, keyring)
    if isinstance(found, Revocation):
        raise RevokedError(approval.spec, found.reason)
    raise RevokedError(approval.spec, RevokedSamples([found]).of_root(str(approval.root)))


def _learn(data: bytes, keyring: Keyring) -> None:
    try:
        learn_withdrawal(data, keyring)
    except BezoarError:
        return  # it cannot be written here; it is refused all the same
