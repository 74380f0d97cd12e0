"""What the process that starts a job and the one that confines it say to each other.

One JSON object a line, over a pair of sockets; a listener travels beside a line.
"""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

_PIECE: Final = 1 << 16
_LONGEST: Final = 1 << 22


class Channel:
    """One end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self.end, self._rest = end, b""
        self._descriptors: list[int] = []

    def say(self, value: Mapping[str, Any], listener: socket.socket | None = None) -> None:
        """Send an object, and a listener along with it.

        Raises:
            OSError: If the other side is gone.
        """
        line = json.dumps(dict(value)).encode() + b"\n"
        if listener is not None:
            sent = socket.send_fds(self.end, [line], [listener.fileno()])
            line = line[sent:]
        self.end.sendall(line)

    def hear(self) -> dict[str, Any] | None:
        """Return the next object; None where the other side is gone."""
        with suppress(OSError, ValueError):
            while b"\n" not in self._rest:
                data, descriptors, _, _ = socket.recv_fds(self.end, _PIECE, 1)
                self._descriptors += descriptors
                if not data or len(self._rest) > _LONGEST:
                    return None
                self._rest += data
            line, _, self._rest = self._rest.partition(b"\n")
            value = json.loads(line)
            return value if isinstance(value, dict) else None
        return None

    def waiting(self) -> bool:
        """Say whether a whole line was received already."""
        return b"\n" in self._rest

    def listener(self) -> socket.socket | None:
        """Return the listener that came along, once."""
        return socket.socket(fileno=self._descriptors.pop()) if self._descriptors else None
