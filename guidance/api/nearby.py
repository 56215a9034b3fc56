"""Nearby search: road sections for a driver, ranked."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from guidance.api.bodies import freshness, place
from guidance.api.models import AskedBody, NearbyBody, SuggestionBody, SuggestionParts, Tally
from guidance.api.problems import problems, refuse
from guidance.desk import Desk
from guidance.places import MARGIN_M, Places
from guidance.ports import Quote, Quotes
from guidance.ranking import Suggestion, Wish, rank
from parking.city import BerthKind, Position
from parking.geo import path_midpoint
from parking.ids import SectionId, ZoneId
from parking.rights import Energy

LONGEST_STAY_MIN = 7 * 24 * 60
FARTHEST_ARRIVAL_MIN = 180
QUOTES_KEPT = 4096


@dataclass(frozen=True)
class Question:
    """The query of `/nearby`."""

    lat: Annotated[float | None, Query(ge=-90, le=90, examples=[31.7012])] = None
    lon: Annotated[float | None, Query(ge=-180, le=180, examples=[113.3784])] = None
    place: Annotated[
        str | None,
        Query(max_length=80, description="street, section, sign or berth instead of lat and lon"),
    ] = None
    stay_min: Annotated[int, Query(ge=1, le=LONGEST_STAY_MIN, description="stay in minutes")] = 60
    arrive_in_min: Annotated[int, Query(ge=0, le=FARTHEST_ARRIVAL_MIN, description="minutes from now")] = 0
    energy: Annotated[Energy, Query(description="nev: may use charging berths")] = Energy.FUEL
    needs: Annotated[
        list[BerthKind] | None, Query(description="marked kinds that the vehicle has a right to")
    ] = None
    limit: Annotated[int, Query(ge=1, le=50)] = 10


class Nearby:
    """The handler of the search, with the prices it has asked for lately."""

    def __init__(self, desk: Desk, quotes: Quotes) -> None:
        self._desk = desk
        self._places = Places(desk.city)
        self._group = {section_id: quotes.group(section_id) for section_id in desk.city.sections}
        self._member = {group: section_id for section_id, group in self._group.items()}
        self._quote = lru_cache(QUOTES_KEPT)(self._ask)
        self._quotes = quotes

    async def search(self, question: Annotated[Question, Depends()]) -> NearbyBody:
        """Road sections for this driver, best first; each with its price, its free berths and its parts.

        Only berths that the vehicle may use for the whole stay count, and only those known to be free.
        """
        desk, now = self._desk, self._desk.clock.now()
        position, name = self._position(question)
        arrive_at = (now + timedelta(minutes=question.arrive_in_min)).replace(second=0, microsecond=0)
        stay = timedelta(minutes=question.stay_min)
        wish = Wish(
            position=position,
            stay=stay,
            energy=question.energy,
            needs=frozenset(question.needs or ()),
        )

        def quote(section_id: SectionId) -> Quote | None:
            return self._quote(self._group[section_id], arrive_at, stay, wish.energy)

        view = desk.latest.view
        found = rank(desk.streets, desk.board, view, wish, quote, question.limit)
        return NearbyBody(
            asked=AskedBody(
                position=place(position),
                place=name,
                arrive_at=arrive_at,
                stay_min=question.stay_min,
                energy=question.energy,
            ),
            suggestions=[self._body(each) for each in found],
            freshness=freshness(view, now),
        )

    def _ask(self, group: Hashable, arrive_at: datetime, stay: timedelta, energy: Energy) -> Quote | None:
        return self._quotes.quote(self._member[group], arrive_at, stay, energy)

    def _position(self, question: Question) -> tuple[Position, str | None]:
        if question.place is not None:
            named = self._places.find(question.place)
            if named is None:
                similar = "、".join(self._places.similar(question.place))
                hint = f"; did you mean {similar}?" if similar else ": try a street or give lat and lon"
                raise refuse(404, "unknown-place", "Unknown place", f"no place {question.place!r}{hint}")
            return named.position, named.name
        if question.lat is None or question.lon is None:
            raise refuse(422, "no-position", "No position", "give lat and lon, or place")
        position = Position(lon=question.lon, lat=question.lat)
        outside_m = self._places.outside_m(position)
        if outside_m > MARGIN_M:
            city = self._desk.city
            detail = (
                f"the position is {outside_m / 1000:.1f} km outside {city.name_en}: nothing is known there"
            )
            raise refuse(422, "outside-city", "Outside the city", detail)
        return position, None

    def _body(self, found: Suggestion) -> SuggestionBody:
        quote, section = found.quote, self._desk.city.sections[found.section_id]
        return SuggestionBody(
            section_id=section.section_id,
            name=section.name,
            name_en=section.name_en,
            zone_id=section.zone_id,
            zone_class=self._desk.city.zones[ZoneId(section.zone_id)].zone_class,
            centre=place(path_midpoint(section.path)),
            walk_m=round(found.walk_m),
            price_fen=quote.amount if quote else None,
            tariff=quote.tariff if quote else None,
            document_no=quote.document_no if quote else None,
            usable=Tally.of(found.counts),
            parts=SuggestionParts(
                walk_min=round(found.walk_min, 1),
                price_min=round(found.price_min, 1),
                search_min=round(found.search_min, 1),
                total_min=round(found.cost_min, 1),
            ),
        )


def nearby_router(desk: Desk, quotes: Quotes) -> APIRouter:
    """The route of nearby search."""
    router = APIRouter(tags=["nearby"])
    router.get("/nearby", responses=problems(404, 422))(Nearby(desk, quotes).search)
    return router
