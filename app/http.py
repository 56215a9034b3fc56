"""The one HTTP application: every room's routes, the pages, health and metrics, and how refusals look."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.access import Guard
from app.docs import POLICY, docs_page
from app.etags import Etags
from app.express import ExpressLane
from app.policy import may_use
from guidance.access import Role
from guidance.api import Express
from guidance.api.problems import MEDIA_TYPE, problems
from parking.errors import UnavailableError
from parking.plumbing.health import Health

log = logging.getLogger(__name__)

API = "/api/v1"
RETRY_AFTER_S = 5

_REFUSALS = {
    "401": "A key or a session is needed, or the one sent is not known",
    "403": "The role may not use this",
    "429": "Too many requests: ask again after `Retry-After` seconds",
    "500": "Something went wrong here that is no fault of the request",
    "503": "The database does not answer; try again after `Retry-After` seconds",
}
_KEY_SCHEME = {"type": "http", "scheme": "bearer", "description": "a key made with `citypark keys create`"}
_DESCRIPTION = """
Kerbside parking of one city. Instants are ISO 8601 in UTC, positions WGS 84 degrees, distances metres, money
integer fen (0.01 yuan). Refusals are `application/problem+json` (RFC 9457). A berth's state is `free`,
`occupied`, `unknown` or `closed`; unknown is never to be taken for free. Numbers come with their age.
"""


class Application(FastAPI):
    """FastAPI with parts before all of its own, also before the one that answers failures."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  as FastAPI has them
        super().__init__(**options)
        self._before: list[Callable[[ASGIApp], ASGIApp]] = []

    def add_before(self, wrap: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put a part before everything there is by now; only until the first request."""
        self._before.append(wrap)

    def build_middleware_stack(self) -> ASGIApp:
        """Put the framework's parts together, and the others before them."""
        stack = super().build_middleware_stack()
        for wrap in self._before:
            stack = wrap(stack)
        return stack


def build_app(
    api: Sequence[APIRouter],
    pages: Sequence[APIRouter],
    healths: Sequence[Health],
    guard: Guard | None = None,
    express: Mapping[str, Express] | None = None,
    first: Sequence[APIRouter] = (),
) -> Application:
    """Put the routers together: `api` under /api/v1 behind the guard, `pages` at the root, beside health.

    `express` are the short ways to some routes of `api`, behind the same guard; `first` is matched before
    everything else.
    """
    app = Application(title="Citypark", version="1", description=_DESCRIPTION, docs_url=None, redoc_url=None)
    guarded = [Depends(guard)] if guard else []
    for router in first:
        app.include_router(router)
    for router in api:
        app.include_router(router, prefix=API, responses=problems(422), dependencies=guarded)
    app.include_router(_health_router(healths))
    app.get("/docs", include_in_schema=False)(lambda: _docs(app))
    for router in pages:
        app.include_router(router)
    app.add_middleware(Etags)
    if express and guard:
        app.add_before(partial(ExpressLane, prefix=API, answers=express, admit=guard.admit))
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UnavailableError, _unavailable)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(Exception, _failed)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented extension point
    return app


def allow_foreign_pages(app: Application) -> None:
    """Let pages of other origins read every answer, also the one that says that this server failed."""
    app.add_before(
        partial(
            CORSMiddleware,
            allow_origins=["*"],
            allow_headers=["Authorization", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "Retry-After"],
        )
    )


def _docs(app: FastAPI) -> Response:
    return HTMLResponse(docs_page(app.openapi()), headers={"Content-Security-Policy": POLICY})


def _health_router(healths: Sequence[Health]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    async def show_alive() -> Response:
        alive = all(health.alive for health in healths)
        return JSONResponse({"service": "guidance", "alive": alive}, 200 if alive else 503)

    async def show_ready() -> Response:
        faults = {f"{each.service}.{check}": why for each in healths for check, why in each.faults.items()}
        body = {"service": "guidance", "ready": not faults, "faults": faults}
        return JSONResponse(body, 503 if faults else 200)

    async def show_metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    router.get("/healthz")(show_alive)
    router.get("/readyz")(show_ready)
    router.get("/metrics")(show_metrics)
    return router


async def _refused(_request: Request, error: Exception) -> Response:
    """Turn a refusal into a problem; its detail is a text, or what `guidance.api.problems.refuse` made."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it only
    title = HTTPStatus(error.status_code).phrase
    given: object = error.detail
    facts: dict[str, Any] = given if isinstance(given, dict) else {"detail": given}
    kind = facts.get("kind", title.lower().replace(" ", "-"))
    return _problem(
        error.status_code, kind, facts.get("title", title), str(facts.get("detail", title)), error.headers
    )


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it only
    wrong = [f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()]
    return _problem(422, "bad-value", "A value is wrong", "; ".join(wrong))


async def _unstorable(_request: Request, error: Exception) -> Response:
    """A value that the database has no place for, such as a NUL in a text, is the asker's to change."""
    return _problem(422, "bad-value", "A value is wrong", str(error).partition("\n")[0])


async def _unavailable(_request: Request, error: Exception) -> Response:
    return _problem(503, "unavailable", "Not now", str(error), {"Retry-After": str(RETRY_AFTER_S)})


async def _failed(request: Request, _error: Exception) -> Response:
    """Say nothing of what went wrong: the server logs it with its trace, this adds which request it was."""
    route = getattr(request.scope.get("route"), "path", request.url.path)
    log.error("a request failed", extra={"method": request.method, "route": route.removeprefix(API)})
    detail = "the server failed to answer this request; its log says why"
    return _problem(500, "internal", "Something went wrong here", detail)


def _problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    headers: Any = None,  # noqa: ANN401  as Starlette has it
) -> Response:
    body = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Describe the API; refusals are described under the media type that they are sent with."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schema.setdefault("components", {})["securitySchemes"] = {"key": _KEY_SCHEME}
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                _describe_refusals(operation, f"{method.upper()} {path.removeprefix(API)}")
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_refusals(operation: dict[str, Any], route: str) -> None:
    """Add the refusals that any route of its kind may give; what a room says of its own stands."""
    refusals = dict(_REFUSALS)
    if "{" in route or not route.startswith("GET "):
        refusals["404"] = "There is no such thing"
    if not route.startswith("GET "):
        refusals["409"] = "It does not fit what is there now"
    if not may_use(Role.ANONYMOUS, route):
        operation["security"] = [{"key": []}]
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, meaning in refusals.items():
        operation["responses"].setdefault(status, {"description": meaning, "content": problem})
    for status, answer in operation["responses"].items():
        if status >= "400" and "application/json" in answer.get("content", {}):
            answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
