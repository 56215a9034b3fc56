"""Nearby search: road sections for a driver, ranked."""

from datetime import timedelta
from functools import lru_cache
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from guidance.api.bodies import freshness, place
from guidance.api.models import AskedBody, NearbyBody, SuggestionBody, SuggestionParts, Tally
from guidance.api.problems import problems, refuse
from guidance.desk import Desk
from guidance.places import MARGIN_M, Places
from guidance.ports import Quote, Quotes
from guidance.ranking import Suggestion, Wish, rank
from parking.city import BerthKind, Position
from parking.geo import path_midpoint
from parking.rights import Energy

LONGEST_STAY_MIN = 7 * 24 * 60
FARTHEST_ARRIVAL_MIN = 180
QUOTES_KEPT = 4096


class Question(BaseModel):
    """The query of `/nearby`."""

    lat: float | None = Field(None, ge=-90, le=90, examples=[31.7012])
    lon: float | None = Field(None, ge=-180, le=180, examples=[113.3784])
    place: str | None = Field(
        None,
        max_length=80,
        description="street, section, sign or berth instead of lat and lon",
        examples=["解放路"],
    )
    stay_min: int = Field(60, ge=1, le=LONGEST_STAY_MIN, description="stay in minutes")
    arrive_in_min: int = Field(0, ge=0, le=FARTHEST_ARRIVAL_MIN, description="minutes from now")
    energy: Energy = Field(Energy.FUEL, description="nev: may use charging berths, and pays its own price")
    needs: list[BerthKind] = Field([], description="marked kinds that the vehicle has a right to")
    limit: int = Field(10, ge=1, le=50, description="sections at most")


class Nearby:
    """The handler of the search, with the prices it has asked for lately."""

    def __init__(self, desk: Desk, quotes: Quotes) -> None:
        self._desk = desk
        self._quotes = quotes
        self._places = Places(desk.city)
        self._centres = {each.section_id: path_midpoint(each.path) for each in desk.city.sections.values()}
        # Sections of one group cost the same, so one of each is asked for.
        groups = {section_id: quotes.group(section_id) for section_id in desk.city.sections}
        members = {group: section_id for section_id, group in groups.items()}
        numbers = {group: number for number, group in enumerate(members)}
        self._members = tuple(members.values())
        self._group_of = np.array([numbers[group] for group in groups.values()], dtype=np.int64)
        self._ask = lru_cache(QUOTES_KEPT)(quotes.quote)

    async def search(self, question: Annotated[Question, Query()]) -> NearbyBody:
        """Road sections for this driver, best first; each with its price, its free berths and its parts.

        Only berths that the vehicle may use for the whole stay count, and only those known to be free.
        """
        desk, now = self._desk, self._desk.clock.now()
        position, name = self._position(question)
        arrive_at = (now + timedelta(minutes=question.arrive_in_min)).replace(second=0, microsecond=0)
        stay = timedelta(minutes=question.stay_min)
        wish = Wish(position=position, stay=stay, energy=question.energy, needs=frozenset(question.needs))
        quotes = [self._ask(member, arrive_at, stay, question.energy) for member in self._members]
        prices = np.array([each.amount if each else 0 for each in quotes], dtype=np.int64)[self._group_of]
        view = desk.latest.view
        found = rank(desk.streets, desk.board, view, wish, prices, question.limit)
        return NearbyBody(
            asked=AskedBody(
                position=place(position),
                place=name,
                arrive_at=arrive_at,
                stay_min=question.stay_min,
                energy=question.energy,
            ),
            suggestions=[self._body(each, quotes) for each in found],
            freshness=freshness(view, now),
        )

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

    def _body(self, found: Suggestion, quotes: list[Quote | None]) -> SuggestionBody:
        section = self._desk.city.sections[found.section_id]
        quote = quotes[self._group_of[self._desk.board.section_no[found.section_id]]]
        return SuggestionBody(
            section_id=section.section_id,
            name=section.name,
            name_en=section.name_en,
            zone_id=section.zone_id,
            zone_class=self._desk.city.zones[section.zone_id].zone_class,
            centre=place(self._centres[section.section_id]),
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
