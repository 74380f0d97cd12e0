"""Is a version revoked? The mirror is asked at each pull, whoever it was that published there."""

from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.mirror import Mirror
from bezoar.datasets.containers import readable
from bezoar.fortify.mirror.keys import revocation_key
from bezoar.fortify.mirror.publishing import read_object
from bezoar.fortify.signing import Approval, RevokedError
from bezoar.fortify.signing.documents import MOST_BYTES
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.revocation import learn_revocation, verified_revocation


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
        found = verified_revocation(data, keyring)
    except ValueError as error:
        why = f"it should be a revocation, and is not one: {readable(str(error))}"
        raise HashMismatch(approval.spec, f"{mirror.uri}: {key}", why) from None
    if found.root != str(approval.root):
        why = f"it is the revocation of other data, {found.spec}"
        raise HashMismatch(
            approval.spec,
            f"{mirror.uri}: {key}",
            why,
            expected=str(approval.root),
            found=found.root,
        )
    _learn(data, keyring)
    raise RevokedError(approval.spec, found.reason)


def _learn(data: bytes, keyring: Keyring) -> None:
    try:
        learn_revocation(data, keyring)
    except BezoarError:
        return  # it cannot be written here; it is refused all the same
