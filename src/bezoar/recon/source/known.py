"""What the dated list of known sources says of one, without asking anybody."""

from typing import Final

from bezoar.facts.known_sources import KnownSource, known_sources
from bezoar.recon.scan.registered import canonical
from bezoar.recon.source.asking import Host
from bezoar.recon.source.registry import RegistryImage
from bezoar.recon.source.signal import Aspect, Level, Signal

_SHORTEST_IMITATED: Final = 5
_LONG: Final = 9


def known_signals(uri: str, host: Host | None) -> list[Signal]:
    """Return what is known of a source: reported, withdrawn, or a name that imitates another."""
    facts = known_sources()
    place = _place(uri, host)
    if found := next((one for one in facts.sources if _covers(one, place)), None):
        says = f"{found.kind}: {found.why} (reported {found.since.isoformat()})"
        return [Signal(Aspect.KNOWN_BAD, Level.BAD, says, found.reference, "place", found.place)]
    owner = getattr(host, "owner", "")
    imitated = next((name for name in facts.owners if _imitates(owner, name)), None)
    if imitated:
        says = f"the account {owner!r} looks like {imitated!r}, and is not"
        return [Signal(Aspect.KNOWN_BAD, Level.POOR, says, "", "owner", owner)]
    # A short list: what is not on it is not known to be good.
    says = f"not on the list of known bad sources, as of {facts.dated.isoformat()}"
    return [Signal(Aspect.KNOWN_BAD, Level.FAIR, says)]


def _place(uri: str, host: Host | None) -> str:
    if isinstance(host, RegistryImage) and host.registry == "docker.io":
        return f"docker:{host.name}"
    return canonical(uri).place


def _covers(known: KnownSource, place: str) -> bool:
    start, whole = known.place.lower(), place.lower()
    return whole == start or whole.startswith(start.rstrip("/") + "/")


def _imitates(owner: str, name: str) -> bool:
    """Say whether a name is another one with one letter changed; two in long ones."""
    mine, other = owner.lower(), name.lower()
    if mine == other or len(other) < _SHORTEST_IMITATED:
        return False
    if mine.replace("-", "").replace("_", "") == other.replace("-", "").replace("_", ""):
        return True
    return distance(mine, other, most := 2 if len(other) >= _LONG else 1) <= most


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters must be changed, added, dropped or swapped; `most` + 1 if more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return min(row[-1], most + 1)
