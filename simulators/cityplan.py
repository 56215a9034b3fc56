"""The invented street plan behind a synthetic city: named streets as lines of a bent grid.

Streets are straight in *plan coordinates* (u to the east, v to the north, metres from the centre); a smooth
seeded field bends the whole plan, so streets curve together and still meet exactly at their junctions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, pi, radians, sin
from random import Random

from parking.city import StreetRank, ZoneClass
from parking.geo import Point

WEST, RIVERSIDE, CENTRAL, EAST = -1750.0, -650.0, 550.0, 1900.0
NORTH, YOUTH, MIDDLE, HANDONG, SOUTH = 1750.0, 800.0, 0.0, -800.0, -1900.0
BANK = -930.0  # the street on the far bank of the river
RIVER = (-880.0, -700.0)
CLASS_I = (RIVERSIDE, CENTRAL, HANDONG, YOUTH)
CLASS_II = (WEST, EAST, SOUTH, NORTH)
BUILT_UP = (-2850.0, 2950.0, -2900.0, 2750.0)
CORNER_M = 1100.0  # how much the edge of the built-up area cuts off each corner

# (Chinese, English, Unicode axis of the constant coordinate, its value, from, to). The names are the true
# boundary roads; how long they are and how they run is invented.
_TRUNKS = (
    ("擂鼓墩大道", "Leigudun Avenue", "u", WEST, MIDDLE, 2650.0),
    ("白云大道", "Baiyun Avenue", "u", WEST, -2800.0, MIDDLE),
    ("合成大道 1", "Synthetic Avenue 1", "u", BANK, -2500.0, 2400.0),
    ("沿河大道", "Yanhe Avenue", "u", RIVERSIDE, -2800.0, 2600.0),
    ("舜井大道", "Shunjing Avenue", "u", CENTRAL, -2850.0, 2700.0),
    ("合成大道 2", "Synthetic Avenue 2", "u", 1240.0, -2450.0, 2500.0),
    ("季梁大道", "Jiliang Avenue", "u", EAST, -2750.0, 2650.0),
    ("明珠路", "Mingzhu Road", "v", NORTH, -2500.0, 2850.0),
    ("青年路", "Qingnian Road", "v", YOUTH, -2750.0, 2700.0),
    ("解放路", "Jiefang Road", "v", MIDDLE, -2800.0, 2900.0),
    ("汉东路", "Handong Road", "v", HANDONG, -2650.0, 2900.0),
    ("编钟大道", "Bianzhong Avenue", "v", SOUTH, -2750.0, 2850.0),
)
_COLUMNS = (-2800.0, WEST, BANK, RIVERSIDE, CENTRAL, 1240.0, EAST, 2850.0)
_ROWS = (-2800.0, SOUTH, HANDONG, MIDDLE, YOUTH, NORTH, 2650.0)
_RIVER_COLUMN = (BANK, RIVERSIDE)
# Typical width of a block in metres, and the share of inner streets that a superblock leaves out.
_SPACING = {ZoneClass.I: 172.0, ZoneClass.II: 205.0, ZoneClass.III: 290.0}
_LEFT_OUT = {ZoneClass.I: 0.08, ZoneClass.II: 0.2, ZoneClass.III: 0.35}
_OWN_GRID = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A street in plan coordinates: `axis` names the coordinate that is constant, `at` its value."""

    name: str
    name_en: str
    rank: StreetRank
    axis: str
    at: float
    start: float
    end: float

    def point(self, along: float) -> Point:
        """Plan coordinates of the place `along` the street."""
        return (self.at, along) if self.axis == "u" else (along, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The stretch of a street between two neighbouring junctions, with the streets that cross there."""

    line: Line
    start: float
    end: float
    from_line: Line
    to_line: Line

    @property
    def middle(self) -> Point:
        """Plan coordinates of the block's middle."""
        return self.line.point((self.start + self.end) / 2)

    @property
    def on_bridge(self) -> bool:
        """Whether the block crosses the river."""
        return self.line.axis == "v" and self.start < RIVER[1] and self.end > RIVER[0]


@dataclass(frozen=True, slots=True)
class Bend:
    """The field that bends the plan: waves of (amplitude, wavelength, direction, phase) per axis."""

    waves: tuple[tuple[float, float, float, float], ...]

    def __call__(self, plan: Point) -> Point:
        """Metres east and north of the centre for plan coordinates."""
        u, v = plan
        east = u * (1 - 0.11 * (v / 2600) ** 2)
        north = v * (1 - 0.11 * (u / 2600) ** 2) + 0.13 * max(0.0, BANK - u)
        for index, (amplitude, wavelength, direction, phase) in enumerate(self.waves):
            shift = amplitude * sin(2 * pi * (u * cos(direction) + v * sin(direction)) / wavelength + phase)
            east, north = (east + shift, north) if index % 2 else (east, north + shift)
        turn = radians(7)
        return east * cos(turn) - north * sin(turn), east * sin(turn) + north * cos(turn)


def draw_bend(rng: Random) -> Bend:
    """Draw the bending field of a city."""
    sizes = ((80.0, 4300.0), (110.0, 3900.0), (38.0, 2000.0), (42.0, 1800.0), (13.0, 760.0), (13.0, 700.0))
    # Waves that move a place sideways to the direction in which they run, so that streets meander.
    return Bend(
        tuple(
            (
                amplitude,
                wavelength,
                rng.uniform(-0.5, 0.5) + (pi / 2 if index % 2 else 0),
                rng.uniform(0, 2 * pi),
            )
            for index, (amplitude, wavelength) in enumerate(sizes)
        )
    )


def zone_class_at(plan: Point) -> ZoneClass:
    """The class of a place; boundary roads belong to the zone that they bound."""
    if _is_within(CLASS_I, plan):
        return ZoneClass.I
    return ZoneClass.II if _is_within(CLASS_II, plan) else ZoneClass.III


def draw_lines(rng: Random) -> tuple[Line, ...]:
    """All streets: the trunk roads, then numbered synthetic streets from north-west to south-east."""
    trunks = tuple(
        Line(name=zh, name_en=en, rank=StreetRank.TRUNK, axis=axis, at=at, start=start, end=end)
        for zh, en, axis, at, start, end in _TRUNKS
    )
    salt = rng.randint(0, 9999)
    inner = _joined([line for cell in _cells() for line in _fill(rng, cell, salt)])
    inner.sort(key=lambda line: (line.axis, line.at if line.axis == "u" else -line.at, line.start))
    named = (
        replace(line, name=f"合成路 {number}", name_en=f"Synthetic Street {number}")
        for number, line in enumerate(inner, start=1)
    )
    return tuple(_clipped(line) for line in (*trunks, *named))


def _clipped(line: Line) -> Line:
    """The street without what would lie beyond the edge of the built-up area."""
    west, east, south, north = BUILT_UP
    low, high, left, right = (south, north, west, east) if line.axis == "u" else (west, east, south, north)
    corner = max(0.0, CORNER_M - min(line.at - left, right - line.at)) + 60.0
    return replace(line, start=max(line.start, low + corner), end=min(line.end, high - corner))


def blocks_of(lines: Sequence[Line]) -> Iterator[Block]:
    """Every block of every street, in the order of the streets."""
    for line in lines:
        crossings = sorted(
            (
                other
                for other in lines
                if other.axis != line.axis
                and line.start <= other.at <= line.end
                and other.start <= line.at <= other.end
            ),
            key=lambda other: other.at,
        )
        for before, after in pairwise(crossings):
            if after.at > before.at:
                yield Block(line=line, start=before.at, end=after.at, from_line=before, to_line=after)


def _is_within(box: tuple[float, float, float, float], plan: Point) -> bool:
    west, east, south, north = box
    return west <= plan[0] <= east and south <= plan[1] <= north


def _cells() -> Iterator[tuple[float, float, float, float]]:
    """The superblocks between trunk roads; the river is left empty."""
    for west, east in pairwise(_COLUMNS):
        for south, north in pairwise(_ROWS):
            if (west, east) != _RIVER_COLUMN:
                yield west, east, south, north


def _fill(rng: Random, cell: tuple[float, float, float, float], salt: int) -> Iterator[Line]:
    """The inner streets of one superblock, some of them ending at a cross street."""
    west, east, south, north = cell
    zone_class = zone_class_at(((west + east) / 2, (south + north) / 2))
    columns = _cuts(rng, (west, east), zone_class, salt)
    rows = _cuts(rng, (south, north), zone_class, salt)
    for axis, places, ends in (("u", columns, (south, *rows, north)), ("v", rows, (west, *columns, east))):
        for at in places:
            start, end = 0, len(ends) - 1
            if end > 1 and rng.random() < (0.6 if zone_class is ZoneClass.III else 0.3):
                cut = rng.randint(1, end - 1)
                start, end = (cut, end) if rng.random() < 0.5 else (start, cut)
            yield Line(
                name="",
                name_en="",
                rank=StreetRank.STREET,
                axis=axis,
                at=at,
                start=ends[start],
                end=ends[end],
            )


def _cuts(rng: Random, ends: tuple[float, float], zone_class: ZoneClass, salt: int) -> tuple[float, ...]:
    """Where inner streets cut a superblock's width: shared with its neighbours, or its own."""
    low, high = ends
    spacing = _SPACING[zone_class]
    shared = Random(f"{salt}:{low}:{high}:{spacing}")  # noqa: S311  a plan, not a secret
    source = rng if rng.random() < _OWN_GRID else shared
    count = max(1, round((high - low) / spacing))
    width = (high - low) / count
    places = [low + width * (index + source.uniform(-0.2, 0.2)) for index in range(1, count)]
    return tuple(round(place, 1) for place in places if rng.random() >= _LEFT_OUT[zone_class])


def _joined(lines: list[Line]) -> list[Line]:
    """Streets of neighbouring superblocks that continue each other become one street."""
    joined: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.axis, line.at, line.start)):
        last = joined[-1] if joined else None
        if last and (last.axis, last.at, last.end) == (line.axis, line.at, line.start):
            joined[-1] = replace(last, end=line.end)
        else:
            joined.append(line)
    return joined
