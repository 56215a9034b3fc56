"""Where a synthetic city parks: the kerbs of its plan become road sections and berths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from math import ceil, exp, hypot
from random import Random

from parking.city import Berth, BerthKind, Position, RoadSection, StreetRank, ZoneClass
from parking.geo import Point, from_metres
from parking.ids import BerthId, SectionId, ZoneId
from simulators.cityplan import Bend, Block, zone_class_at

BERTHS = {ZoneClass.I: 2100, ZoneClass.II: 6000, ZoneClass.III: 300}
ZONE_IDS = {ZoneClass.I: ZoneId("Z1"), ZoneClass.II: ZoneId("Z2"), ZoneClass.III: ZoneId("Z3")}
TEST_BERTHS = 12
# The roads on which charging began in 2019 (908 berths): lined with berths on both sides.
BUSY_ROADS = ("解放路", "舜井大道")

_BERTH_M = 6.0
_SMALLEST, _LARGEST = 12, 40
_KERB_M = {StreetRank.TRUNK: 11.0, StreetRank.STREET: 5.0}
# Kept free at a junction: the half width of the street that crosses, and the law's distance from the corner.
_CLEAR_M = {StreetRank.TRUNK: 30.0, StreetRank.STREET: 20.0}
_KIND_SHARES = (
    (BerthKind.CHARGING, 0.03),
    (BerthKind.DISABLED, 0.015),
    (BerthKind.RESIDENT, 0.02),
    (BerthKind.LOADING, 0.012),
)
_CLOSED_EVERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kerb:
    """One side of a block with room for `capacity` berths; `line` runs with the traffic, in metres."""

    block: Block
    left: bool
    line: tuple[Point, ...]
    start_m: float
    capacity: int
    test: bool = False

    @property
    def zone_class(self) -> ZoneClass:
        """The class of the zone in which the kerb lies."""
        return zone_class_at(self.block.middle)

    @property
    def busy(self) -> bool:
        """Whether the kerb is on one of the busiest roads, where both sides are marked throughout."""
        return self.block.line.name in BUSY_ROADS and self.zone_class is ZoneClass.I


@dataclass(frozen=True, slots=True, kw_only=True)
class Parking:
    """All kerb parking of a city, in the order of its ids; `middles` are the sections' plan coordinates."""

    sections: tuple[RoadSection, ...]
    middles: tuple[Point, ...]
    berths: tuple[Berth, ...]


def draw_parking(rng: Random, blocks: Sequence[Block], bend: Bend, centre: Position) -> Parking:
    """Choose kerbs until each class has exactly its berths, and mark them; the test sections come first."""
    kerbs = [kerb for block in blocks if not block.on_bridge for kerb in _kerbs(block, bend)]
    chosen = [kerb for zone_class in BERTHS for kerb in _choose(rng, kerbs, zone_class)]
    chosen.sort(key=lambda kerb: not kerb.test)
    sections = tuple(_section(kerb, number, centre) for number, kerb in enumerate(chosen, start=1))
    berths = tuple(_berths(rng, list(zip(chosen, sections, strict=True)), centre))
    return Parking(
        sections=sections,
        middles=tuple(kerb.block.middle for kerb in chosen),
        berths=berths,
    )


def offset_line(points: Sequence[Point], aside_m: float) -> tuple[Point, ...]:
    """The line moved to its left by `aside_m` metres (to its right where negative)."""
    moved = []
    for index, (east, north) in enumerate(points):
        before, after = points[max(index - 1, 0)], points[min(index + 1, len(points) - 1)]
        run = hypot(after[0] - before[0], after[1] - before[1])
        moved.append(
            (
                east - aside_m * (after[1] - before[1]) / run,
                north + aside_m * (after[0] - before[0]) / run,
            )
        )
    return tuple(moved)


def point_at(points: Sequence[Point], distance: float) -> Point:
    """The place after `distance` metres along the line; the last one when the line is shorter."""
    for (east, north), (next_east, next_north) in pairwise(points):
        leg = hypot(next_east - east, next_north - north)
        if distance <= leg:
            share = distance / leg
            return east + share * (next_east - east), north + share * (next_north - north)
        distance -= leg
    return points[-1]


def place(point: Point, centre: Position) -> Position:
    """The position of a point in metres, rounded to about a decimetre as the files hold it."""
    exact = from_metres(centre, point)
    return Position(lon=round(exact.lon, 6), lat=round(exact.lat, 6))


def _length(points: Sequence[Point]) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points))


def _kerbs(block: Block, bend: Bend) -> Iterator[Kerb]:
    """Both sides of a block, where they are long enough for a section."""
    steps = max(2, ceil((block.end - block.start) / 15))
    stride = (block.end - block.start) / steps
    axis = tuple(bend(block.line.point(block.start + stride * step)) for step in range(steps + 1))
    clear = _CLEAR_M[block.from_line.rank] + _CLEAR_M[block.to_line.rank]
    for left in (False, True):
        # Traffic keeps to the right, so the left kerb is used against the direction of the axis.
        direction = axis[::-1] if left else axis
        line = offset_line(direction, -_KERB_M[block.line.rank])
        length = _length(line)
        capacity = min(_LARGEST, int((length - clear) / _BERTH_M))
        if capacity >= _SMALLEST:
            start_m = (length - capacity * _BERTH_M) / 2
            yield Kerb(block=block, left=left, line=line, start_m=start_m, capacity=capacity)


