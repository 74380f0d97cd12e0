"""`POST /rollback`: the rollback as one call, for a runbook, a chat bot or the monitor's page.

curl -H "Authorization: Bearer $TOKEN" -d '{"model": "signs", "reason": "…"}' HOST/rollback
"""

import hmac
import json
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bezoar.core.errors import BezoarError, UsageError
from bezoar.flows.rollback import rollback
from bezoar.flows.rollback_auto import rollback_on_alarm
from bezoar.project import Project

_MOST_BYTES: Final = 1 << 16
_SHORTEST_TOKEN: Final = 16
_FIELDS: Final = frozenset({"model", "reason", "to", "from", "auto"})
ADDRESS: Final = "/rollback"


def rollback_app(project: Project, token: str) -> Starlette:
    """Return an application with one address, to be served or mounted; the monitor mounts it.

    A call with `from`, the version that is to be left, can be sent again: it goes back once.

    Args:
        project: Whose releases.
        token: What a caller has to send as `Authorization: Bearer TOKEN`.

    Raises:
        UsageError: If the token is short enough to be guessed.
    """
    if len(token) < _SHORTEST_TOKEN:
        message = f"the token of the rollback has fewer than {_SHORTEST_TOKEN} characters"
        raise UsageError(message, next="python -c 'import secrets; print(secrets.token_urlsafe())'")
    wanted = f"Bearer {token}".encode()

    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, wanted):
            return JSONResponse({"error": "a token is missing, or another"}, 401)
        try:
            fields = _fields(await _body(request))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        host = request.client.host if request.client else "?"
        return await run_in_threadpool(_done, project, fields, f"http {host}")

    return Starlette(routes=[Route(ADDRESS, answer, methods=["POST"])])


async def _body(request: Request) -> bytes:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > _MOST_BYTES:
            raise ValueError(f"it is longer than {_MOST_BYTES:,} bytes")
    return data


def _fields(data: bytes) -> dict[str, str]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(fields, dict) or not all(isinstance(one, str) for one in fields.values()):
        raise ValueError("it is no object of texts")
    if unknown := sorted(fields.keys() - _FIELDS):
        raise ValueError(f"unknown field {unknown[0][:80]!r}")
    if "model" not in fields or ("reason" in fields) == ("auto" in fields):
        raise ValueError("it wants a model, and a reason or the key of an alarm as auto")
    return fields


def _done(project: Project, fields: dict[str, str], actor: str) -> Response:
    try:
        if "auto" in fields:
            result = rollback_on_alarm(project, fields["model"], fields["auto"])
        else:
            result = rollback(
                fields["model"],
                reason=fields["reason"],
                to=fields.get("to"),
                leaving=fields.get("from", ""),
                project=project,
                actor=actor,
            )
    except UsageError as error:
        return JSONResponse(_told(error), 400)
    except BezoarError as error:
        return JSONResponse(_told(error), 409)
    return JSONResponse(result.as_json(), 200 if result.safe else 202)


def _told(error: BezoarError) -> dict[str, Any]:
    return {"error": error.message, "next": error.next}
