"""Looking into trees that may hold anything: what is not of the kind asked for is empty."""

from collections.abc import Iterator

from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence

_DEEPEST = 100


def entries(node: Node | None) -> list[tuple[Scalar, Node]]:
    """Return a mapping's keys and values, none where it is no mapping."""
    return node.entries if isinstance(node, Mapping) else []


def fields(node: Node | None) -> dict[str, Node]:
    """Return a mapping's values by key, the last of those with the same key."""
    return {key.text: value for key, value in entries(node)}


def items(node: Node | None) -> list[Node]:
    """Return a sequence's items, none where it is no sequence."""
    return node.items if isinstance(node, Sequence) else []


def listed(node: Node | None) -> list[Node]:
    """Return the items of a sequence, or the one value that stands in the place of one."""
    if isinstance(node, Sequence):
        return node.items
    return [] if node is None or (isinstance(node, Scalar) and not node.text) else [node]


def at(node: Node | None, *path: str) -> Node | None:
    """Return what lies at a path of keys, None where nothing does."""
    for name in path:
        if not isinstance(node, Mapping):
            return None
        for key, value in node.entries:
            if key.text == name:
                node = value
                break
        else:
            return None
    return node


def text(node: Node | None, *path: str) -> str:
    """Return the text at a path of keys, "" where there is none."""
    found = at(node, *path)
    return found.text.strip() if isinstance(found, Scalar) else ""


def texts(node: Node | None) -> list[str]:
    """Return the texts of a sequence, or the one text that stands in the place of one."""
    return [one.text for one in listed(node) if isinstance(one, Scalar)]


def is_true(node: Node | None) -> bool:
    """Say whether a value is YAML's or JSON's true."""
    return isinstance(node, Scalar) and node.text.strip().lower() in ("true", "yes", "on")


def walk(node: Node | None, depth: int = 0) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    """Yield every scalar with the keys that lead to it; a sequence adds no key."""
    if isinstance(node, Scalar):
        yield (), node
    elif node is not None and depth < _DEEPEST:
        parts = (
            [("", value) for value in node.items]
            if isinstance(node, Sequence)
            else [(key.text, value) for key, value in node.entries]
        )
        for name, value in parts:
            for path, scalar in walk(value, depth + 1):
                yield ((name, *path) if name else path), scalar
