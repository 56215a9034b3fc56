"""Names that drivers type find a place, in either language."""

import pytest

from guidance.places import Places
from parking.city import Position
from tests.support.smallcity import small_city


@pytest.fixture(scope="module")
def places() -> Places:
    return Places(small_city())


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("解放路", "解放路"),
        (" jiefang  ROAD ", "Jiefang Road"),
        ("西段", "解放路西段"),
        ("a-1", "A-1"),
        ("s002", "S002"),
        ("路口", "路口"),
        ("小城", "小城"),
    ],
)
def test_a_name_or_a_part_of_it_finds_the_place(places: Places, typed: str, found: str) -> None:
    place = places.find(typed)

    assert place is not None
    assert place.name == found


@pytest.mark.parametrize("typed", ["", "   ", "长安街"])
def test_an_unknown_name_finds_nothing(places: Places, typed: str) -> None:
    assert places.find(typed) is None


def test_a_mistyped_name_gets_a_hint(places: Places) -> None:
    assert places.similar("Jiefang Raod")[0] == "Jiefang Road"


def test_how_far_outside_a_position_lies(places: Places) -> None:
    assert places.outside_m(Position(lon=113.38, lat=31.70)) == 0
    assert places.outside_m(Position(lon=113.38, lat=31.74)) == pytest.approx(1112, abs=5)
