"""How a file that somebody else may have put there is opened."""

import os
from typing import Final

# A link, a pipe or a terminal in the place of a file must neither be followed nor waited for.
READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Flags of `os.open` for reading."""
