"""Serving the monitor until somebody stops it."""

import socket
from collections.abc import Callable, Sequence

import uvicorn
from starlette.routing import BaseRoute

from bezoar.core.errors import BezoarError
from bezoar.limit.intake import Intake
from bezoar.web.monitoring import MonitorServer

_MOST_CONNECTIONS = 512


def serve_monitor(
    intake: Intake,
    token: str,
    host: str,
    port: int,
    opened: Callable[[str], None],
    *,
    rollback: Sequence[BaseRoute] = (),
) -> None:
    """Serve a monitor until it is told to end.

    Args:
        intake: Takes batches in.
        token: What each request has to bring; empty: none.
        host: Where to listen.
        port: The port; 0 takes a free one.
        opened: Called with the address as soon as it can be asked.
        rollback: The address of the rollback, with a token of its own; none: it is refused.

    Raises:
        BezoarError: If the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(1024)
        except OSError as error:
            raise BezoarError(
                f"cannot listen on {host}:{port}: {error.strerror or error}",
                next="take another --host or --port",
            ) from error
        config = uvicorn.Config(
            MonitorServer(intake, token, rollback).app(),
            ws="none",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
        shown = f"[{host}]" if ":" in host else host
        opened(f"http://{shown}:{listener.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listener])
