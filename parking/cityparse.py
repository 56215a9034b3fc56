"""From the texts of a city's files to a validated city. Pure: `parking.plumbing.cityfiles` reads the files.

Each `_parse_*` takes what is known from earlier files, so that a name of something unknown is found where
it is written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parking.city import (
    Berth,
    BerthKind,
    Camera,
    City,
    Device,
    Direction,
    Position,
    RoadSection,
    Sign,
    SignRow,
    Street,
    StreetRank,
    Water,
    Zone,
    ZoneClass,
)
from parking.errors import SourceError
from parking.geo import bounding_box, distance_m
from parking.ids import BerthId, CameraId, DeviceId, SectionId, SignId, ZoneId
from parking.sourcefile import parse_source
from parking.sourcenode import Node
from parking.sourcetable import Row, parse_table

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

# Ids stand in topics, addresses and spoken messages.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_ID_RULE = "must be 1 to 32 letters, digits, '.', '_' or '-', and begin with a letter or digit"
_YES_NO = {"yes": True, "no": False}
_KINDS = {str(kind): kind for kind in BerthKind}
_CLASSES = {str(zone_class): zone_class for zone_class in ZoneClass}
_RANKS = {str(rank): rank for rank in StreetRank}
_DIRECTIONS = {str(direction): direction for direction in Direction}
_WEEK_MIN = 7 * 24 * 60
# A zone may not lie farther from the city's centre, nor anything else farther outside the zones.
_CITY_RADIUS_M = 60_000
_MARGIN_DEGREES = 0.005


@dataclass(slots=True)
class _Known:
    """What has been read so far."""

    area: tuple[Position, Position]
    zones: dict[ZoneId, Zone] = field(default_factory=dict)
    roads: set[str] = field(default_factory=set)
    sections: dict[SectionId, RoadSection] = field(default_factory=dict)
    berths: dict[BerthId, Berth] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    bound: dict[tuple[BerthId, str], DeviceId] = field(default_factory=dict)


def parse_city(directory: Path, texts: Mapping[str, str]) -> City:
    """Build the city from the texts of `CITY_FILES`; raises SourceError for the first thing that is wrong."""
    paths = {name: directory / name for name in CITY_FILES}
    city = _root(paths["city.toml"], texts["city.toml"], _CITY_KEYS)
    centre = city.position("centre")
    ground = _root(paths["zones.toml"], texts["zones.toml"], ("zone", "water"))
    zones = _parse_zones(ground, centre)
    known = _Known(area=_area(paths["zones.toml"], zones), zones=zones)
    streets = tuple(_parse_streets(paths["streets.csv"], texts["streets.csv"], known))
    _parse_sections(paths["sections.csv"], texts["sections.csv"], known)
    _parse_berths(paths["berths.csv"], texts["berths.csv"], known)
    _parse_devices(paths["devices.csv"], texts["devices.csv"], known)
    cameras = _parse_cameras(paths["cameras.csv"], texts["cameras.csv"], known)
    _parse_patrols(city, known)
    return City(
        city_id=_node_id(city, "city_id"),
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
    )


_CITY_KEYS = ("city_id", "name", "name_en", "timezone", "centre", "notice", "notice_en", "patrol")
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
        zone_id = ZoneId(_node_id(node, "zone_id"))
        if zone_id in zones:
            raise node.error("zone_id", f"zone {zone_id} stands here a second time")
        outline = node.outline("outline")
        for place in outline:
            if distance_m(centre, place) > _CITY_RADIUS_M:
                raise node.error("outline", f"outline: {_spoken(place)} is over 60 km from the city's centre")
        zones[zone_id] = Zone(
            zone_id=zone_id,
            zone_class=node.choice("zone_class", _CLASSES),
            name=node.text("name"),
            name_en=node.text("name_en"),
            boundary_roads=node.texts("boundary_roads"),
            outline=outline,
        )
    return zones


def _area(path: Path, zones: Mapping[ZoneId, Zone]) -> tuple[Position, Position]:
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


def _parse_streets(path: Path, text: str, known: _Known) -> Iterator[Street]:
    """Streets; one name may stand on several rows, for a street in several stretches."""
    for row in parse_table(path, text, ("name", "name_en", "rank", "path")):
        name = row.required("name")
        known.roads.add(name)
        yield Street(
            name=name,
            name_en=row.required("name_en"),
            rank=row.choice("rank", _RANKS),
            path=_path(row, known.area),
        )


def _parse_sections(path: Path, text: str, known: _Known) -> None:
    columns = ("section_id", "zone_id", "road", "name", "name_en", "simulated", "path")
    for row in parse_table(path, text, columns):
        section_id, road = SectionId(_row_id(row, "section_id")), row.required("road")
        _refuse_second(row, section_id in known.sections, "section", section_id)
        zone_id = ZoneId(row.text("zone_id"))
        if zone_id not in known.zones:
            raise row.error(f"zone {zone_id!r} is unknown; zones.toml has {', '.join(known.zones)}")
        if road not in known.roads:
            raise row.error(f"road {road!r} is unknown; add it to streets.csv or correct it")
        known.sections[section_id] = RoadSection(
            section_id=section_id,
            zone_id=zone_id,
            road=road,
            name=row.required("name"),
            name_en=row.required("name_en"),
            path=_path(row, known.area),
            simulated=row.choice("simulated", _YES_NO),
        )


def _parse_berths(path: Path, text: str, known: _Known) -> None:
    columns = ("berth_id", "section_id", "lon", "lat", "kind", "limit_min", "closed")
    for row in parse_table(path, text, columns):
        berth_id = BerthId(_row_id(row, "berth_id"))
        _refuse_second(row, berth_id in known.berths, "berth", berth_id)
        zone = known.zones[_section(row, known).zone_id]
        known.berths[berth_id] = Berth(
            berth_id=berth_id,
            section_id=SectionId(row.text("section_id")),
            zone_id=zone.zone_id,
            zone_class=zone.zone_class,
            position=_place(row, row.text("lon"), row.text("lat"), known.area),
            kind=row.choice("kind", _KINDS),
            time_limit=_minutes(row, "limit_min") if row.text("limit_min") else None,
            closed=row.choice("closed", _YES_NO),
        )


def _parse_devices(path: Path, text: str, known: _Known) -> None:
    """Devices that are bound to a berth."""
    for row in parse_table(path, text, ("device_id", "family", "berth_id", "heartbeat_min")):
        device_id, family = DeviceId(_row_id(row, "device_id")), _row_id(row, "family")
        _refuse_second(row, device_id in known.devices, "device", device_id)
        berth_id = _known_berth(row, row.text("berth_id"), known).berth_id
        other = known.bound.setdefault((berth_id, family), device_id)
        if other != device_id:
            raise row.error(f"berth {berth_id} already has device {other} of family {family}")
        known.devices[device_id] = Device(
            device_id=device_id, family=family, berth_id=berth_id, heartbeat=_minutes(row, "heartbeat_min")
        )


def _parse_cameras(path: Path, text: str, known: _Known) -> dict[CameraId, Camera]:
    """Cameras, each also registered as a device of family `camera`."""
    cameras: dict[CameraId, Camera] = {}
    for row in parse_table(path, text, ("camera_id", "section_id", "heartbeat_min", "berth_ids")):
        camera_id = CameraId(_row_id(row, "camera_id"))
        device_id = DeviceId(camera_id)
        _refuse_second(row, device_id in known.devices, "device", camera_id)
        section = _section(row, known)
        berths = [_known_berth(row, name, known) for name in row.required("berth_ids").split()]
        for index, berth in enumerate(berths):
            if berth.section_id != section.section_id or berth in berths[:index]:
                raise row.error(f"berth {berth.berth_id} is repeated or not in section {section.section_id}")
        cameras[camera_id] = Camera(
            camera_id=camera_id,
            section_id=section.section_id,
            berth_ids=tuple(berth.berth_id for berth in berths),
        )
        known.devices[device_id] = Device(
            device_id=device_id, family="camera", berth_id=None, heartbeat=_minutes(row, "heartbeat_min")
        )
    return cameras


def _parse_patrols(city: Node, known: _Known) -> None:
    for node in city.children("patrol", ("device_id", "heartbeat_min")):
        device_id = DeviceId(_node_id(node, "device_id"))
        if device_id in known.devices:
            raise node.error("device_id", f"device {device_id} stands here a second time")
        heartbeat = timedelta(minutes=node.whole("heartbeat_min", 1, _WEEK_MIN))
        known.devices[device_id] = Device(
            device_id=device_id, family="patrol", berth_id=None, heartbeat=heartbeat
        )


def _parse_signs(root: Node, known: _Known) -> dict[SignId, Sign]:
    signs: dict[SignId, Sign] = {}
    for node in root.children("sign", _SIGN_KEYS):
        sign_id = SignId(_node_id(node, "sign_id"))
        if sign_id in signs:
            raise node.error("sign_id", f"sign {sign_id} stands here a second time")
        place = node.position("position")
        if not _is_within(known.area, place):
            raise node.error("position", f"position {_spoken(place)} lies outside the city's zones")
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


def _sign_row(node: Node, known: _Known) -> SignRow:
    section_ids = tuple(SectionId(name) for name in node.texts("section_ids"))
    for section_id in section_ids:
        if section_id not in known.sections:
            raise node.error("section_ids", f"section {section_id!r} is unknown; see sections.csv")
    if not section_ids:
        raise node.error("section_ids", "section_ids must name at least one section")
    return SignRow(
        name=node.text("name"),
        name_en=node.text("name_en"),
        direction=node.choice("direction", _DIRECTIONS),
        distance_m=node.whole("distance_m", 0, _CITY_RADIUS_M),
        section_ids=section_ids,
    )


def _node_id(node: Node, name: str) -> str:
    text = node.text(name)
    if not _ID.fullmatch(text):
        raise node.error(name, f"{name} {_ID_RULE}, not {text!r}")
    return text


def _row_id(row: Row, column: str) -> str:
    text = row.text(column)
    if not _ID.fullmatch(text):
        raise row.error(f"{column} {_ID_RULE}, not {text!r}")
    return text


def _refuse_second(row: Row, is_known: bool, noun: str, name: str) -> None:  # noqa: FBT001  reads as an assertion
    if is_known:
        raise row.error(f"{noun} {name} stands here a second time")


def _section(row: Row, known: _Known) -> RoadSection:
    section = known.sections.get(SectionId(row.text("section_id")))
    if section is None:
        raise row.error(f"section {row.text('section_id')!r} is unknown; see sections.csv")
    return section


def _known_berth(row: Row, name: str, known: _Known) -> Berth:
    berth = known.berths.get(BerthId(name))
    if berth is None:
        raise row.error(f"berth {name!r} is unknown; see berths.csv")
    return berth


def _minutes(row: Row, column: str) -> timedelta:
    return timedelta(minutes=row.number(column, 1, _WEEK_MIN))


def _path(row: Row, area: tuple[Position, Position]) -> tuple[Position, ...]:
    """Places written as `lon lat;lon lat;...`, at least two."""
    places = []
    for pair in row.required("path").split(";"):
        lon, _, lat = pair.strip().partition(" ")
        places.append(_place(row, lon, lat, area))
    if len(places) < 2:
        raise row.error("path must have two places or more: lon lat;lon lat")
    return tuple(places)


def _place(row: Row, lon: str, lat: str, area: tuple[Position, Position]) -> Position:
    try:
        place = Position(lon=float(lon), lat=float(lat))
    except ValueError:
        raise row.error(f"longitude and latitude must be numbers, not {lon!r} and {lat!r}") from None
    if not _is_within(area, place):
        raise row.error(f"{_spoken(place)} lies outside the city's zones; longitude comes first")
    return place


def _is_within(area: tuple[Position, Position], place: Position) -> bool:
    low, high = area
    return low.lon <= place.lon <= high.lon and low.lat <= place.lat <= high.lat


def _spoken(place: Position) -> str:
    return f"{place.lon:g} {place.lat:g}"
