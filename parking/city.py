"""A city as its files describe it: zones, road sections, berths, devices, cameras and signs.

Records only. `parking.plumbing.cityfiles` loads and validates them.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from parking.ids import BerthId, CameraId, DeviceId, SectionId, SignId, ZoneId


class ZoneClass(StrEnum):
    """Class of a zone (一/二/三类区), which selects the price."""

    I = "I"  # noqa: E741  the tariffs' own name
    II = "II"
    III = "III"


class BerthKind(StrEnum):
    """For whom a berth is marked."""

    ORDINARY = "ordinary"
    CHARGING = "charging"
    DISABLED = "disabled"
    RESIDENT = "resident"
    LOADING = "loading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place on the ground, WGS 84 degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An area of one zone class; the outline is closed and runs through its boundary roads."""

    zone_id: ZoneId
    zone_class: ZoneClass
    name: str
    name_en: str
    boundary_roads: tuple[str, ...]
    outline: tuple[Position, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadSection:
    """One side of a road between two junctions: the unit that drivers are sent to.

    The path follows the kerb in the direction of traffic. Where `simulated` is False the simulator leaves
    the berths, their devices and cameras alone, for people who publish by hand.
    """

    section_id: SectionId
    zone_id: ZoneId
    road: str
    name: str
    name_en: str
    path: tuple[Position, ...]
    simulated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Berth:
    """One marked berth (泊位). `time_limit` is the longest permitted stay, None where there is none."""

    berth_id: BerthId
    section_id: SectionId
    zone_id: ZoneId
    zone_class: ZoneClass
    position: Position
    kind: BerthKind = BerthKind.ORDINARY
    time_limit: timedelta | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device known to the registry. A geomagnetic sensor is bound to one berth, others name theirs."""

    device_id: DeviceId
    family: str
    berth_id: BerthId | None
    heartbeat: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera over part of a road section and the berths that it sees; it is the device of the same id."""

    camera_id: CameraId
    section_id: SectionId
    berth_ids: tuple[BerthId, ...]


class StreetRank(StrEnum):
    """How large a street is, for maps and for where signs stand."""

    TRUNK = "trunk"
    STREET = "street"


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """The axis of a street, with or without berths; every section's `road` is the name of one."""

    name: str
    name_en: str
    rank: StreetRank
    path: tuple[Position, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Water:
    """A river or lake, for maps; the outline is closed."""

    name: str
    name_en: str
    outline: tuple[Position, ...]


class Direction(StrEnum):
    """Arrow of a sign row, relative to the driver who reads the sign."""

    LEFT = "left"
    AHEAD = "ahead"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRow:
    """One line of a sign: a name, and the road sections whose free berths it adds up."""

    name: str
    name_en: str
    direction: Direction
    distance_m: int
    section_ids: tuple[SectionId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A guidance sign (停车诱导屏): level 1 on trunk roads, 2 at junctions, 3 at the section itself."""

    sign_id: SignId
    level: int
    name: str
    position: Position
    rows: tuple[SignRow, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A whole city, indexed by id; the mappings keep the order of the files.

    `notice` is what everybody must be told about these data, for instance that they are synthetic. At the
    berths of `code_sections` drivers pay by scanning a code and name their plate: where no camera sees such a
    berth, its sensor's word alone charges nobody.
    """

    city_id: str
    name: str
    name_en: str
    timezone: ZoneInfo
    centre: Position
    notice: str
    notice_en: str = ""
    zones: dict[ZoneId, Zone] = field(default_factory=dict)
    sections: dict[SectionId, RoadSection] = field(default_factory=dict)
    berths: dict[BerthId, Berth] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    cameras: dict[CameraId, Camera] = field(default_factory=dict)
    signs: dict[SignId, Sign] = field(default_factory=dict)
    code_sections: frozenset[SectionId] = frozenset()
    streets: tuple[Street, ...] = ()
    waters: tuple[Water, ...] = ()
