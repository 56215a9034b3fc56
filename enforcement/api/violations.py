"""The routes of the violation feed, to be mounted under the API's prefix."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from enforcement.api.bodies import EventBody, FeedBody, ViolationBody, ViolationDetail, ViolationsBody
from enforcement.api.paging import format_cursor, parse_cursor
from enforcement.api.problems import refuse
from enforcement.api.tail import Tail
from enforcement.kinds import ViolationState
from enforcement.rule import Addressee
from enforcement.store.reads import Loans, ViolationReads

PAGE_SIZE: Final = 100
LARGEST_PAGE: Final = 1000
READERS_MOST: Final = 200
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "server-sent events until either side ends"}
}


class Violations:
    """Handlers of the routes."""

    def __init__(self, reads: ViolationReads) -> None:
        self._reads = reads
        self._tail = Tail(reads)

    async def list_violations(
        self,
        state: Annotated[ViolationState | None, Query(description="only in this state")] = None,
        rule: Annotated[str | None, Query(examples=["overstay"])] = None,
        section: Annotated[str | None, Query(examples=["S001"])] = None,
        addressee: Annotated[Addressee | None, Query(description="only what is for them")] = None,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
    ) -> ViolationsBody:
        """Violations, newest detection first, in pages."""
        filters = {
            "state": state.value if state else None,
            "rule": rule,
            "section": section,
            "addressee": addressee.value if addressee else None,
        }
        rows = await self._reads.list_violations(filters, parse_cursor(cursor), limit + 1)
        page = [ViolationBody.of(row) for row in rows[:limit]]
        more = len(rows) > limit
        cursor = format_cursor(page[-1].detected_at, page[-1].violation_id) if more else None
        return ViolationsBody(violations=page, next_cursor=cursor)

    async def read_feed(
        self,
        after: Annotated[int, Query(ge=0, description="`next_after` of the page before, 0 at first")] = 0,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
    ) -> FeedBody:
        """Every step of every violation, in order: whoever was away catches up without loss."""
        rows = await self._reads.list_events(after, limit + 1)
        events = [EventBody.of(row) for row in rows[:limit]]
        return FeedBody(
            events=events, next_after=events[-1].event_no if events else after, more=len(rows) > limit
        )

    async def follow(
        self,
        last_event_id: Annotated[str | None, Query(description="as the header `Last-Event-ID`")] = None,
        last_event_id_header: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    ) -> StreamingResponse:
        """Follow the feed as server-sent events: after the given event, or from now on."""
        if self._tail.readers >= READERS_MOST:
            raise refuse(503, "too-many-readers", "Too many readers", "too many streams are open; try later")
        named = last_event_id_header or last_event_id
        if named is not None and not named.isdecimal():
            raise refuse(422, "bad-event-id", "Bad event id", f"an event id is a number, not {named!r}")
        body = self._tail.follow(None if named is None else int(named))
        return StreamingResponse(body, media_type="text/event-stream", headers=_HEADERS)

    async def show_violation(self, violation_id: str) -> ViolationDetail:
        """One violation: its evidence by the keys of what it rests on, and every step so far."""
        row = await self._reads.find_violation(violation_id)
        if row is None:
            raise refuse(
                404, "unknown-violation", "Unknown violation", f"there is no violation {violation_id!r}"
            )
        events = [EventBody.of(each) for each in await self._reads.list_events_of(violation_id)]
        shown = ViolationBody.of(row).model_dump()
        return ViolationDetail(**shown, evidence=row["evidence"], events=events)


def enforcement_router(loans: Loans) -> APIRouter:
    """Build the routes; `loans` lends a database connection for one transaction."""
    violations = Violations(ViolationReads(loans))
    router = APIRouter(prefix="/violations", tags=["violations"])
    router.get("")(violations.list_violations)
    router.get("/feed")(violations.read_feed)
    router.get("/stream", response_class=StreamingResponse, responses=_STREAM)(violations.follow)
    router.get("/{violation_id}")(violations.show_violation)
    return router
