"""Geometry on the ground, and a city's ground as GeoJSON."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.city import City, Position
from parking.geo import (
    bounding_box,
    distance_m,
    from_metres,
    is_inside,
    path_length_m,
    path_midpoint,
    to_metres,
)
from parking.geojson import city_geojson
from tests.support.smallcity import small_city

CENTRE = Position(lon=113.38, lat=31.7)
SQUARE = tuple(
    from_metres(CENTRE, corner)
    for corner in ((-100, -100), (100, -100), (100, 100), (-100, 100), (-100, -100))
)
near = st.floats(-5000, 5000)
points = st.tuples(near, near)


def test_a_degree_of_latitude_is_111_195_metres() -> None:
    assert distance_m(CENTRE, Position(lon=113.38, lat=32.7)) == pytest.approx(111_195, abs=1)


def test_a_degree_of_longitude_shrinks_with_the_cosine() -> None:
    equator = distance_m(Position(lon=0, lat=0), Position(lon=1, lat=0))
    assert distance_m(Position(lon=0, lat=60), Position(lon=1, lat=60)) == pytest.approx(equator / 2)


@given(points)
def test_metres_and_degrees_are_inverse(point: tuple[float, float]) -> None:
    assert to_metres(CENTRE, from_metres(CENTRE, point)) == pytest.approx(point, abs=1e-6)


@given(points, points)
def test_distance_is_symmetric_and_agrees_with_the_flat_map(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    there, back = from_metres(CENTRE, a), from_metres(CENTRE, b)
    flat = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
    assert distance_m(there, back) == distance_m(back, there)
    assert distance_m(there, back) == pytest.approx(flat, rel=1e-3, abs=1e-6)


@given(points.filter(lambda point: all(abs(abs(value) - 100) > 1e-3 for value in point)))
def test_inside_a_square_is_within_its_sides(point: tuple[float, float]) -> None:
    expected = max(abs(point[0]), abs(point[1])) < 100
    assert is_inside(SQUARE, from_metres(CENTRE, point)) == expected
    assert is_inside(SQUARE[:-1], from_metres(CENTRE, point)) == expected


def test_the_notch_of_a_concave_outline_is_outside() -> None:
    corners = ((0, 0), (4, 0), (4, 4), (2, 1), (0, 4))
    outline = tuple(Position(lon=lon, lat=lat) for lon, lat in corners)
    assert not is_inside(outline, Position(lon=2, lat=2))
    assert is_inside(outline, Position(lon=0.5, lat=2))


def test_bounding_box_spans_all_places() -> None:
    low, high = bounding_box([Position(lon=2, lat=5), Position(lon=1, lat=7)])
    assert (low, high) == (Position(lon=1, lat=5), Position(lon=2, lat=7))


def test_midpoint_is_half_way_along_not_between_the_ends() -> None:
    path = tuple(from_metres(CENTRE, point) for point in ((0.0, 0.0), (0.0, 100.0), (60.0, 100.0)))
    assert path_length_m(path) == pytest.approx(160, rel=1e-3)
    assert to_metres(CENTRE, path_midpoint(path)) == pytest.approx((0, 80), abs=0.1)


def test_midpoint_of_a_path_without_length_is_its_place() -> None:
    assert path_midpoint([CENTRE]) == CENTRE
    assert path_midpoint([CENTRE, CENTRE]) == CENTRE


@pytest.fixture(name="city")
def _city() -> City:
    return small_city()


def test_geojson_has_the_layers_of_a_map(city: City) -> None:
    geojson = city_geojson(city)
    assert json.loads(json.dumps(geojson)) == geojson
    sizes = {name: len(geojson[name]["features"]) for name in ("zones", "waters", "streets", "sections")}
    assert sizes == {"zones": 2, "waters": 1, "streets": 1, "sections": 2}
    assert geojson["bbox"] == [113.35, 31.67, 113.41, 31.73]
    assert geojson["notice"] == "合成数据"


def test_geojson_sections_carry_what_a_map_shows(city: City) -> None:
    feature = city_geojson(city)["sections"]["features"][0]
    assert feature["id"] == "S001"
    assert feature["geometry"] == {"type": "LineString", "coordinates": [[113.38, 31.7], [113.381, 31.7]]}
    properties = feature["properties"]
    assert (properties["zone_class"], properties["capacity"], properties["simulated"]) == ("I", 2, False)


def test_geojson_outer_zone_has_a_hole_for_the_inner_one_and_rings_turn_as_the_standard_says(
    city: City,
) -> None:
    inner, outer = (feature["geometry"]["coordinates"] for feature in city_geojson(city)["zones"]["features"])
    assert (len(inner), len(outer)) == (1, 2)
    assert _doubled_area(inner[0]) > 0
    assert _doubled_area(outer[0]) > 0
    assert _doubled_area(outer[1]) < 0


def _doubled_area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
