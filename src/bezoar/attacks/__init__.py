"""The red team's room: ways to poison a data set, one per file, and how well each one worked.

`poisoning` slips an attack into labelled images and measures what a trained model makes of it.
An attack is looked up by its name on the command line with `attack_named`.
"""

import difflib
from types import MappingProxyType

import numpy as np

from bezoar.attacks.blend import Blend
from bezoar.attacks.label_flip import LabelFlip
from bezoar.attacks.sticker import Sticker
from bezoar.core.attack import Attack
from bezoar.core.errors import UsageError
from bezoar.core.place import printable

ATTACKS = MappingProxyType({kind.name: kind for kind in (Sticker, LabelFlip, Blend)})
"""Every attack by its name on the command line."""


def attack_named(
    name: str, source: str | None, target: str, rng: np.random.Generator | None = None
) -> Attack:
    """Return the attack of that name.

    Args:
        name: One of `ATTACKS`.
        source: The only class that the attacker touches; None for every class but the target.
        target: The class that the attacker wants to see predicted.
        rng: Draws what the attacker is free to choose (colour, place, size, pattern); without
            it the attack's defaults stand.

    Raises:
        UsageError: If there is no such attack, or source and target are the same class.
    """
    kind = ATTACKS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, ATTACKS, n=1)
        meant = f", did you mean {near[0]}?" if near else ""
        known = ", ".join(ATTACKS)
        raise UsageError(f"no attack is named {printable(name)!r}{meant} Known attacks: {known}.")
    sources = None if source is None else frozenset({source})
    try:
        return kind(target, sources) if rng is None else kind.drawn(rng, source, target)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
