"""Serving a page on this machine until its reviewer is through."""

import os
import socket
import sys
import webbrowser
from collections.abc import Callable

import uvicorn

from bezoar.core.errors import BezoarError
from bezoar.web.app import ReviewPage
from bezoar.web.desk import Desk
from bezoar.web.guard import Keys


def serve(desk: Desk, port: int, opened: Callable[[str], None]) -> None:
    """Serve a review until it is finished.

    Args:
        desk: The review.
        port: The port; 0 takes a free one.
        opened: Called with the address as soon as it can be opened.

    Raises:
        BezoarError: If the port cannot be had.
        KeyboardInterrupt: If somebody stops it before.
    """
    with listening(port) as listener:
        keys = Keys(listener.getsockname()[1])

        def stop() -> None:
            server.should_exit = True

        config = uvicorn.Config(
            ReviewPage(desk, keys, stop).app(),
            lifespan="off",
            ws="none",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
        server = uvicorn.Server(config)
        opened(keys.address)
        server.run(sockets=[listener])


def listening(port: int) -> socket.socket:
    """Return a socket that this machine alone can reach.

    Raises:
        BezoarError: If the port cannot be had.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        # Who is quick may connect before the server runs, and waits.
        listener.listen()
    except OSError as error:
        listener.close()
        raise BezoarError(
            f"cannot listen on 127.0.0.1:{port}: {error.strerror}", next="leave out --port"
        ) from error
    return listener


def open_browser(address: str) -> bool:
    """Open an address if there is a screen to open it on; tell whether that was tried."""
    screen = sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return screen and webbrowser.open(address)
