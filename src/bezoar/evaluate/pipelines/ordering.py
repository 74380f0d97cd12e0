"""Steps in the order in which they may run."""

from collections.abc import Callable, Iterable, Mapping


def in_order(needs: Mapping[str, Iterable[str]], cyclic: Callable[[str], None]) -> list[str]:
    """Return names, each behind those that it needs, else in their own order.

    Args:
        needs: What each name needs; names that are not there count for nothing.
        cyclic: Told of one name where some need one another; those come last.
    """
    waiting = {name: {one for one in given if one in needs} for name, given in needs.items()}
    followers: dict[str, list[str]] = {}
    for name, given in waiting.items():
        for one in given:
            followers.setdefault(one, []).append(name)
    ready = [name for name, given in waiting.items() if not given]
    for name in ready:
        for follower in followers.get(name, ()):
            waiting[follower].discard(name)
            if not waiting[follower]:
                ready.append(follower)
    if stuck := [name for name in needs if waiting[name]]:
        cyclic(stuck[0])
    return [*ready, *stuck]
