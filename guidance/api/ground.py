"""Routes of the ground: the city, its zones and its road sections."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from guidance.api.bodies import freshness, place, section_body, zone_body
from guidance.api.models.common import Tally
from guidance.api.models.ground import CityBody, SectionBody, SectionsBody, ZoneBody, ZonesBody
from guidance.api.problems import not_found, problems
from guidance.api.static import StaticAnswer
from guidance.board import Counts, View
from guidance.desk import Desk
from parking.city import RoadSection
from parking.geojson import city_geojson
from parking.ids import SectionId, ZoneId

GEOJSON = "application/geo+json"
_GEOJSON_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {}}, "description": "GeoJSON (RFC 7946)"}
}
ZoneFilter = Annotated[str | None, Query(description="only this zone", examples=["Z1"])]


class Ground:
    """Handlers of the city, its zones and its sections."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._geojson = StaticAnswer(city_geojson(desk.city), GEOJSON)

    async def show_city(self) -> CityBody:
        """The city and its berths now."""
        return _city_body(self._desk)

    async def show_ground(self, request: Request) -> Response:
        """Zones, waters, streets and sections for a map. Changes only with the city's files."""
        return self._geojson.respond(request)

    async def list_zones(self) -> ZonesBody:
        """All zones and their berths now."""
        desk, view = self._desk, self._desk.latest.view
        zones = [zone_body(desk, view, zone) for zone in desk.city.zones.values()]
        return ZonesBody(zones=zones, freshness=freshness(view, desk.clock.now()))

    async def show_zone(self, zone_id: str) -> ZoneBody:
        """One zone and its berths now."""
        zone = self._desk.city.zones.get(ZoneId(zone_id))
        if zone is None:
            raise not_found("zone", zone_id)
        return zone_body(self._desk, self._desk.latest.view, zone)

    async def list_sections(self, zone: ZoneFilter = None) -> SectionsBody:
        """Road sections in the city's order, and their berths now."""
        desk, view = self._desk, self._desk.latest.view
        bodies = [section_body(desk, view, section) for section in self._sections(zone)]
        return SectionsBody(sections=bodies, freshness=freshness(view, desk.clock.now()))

    async def map_sections(self, zone: ZoneFilter = None) -> Response:
        """The same sections as GeoJSON lines, with their counts as properties."""
        return _features(self._desk, self._desk.latest.view, self._sections(zone))

    async def show_section(self, section_id: str) -> SectionBody:
        """One road section and its berths now."""
        section = self._desk.city.sections.get(SectionId(section_id))
        if section is None:
            raise not_found("section", section_id)
        return section_body(self._desk, self._desk.latest.view, section)

    def _sections(self, zone_id: str | None) -> list[RoadSection]:
        if zone_id is not None and ZoneId(zone_id) not in self._desk.city.zones:
            raise not_found("zone", zone_id)
        return [each for each in self._desk.city.sections.values() if zone_id in {None, each.zone_id}]


def ground_router(desk: Desk) -> APIRouter:
    """Routes of the city, its zones and its sections."""
    router, ground = APIRouter(tags=["city"]), Ground(desk)
    as_sent: dict[str, Any] = {"response_class": Response}
    router.get("/city")(ground.show_city)
    router.get("/city.geojson", responses=_GEOJSON_ANSWER, **as_sent)(ground.show_ground)
    router.get("/zones")(ground.list_zones)
    router.get("/zones/{zone_id}", responses=problems(404))(ground.show_zone)
    router.get("/sections", responses=problems(404))(ground.list_sections)
    router.get("/sections.geojson", responses=_GEOJSON_ANSWER | problems(404), **as_sent)(ground.map_sections)
    router.get("/sections/{section_id}", responses=problems(404))(ground.show_section)
    return router


def _city_body(desk: Desk) -> CityBody:
    city, view = desk.city, desk.latest.view
    return CityBody(
        city_id=city.city_id,
        name=city.name,
        name_en=city.name_en,
        timezone=city.timezone.key,
        centre=place(city.centre),
        notice=city.notice,
        notice_en=city.notice_en,
        layout=desk.layout,
        zone_count=len(city.zones),
        section_count=len(city.sections),
        sign_count=len(city.signs),
        berths=Tally.of(view.city),
        freshness=freshness(view, desk.clock.now()),
    )


def _features(desk: Desk, view: View, sections: list[RoadSection]) -> Response:
    features = []
    for section in sections:
        counts = Counts(*view.sections[desk.board.section_no[section.section_id]].tolist())
        properties = {
            "section_id": section.section_id,
            "zone_id": section.zone_id,
            "zone_class": desk.city.zones[section.zone_id].zone_class,
            "name": section.name,
            "name_en": section.name_en,
            **counts._asdict(),
            "capacity": counts.capacity,
        }
        line = [[each.lon, each.lat] for each in section.path]
        features.append({
            "type": "Feature",
            "id": section.section_id,
            "geometry": {"type": "LineString", "coordinates": line},
            "properties": properties,
        })  # fmt: skip
    body = {"type": "FeatureCollection", "as_of": view.as_of, "fresh": view.fresh, "features": features}
    return Response(msgspec.json.encode(body), media_type=GEOJSON)
