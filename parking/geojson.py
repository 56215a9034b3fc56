"""The ground of a city as GeoJSON (RFC 7946) for maps. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from parking.city import City, Position, RoadSection, Zone
from parking.geo import bounding_box, is_inside

JsonObject = dict[str, Any]


def city_geojson(city: City) -> JsonObject:
    """The map's layers: `zones`, `waters`, `streets` and `sections` are FeatureCollections.

    Beside them stand `city_id`, `name`, `name_en`, `notice`, `notice_en`, `centre` [lon, lat] and `bbox`
    [west, south, east, north] round all zones. A zone has a hole where another zone lies within it. A
    feature's `id` is the zone's or section's id.
    """
    capacity = Counter(berth.section_id for berth in city.berths.values())
    return {
        "city_id": city.city_id,
        "name": city.name,
        "name_en": city.name_en,
        "notice": city.notice,
        "notice_en": city.notice_en,
        "centre": _pair(city.centre),
        "bbox": _bbox(city),
        "zones": _collection(_zone(zone, city) for zone in city.zones.values()),
        "waters": _collection(
            _feature(
                "Polygon", [_ring(water.outline, outer=True)], {"name": water.name, "name_en": water.name_en}
            )
            for water in city.waters
        ),
        "streets": _collection(
            _feature(
                "LineString",
                _line(street.path),
                {"name": street.name, "name_en": street.name_en, "rank": str(street.rank)},
            )
            for street in city.streets
        ),
        "sections": _collection(
            _section(section, city.zones[section.zone_id], capacity[section.section_id])
            for section in city.sections.values()
        ),
    }


def _zone(zone: Zone, city: City) -> JsonObject:
    rings = [_ring(zone.outline, outer=True)]
    rings += [_ring(inner.outline, outer=False) for inner in _directly_within(zone, city)]
    properties = {
        "zone_id": zone.zone_id,
        "zone_class": str(zone.zone_class),
        "name": zone.name,
        "name_en": zone.name_en,
        "boundary_roads": list(zone.boundary_roads),
    }
    return _feature("Polygon", rings, properties, zone.zone_id)


def _directly_within(zone: Zone, city: City) -> list[Zone]:
    """Zones within this one that lie within no other zone within it."""
    inner = [other for other in city.zones.values() if _contains(zone, other)]
    return [other for other in inner if not any(_contains(between, other) for between in inner)]


def _contains(outer: Zone, inner: Zone) -> bool:
    return outer is not inner and all(is_inside(outer.outline, corner) for corner in inner.outline)


def _section(section: RoadSection, zone: Zone, capacity: int) -> JsonObject:
    properties = {
        "section_id": section.section_id,
        "zone_id": section.zone_id,
        "zone_class": str(zone.zone_class),
        "road": section.road,
        "name": section.name,
        "name_en": section.name_en,
        "capacity": capacity,
        "simulated": section.simulated,
    }
    return _feature("LineString", _line(section.path), properties, section.section_id)


def _bbox(city: City) -> list[float]:
    low, high = bounding_box(corner for zone in city.zones.values() for corner in zone.outline)
    return [*_pair(low), *_pair(high)]


def _collection(features: Iterable[JsonObject]) -> JsonObject:
    return {"type": "FeatureCollection", "features": list(features)}


def _feature(kind: str, coordinates: object, properties: JsonObject, name: str | None = None) -> JsonObject:
    feature: JsonObject = {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }
    return feature if name is None else {**feature, "id": name}


def _pair(place: Position) -> list[float]:
    return [place.lon, place.lat]


def _line(places: Sequence[Position]) -> list[list[float]]:
    return [_pair(place) for place in places]


def _ring(outline: Sequence[Position], *, outer: bool) -> list[list[float]]:
    """Coordinates of a closed outline, turned as RFC 7946 asks: outer rings left about, holes right about."""
    ring = _line(outline)
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    return ring if (doubled > 0) == outer else ring[::-1]
