"""The CSV tables of a city, from streets to cameras: texts to records, each name checked where it is used."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from parking.city import (
    Berth,
    BerthKind,
    Camera,
    Device,
    Position,
    RoadSection,
    Street,
    StreetRank,
    Zone,
)
from parking.ids import BerthId, CameraId, DeviceId, SectionId, ZoneId
from parking.sourcetable import Row, parse_table

# No time limit and no heartbeat is longer than a week.
LONGEST_MIN = 7 * 24 * 60
Area = tuple[Position, Position]

_YES_NO = {"yes": True, "no": False}
_KINDS = {str(kind): kind for kind in BerthKind}
_RANKS = {str(rank): rank for rank in StreetRank}


@dataclass(slots=True)
class Known:
    """What the files read so far hold; the parsers add to it. Everything must lie in `area`."""

    area: Area
    zones: dict[ZoneId, Zone] = field(default_factory=dict)
    roads: set[str] = field(default_factory=set)
    sections: dict[SectionId, RoadSection] = field(default_factory=dict)
    berths: dict[BerthId, Berth] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    bound: dict[tuple[BerthId, str], DeviceId] = field(default_factory=dict)


def parse_streets(path: Path, text: str, known: Known) -> Iterator[Street]:
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


def parse_sections(path: Path, text: str, known: Known) -> None:
    """Road sections, into `known`."""
    columns = ("section_id", "zone_id", "road", "name", "name_en", "simulated", "path")
    for row in parse_table(path, text, columns):
        section_id, road = SectionId(row.identifier("section_id")), row.required("road")
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


def parse_berths(path: Path, text: str, known: Known) -> None:
    """Berths, into `known`; zone and class follow from the section."""
    columns = ("berth_id", "section_id", "lon", "lat", "kind", "limit_min", "closed")
    for row in parse_table(path, text, columns):
        berth_id = BerthId(row.identifier("berth_id"))
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


def parse_devices(path: Path, text: str, known: Known) -> None:
    """Devices that are bound to a berth, into `known`; one of each family per berth."""
    for row in parse_table(path, text, ("device_id", "family", "berth_id", "heartbeat_min")):
        device_id, family = DeviceId(row.identifier("device_id")), row.identifier("family")
        _refuse_second(row, device_id in known.devices, "device", device_id)
        berth_id = _known_berth(row, row.text("berth_id"), known).berth_id
        other = known.bound.setdefault((berth_id, family), device_id)
        if other != device_id:
            raise row.error(f"berth {berth_id} already has device {other} of family {family}")
        known.devices[device_id] = Device(
            device_id=device_id, family=family, berth_id=berth_id, heartbeat=_minutes(row, "heartbeat_min")
        )


def parse_cameras(path: Path, text: str, known: Known) -> dict[CameraId, Camera]:
    """Cameras, each also registered as a device; of family `camera` unless a column says otherwise."""
    cameras: dict[CameraId, Camera] = {}
    columns = ("camera_id", "section_id", "heartbeat_min", "berth_ids")
    for row in parse_table(path, text, columns, optional=("family",)):
        camera_id = CameraId(row.identifier("camera_id"))
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
            device_id=device_id,
            family=row.identifier("family") if row.text("family") else "camera",
            berth_id=None,
            heartbeat=_minutes(row, "heartbeat_min"),
        )
    return cameras


def _refuse_second(row: Row, is_known: bool, noun: str, name: str) -> None:  # noqa: FBT001  reads as an assertion
    if is_known:
        raise row.error(f"{noun} {name} stands here a second time")


def _section(row: Row, known: Known) -> RoadSection:
    section = known.sections.get(SectionId(row.text("section_id")))
    if section is None:
        raise row.error(f"section {row.text('section_id')!r} is unknown; see sections.csv")
    return section


def _known_berth(row: Row, name: str, known: Known) -> Berth:
    berth = known.berths.get(BerthId(name))
    if berth is None:
        raise row.error(f"berth {name!r} is unknown; see berths.csv")
    return berth


def _minutes(row: Row, column: str) -> timedelta:
    return timedelta(minutes=row.number(column, 1, LONGEST_MIN))


def _path(row: Row, area: Area) -> tuple[Position, ...]:
    """Places written as `lon lat;lon lat;...`, at least two."""
    places = []
    for pair in row.required("path").split(";"):
        lon, _, lat = pair.strip().partition(" ")
        places.append(_place(row, lon, lat, area))
    if len(places) < 2:
        raise row.error("path must have two places or more: lon lat;lon lat")
    return tuple(places)


def _place(row: Row, lon: str, lat: str, area: Area) -> Position:
    try:
        place = Position(lon=float(lon), lat=float(lat))
    except ValueError:
        raise row.error(f"longitude and latitude must be numbers, not {lon!r} and {lat!r}") from None
    if not is_within(area, place):
        raise row.error(f"{spoken(place)} lies outside the city's zones; longitude comes first")
    return place


def is_within(area: Area, place: Position) -> bool:
    """Whether the place lies in the area."""
    low, high = area
    return low.lon <= place.lon <= high.lon and low.lat <= place.lat <= high.lat


def spoken(place: Position) -> str:
    """The place as an error message writes it."""
    return f"{place.lon:g} {place.lat:g}"
