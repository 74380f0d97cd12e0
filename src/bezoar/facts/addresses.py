"""What is known of addresses: which hosts, endings and words mean data, a model, or software."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Addresses:
    """The facts of `addresses.toml`, ready to be asked.

    Attributes:
        hosts: A kind (`model`, `dataset`, `other`, `software`, `service`) for each host or
            host with the start of a path; `*` stands for one label or path part.
        endings: A kind for each end of a file name, without its dot.
        words: The kinds (`data`, `model`, `software`) that a word in a path speaks for.
        publishers: Owners of models and data sets on hubs, in lower case.
    """

    hosts: dict[str, str]
    endings: dict[str, str]
    words: dict[str, frozenset[str]]
    publishers: frozenset[str]


@cache
def addresses() -> Addresses:
    """Read the facts once."""
    text = files("bezoar.facts").joinpath("addresses.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Addresses(
        hosts={host: kind for kind, hosts in table["hosts"].items() for host in hosts},
        endings={end: kind for kind, ends in table["endings"].items() for end in ends},
        words={kind: frozenset(words) for kind, words in table["words"].items()},
        publishers=frozenset(table["hub"]["publishers"]),
    )
