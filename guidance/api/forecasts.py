"""Routes of how it will be and how it was: forecasts of sections and zones, and the counts of the past."""

from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from guidance.api.bodies import forecast_age, freshness
from guidance.api.models.forecasts import ForecastBody, ForecastPoint, HistoryBody, HistoryCount
from guidance.api.problems import not_found, problems, refuse
from guidance.board import Counts
from guidance.desk import Desk
from guidance.outlook import BASES, FEW, MANY, MIDDLE, Outlook
from guidance.ranking import COUNTED, chance_of_any
from guidance.store.counts import list_page
from guidance.store.loans import Loans
from parking.ids import SectionId, ZoneId

SHORTEST_MIN, LONGEST_MIN = 5, 180
MOST_POINTS = 36
LARGEST_PAGE = 1000
LONGEST_SPAN = timedelta(days=366)
_NEWEST = 2**62

Ahead = Annotated[
    list[Annotated[int, Query(ge=SHORTEST_MIN, le=LONGEST_MIN)]],
    Query(description="minutes ahead, one or more times", max_length=MOST_POINTS, examples=[[15, 30, 60]]),
]


class Forecasts:
    """Handlers of forecasts and past counts. `loans` lends database connections."""

    def __init__(self, desk: Desk, loans: Loans) -> None:
        self._desk = desk
        self._loans = loans

    async def show_section(self, section_id: str, in_min: Ahead = [15, 30, 60]) -> ForecastBody:  # noqa: B006  FastAPI copies it
        """How many berths of a section will be free: a distribution for each moment ahead."""
        number = self._desk.board.section_no.get(SectionId(section_id))
        if number is None:
            raise not_found("section", section_id)
        return self._body(
            section_id, number, Counts(*self._desk.latest.view.sections[number].tolist()), in_min
        )

    async def show_zone(self, zone_id: str, in_min: Ahead = [15, 30, 60]) -> ForecastBody:  # noqa: B006  as above
        """How many berths of a zone will be free: a distribution for each moment ahead."""
        number = self._desk.board.zone_no.get(ZoneId(zone_id))
        if number is None:
            raise not_found("zone", zone_id)
        site = len(self._desk.board.section_ids) + number
        return self._body(zone_id, site, Counts(*self._desk.latest.view.zones[number].tolist()), in_min)

    def list_history(
        self,
        section_id: str,
        since: Annotated[datetime, Query(description="from this instant on, with its offset")],
        until: Annotated[datetime, Query(description="before this instant, with its offset")],
        cursor: Annotated[
            int, Query(description="`next_cursor` of the page before", ge=1, le=_NEWEST)
        ] = _NEWEST,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 200,
    ) -> HistoryBody:
        """Counts of a section as they were published, newest first. Older days may have been let go."""
        if SectionId(section_id) not in self._desk.city.sections:
            raise not_found("section", section_id)
        if since.tzinfo is None or until.tzinfo is None or not since < until <= since + LONGEST_SPAN:
            detail = "give since and until with their offsets, in that order, at most a year apart"
            raise refuse(422, "bad-span", "Bad span", detail)
        with self._loans() as connection:
            rows = list_page(connection, SectionId(section_id), cursor, (since, until), limit + 1)
        counts = [HistoryCount(**row._asdict()) for row in rows[:limit]]
        following = str(rows[limit - 1].batch_no) if len(rows) > limit else None
        return HistoryBody(section_id=section_id, counts=counts, next_cursor=following)

    def _body(self, site_id: str, site: int, counts: Counts, ahead: list[int]) -> ForecastBody:
        now, view, outlook = self._desk.clock.now(), self._desk.latest.view, self._desk.outlook
        if outlook is not None and not (view.fresh and outlook.holds(now)):
            outlook = None
        made = [_point(outlook, site, counts, each, now) for each in sorted(set(ahead))]
        return ForecastBody(
            site_id=site_id,
            known=counts.free + counts.occupied,
            points=made,
            forecast=forecast_age(outlook, now) if outlook else None,
            freshness=freshness(view, now),
        )


def _point(
    outlook: Outlook | None, site: int, counts: Counts, ahead_min: int, now: datetime
) -> ForecastPoint:
    at, known = now + timedelta(minutes=ahead_min), counts.free + counts.occupied
    rate = np.array([[counts.occupied / max(known, 1)]], dtype=np.float32)
    if outlook is None:
        free, marks = (1 - rate) * known, [counts.free] * 3
        error, basis = None, COUNTED
    else:
        sites = np.array([site], dtype=np.int64)
        free = np.clip((1 - outlook.rates_at(outlook.coarse, sites, rate, at, now)) * known, 0, known)
        marks = (
            np.rint(
                free[
                    0,
                    (FEW, MIDDLE, MANY),
                ]
            )
            .astype(int)
            .tolist()
        )
        horizon = outlook.horizon_no((at - outlook.made_at).total_seconds() / 60)
        error = round(float(outlook.error[horizon, site]) * known, 1)
        basis = BASES[outlook.basis[horizon, site]]
    return ForecastPoint(
        in_min=ahead_min,
        at=at,
        chance=round(float(chance_of_any(free)[0]), 3),
        free_few=marks[0],
        free=marks[1],
        free_many=marks[2],
        error=error,
        basis=basis,
    )


def forecasts_router(desk: Desk, loans: Loans) -> APIRouter:
    """Routes of forecasts and past counts."""
    router, forecasts = APIRouter(tags=["forecasts"]), Forecasts(desk, loans)
    router.get("/sections/{section_id}/forecast", responses=problems(404, 422))(forecasts.show_section)
    router.get("/zones/{zone_id}/forecast", responses=problems(404, 422))(forecasts.show_zone)
    router.get("/sections/{section_id}/history", responses=problems(404, 422, 503))(forecasts.list_history)
    return router
