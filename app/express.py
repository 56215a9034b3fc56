"""The short way to the routes that are asked most: no routing, no models, the same guard, the same answers.

The framework takes as long for such a request as the answer itself, so this stands before all of it. What is
not plain, or fails, goes the ordinary way, where it is documented, refused in words and noted.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from guidance.api import Express
from parking.errors import UnavailableError

log = logging.getLogger(__name__)

Admit = Callable[[Request, str], Awaitable[None]]

_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class ExpressLane:
    """ASGI middleware. `answers` are by method and path below the prefix; one name may end the path."""

    def __init__(self, app: ASGIApp, prefix: str, answers: Mapping[str, Express], admit: Admit) -> None:
        self._app, self._admit = app, admit
        self._whole: dict[str, tuple[str, Express]] = {}
        self._named: dict[str, tuple[str, Express]] = {}
        for route, answer in answers.items():
            path, _, name = f"{prefix}{route.removeprefix('GET ')}".partition("{")
            (self._named if name else self._whole)[path] = (route, answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        body = await self._try(scope, receive) if scope["type"] == "http" else None
        if body is None:
            await self._app(scope, receive, send)
            return
        headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _try(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the answer, None where there is no short way to it."""
        found = self._find(scope["path"]) if scope["method"] == "GET" else None
        if found is None:
            return None
        route, answer = found
        request = Request(scope, receive)
        try:
            await self._admit(request, route)
            return await answer(request)
        except (HTTPException, UnavailableError):
            return None  # refused in words by the ordinary way
        except Exception:
            log.exception("the short way failed", extra={"route": route})
            return None

    def _find(self, path: str) -> tuple[str, Express] | None:
        whole = self._whole.get(path)
        if whole is not None:
            return whole
        start, slash, name = path.rpartition("/")
        return self._named.get(start + slash) if name else None
