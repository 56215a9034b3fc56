"""A synthetic city from a seed: everything that the files of a city hold, and their texts. Pure."""

from collections.abc import Iterator, Sequence
from math import ceil, dist, sin
from random import Random
from zoneinfo import ZoneInfo

from parking.city import City, Position, Street, Water, Zone, ZoneClass
from parking.geo import Point
from simulators.citydevices import draw_cameras, list_devices
from simulators.citykerbs import ZONE_IDS, draw_parking, place
from simulators.cityplan import (
    BUILT_UP,
    CLASS_I,
    CLASS_II,
    CORNER_M,
    RIVER,
    Bend,
    Line,
    blocks_of,
    draw_bend,
    draw_lines,
)
from simulators.citysigns import draw_signs
from simulators.citytext import city_texts
from simulators.fleet import mix_fleet, parse_fleet

CITIES = ("suizhou",)
SEED = 20190901  # the day on which the city's parking ordinance came into force

_CENTRE = Position(lon=113.38, lat=31.7)
_NOTICE = (
    "合成数据：道路走向、路段、泊位、设备和诱导屏均由程序生成，仅沿用真实道路名称，不是随州市的实际布局。"
)
_NOTICE_EN = (
    "Synthetic data: streets, sections, berths, devices and signs are generated; only the names of the main "
    "roads are real. This is not the actual layout of Suizhou."
)
_ZONES = (
    (ZoneClass.I, "一类区", "Class I zone", CLASS_I, ("青年路", "汉东路", "舜井大道", "沿河大道")),
    (
        ZoneClass.II,
        "二类区",
        "Class II zone",
        CLASS_II,
        ("明珠路", "编钟大道", "季梁大道", "擂鼓墩大道", "白云大道"),
    ),
    (ZoneClass.III, "三类区", "Class III zone", BUILT_UP, ()),
)


def generate_city(seed: int, fleet: str = "") -> dict[str, str]:
    """Texts of a synthetic Suizhou's files by file name; the same seed and fleet give the same bytes."""
    command = f"citypark city generate --city suizhou --seed {seed}"
    command += f" --fleet {fleet}" if fleet else ""
    return city_texts(mix_fleet(draw_city(seed), parse_fleet(fleet)), command)


def draw_city(seed: int) -> City:
    """Draw the synthetic Suizhou of this seed."""
    rng = Random(seed)  # noqa: S311  a plan, not a secret
    bend = draw_bend(rng)
    lines = draw_lines(rng)
    blocks = tuple(blocks_of(lines))
    parking = draw_parking(rng, blocks, bend, _CENTRE)
    cameras = tuple(draw_cameras(rng, parking.sections, parking.berths))
    return City(
        city_id="suizhou",
        name="随州市",
        name_en="Suizhou",
        timezone=ZoneInfo("Asia/Shanghai"),
        centre=_CENTRE,
        notice=_NOTICE,
        notice_en=_NOTICE_EN,
        zones={zone.zone_id: zone for zone in _zones(bend)},
        sections={section.section_id: section for section in parking.sections},
        berths={berth.berth_id: berth for berth in parking.berths},
        devices={device.device_id: device for device in list_devices(parking.berths, cameras)},
        cameras={camera.camera_id: camera for camera in cameras},
        signs={sign.sign_id: sign for sign in draw_signs(rng, blocks, bend, parking, _CENTRE)},
        streets=tuple(_street(line, bend) for line in lines),
        waters=(_river(bend),),
        code_sections=frozenset(section.section_id for section in parking.sections if section.simulated),
    )


def _zones(bend: Bend) -> Iterator[Zone]:
    for zone_class, name, name_en, box, roads in _ZONES:
        yield Zone(
            zone_id=ZONE_IDS[zone_class],
            zone_class=zone_class,
            name=name,
            name_en=name_en,
            boundary_roads=roads,
            outline=_outline(box, bend, rounded=zone_class is ZoneClass.III),
        )


def _outline(box: tuple[float, float, float, float], bend: Bend, *, rounded: bool) -> tuple[Position, ...]:
    """The closed outline of a box in plan coordinates, rounded where it follows no road."""
    west, east, south, north = box
    corners: list[Point] = [(west, south), (east, south), (east, north), (west, north)]
    if rounded:
        corners = _without_corners(corners, CORNER_M)
        for cut_m in (300.0, 120.0):
            corners = _without_corners(corners, cut_m)
    points = [point for start, end in _legs(corners) for point in _stretch(start, end)]
    return _closed(points, bend)


def _legs(corners: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _without_corners(corners: Sequence[Point], cut_m: float) -> list[Point]:
    """The polygon with each corner cut off, `cut_m` along both its legs."""
    cut: list[Point] = []
    for start, end in _legs(corners):
        share = cut_m / dist(start, end)
        cut += [_between(start, end, share), _between(start, end, 1 - share)]
    return cut


def _stretch(start: Point, end: Point, stride_m: float = 100.0) -> list[Point]:
    """Points from start to just before the end."""
    steps = ceil(dist(start, end) / stride_m)
    return [_between(start, end, step / steps) for step in range(steps)]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _street(line: Line, bend: Bend) -> Street:
    steps = max(1, round((line.end - line.start) / 60))
    return Street(
        name=line.name,
        name_en=line.name_en,
        rank=line.rank,
        path=tuple(
            place(bend(line.point(line.start + (line.end - line.start) * step / steps)), _CENTRE)
            for step in range(steps + 1)
        ),
    )


def _river(bend: Bend) -> Water:
    """The river between the two bank roads; its width wavers."""
    _, _, south, north = BUILT_UP
    along = [south + (north - south) * step / 60 for step in range(61)]
    west = [(RIVER[0] + 30 * sin(v / 310) + 8 * sin(v / 97), v) for v in along]
    east = [(RIVER[1] + 22 * sin(v / 270 + 2), v) for v in reversed(along)]
    return Water(
        name="河流（合成）",
        name_en="River (synthetic)",
        outline=_closed([*west, *east], bend),
    )


def _closed(points: Sequence[Point], bend: Bend) -> tuple[Position, ...]:
    return tuple(place(bend(point), _CENTRE) for point in [*points, points[0]])
