"""Which of a person's keys signs."""

from bezoar.core.errors import UsageError
from bezoar.fortify.signing.keyring import Keyring, Role
from bezoar.fortify.signing.private_keys import Passphrase, PrivateKey, load_key, own_keys


def choose_key(
    keyring: Keyring, roles: tuple[Role, ...], name: str | None, passphrase: Passphrase
) -> PrivateKey:
    """Open the key that signs: the one that is named, or the only one that may.

    Args:
        keyring: Whose signatures count.
        roles: It has to have one of them.
        name: Of the private key's file; None: the only one here that may.
        passphrase: Asks for it.

    Raises:
        UsageError: If none of the keys here may sign, or several may and none is named.
    """
    may = {one.key.id for one in keyring.holders(*roles)}
    here = own_keys()
    wanted = " or ".join(roles)
    fitting = [key for key, public in here.items() if public.id in may]
    if name is not None:
        if name in here and name not in fitting:
            known = here[name].id in keyring.keys
            why = f"has not the role {wanted}" if known else "is not in the keyring"
            raise UsageError(f"the key {name} {why}", next="bezoar keys list")
        return load_key(name, passphrase)
    if not fitting:
        raise UsageError(
            f"none of the keys here has the role {wanted} in the keyring",
            next="bezoar keys new NAME, which somebody with the role admin then admits",
        )
    if len(fitting) > 1:
        raise UsageError(f"which key? {', '.join(fitting)}", next=f"--key {fitting[0]}")
    return load_key(fitting[0], passphrase)
