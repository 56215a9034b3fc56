"""Names that drivers type, and where they are: streets, road sections, signs, zones, berth numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from parking.city import City, Position
from parking.geo import bounding_box, distance_m, path_midpoint

# A driver on the way in may ask from outside; farther off it is another city's business.
MARGIN_M = 5000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """A name and a place on the ground."""

    name: str
    position: Position


class Places:
    """The places of one city by name, in either language."""

    def __init__(self, city: City) -> None:
        self._by_key: dict[str, NamedPlace] = {}
        for place in _places(city):
            self._by_key.setdefault(_key(place.name), place)
        # Berths are asked for by their whole number, so the search in names does not look at them.
        self._berths = {_key(berth.berth_id): berth for berth in city.berths.values()}
        self._low, self._high = bounding_box(p for zone in city.zones.values() for p in zone.outline)

    def find(self, text: str) -> NamedPlace | None:
        """Return the place of this name, else the one with the shortest name that contains it."""
        key = _key(text)
        if not key:
            return None
        exact = self._by_key.get(key)
        if exact is not None:
            return exact
        berth = self._berths.get(key)
        if berth is not None:
            return NamedPlace(name=berth.berth_id, position=berth.position)
        containing = [name for name in self._by_key if key in name]
        return self._by_key[min(containing, key=len)] if containing else None

    def similar(self, text: str) -> list[str]:
        """Names that look like this text, best first."""
        close = get_close_matches(_key(text), self._by_key, n=3, cutoff=0.5)
        return [self._by_key[name].name for name in close]

    def outside_m(self, position: Position) -> float:
        """Metres by which a place lies outside the box round all zones; 0 within."""
        nearest = Position(
            lon=min(max(position.lon, self._low.lon), self._high.lon),
            lat=min(max(position.lat, self._low.lat), self._high.lat),
        )
        return distance_m(position, nearest)


def _places(city: City) -> Iterator[NamedPlace]:
    for street in city.streets:
        middle = path_midpoint(street.path)
        yield NamedPlace(name=street.name, position=middle)
        yield NamedPlace(name=street.name_en, position=middle)
    for section in city.sections.values():
        middle = path_midpoint(section.path)
        for name in (section.name, section.name_en, section.road, section.section_id):
            yield NamedPlace(name=name, position=middle)
    for sign in city.signs.values():
        yield NamedPlace(name=sign.name, position=sign.position)
    for name in (city.name, city.name_en):
        yield NamedPlace(name=name, position=city.centre)


def _key(name: str) -> str:
    return "".join(name.split()).casefold()
