"""From text to a syntax tree: what may fetch must not be left over."""

import ast

from bezoar.recon.scan.python import prefilter
from bezoar.syntax import python_tree


def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a module.

    Raises:
        UnreadableError: It is no Python, or nested too deeply, or what may fetch does not parse.
    """

    def may_fetch(piece: str) -> bool:
        names = prefilter.imported(text.encode("utf-8", "replace"))
        return prefilter.may_fetch(piece.encode("utf-8", "replace"), names)

    return python_tree.parsed(text, may_fetch)
