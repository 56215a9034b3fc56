"""From the texts of a city's files to a validated city. Pure: `parking.plumbing.cityfiles` reads the files.

Files are taken in an order in which each names only what earlier ones hold, so that a name of something
unknown is found where it is written. The CSV tables are `parking.citytables`'s.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parking.city import (
    City,
    Device,
    Direction,
    Position,
    Sign,
    SignRow,
    Water,
    Zone,
    ZoneClass,
)
from parking.citytables import (
    LONGEST_MIN,
    Area,
    Known,
    is_within,
    parse_berths,
    parse_cameras,
    parse_devices,
    parse_sections,
    parse_streets,
    spoken,
)
from parking.errors import SourceError
from parking.geo import bounding_box, distance_m
from parking.ids import DeviceId, SectionId, SignId, ZoneId
from parking.sourcefile import parse_source
from parking.sourcenode import Node

CITY_FILES = (
    "city.toml",
    "zones.toml",
    "streets.csv",
    "sections.csv",
    "berths.csv",
    "devices.csv",
    "cameras.csv",
    "signs.toml",
)

_CLASSES = {str(zone_class): zone_class for zone_class in ZoneClass}
_DIRECTIONS = {str(direction): direction for direction in Direction}
# A zone may not lie farther from the city's centre, nor anything else farther outside the zones.
_CITY_RADIUS_M = 60_000
_MARGIN_DEGREES = 0.005


def parse_city(directory: Path, texts: Mapping[str, str]) -> City:
    """Build the city from the texts of `CITY_FILES`; raises SourceError for the first thing that is wrong."""
    paths = {name: directory / name for name in CITY_FILES}
    city = _root(paths["city.toml"], texts["city.toml"], _CITY_KEYS)
    centre = city.position("centre")
    ground = _root(paths["zones.toml"], texts["zones.toml"], ("zone", "water"))
    zones = _parse_zones(ground, centre)
    known = Known(area=_area(paths["zones.toml"], zones), zones=zones)
    streets = tuple(parse_streets(paths["streets.csv"], texts["streets.csv"], known))
    parse_sections(paths["sections.csv"], texts["sections.csv"], known)
    parse_berths(paths["berths.csv"], texts["berths.csv"], known)
    parse_devices(paths["devices.csv"], texts["devices.csv"], known)
    cameras = parse_cameras(paths["cameras.csv"], texts["cameras.csv"], known)
    _parse_patrols(city, known)
    code_sections = frozenset(_parse_payments(city, known))
    return City(
        city_id=city.identifier("city_id"),
        name=city.text("name"),
        name_en=city.text("name_en"),
        timezone=_timezone(city),
        centre=centre,
        notice=city.text("notice"),
        notice_en=city.text("notice_en"),
        zones=zones,
        sections=known.sections,
        berths=known.berths,
        devices=known.devices,
        cameras=cameras,
        signs=_parse_signs(_root(paths["signs.toml"], texts["signs.toml"], ("sign",)), known),
        streets=streets,
        waters=tuple(_parse_waters(ground)),
        code_sections=code_sections,
    )


_CITY_KEYS = ("city_id", "name", "name_en", "timezone", "centre", "notice", "notice_en", "patrol", "payment")
_ROVER_KEYS = ("device_id", "heartbeat_min")
_ZONE_KEYS = ("zone_id", "zone_class", "name", "name_en", "boundary_roads", "outline")
_SIGN_KEYS = ("sign_id", "level", "name", "name_en", "position", "row")
_ROW_KEYS = ("name", "name_en", "direction", "distance_m", "section_ids")


def _root(path: Path, text: str, known: tuple[str, ...]) -> Node:
    source = parse_source(path, text)
    return Node(source, (), source.body, known)


def _timezone(city: Node) -> ZoneInfo:
    try:
        return ZoneInfo(city.text("timezone"))
    except (ZoneInfoNotFoundError, ValueError):
        raise city.error("timezone", "timezone must be a name like Asia/Shanghai") from None


def _parse_zones(ground: Node, centre: Position) -> dict[ZoneId, Zone]:
    zones: dict[ZoneId, Zone] = {}
    for node in ground.children("zone", _ZONE_KEYS):
        zone_id = ZoneId(node.identifier("zone_id"))
        if zone_id in zones:
            raise node.error("zone_id", f"zone {zone_id} stands here a second time")
        outline = node.outline("outline")
        for place in outline:
            if distance_m(centre, place) > _CITY_RADIUS_M:
                raise node.error("outline", f"outline: {spoken(place)} is over 60 km from the city's centre")
        zones[zone_id] = Zone(
            zone_id=zone_id,
            zone_class=node.choice("zone_class", _CLASSES),
            name=node.text("name"),
            name_en=node.text("name_en"),
            boundary_roads=node.texts("boundary_roads"),
            outline=outline,
        )
    return zones


def _area(path: Path, zones: Mapping[ZoneId, Zone]) -> Area:
    """The box in which everything must lie: round all zones, with a margin of about 500 m."""
    if not zones:
        raise SourceError(path, 1, "at least one [[zone]] is expected")
    low, high = bounding_box(place for zone in zones.values() for place in zone.outline)
    return (
        Position(lon=low.lon - _MARGIN_DEGREES, lat=low.lat - _MARGIN_DEGREES),
        Position(lon=high.lon + _MARGIN_DEGREES, lat=high.lat + _MARGIN_DEGREES),
    )


def _parse_waters(ground: Node) -> Iterator[Water]:
    for node in ground.children("water", ("name", "name_en", "outline")):
        yield Water(name=node.text("name"), name_en=node.text("name_en"), outline=node.outline("outline"))


def _parse_patrols(city: Node, known: Known) -> None:
    for node in city.children("patrol", _ROVER_KEYS):
        _add_rover(node, "patrol", known)


def _parse_payments(city: Node, known: Known) -> Iterator[SectionId]:
    """Channels by which drivers pay; yields the sections whose berths bear a code to scan."""
    for node in city.children("payment", (*_ROVER_KEYS, "without_codes")):
        _add_rover(node, "payment", known)
        bare = {_known_section(node, "without_codes", name, known) for name in node.texts("without_codes")}
        yield from (section_id for section_id in known.sections if section_id not in bare)


def _add_rover(node: Node, family: str, known: Known) -> None:
    """A device that is bound to no berth and names the one it speaks of."""
    device_id = DeviceId(node.identifier("device_id"))
    if device_id in known.devices:
        raise node.error("device_id", f"device {device_id} stands here a second time")
    heartbeat = timedelta(minutes=node.whole("heartbeat_min", 1, LONGEST_MIN))
    known.devices[device_id] = Device(device_id=device_id, family=family, berth_id=None, heartbeat=heartbeat)


def _parse_signs(root: Node, known: Known) -> dict[SignId, Sign]:
    signs: dict[SignId, Sign] = {}
    for node in root.children("sign", _SIGN_KEYS):
        sign_id = SignId(node.identifier("sign_id"))
        if sign_id in signs:
            raise node.error("sign_id", f"sign {sign_id} stands here a second time")
        place = node.position("position")
        if not is_within(known.area, place):
            raise node.error("position", f"position {spoken(place)} lies outside the city's zones")
        rows = tuple(_sign_row(row, known) for row in node.children("row", _ROW_KEYS))
        if not rows:
            raise node.error("row", f"sign {sign_id} needs at least one [[sign.row]]")
        signs[sign_id] = Sign(
            sign_id=sign_id,
            level=node.whole("level", 1, 3),
            name=node.text("name"),
            name_en=node.text("name_en"),
            position=place,
            rows=rows,
        )
    return signs


def _sign_row(node: Node, known: Known) -> SignRow:
    names = node.texts("section_ids")
    section_ids = tuple(_known_section(node, "section_ids", name, known) for name in names)
    if not section_ids:
        raise node.error("section_ids", "section_ids must name at least one section")
    return SignRow(
        name=node.text("name"),
        name_en=node.text("name_en"),
        direction=node.choice("direction", _DIRECTIONS),
        distance_m=node.whole("distance_m", 0, _CITY_RADIUS_M),
        section_ids=section_ids,
    )


def _known_section(node: Node, key: str, name: str, known: Known) -> SectionId:
    section_id = SectionId(name)
    if section_id not in known.sections:
        raise node.error(key, f"section {name!r} is unknown; see sections.csv")
    return section_id
