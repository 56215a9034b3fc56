"""Guidance signs of a synthetic city at three levels, and what each of their rows adds up.

60 signs stand at sections, 46 before junctions and 14 on trunk roads. A published city set of 14 / 283 / 46
(level 1 / 2 / 3) has far more at level 2, for off-street car parks; here the kerb itself is the target.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot
from random import Random

from parking.city import Direction, Position, RoadSection, Sign, SignRow, StreetRank, ZoneClass
from parking.geo import Point, path_midpoint, to_metres
from parking.ids import SectionId, SignId
from simulators.citykerbs import ZONE_IDS, Parking, place
from simulators.cityplan import (
    CENTRAL,
    EAST,
    HANDONG,
    MIDDLE,
    NORTH,
    RIVERSIDE,
    SOUTH,
    WEST,
    YOUTH,
    Bend,
    Block,
    zone_class_at,
)

JUNCTION_SIGNS = 46
SECTION_SIGNS = {ZoneClass.I: 30, ZoneClass.II: 25, ZoneClass.III: 2}

# (road, road in English, plan coordinates, plan heading): on trunk roads, for drivers into the city.
_TRUNK_SITES = (
    ("擂鼓墩大道", "Leigudun Avenue", (WEST, NORTH - 90), (0, -1)),
    ("白云大道", "Baiyun Avenue", (WEST, SOUTH + 90), (0, 1)),
    ("沿河大道", "Yanhe Avenue", (RIVERSIDE, NORTH - 90), (0, -1)),
    ("沿河大道", "Yanhe Avenue", (RIVERSIDE, SOUTH + 90), (0, 1)),
    ("舜井大道", "Shunjing Avenue", (CENTRAL, NORTH - 90), (0, -1)),
    ("舜井大道", "Shunjing Avenue", (CENTRAL, SOUTH + 90), (0, 1)),
    ("季梁大道", "Jiliang Avenue", (EAST, NORTH - 90), (0, -1)),
    ("季梁大道", "Jiliang Avenue", (EAST, SOUTH + 90), (0, 1)),
    ("青年路", "Qingnian Road", (WEST + 90, YOUTH), (1, 0)),
    ("青年路", "Qingnian Road", (EAST - 90, YOUTH), (-1, 0)),
    ("解放路", "Jiefang Road", (WEST + 90, MIDDLE), (1, 0)),
    ("解放路", "Jiefang Road", (EAST - 90, MIDDLE), (-1, 0)),
    ("汉东路", "Handong Road", (WEST + 90, HANDONG), (1, 0)),
    ("汉东路", "Handong Road", (EAST - 90, HANDONG), (-1, 0)),
)
_HEADINGS = {(0, -1): ("南行", "southbound"), (0, 1): ("北行", "northbound"),
             (1, 0): ("东行", "eastbound"), (-1, 0): ("西行", "westbound")}  # fmt: skip
_TRUNK_ROWS, _JUNCTION_ROWS = 4, 4
_REACH_M = 500.0
_BEFORE_JUNCTION_M = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What a row may name: sections, and the place in metres that stands for them."""

    name: str
    name_en: str
    section_ids: tuple[SectionId, ...]
    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """Where a sign stands and which way its readers drive, in metres."""

    name: str
    name_en: str
    point: Point
    heading: Point


_AREAS = {
    "I north": ("一类区·解放路以北", "Class I, north of Jiefang Road"),
    "I south": ("一类区·解放路以南", "Class I, south of Jiefang Road"),
    "II west": ("二类区·沿河大道以西", "Class II, west of Yanhe Avenue"),
    "II east": ("二类区·舜井大道以东", "Class II, east of Shunjing Avenue"),
    "II north": ("二类区·青年路以北", "Class II, north of Qingnian Road"),
    "II south": ("二类区·汉东路以南", "Class II, south of Handong Road"),
}


_Placed = tuple[_Site, tuple[SignRow, ...]]


