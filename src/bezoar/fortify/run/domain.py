"""A domain of Landlock's: what a job without namespaces can do to the machine's other processes.

Files stay as they are. Inside of a domain nobody reads or changes the memory of a process outside
of it, on newer kernels signals it, or connects to its abstract sockets: else a job that may open no
socket would have one opened by somebody else.
"""

import ctypes
import os
from typing import Final

from bezoar.sandbox import kernel, landlock

_CREATE, _RESTRICT = 444, 446
_MAKE_DEVICES: Final = 1 << 6 | 1 << 11
"""A right that no job has anyhow; a domain has to refuse something."""

_TCP: Final = 0b11
_SCOPES: Final = 0b11
_WITH_NETWORK, _WITH_SCOPES = 4, 6  # versions of the interface
_SIZES: Final = {_WITH_SCOPES: 24, _WITH_NETWORK: 16}


def enter() -> None:
    """Enter a domain of one's own, with all that is started from here.

    It needs `kernel.forgo_privileges` before.

    Raises:
        OSError: If the kernel has no Landlock.
    """
    known = landlock.version()
    rules = (ctypes.c_uint64 * 3)(
        _MAKE_DEVICES,
        _TCP if known >= _WITH_NETWORK else 0,
        _SCOPES if known >= _WITH_SCOPES else 0,
    )
    size = next((size for version, size in _SIZES.items() if known >= version), 8)
    ruleset = kernel.call(_CREATE, ctypes.byref(rules), size, 0)
    try:
        kernel.call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
