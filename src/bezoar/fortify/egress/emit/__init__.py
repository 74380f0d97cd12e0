"""Egress policies: one file for each thing that can enforce one.

Each begins with a comment that says what it enforces and what it does not.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bezoar.core.errors import UsageError
from bezoar.fortify.egress.emit import (
    aws,
    cilium,
    environment,
    gcp,
    github_actions,
    kubernetes,
    nftables,
    squid,
)
from bezoar.fortify.egress.emit.wanted import Wanted

EMITTERS: Final[Mapping[str, Callable[[Wanted], str]]] = {
    "kubernetes": kubernetes.policy,
    "cilium": cilium.policy,
    "aws": aws.policy,
    "gcp": gcp.policy,
    "squid": squid.policy,
    "nftables": nftables.policy,
    "github-actions": github_actions.policy,
    "env": environment.policy,
}
"""What writes each policy, by the name that `--for` takes."""


def emit(target: str, wanted: Wanted) -> str:
    """Return a policy as text, with a line end after the last line.

    Args:
        target: One of `EMITTERS`.
        wanted: What it shall allow, and whom.

    Raises:
        UsageError: If there is no such target, or a name in it is off.
        BezoarError: If it needs addresses and a name has none.
    """
    if target not in EMITTERS:
        names = ", ".join(EMITTERS)
        raise UsageError(f"no policy for {target!r} (want one of {names})", "bezoar egress emit -h")
    return EMITTERS[target](wanted)
