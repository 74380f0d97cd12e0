"""Where a probe of the way out knocks."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class PublicHosts:
    """The facts of `public_hosts.toml`.

    Attributes:
        dated: When they were last looked at.
        hosts: Hosts of data sets and models, each as `host:port`.
        resolvers: Addresses of public resolvers.
        metadata: Metadata services of clouds, each as `address:port`.
        engines: Sockets of container engines.
    """

    dated: date
    hosts: tuple[str, ...]
    resolvers: tuple[str, ...]
    metadata: tuple[str, ...]
    engines: tuple[str, ...]


@cache
def public_hosts() -> PublicHosts:
    """Read the facts once."""
    text = files("bezoar.facts").joinpath("public_hosts.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    lists = {name: tuple(value) for name, value in table.items() if name != "dated"}
    return PublicHosts(dated=table["dated"], **lists)
