"""The routes of the public API."""

from fastapi import APIRouter

from guidance.api.audit import audit_router
from guidance.api.berths import berths_router
from guidance.api.ground import ground_router
from guidance.api.live import live_router
from guidance.api.nearby import nearby_router
from guidance.api.signs import signs_router
from guidance.api.status import status_router
from guidance.desk import Desk
from guidance.ports import Quotes
from guidance.service.stream import Streams
from guidance.store.loans import Loans


def guidance_router(desk: Desk, streams: Streams, loans: Loans, quotes: Quotes) -> APIRouter:
    """All routes of this room, to be mounted under the API's prefix."""
    router = APIRouter()
    router.include_router(ground_router(desk))
    router.include_router(berths_router(desk, loans))
    router.include_router(nearby_router(desk, quotes))
    router.include_router(signs_router(desk, loans))
    router.include_router(live_router(streams))
    router.include_router(audit_router(loans))
    router.include_router(status_router(desk, streams, loans))
    return router