def draw_signs(
    rng: Random, blocks: Sequence[Block], bend: Bend, parking: Parking, centre: Position
) -> Iterator[Sign]:
    """All signs, level by level; the first three of levels 2 and 3 cover the three test sections."""
    targets = [_section_target(section, centre) for section in parking.sections]
    tests = [section for section in parking.sections if not section.simulated]
    own = {section_id: target for target in targets for section_id in target.section_ids}
    areas = _areas(parking, targets)
    trunk: list[_Placed] = [(site, _rows(site, areas, _TRUNK_ROWS)) for site in _trunk_sites(bend)]
    junctions: list[_Placed] = [
        (site, (_row(site, own[section.section_id]), *_rows(site, _roads(site, parking, targets), 2)))
        for section, site in ((section, _site_before(section, centre, 60.0)) for section in tests)
    ]
    junctions += _junctions(rng, blocks, bend, parking, targets)[: JUNCTION_SIGNS - len(junctions)]
    kerbs: list[_Placed] = [
        (site, (_row(site, own[section.section_id]),))
        for section in (*tests, *_sampled(rng, parking.sections))
        for site in (_site_before(section, centre, 10.0),)
    ]
    for level, placed in enumerate((trunk, junctions, kerbs), start=1):
        for number, (site, rows) in enumerate(placed, start=1):
            yield Sign(
                sign_id=SignId(f"L{level}-{number:02}"),
                level=level,
                name=site.name,
                name_en=site.name_en,
                position=place(site.point, centre),
                rows=rows,
            )


def _trunk_sites(bend: Bend) -> Iterator[_Site]:
    for road, road_en, (u, v), heading in _TRUNK_SITES:
        point, further = bend((u, v)), bend((u + 50 * heading[0], v + 50 * heading[1]))
        zh, en = _HEADINGS[heading]
        yield _Site(
            name=f"{road}{zh}", name_en=f"{road_en}, {en}", point=point, heading=_minus(further, point)
        )


def _site_before(section: RoadSection, centre: Position, metres: float) -> _Site:
    """The site on the way into a section, this far before its first berth."""
    first, second = (to_metres(centre, position) for position in section.path[:2])
    east, north = _minus(second, first)
    run = hypot(east, north)
    point = (first[0] - metres * east / run, first[1] - metres * north / run)
    return _Site(name=section.name, name_en=section.name_en, point=point, heading=(east, north))


def _junctions(
    rng: Random, blocks: Sequence[Block], bend: Bend, parking: Parking, targets: Sequence[_Target]
) -> list[_Placed]:
    """Signs before junctions on trunk roads, spread as widely as the streets allow."""
    trunk_blocks = [block for block in blocks if block.line.rank is StreetRank.TRUNK]
    sites = [_junction_site(block, bend) for block in rng.sample(trunk_blocks, len(trunk_blocks))]
    rows = [(site, _rows(site, _roads(site, parking, targets), _JUNCTION_ROWS)) for site in sites]
    useful = [(site, found) for site, found in rows if len(found) > 1]
    chosen: list[_Placed] = []
    for spread_m in (420.0, 340.0, 260.0, 180.0):
        for site, found in useful:
            if all(_distance(site.point, other.point) >= spread_m for other, _ in chosen):
                chosen.append((site, found))
    return chosen


def _junction_site(block: Block, bend: Bend) -> _Site:
    """Before the end of the block that is nearer to the centre, for those who drive towards it."""
    onward = abs(block.end) < abs(block.start)
    end, cross = (block.end, block.to_line) if onward else (block.start, block.from_line)
    junction = bend(block.line.point(end))
    point = bend(block.line.point(end + (-_BEFORE_JUNCTION_M if onward else _BEFORE_JUNCTION_M)))
    return _Site(
        name=f"{block.line.name}与{cross.name}路口",
        name_en=f"{block.line.name_en} at {cross.name_en}",
        point=point,
        heading=_minus(junction, point),
    )


