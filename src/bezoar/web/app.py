"""The page's addresses."""

import json
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bezoar.core.errors import BezoarError
from bezoar.web.desk import Desk
from bezoar.web.guard import Guard, Keys
from bezoar.web.pages import review_page, script, style


class ReviewPage:
    """Answers the page's requests. Pictures have numbers: no address ever names a file."""

    def __init__(self, desk: Desk, keys: Keys, stop: Callable[[], None]) -> None:
        self._desk, self._keys, self._stop = desk, keys, stop

    def app(self) -> ASGIApp:
        """Return the application, guarded."""
        routes = [
            Route("/", self.page),
            Route("/review.css", self.style),
            Route("/review.js", self.script),
            Route("/favicon.ico", self.icon),
            Route("/state", self.state),
            Route("/sample/{number:int}", self.sample),
            Route("/picture/{number:int}", self.picture),
            Route("/peer/{number:int}/{which:int}", self.peer),
            Route("/summary", self.summary),
            Route("/answer", self.answer, methods=["POST"]),
            Route("/undo", self.undo, methods=["POST"]),
            Route("/finish", self.finish, methods=["POST"]),
        ]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return Guard(app, self._keys)

    # What changes the answers runs on the one thread of the event loop, what decodes on others.

    async def page(self, _: Request) -> Response:
        """The page itself."""
        return HTMLResponse(review_page(self._desk.state(), token=self._keys.page))

    async def style(self, _: Request) -> Response:
        """How it looks."""
        return Response(style(), media_type="text/css")

    async def script(self, _: Request) -> Response:
        """What it does."""
        return Response(script(), media_type="text/javascript")

    async def icon(self, _: Request) -> Response:
        """None: every browser asks for one."""
        return Response(status_code=204)

    async def state(self, _: Request) -> Response:
        """Where the reviewer is."""
        return JSONResponse(self._desk.state())

    def sample(self, request: Request) -> Response:
        """One sample."""
        found = self._desk.sample(request.path_params["number"])
        return _missing() if found is None else JSONResponse(found)

    def picture(self, request: Request) -> Response:
        """Its picture."""
        return _png(self._desk.picture(request.path_params["number"]))

    def peer(self, request: Request) -> Response:
        """The picture of one like it."""
        numbers = request.path_params
        return _png(self._desk.peer(numbers["number"], numbers["which"]))

    async def summary(self, _: Request) -> Response:
        """What the review says so far."""
        return JSONResponse(self._desk.summary())

    async def answer(self, request: Request) -> Response:
        """Save an answer."""

        def save(body: dict[str, Any]) -> dict[str, Any]:
            self._desk.answer(body.get("sample"), body.get("opinion"), body.get("note", ""))
            return {"saved": True}

        return await _changed(request, save)

    async def undo(self, request: Request) -> Response:
        """Take back the last answer."""
        return await _changed(request, lambda _: {"sample": self._desk.undo()})

    async def finish(self, request: Request) -> Response:
        """End the review, and the server with it."""

        def finish(_: dict[str, Any]) -> dict[str, Any]:
            self._desk.finish()
            self._stop()
            return self._desk.summary()

        return await _changed(request, finish)


async def _changed(
    request: Request, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Response:
    try:
        body = json.loads(await request.body())
        if not isinstance(body, dict):
            raise ValueError("not an object")  # noqa: TRY004, TRY301 - one answer for all of it
        return JSONResponse(change(body))
    except BezoarError as error:
        return JSONResponse({"error": error.message}, 507)
    except (ValueError, RecursionError) as error:
        return JSONResponse({"error": str(error)}, 400)


def _png(data: bytes | None) -> Response:
    return _missing() if data is None else Response(data, media_type="image/png")


def _missing() -> Response:
    return JSONResponse({"error": "there is no such sample"}, 404)
