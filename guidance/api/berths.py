"""Routes of single berths."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from guidance.api.bodies import berth_body, freshness, shown_state
from guidance.api.models.berths import BerthDetail, BerthIdsBody, BerthsBody
from guidance.api.problems import not_found, problems, refuse
from guidance.api.static import StaticAnswer
from guidance.board import Belief, Shown
from guidance.desk import Desk
from guidance.figures import age_s
from guidance.store.beliefs import Change, find_last_change
from guidance.store.loans import Loans
from parking.city import Berth, City
from parking.ids import BerthId, DeviceId, SectionId

PAGE_SIZE = 200
LARGEST_PAGE = 1000
CHANGES_KEPT = 20_000
# A correction can change why a berth is believed to be so without changing since when.
REREAD_AFTER = timedelta(seconds=60)
_HEADERS = {"Cache-Control": "no-store"}
_STATES = [shown_state(code).value for code in Shown]


class Berths:
    """Handlers of single berths. `loans` lends database connections."""

    def __init__(self, desk: Desk, loans: Loans) -> None:
        self._desk = desk
        self._loans = loans
        self._ids = StaticAnswer(_columns(desk))
        self._devices = _devices_of(desk.city)
        self._changes = _Changes()

    async def list_berths(
        self,
        section: Annotated[str | None, Query(description="only this section", examples=["S001"])] = None,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
    ) -> BerthsBody:
        """Berths in the city's order, in pages."""
        desk, view, now = self._desk, self._desk.latest.view, self._desk.clock.now()
        numbers = self._numbers(section)
        after = -1 if cursor is None else self._number_of_cursor(cursor)
        page = [number for number in numbers if number > after][: limit + 1]
        berths = [desk.city.berths[desk.board.berth_ids[number]] for number in page[:limit]]
        return BerthsBody(
            berths=[berth_body(desk, view, berth, now) for berth in berths],
            next_cursor=berths[-1].berth_id if len(page) > limit else None,
            freshness=freshness(view, now),
        )

    async def list_ids(self, request: Request) -> Response:
        """All berths in columns, in the order of the live stream. Changes only with the city's files."""
        return self._ids.respond(request)

    async def show_berth(self, berth_id: str) -> Response:
        """One berth: its state, since when, why, and how old the evidence is."""
        return Response(await self.detail(berth_id), media_type="application/json", headers=_HEADERS)

    async def detail(self, berth_id: str) -> bytes:
        """What `show_berth` says. The newest change is read once and stands while the belief does."""
        desk, now = self._desk, self._desk.clock.now()
        berth = desk.city.berths.get(BerthId(berth_id))
        if berth is None:
            raise not_found("berth", berth_id)
        number = desk.board.berth_no[berth.berth_id]
        belief = desk.board.belief(number)
        last_change = self._changes.find(number, belief, now)
        if last_change is None:
            last_change = await run_in_threadpool(self._find_last_change, berth.berth_id)
            self._changes.note(number, belief, now, last_change)
        return msgspec.json.encode({
            "berth_id": berth.berth_id,
            "section_id": berth.section_id,
            "zone_id": berth.zone_id,
            "zone_class": berth.zone_class.value,
            "kind": berth.kind.value,
            "time_limit_min": _minutes(berth),
            "position": {"lon": berth.position.lon, "lat": berth.position.lat},
            "state": _STATES[desk.latest.view.states[number]],
            "since_at": belief.since_at if belief else None,
            "heard_until": belief.heard_until if belief else None,
            "age_s": age_s(now, belief.heard_until) if belief else None,
            "confidence": belief.confidence if belief else None,
            "believed": _STATES[belief.state] if belief else None,
            "limit_s": desk.board.limit(number).total_seconds(),
            "device_ids": self._devices.get(berth.berth_id, []),
            "last_change": last_change,
        })  # fmt: skip

    def _find_last_change(self, berth_id: BerthId) -> msgspec.Raw:
        with self._loans() as connection:
            change = find_last_change(connection, berth_id)
        return msgspec.Raw(msgspec.json.encode(_why(change) if change else None))

    def _numbers(self, section_id: str | None) -> range | list[int]:
        board = self._desk.board
        if section_id is None:
            return range(len(board.berth_ids))
        number = board.section_no.get(SectionId(section_id))
        if number is None:
            raise not_found("section", section_id)
        return [int(each) for each in (board.section_of == number).nonzero()[0]]

    def _number_of_cursor(self, cursor: str) -> int:
        number = self._desk.board.berth_no.get(BerthId(cursor))
        if number is None:
            raise refuse(422, "bad-cursor", "Bad cursor", "pass `next_cursor` of the page before as it was")
        return number


def berths_router(berths: Berths) -> APIRouter:
    """Routes of single berths."""
    router = APIRouter(tags=["berths"])
    columns: dict[int | str, dict[str, Any]] = {200: {"model": BerthIdsBody}}
    router.get("/berths", responses=problems(404, 422))(berths.list_berths)
    router.get("/berths/ids", response_class=Response, responses=columns)(berths.list_ids)
    detail: dict[int | str, dict[str, Any]] = {200: {"model": BerthDetail}}
    router.get("/berths/{berth_id}", response_class=Response, responses=detail | problems(404, 503))(
        berths.show_berth
    )
    return router


def _columns(desk: Desk) -> dict[str, object]:
    berths = list(desk.city.berths.values())
    return {
        "layout": desk.layout,
        "section_ids": desk.board.section_ids,
        "ids": desk.board.berth_ids,
        "lon": [berth.position.lon for berth in berths],
        "lat": [berth.position.lat for berth in berths],
        "section_no": desk.board.section_of.tolist(),
        "kind": [berth.kind for berth in berths],
        "time_limit_min": [_minutes(berth) for berth in berths],
    }


def _minutes(berth: Berth) -> int | None:
    return None if berth.time_limit is None else int(berth.time_limit.total_seconds() // 60)


def _devices_of(city: City) -> dict[BerthId, list[DeviceId]]:
    """Devices bound to each berth, then cameras that see it."""
    found: dict[BerthId, list[DeviceId]] = {}
    for device in city.devices.values():
        if device.berth_id is not None:
            found.setdefault(device.berth_id, []).append(device.device_id)
    for camera in city.cameras.values():
        for berth_id in camera.berth_ids:
            found.setdefault(berth_id, []).append(DeviceId(camera.camera_id))
    return found


def _why(change: Change) -> dict[str, object]:
    return {
        "from_state": _STATES[change.from_state],
        "to_state": _STATES[change.to_state],
        "cause": change.cause,
        "earliest_at": change.earliest_at.astimezone(UTC),
        "latest_at": change.latest_at.astimezone(UTC),
        "confidence": round(change.confidence, 4),
        "device_id": change.device_id,
        "decided_at": change.committed_at.astimezone(UTC),
    }


class _Changes:
    """The newest changes of berths asked for lately; each holds while the belief began when it did."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[datetime | None, datetime, msgspec.Raw]] = OrderedDict()

    def find(self, number: int, belief: Belief | None, now: datetime) -> msgspec.Raw | None:
        """Return what was read of a berth, None where that must be read again."""
        kept = self._kept.get(number)
        if kept is None or kept[0] != (belief and belief.since_at) or now - kept[1] > REREAD_AFTER:
            return None
        return kept[2]

    def note(self, number: int, belief: Belief | None, now: datetime, change: msgspec.Raw) -> None:
        """Keep what was read, let go of the oldest."""
        self._kept.pop(number, None)
        self._kept[number] = belief and belief.since_at, now, change
        if len(self._kept) > CHANGES_KEPT:
            self._kept.popitem(last=False)
