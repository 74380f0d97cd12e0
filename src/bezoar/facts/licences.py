"""The SPDX licence list: which identifiers an expression may use."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Licences:
    """The facts of `licences.toml`, ready to be asked; identifiers are compared without case.

    Attributes:
        licences: Each identifier by its lower-case form.
        exceptions: The same for what may follow `WITH`.
    """

    licences: dict[str, str]
    exceptions: dict[str, str]


@cache
def licences() -> Licences:
    """Read the list once."""
    text = files("bezoar.facts").joinpath("licences.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Licences(
        licences={name.lower(): name for name in table["licences"]},
        exceptions={name.lower(): name for name in table["exceptions"]},
    )