def _section_target(section: RoadSection, centre: Position) -> _Target:
    """The section itself, without the streets between which it lies."""
    return _Target(
        name=section.name.split("（", maxsplit=1)[0],
        name_en=section.name_en.split(" (", maxsplit=1)[0],
        section_ids=(section.section_id,),
        point=to_metres(centre, path_midpoint(section.path)),
    )


def _areas(parking: Parking, targets: Sequence[_Target]) -> list[_Target]:
    """The areas that trunk signs name, each with all its sections; class III has none."""
    members: dict[str, list[_Target]] = {}
    for middle, target in zip(parking.middles, targets, strict=True):
        zone_class = zone_class_at(middle)
        if zone_class is not ZoneClass.III:
            members.setdefault(f"{zone_class} {_side(middle, zone_class)}", []).append(target)
    return [_merged(*_AREAS[key], members[key]) for key in _AREAS]


def _side(middle: Point, zone_class: ZoneClass) -> str:
    """On which side of the city a place lies, in the words of `_AREAS`."""
    if zone_class is ZoneClass.II and middle[0] < RIVERSIDE:
        return "west"
    if zone_class is ZoneClass.II and middle[0] > CENTRAL:
        return "east"
    return "north" if middle[1] >= MIDDLE else "south"


def _roads(site: _Site, parking: Parking, targets: Sequence[_Target]) -> list[_Target]:
    """What a junction sign may name: the sections of one road in one direction, within reach."""
    members: dict[tuple[str, Direction | None], list[_Target]] = {}
    for section, target in zip(parking.sections, targets, strict=True):
        if section.simulated and _distance(site.point, target.point) <= _REACH_M:
            members.setdefault((section.road, _direction(site, target.point)), []).append(target)
    return [
        _merged(road, group[0].name_en.split(",", maxsplit=1)[0], group)
        for (road, _), group in members.items()
    ]


def _merged(name: str, name_en: str, group: Sequence[_Target]) -> _Target:
    return _Target(
        name=name,
        name_en=name_en,
        section_ids=tuple(section_id for target in group for section_id in target.section_ids),
        point=(
            sum(target.point[0] for target in group) / len(group),
            sum(target.point[1] for target in group) / len(group),
        ),
    )


def _rows(site: _Site, targets: Sequence[_Target], most: int) -> tuple[SignRow, ...]:
    """Rows for the nearest targets that are not behind the driver, nearest first."""
    ahead = [target for target in targets if _direction(site, target.point)]
    ahead.sort(key=lambda target: _distance(site.point, target.point))
    return tuple(_row(site, target) for target in ahead[:most])


def _row(site: _Site, target: _Target) -> SignRow:
    """One row; the distance is as the crow flies, to the next ten metres."""
    return SignRow(
        name=target.name,
        name_en=target.name_en,
        direction=_direction(site, target.point) or Direction.AHEAD,
        distance_m=max(10, 10 * round(_distance(site.point, target.point) / 10)),
        section_ids=target.section_ids,
    )


def _direction(site: _Site, point: Point) -> Direction | None:
    """The arrow to a place; None where it lies behind the driver."""
    east, north = _minus(point, site.point)
    turn = degrees(atan2(north, east) - atan2(site.heading[1], site.heading[0]))
    turn = (turn + 180) % 360 - 180
    if abs(turn) > 120:
        return None
    if abs(turn) <= 35:
        return Direction.AHEAD
    return Direction.LEFT if turn > 0 else Direction.RIGHT


def _sampled(rng: Random, sections: Sequence[RoadSection]) -> list[RoadSection]:
    """The simulated sections that have a sign of their own."""
    return [
        section
        for zone_class, count in SECTION_SIGNS.items()
        for section in rng.sample(
            [s for s in sections if s.simulated and s.zone_id == ZONE_IDS[zone_class]], count
        )
    ]


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _distance(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
