"""Which hosts can be asked; a new one is a file beside this one and a line here."""

from typing import Final

from bezoar.recon.source.asking import Host
from bezoar.recon.source.github import GithubRepository
from bezoar.recon.source.hub import HubRepository
from bezoar.recon.source.kaggle import KaggleDataset
from bezoar.recon.source.openml import OpenmlDataset
from bezoar.recon.source.registry import RegistryImage
from bezoar.recon.source.zenodo import ZenodoRecord

HOSTS: Final[tuple[type[Host], ...]] = (
    HubRepository,
    GithubRepository,
    KaggleDataset,
    ZenodoRecord,
    OpenmlDataset,
    RegistryImage,
)
"""Every host, in the order in which an address is offered to them."""


def host_of(uri: str) -> Host | None:
    """Return the source behind an address; None where no host knows it."""
    return next((found for host in HOSTS if (found := host.matches(uri))), None)
