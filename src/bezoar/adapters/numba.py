"""Loops over arrays, compiled where numba is installed."""

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled(loop: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return a function over arrays as machine code; None where numba is missing.

    Nothing is kept on disk: a cache of machine code would be one more thing to tamper with.
    """
    try:
        import numba  # noqa: PLC0415 - half a second, for those who monitor
    except ImportError:
        return None
    function: Callable[..., Any] = numba.njit(nogil=True)(loop)
    return function
