"""Nearby search: road sections for a driver, ranked.

The most asked route of all: its answer is encoded from plain values, and the pydantic models document it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError

from guidance.access import ANYBODY, Principal
from guidance.api.models.nearby import NearbyBody
from guidance.api.problems import problems, refuse
from guidance.board import Ints
from guidance.desk import Desk
from guidance.figures import age_s
from guidance.outlook import Outlook
from guidance.places import MARGIN_M, Places
from guidance.ports import Quote, Quotes
from guidance.ranking import Question as RankQuestion
from guidance.ranking import Suggestion, rank
from guidance.streets import Wish
from parking.city import BerthKind, Position, RoadSection
from parking.geo import path_midpoint
from parking.rights import Energy

LONGEST_STAY_MIN = 7 * 24 * 60
FARTHEST_ARRIVAL_MIN = 180
QUOTES_KEPT = 4096
TEXTS_KEPT = 16_384
JSON = "application/json"
HEADERS = {"Cache-Control": "no-store"}


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
    needs: tuple[BerthKind, ...] = Field((), description="marked kinds that the vehicle has a right to")
    limit: int = Field(10, ge=1, le=50, description="sections at most")


class Nearby:
    """The handler of the search, with the prices it has asked for lately."""

    def __init__(self, desk: Desk, quotes: Quotes) -> None:
        self._desk = desk
        self._quotes = quotes
        self._places = Places(desk.city)
        sections = desk.city.sections.values()
        self._still = [_still(desk, section) for section in sections]
        # Sections of one group cost the same, so one of each is asked for.
        groups = {section_id: quotes.group(section_id) for section_id in desk.city.sections}
        members = {group: section_id for section_id, group in groups.items()}
        numbers = {group: number for number, group in enumerate(members)}
        self._members = tuple(members.values())
        self._group_of = np.array([numbers[group] for group in groups.values()], dtype=np.int64)
        self._groups: list[int] = self._group_of.tolist()
        self._ask = lru_cache(QUOTES_KEPT)(self._ask_all)

    async def search(self, request: Request, question: Annotated[Question, Query()]) -> Response:
        """Road sections for this driver, best first; each with its price, its free berths and its parts.

        Only berths that the vehicle may use for the whole stay count, and only those known to be free. The
        chance of a free berth on arrival follows from forecasts, and from who else was sent there lately.
        """
        return Response(self._answer(question, _asker(request)), media_type=JSON, headers=HEADERS)

    def express(self, request: Request) -> bytes | None:
        """Answer what is asked in order; None where the ordinary way must say what is wrong."""
        query = request.scope["query_string"].decode("latin-1")
        asked: dict[str, Any] = {}
        for name, value in parse_qsl(query) if "%" in query or "+" in query else _plain(query):
            if name == "needs":
                asked.setdefault(name, []).append(value)
            else:
                asked[name] = value
        try:
            return self._answer(Question.model_validate_strings(asked), _asker(request))
        except ValidationError:
            return None

    def _answer(self, question: Question, asker: str) -> bytes:
        desk, now = self._desk, self._desk.clock.now()
        position, name = self._position(question)
        arrive_at = now + timedelta(minutes=question.arrive_in_min)
        stay = timedelta(minutes=question.stay_min)
        priced, prices, least = self._ask(arrive_at.replace(second=0, microsecond=0), stay, question.energy)
        outlook = desk.outlook if desk.outlook is not None and desk.outlook.holds(now) else None
        view, promises = desk.latest.view, desk.promises
        what = round(position.lon, 4), round(position.lat, 4)
        promises.forget(now)
        promises.drop(asker, what)
        asked = RankQuestion(
            wish=Wish(position=position, stay=stay, energy=question.energy, needs=frozenset(question.needs)),
            # The counts are of then, less than a second ago; whoever asks meanwhile shares the sums.
            now=view.at,
            arrive_at=view.at + (arrive_at - now),
            prices=lambda sections: prices.take(self._group_of.take(sections)),
            limit=question.limit,
            least_fen=least,
            outlook=outlook if view.fresh else None,
            coming=promises.coming,
        )
        found = rank(desk.streets, view, asked)
        promises.note(asker, what, [each.number for each in found], arrive_at)
        return msgspec.json.encode({
            "asked": {
                "position": {"lon": position.lon, "lat": position.lat},
                "place": name,
                "arrive_at": arrive_at,
                "stay_min": question.stay_min,
                "energy": question.energy,
            },
            "suggestions": msgspec.Raw(f"[{','.join(self._body(each, priced) for each in found)}]".encode()),
            "forecast": None if outlook is None else _outlook_body(outlook, now),
            "freshness": {"as_of": view.as_of, "age_s": age_s(now, view.as_of), "fresh": view.fresh},
        })  # fmt: skip

    def _ask_all(self, arrive_at: datetime, stay: timedelta, energy: Energy) -> tuple[list[str], Ints, int]:
        """What each group of sections costs, as the answer tells it, in fen, and the least of all."""
        quotes = [self._quotes.quote(member, arrive_at, stay, energy) for member in self._members]
        amounts = [int(each.amount) if each else 0 for each in quotes]
        return [_priced(each) for each in quotes], np.array(amounts, dtype=np.int64), min(amounts, default=0)

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

    def _body(self, found: Suggestion, priced: Sequence[str]) -> str:
        """As `SuggestionBody` documents it. Written, because encoding objects took a third of a search."""
        number, walk_m, free, occupied, unknown, closed, chance, few, middle, many, error, basis, *parts = (
            found
        )
        walk_min, price_min, search_min = parts
        return (
            f'{self._still[number]},"walk_m":{walk_m:.0f},{priced[self._groups[number]]},'
            f'{_usable(free, occupied, unknown, closed)},"at_arrival":{{"chance":{_text(chance)},'
            f'{_at_arrival(few, middle, many, error, basis)}}},"parts":{{"walk_min":{_text(walk_min)},'
            f'"price_min":{_text(price_min)},"search_min":{_text(search_min)},'
            f'"total_min":{walk_min + price_min + search_min:.1f}}}}}'
        )


def _priced(quote: Quote | None) -> str:
    """Members of the object that tell a price."""
    body = {
        "price_fen": quote.amount if quote else None,
        "tariff": quote.tariff if quote else None,
        "document_no": quote.document_no if quote else None,
    }
    return msgspec.json.encode(body)[1:-1].decode()


@lru_cache(TEXTS_KEPT)
def _usable(free: int, occupied: int, unknown: int, closed: int) -> str:
    return (
        f'"usable":{{"free":{free},"occupied":{occupied},"unknown":{unknown},"closed":{closed},'
        f'"capacity":{free + occupied + unknown + closed}}}'
    )


@lru_cache(TEXTS_KEPT)
def _at_arrival(few: int, middle: int, many: int, error: float | None, basis: str) -> str:
    """Members of the object that tells what will be free, after the chance."""
    off = "null" if error is None else error
    return f'"free_few":{few},"free":{middle},"free_many":{many},"error":{off},"basis":"{basis}"'


# Rounded numbers come again and again; writing one takes five times as long as finding it.
_text = lru_cache(TEXTS_KEPT)(float.__repr__)


def nearby_router(nearby: Nearby) -> APIRouter:
    """The route of nearby search."""
    router = APIRouter(tags=["nearby"])
    answer: dict[int | str, dict[str, Any]] = {200: {"model": NearbyBody}}
    router.get("/nearby", response_class=Response, responses=answer | problems(404, 422))(nearby.search)
    return router


def _asker(request: Request) -> str:
    """Who asks, so that nobody is promised two berths: a name, else an address."""
    who: Principal = getattr(request.state, "principal", ANYBODY)
    if who is not ANYBODY:
        return who.name
    return request.client.host if request.client else ""


def _plain(query: str) -> Iterator[tuple[str, str]]:
    """Names and values of a query without escapes; as with `parse_qsl`, what has no value is left out."""
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if value:
            yield name, value


def _still(desk: Desk, section: RoadSection) -> str:
    """The beginning of the object of a section: what never changes."""
    centre = path_midpoint(section.path)
    body = {
        "section_id": section.section_id,
        "name": section.name,
        "name_en": section.name_en,
        "zone_id": section.zone_id,
        "zone_class": desk.city.zones[section.zone_id].zone_class.value,
        # A tenth of a metre; more digits would only be read as if they meant something.
        "centre": {"lon": round(centre.lon, 6), "lat": round(centre.lat, 6)},
    }
    return msgspec.json.encode(body)[:-1].decode()


def _outlook_body(outlook: Outlook, now: datetime) -> dict[str, Any]:
    return {
        "made_at": outlook.made_at,
        "age_s": age_s(now, outlook.made_at),
        "days": outlook.days,
        "learnt": outlook.learnt,
    }
