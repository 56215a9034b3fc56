"""The route of the live event stream; `guidance/README.md` gives its events."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from guidance.access import ANYBODY, STAFF, Principal
from guidance.api.problems import problems, refuse
from guidance.service.stream import Streams

READERS_MOST = 500
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "server-sent events until either side ends"}
}
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def live_router(streams: Streams) -> APIRouter:
    """The route of the streams."""
    router = APIRouter(tags=["live"])

    async def read_live(
        request: Request,
        last_event_id: Annotated[str | None, Query(description="as the header `Last-Event-ID`")] = None,
        last_event_id_header: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    ) -> StreamingResponse:
        """Follow everything as it happens: snapshot, delta, kpi, sign; to staff also bills and violations.

        To others than staff the figures of money, stays and violations in `kpi` are null.
        """
        if streams.readers >= READERS_MOST:
            raise refuse(503, "too-many-readers", "Too many readers", "too many streams are open; try later")
        who: Principal = getattr(request.state, "principal", ANYBODY)
        stream = streams.staff if who.role in STAFF else streams.public
        body = stream.read(last_event_id_header or last_event_id)
        return StreamingResponse(body, media_type="text/event-stream", headers=_HEADERS)

    router.get("/live", response_class=StreamingResponse, responses=_ANSWER | problems(503))(read_live)
    return router
