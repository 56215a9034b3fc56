"""Geometry on the ground of one city: a flat map around an origin is exact enough there.

Metres come from the mean radius of the Earth; over 10 km the flat map is wrong by less than 0.1 %.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import cos, hypot, pi, radians

from parking.city import Position

# Mean radius of the Earth (IUGG), in metres.
EARTH_RADIUS_M = 6_371_008.8
_METRES_PER_DEGREE = EARTH_RADIUS_M * pi / 180

Point = tuple[float, float]


def to_metres(origin: Position, position: Position) -> Point:
    """Metres east and north of the origin."""
    east = (position.lon - origin.lon) * _METRES_PER_DEGREE * cos(radians(origin.lat))
    return east, (position.lat - origin.lat) * _METRES_PER_DEGREE


def from_metres(origin: Position, point: Point) -> Position:
    """Inverse of `to_metres`, not rounded."""
    east, north = point
    return Position(
        lon=origin.lon + east / (_METRES_PER_DEGREE * cos(radians(origin.lat))),
        lat=origin.lat + north / _METRES_PER_DEGREE,
    )


def distance_m(a: Position, b: Position) -> float:
    """Metres between two places of one city, as the crow flies; symmetric."""
    shrink = cos(radians((a.lat + b.lat) / 2))
    return _METRES_PER_DEGREE * hypot((a.lon - b.lon) * shrink, a.lat - b.lat)


def is_inside(outline: Sequence[Position], position: Position) -> bool:
    """Whether the place lies in the outline, closed or not; a place on the edge may count as either."""
    inside = False
    previous = outline[-1]
    for corner in outline:
        if (corner.lat > position.lat) != (previous.lat > position.lat):
            share = (position.lat - corner.lat) / (previous.lat - corner.lat)
            if position.lon < corner.lon + share * (previous.lon - corner.lon):
                inside = not inside
        previous = corner
    return inside


def bounding_box(positions: Iterable[Position]) -> tuple[Position, Position]:
    """South-west and north-east corners of all the places; raises ValueError when there are none."""
    known = list(positions)
    lons, lats = [p.lon for p in known], [p.lat for p in known]
    return Position(lon=min(lons), lat=min(lats)), Position(lon=max(lons), lat=max(lats))


def path_length_m(path: Sequence[Position]) -> float:
    """Metres along the path."""
    return sum(distance_m(a, b) for a, b in pairwise(path))


def path_midpoint(path: Sequence[Position]) -> Position:
    """The place half-way along the path."""
    travelled = [0.0, *accumulate(distance_m(a, b) for a, b in pairwise(path))]
    half = travelled[-1] / 2
    leg = min(bisect_right(travelled, half), len(path) - 1)
    if leg == 0 or travelled[leg] == travelled[leg - 1]:
        return path[0]
    share = (half - travelled[leg - 1]) / (travelled[leg] - travelled[leg - 1])
    before, after = path[leg - 1], path[leg]
    return Position(
        lon=before.lon + share * (after.lon - before.lon),
        lat=before.lat + share * (after.lat - before.lat),
    )
