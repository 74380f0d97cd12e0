"""`Wanted`: what a policy shall allow and to whom; and the comment that each policy begins with."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bezoar.core.errors import UsageError
from bezoar.fortify.egress.endpoints import Destinations
from bezoar.fortify.egress.resolving import Addresses, Network, parse_network, resolve

_WIDTH: Final = 98
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}|[0-9]{1,10}")
_GROUP: Final = re.compile(r"[A-Za-z0-9_@-][A-Za-z0-9_.@-]*(/[A-Za-z0-9_@-][A-Za-z0-9_.@-]*){0,15}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a policy shall allow, and to whom.

    Attributes:
        destinations: What may be reached.
        given: `HOST=NETWORK`, in place of what the resolver says.
        namespace: Of Kubernetes: its pods are meant.
        user: A user's name or number, for nftables; None: everybody, unless there is a `cgroup`.
        cgroup: A path below the root of the control groups, for nftables.
        resolvers: Addresses of resolvers that may be asked; none: nobody asks.
    """

    destinations: Destinations
    given: tuple[str, ...] = ()
    namespace: str = "training"
    user: str | None = None
    cgroup: str | None = None
    resolvers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, text, pattern in (
            ("namespace", self.namespace, _NAME),
            ("user", self.user, _USER),
            ("cgroup", self.cgroup, _GROUP),
        ):
            if text is not None and not pattern.fullmatch(text):
                raise UsageError(f"not a {what}: {text!r}", next="bezoar egress emit --help")

    def addresses(self) -> Addresses:
        """Return the addresses of all that may be reached.

        Raises:
            BezoarError: If a name has none.
        """
        return resolve(self.destinations.all, self.given)

    def asked(self, version: int) -> list[Network]:
        """Return the resolvers of an IP version."""
        found = [parse_network(text) for text in self.resolvers]
        return [network for network in found if network.version == version]

    def hosts(self) -> list[str]:
        """Return the names that may be reached, each once, addresses left out."""
        named = [one.host for one in self.destinations.all if one.address is None]
        return list(dict.fromkeys(named))


def heading(title: str, enforces: Sequence[str], open_: Sequence[str]) -> str:
    """Return the comment that a policy begins with.

    Args:
        title: What this is a policy of.
        enforces: Sentences.
        open_: Sentences about what stays open.
    """
    lines = [f"# {title}, written by `bezoar egress emit`.", "#"]
    for head, sentences in (("What it enforces:", enforces), ("What it does not:", open_)):
        lines.append(f"# {head}")
        for sentence in sentences:
            lines += textwrap.wrap(
                sentence,
                _WIDTH,
                initial_indent="# - ",
                subsequent_indent="#   ",
                break_on_hyphens=False,
            )
        lines.append("#")
    lines.append("# Check that it holds where the jobs run: bezoar egress probe")
    return "\n".join(lines) + "\n"


def reached(wanted: Wanted) -> str:
    """Return a sentence part that names all that may be reached."""
    names = [str(one) for one in wanted.destinations.all]
    return ", ".join(names) if names else "nothing: the mirror is a folder"
