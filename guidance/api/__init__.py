"""The routes of the public API, and the short way to those asked most."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request

from guidance.api.audit import audit_router
from guidance.api.berths import Berths, berths_router
from guidance.api.forecasts import forecasts_router
from guidance.api.ground import ground_router
from guidance.api.live import live_router
from guidance.api.nearby import Nearby, nearby_router
from guidance.api.signs import signs_router
from guidance.api.status import status_router
from guidance.desk import Desk
from guidance.ports import Quotes
from guidance.service.stream import Streams
from guidance.store.loans import Loans

Express = Callable[[Request], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class GuidanceApi:
    """The routes of this room, to be mounted under the API's prefix, and two answered without a framework.

    `express` is by route; each gives the answer's JSON, or None where the ordinary way must answer. It raises
    the same refusals.
    """

    router: APIRouter
    express: dict[str, Express]


def guidance_api(desk: Desk, streams: Streams, loans: Loans, quotes: Quotes) -> GuidanceApi:
    """Everything that this room answers."""
    router, berths, nearby = APIRouter(), Berths(desk, loans), Nearby(desk, quotes)
    router.include_router(ground_router(desk))
    router.include_router(berths_router(berths))
    router.include_router(nearby_router(nearby))
    router.include_router(forecasts_router(desk, loans))
    router.include_router(signs_router(desk, loans))
    router.include_router(live_router(streams))
    router.include_router(audit_router(loans))
    router.include_router(status_router(desk, streams, loans))

    async def search(request: Request) -> bytes | None:
        return nearby.express(request)

    async def show_berth(request: Request) -> bytes | None:
        return await berths.detail(request.scope["path"].rpartition("/")[2])

    return GuidanceApi(router, {"GET /nearby": search, "GET /berths/{berth_id}": show_berth})


def guidance_router(desk: Desk, streams: Streams, loans: Loans, quotes: Quotes) -> APIRouter:
    """Only the routes of this room."""
    return guidance_api(desk, streams, loans, quotes).router
