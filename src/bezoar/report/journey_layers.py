"""Which layer of a drawing each node stands in: sources above, what is made of them below.

The layers of Coffman and Graham (Acta Informatica 1, 1972): every arrow leads down, and no layer
holds more than fits beside one another, so that a drawing of many nodes grows long, not wide.
"""

from collections.abc import Sequence

Edge = tuple[int, int]


def acyclic(count: int, edges: Sequence[Edge]) -> list[bool]:
    """Say of each edge whether it has to be turned round for every one to lead down.

    Args:
        count: How many nodes there are, numbered from 0.
        edges: From, to.
    """
    after: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for number, (start, end) in enumerate(edges):
        after[start].append((number, end))
    turned = [False] * len(edges)
    state = [0] * count  # 1 while it is on the path from the root, 2 when it is left for good
    for root in range(count):
        if state[root]:
            continue
        state[root] = 1
        path = [(root, iter(after[root]))]
        while path:
            node, rest = path[-1]
            for number, end in rest:
                if state[end] == 1:
                    turned[number] = True
                elif not state[end]:
                    state[end] = 1
                    path.append((end, iter(after[end])))
                    break
            else:
                state[node] = 2
                path.pop()
    return turned


def layers(count: int, edges: Sequence[Edge], lengths: Sequence[int], across: int) -> list[int]:
    """Return the layer of each node, 0 on top.

    Args:
        count: How many nodes there are, numbered from 0.
        edges: From, to; without a cycle.
        lengths: How many layers each edge leads down at least.
        across: How many nodes fit into a layer.
    """
    above: list[list[Edge]] = [[] for _ in range(count)]
    below: list[list[Edge]] = [[] for _ in range(count)]
    for (start, end), length in zip(edges, lengths, strict=True):
        below[start].append((end, length))
        above[end].append((start, length))
    order = _order(above, below)
    layer = [0] * count
    taken: dict[int, int] = {}
    for node in order:
        wanted = max((layer[one] + length for one, length in above[node]), default=0)
        while taken.get(wanted, 0) >= across:
            wanted += 1
        layer[node] = wanted
        taken[wanted] = taken.get(wanted, 0) + 1
    for node in reversed(order):
        if not above[node] and below[node]:
            # A source stands right above what first needs it: its arrow is short.
            lowest = min(layer[one] - length for one, length in below[node])
            free = [n for n in range(layer[node] + 1, lowest + 1) if taken.get(n, 0) < across]
            if free:
                taken[layer[node]] -= 1
                layer[node] = free[-1]
                taken[free[-1]] = taken.get(free[-1], 0) + 1
    return _without_gaps(layer, edges, lengths)


def _order(above: Sequence[Sequence[Edge]], below: Sequence[Sequence[Edge]]) -> list[int]:
    """Return the nodes so that each comes after those above it, the lowest number first."""
    import heapq  # noqa: PLC0415 - a page without a drawing does without

    missing = [len(one) for one in above]
    ready = [node for node, number in enumerate(missing) if not number]
    order = []
    while ready:
        node = heapq.heappop(ready)
        order.append(node)
        for one, _ in below[node]:
            missing[one] -= 1
            if not missing[one]:
                heapq.heappush(ready, one)
    return order


def _without_gaps(layer: list[int], edges: Sequence[Edge], lengths: Sequence[int]) -> list[int]:
    """Close layers that nothing stands in; where an edge needs room, one is left for it."""
    used = sorted(set(layer))
    needed = {layer[end] - 1 for (_, end), length in zip(edges, lengths, strict=True) if length > 1}
    kept = sorted({*used, *needed})
    place = {old: new for new, old in enumerate(kept)}
    return [place[one] for one in layer]
