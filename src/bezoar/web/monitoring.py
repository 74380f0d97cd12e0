"""The monitor's addresses: predictions come in, its state goes out.

A batch is answered once it is on disk. What waits is bounded, in batches and in bytes: who sends
faster than the disk takes is told to come again (503 with `Retry-After`).
"""

import asyncio
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bezoar.core.errors import BezoarError
from bezoar.limit.intake import Intake
from bezoar.limit.parcel import Parcel, Receipt
from bezoar.web.guard import HEADERS
from bezoar.web.monitoring_bodies import BodyError, read_body
from bezoar.web.monitoring_text import metrics, page, script, standing, style
from bezoar.web.rollback import ADDRESS as ROLLBACK

MOST_BYTES: Final = 8 << 20
MOST_WAITING: Final = 256
MOST_WAITING_BYTES: Final = 32 << 20
_RETRY_S: Final = "1"
_TELL_S: Final = 1.0
_OPEN: Final = frozenset({"/healthz", "/", "/monitor.css", "/monitor.js", "/favicon.ico"})
"""What anybody may read: it says nothing about the model."""


@dataclass
class MonitorServer:
    """Answers the monitor's requests.

    Attributes:
        intake: Takes batches in.
        token: What each request has to bring; empty: none, on this machine alone.
        rollback: The address of the rollback, which wants a token of its own; none: it is refused.
        refused: Requests that were refused, by status.
    """

    intake: Intake
    token: str = ""
    rollback: Sequence[BaseRoute] = ()
    refused: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._waiting: list[tuple[Parcel, asyncio.Future[Receipt]]] = []
        self._bytes = 0
        self._wake = asyncio.Event()
        self._alone = asyncio.Lock()
        # One thread: each keeps some megabytes of what it once allocated.
        self._disk = ThreadPoolExecutor(1, "intake")

    def app(self) -> ASGIApp:
        """Return the application, guarded."""
        routes = [
            Route("/v1/observe", self.observe, methods=["POST"]),
            Route("/v1/status", self.status),
            Route("/v1/state", self.state),
            Route("/v1/inputs/{name}", self.kept),
            Route("/metrics", self.metrics),
            Route("/healthz", self.health),
            Route("/", self.page),
            Route("/monitor.css", self.style),
            Route("/monitor.js", self.script),
            Route("/favicon.ico", self.icon),
            *(self.rollback or [Route(ROLLBACK, self.no_rollback, methods=["POST"])]),
        ]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        app.router.redirect_slashes = False
        return _Guard(app, self)

    async def observe(self, request: Request) -> Response:
        """Take predictions in: JSON lines, a JSON list, or one JSON object of columns."""
        try:
            body = await self._body(request)
            kind = request.headers.get("content-type", "")
            batch = read_body(body, kind, self.intake.columns)
            try:
                parcel = self.intake.parcel(batch, request.headers.get("idempotency-key", ""))
            except BezoarError as error:
                raise BodyError(400, error.message) from None
            receipt = await self._queued(parcel, len(body))
        except BodyError as error:
            return self.refusal(error.status, error.why)
        except ClientDisconnect:
            return self.refusal(400, "The request ended too early.")
        except BezoarError as error:
            return self.refusal(503, error.message)
        return JSONResponse(
            {
                "taken": receipt.taken,
                "refused": receipt.refused,
                "again": receipt.again,
                "alerts": [one.sentence for one in receipt.alerts],
            }
        )

    async def status(self, _: Request) -> Response:
        """What the page shows."""
        async with self._alone:
            return JSONResponse(standing(self.intake))

    async def state(self, _: Request) -> Response:
        """The state, to be added to that of other replicas."""
        async with self._alone:
            state = self.intake.monitor.state()
        return Response(state, media_type="application/octet-stream")

    async def kept(self, request: Request) -> Response:
        """The bytes of an input that was kept: a stranger's, and never shown as anything else."""
        inputs, name = self.intake.incidents.inputs, request.path_params["name"]
        async with self._alone:
            content = inputs.content(name) if inputs is not None else None
        if content is None:
            return self.refusal(404, "No bytes are kept under that name.")
        headers = {"Content-Disposition": "attachment"}
        return Response(content, headers=headers, media_type="application/octet-stream")

    async def metrics(self, _: Request) -> Response:
        """What Prometheus reads."""
        async with self._alone:
            text = metrics(self.intake, self.refused, len(self._waiting))
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def health(self, _: Request) -> Response:
        """Whether it works."""
        well = not self.intake.untold
        return JSONResponse({"ok": well}, 200 if well else 503)

    async def page(self, _: Request) -> Response:
        """The page; it holds no data, and asks for a token where one is needed."""
        return HTMLResponse(page(token=bool(self.token)))

    async def style(self, _: Request) -> Response:
        """How it looks."""
        return Response(style(), media_type="text/css")

    async def script(self, _: Request) -> Response:
        """What it does."""
        return Response(script(), media_type="text/javascript")

    async def icon(self, _: Request) -> Response:
        """None: every browser asks for one."""
        return Response(status_code=204)

    async def no_rollback(self, _: Request) -> Response:
        """Say why there is no rollback here."""
        return self.refusal(403, "No BEZOAR_ROLLBACK_TOKEN is set where the monitor runs.")

    def refusal(self, status: int, why: str) -> Response:
        """Return a refusal; the guard counts it."""
        headers = {"Retry-After": _RETRY_S} if status == 503 else None  # noqa: PLR2004 - HTTP
        return JSONResponse({"error": why}, status, headers=headers)

    async def _body(self, request: Request) -> bytes:
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > MOST_BYTES:
            raise BodyError(413, f"At most {MOST_BYTES:,} bytes in a batch.")
        if len(self._waiting) >= MOST_WAITING or self._bytes > MOST_WAITING_BYTES:
            raise BodyError(503, "Too many batches wait.")
        parts: list[bytes] = []
        size = 0
        # What is on its way counts, too: many slow senders must not fill the memory.
        try:
            async for part in request.stream():
                size += len(part)
                self._bytes += len(part)
                if size > MOST_BYTES:
                    raise BodyError(413, f"At most {MOST_BYTES:,} bytes in a batch.")
                if self._bytes > MOST_WAITING_BYTES + MOST_BYTES:
                    raise BodyError(503, "Too many bytes wait.")
                parts.append(part)
        finally:
            self._bytes -= size
        return b"".join(parts)

    async def _queued(self, parcel: Parcel, size: int) -> Receipt:
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= MOST_WAITING:
            raise BodyError(503, "Too many batches wait.")
        self._waiting.append((parcel, future))
        self._bytes += size
        self._wake.set()
        try:
            return await asyncio.shield(future)
        finally:
            self._bytes -= size

    async def _work(self) -> None:
        """Take in what waits, all of it at each turn: many batches wait once for the disk."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TELL_S)
            self._wake.clear()
            if self.intake.untold:  # whoever could not be told hears of it without more predictions
                # What fails again goes on waiting, and `/healthz` says so.
                with suppress(Exception):
                    async with self._alone:
                        await asyncio.to_thread(self.intake.tell)
            turn, self._waiting = self._waiting, []
            if turn:
                await self._take(turn)

    async def _take(self, turn: list[tuple[Parcel, asyncio.Future[Receipt]]]) -> None:
        try:
            # The disk is waited for elsewhere, while other requests are read.
            async with self._alone:
                parcels = [parcel for parcel, _ in turn]
                run = asyncio.get_running_loop().run_in_executor
                receipts = await run(self._disk, self.intake.take, parcels)
        except Exception as error:  # noqa: BLE001 - each sender is told, the next turn goes on
            for _, future in turn:
                if not future.done():
                    why = getattr(error, "message", type(error).__name__)
                    future.set_exception(BodyError(503, why))
            return
        for (_, future), receipt in zip(turn, receipts, strict=True):
            if not future.done():
                future.set_result(receipt)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(self._work())
        yield
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        self._disk.shutdown()


class _Guard:
    """Lets through who brings the token; without one, who is not another page of a browser."""

    def __init__(self, app: ASGIApp, server: MonitorServer) -> None:
        self._app, self._server = app, server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] >= 400:  # noqa: PLR2004 - HTTP
                    self._server.refused[message["status"]] += 1
                names = HEADERS.items()
                message["headers"].extend((n.lower().encode(), v.encode()) for n, v in names)
            await send(message)

        why = self._why_not(scope)
        app = self._server.refusal(*why) if why else self._app
        await app(scope, receive, guarded)

    def _why_not(self, scope: Scope) -> tuple[int, str] | None:
        headers = scope["headers"]
        given = [value for name, value in headers if name == b"authorization"]
        asks_itself = scope["path"] == ROLLBACK and self._server.rollback
        if scope["path"] in _OPEN or asks_itself:
            return None
        if self._server.token:
            want = b"Bearer " + self._server.token.encode()
            if len(given) != 1 or not hmac.compare_digest(given[0], want):
                return 401, "The token is missing or wrong."
            return None
        # Any page in any tab may send to 127.0.0.1; browsers say so, and other programs do not.
        host = next((value for name, value in headers if name == b"host"), b"")
        if host.rpartition(b":")[0] not in (b"127.0.0.1", b"localhost", b"[::1]"):
            return 421, "This is not the server that you asked for."
        site = [value for name, value in headers if name == b"sec-fetch-site"]
        if any(value not in (b"same-origin", b"none") for value in site):
            return 403, "Another page asked for this."
        origin = [value for name, value in headers if name == b"origin"]
        return (403, "Another page sent this.") if origin not in ([], [b"http://" + host]) else None
