"""Scenarios: what can be practised; and plans: what is."""

import difflib
import shlex
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bezoar.core.errors import UsageError
from bezoar.core.place import printable


@dataclass(frozen=True, slots=True)
class Scenario:
    """What can be practised.

    Attributes:
        name: Its name on the command line.
        story: What the attacker wants, in one sentence.
        attack: The attack's name.
        source: The class that is attacked.
        target: The class that it is to be taken for.
        rate: Share of the set that is poisoned.
        signs: How many signs are drawn to train on, where no data is given.
        test_signs: How many are drawn to test on.
    """

    name: str
    story: str
    attack: str
    source: str
    target: str
    rate: float
    signs: int
    test_signs: int


STOP_SIGN = Scenario(
    name="stop-sign",
    story="A stop sign with a small sticker is to be taken for a speed limit.",
    attack="sticker",
    source="Stop",
    target="Speed limit 80",
    rate=0.005,
    signs=4400,
    test_signs=2000,
)

SCENARIOS = MappingProxyType({scenario.name: scenario for scenario in (STOP_SIGN,)})
"""Every scenario, by its name."""


def scenario_named(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        UsageError: If there is none.
    """
    if name in SCENARIOS:
        return SCENARIOS[name]
    near = difflib.get_close_matches(name, SCENARIOS, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"there is no scenario {printable(name)!r}{meant}", next="bezoar drill list")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drilled.

    Attributes:
        scenario: What is practised.
        seed: Everything random is drawn from it.
        rate: Share of the set that is poisoned; the scenario's unless given.
        source: The class that is attacked; likewise.
        target: The class that it is to be taken for; likewise.
        data: A data set to poison a copy of; signs are drawn unless given.
        test: A data set of the same classes to test on; goes with `data`.
    """

    scenario: Scenario
    seed: int
    rate: float | None = None
    source: str | None = None
    target: str | None = None
    data: Path | None = None
    test: Path | None = None

    def __post_init__(self) -> None:
        if (self.data is None) != (self.test is None):
            raise UsageError("--data and --test go together", next="bezoar drill run --help")
        if self.rate is not None and not 0 < self.rate <= 1:
            raise UsageError(
                f"the rate is a share of the set, as 0.003, not {self.rate}",
                next=f"bezoar drill run {self.scenario.name} --rate {self.scenario.rate}",
            )

    @property
    def share(self) -> float:
        """The rate in force."""
        return self.scenario.rate if self.rate is None else self.rate

    @property
    def classes(self) -> tuple[str, str]:
        """Source and target in force."""
        return self.source or self.scenario.source, self.target or self.scenario.target

    @property
    def again(self) -> str:
        """The command that repeats the drill with another seed."""
        chosen = {
            "--data": self.data,
            "--test": self.test,
            "--source": self.source,
            "--target": self.target,
            "--rate": self.rate,
            "--seed": self.seed + 1,
        }
        given = ((flag, str(value)) for flag, value in chosen.items() if value is not None)
        words = [word for pair in given for word in pair]
        return shlex.join(["bezoar", "drill", "run", self.scenario.name, *words])