def _choose(rng: Random, kerbs: Sequence[Kerb], zone_class: ZoneClass) -> list[Kerb]:
    """Kerbs of one class that hold exactly its berths, in the order of their streets; busy places first."""
    order = [kerb for kerb in kerbs if kerb.zone_class is zone_class]
    # Both sides of a block are mostly chosen together: they share the block's luck.
    luck = {kerb.block: rng.random() ** (1 / _attraction(kerb)) for kerb in order}
    ranked = sorted(
        order,
        key=lambda kerb: -luck[kerb.block] + (0.25 * rng.random() if kerb.left and not kerb.busy else 0),
    )
    test = next(k for k in ranked if k.block.line.rank is StreetRank.STREET and k.capacity > TEST_BERTHS)
    chosen = {(test.block, test.left): replace(test, capacity=TEST_BERTHS, test=True)}
    missing = BERTHS[zone_class] - TEST_BERTHS
    for kerb in ranked:
        if missing and kerb is not test:
            take = _take(kerb.capacity, missing)
            if take:
                chosen[kerb.block, kerb.left] = replace(kerb, capacity=take)
                missing -= take
    if missing:
        raise ValueError(f"the plan has no room for {missing} more berths of class {zone_class}")
    return [chosen[kerb.block, kerb.left] for kerb in order if (kerb.block, kerb.left) in chosen]


def _take(capacity: int, missing: int) -> int:
    """How many berths to mark so that what is missing afterwards is none or enough for a section."""
    if capacity >= missing:
        return missing
    if missing - capacity >= _SMALLEST:
        return capacity
    return missing - _SMALLEST if missing >= 2 * _SMALLEST else 0


def _attraction(kerb: Kerb) -> float:
    """How likely a kerb is marked: the busy roads first, then by nearness to the centre."""
    if kerb.busy:
        return 1e6
    u, v = kerb.block.middle
    trunk = 1.5 if kerb.block.line.rank is StreetRank.TRUNK else 1.0
    return trunk * exp(-hypot(u, v) / 1500)


def _section(kerb: Kerb, number: int, centre: Position) -> RoadSection:
    length = kerb.capacity * _BERTH_M
    legs = max(1, round(length / 50))
    name, name_en = _names(kerb)
    return RoadSection(
        section_id=SectionId(f"S{number:03}"),
        zone_id=ZONE_IDS[kerb.zone_class],
        road=kerb.block.line.name,
        name=name,
        name_en=name_en,
        path=tuple(
            place(point_at(kerb.line, kerb.start_m + length * leg / legs), centre) for leg in range(legs + 1)
        ),
        simulated=not kerb.test,
    )


def _names(kerb: Kerb) -> tuple[str, str]:
    """What the section is called: road, side and the streets between which it lies."""
    if kerb.test:
        return f"测试路段 {kerb.zone_class}", f"Test section {kerb.zone_class}"
    block = kerb.block
    sides = ("东侧", "西侧", "east", "west") if block.line.axis == "u" else ("南侧", "北侧", "south", "north")
    side, side_en = sides[kerb.left], sides[2 + kerb.left]
    return (
        f"{block.line.name}{side}（{block.from_line.name}至{block.to_line.name}）",
        f"{block.line.name_en}, {side_en} side ({block.from_line.name_en} to {block.to_line.name_en})",
    )


def _berths(rng: Random, marked: Sequence[tuple[Kerb, RoadSection]], centre: Position) -> Iterator[Berth]:
    counts = dict.fromkeys(BERTHS, 0)
    for kerb, section in marked:
        limit = _limit(rng, kerb)
        for index in range(kerb.capacity):
            counts[kerb.zone_class] += 1
            number = counts[kerb.zone_class]
            along = kerb.start_m + _BERTH_M * (index + 0.5)
            plain = Berth(
                berth_id=BerthId(f"{_PREFIXES[kerb.zone_class]}-{number:04}"),
                section_id=section.section_id,
                zone_id=section.zone_id,
                zone_class=kerb.zone_class,
                position=place(point_at(kerb.line, along), centre),
            )
            yield _test_berth(plain, index) if kerb.test else _marked(rng, plain, limit, number)


_PREFIXES = {ZoneClass.I: "SZ1", ZoneClass.II: "SZ2", ZoneClass.III: "SZ3"}


def _limit(rng: Random, kerb: Kerb) -> timedelta | None:
    """The longest stay on a section: some sections of the busiest roads have one."""
    busy = kerb.zone_class is ZoneClass.I and kerb.block.line.rank is StreetRank.TRUNK
    if not busy or rng.random() >= 0.4:
        return None
    return timedelta(minutes=rng.choice((60, 120)))


def _test_berth(berth: Berth, index: int) -> Berth:
    """The last four berths of a test section are one of each rule, so that each can be tried by hand."""
    special = {
        8: replace(berth, time_limit=timedelta(minutes=60)),
        9: replace(berth, kind=BerthKind.DISABLED),
        10: replace(berth, kind=BerthKind.RESIDENT),
        11: replace(berth, closed=True),
    }
    return special.get(index, berth)


def _marked(rng: Random, berth: Berth, limit: timedelta | None, number: int) -> Berth:
    kind, draw = BerthKind.ORDINARY, rng.random()
    for candidate, share in _KIND_SHARES:
        draw -= share
        if draw < 0:
            kind = candidate
            break
    limited = limit if kind is BerthKind.ORDINARY else None
    return replace(berth, kind=kind, time_limit=limited, closed=number % _CLOSED_EVERY == 500)
