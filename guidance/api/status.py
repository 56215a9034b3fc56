"""Routes for operators: the figures of the moment, and what was refused."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from guidance.api.bodies import freshness
from guidance.api.models.common import Tally
from guidance.api.models.status import RejectBody, RejectsBody, SignCounts, StatusBody
from guidance.api.problems import problems, refuse
from guidance.board import Counts
from guidance.desk import Desk
from guidance.kpi import kpi_body
from guidance.service.stream import Streams
from guidance.store.loans import Loans
from guidance.store.rejects import list_rejects
from parking.readings import RejectReason
from parking.span import require_utc

LARGEST_PAGE = 500
_NEWEST = 2**62
_NO_NUL = r"^[^\x00]*$"


class Status:
    """Handlers for operators. `loans` lends database connections."""

    def __init__(self, desk: Desk, streams: Streams, loans: Loans) -> None:
        self._desk = desk
        self._streams = streams
        self._loans = loans

    async def show_status(self) -> StatusBody:
        """Figures of the moment, as the live stream's `kpi` gives them every second."""
        desk, view = self._desk, self._desk.latest.view
        kpi = kpi_body(desk, view)
        return StatusBody.model_validate({
            **kpi,
            "freshness": freshness(view, desk.clock.now()),
            "zones": {name: Tally.of(Counts(*row)) for name, row in kpi["zones"].items()},
            "city": Tally.of(view.city),
            "signs": SignCounts(**kpi["signs"]),
            "stream_readers": self._streams.readers,
        })  # fmt: skip

    def list_refused(
        self,
        reason: Annotated[RejectReason | None, Query(description="only this reason")] = None,
        device: Annotated[str | None, Query(description="only of this device", pattern=_NO_NUL)] = None,
        since: Annotated[datetime | None, Query(description="received at or after")] = None,
        cursor: Annotated[int, Query(description="`next_cursor` of the page before", ge=1)] = _NEWEST,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> RejectsBody:
        """Messages from the street that were refused, newest first."""
        start = _instant(since)
        with self._loans() as connection:
            rows = list_rejects(connection, reason, cursor, limit + 1, device_id=device, since=start)
        rejects = [RejectBody.model_validate(row) for row in rows[:limit]]
        following = str(rejects[-1].reject_id) if len(rows) > limit else None
        return RejectsBody(rejects=rejects, next_cursor=following)


def _instant(at: datetime | None) -> datetime | None:
    try:
        return None if at is None else require_utc(at)
    except (ValueError, OverflowError) as error:
        detail = f"since: {error}: add the offset from UTC, such as +08:00"
        raise refuse(422, "bad-value", "A value is wrong", detail) from error


def status_router(desk: Desk, streams: Streams, loans: Loans) -> APIRouter:
    """Routes for operators."""
    router, status = APIRouter(tags=["operators"]), Status(desk, streams, loans)
    router.get("/status")(status.show_status)
    router.get("/rejects", responses=problems(422, 503))(status.list_refused)
    return router
