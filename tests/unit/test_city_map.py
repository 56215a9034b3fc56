"""The generated Suizhou: the committed files are the generator's, and hold what the city is known to have."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from parking.city import BerthKind, City, Sign, ZoneClass
from parking.cityparse import parse_city
from parking.geo import distance_m, is_inside, path_length_m, path_midpoint
from parking.ids import BerthId, CameraId, SectionId, SignId
from parking.plumbing.cityfiles import load_city
from simulators.citymap import SEED, draw_city, generate_city

SUIZHOU = Path(__file__).parents[2] / "cities" / "suizhou"
TESTS = tuple(SectionId(f"S00{number}") for number in (1, 2, 3))


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(SUIZHOU)


def test_committed_files_are_what_the_generator_writes() -> None:
    for name, text in generate_city(SEED).items():
        assert (SUIZHOU / name).read_text(encoding="utf-8") == text, f"{name}: run `citypark city generate`"


def test_files_hold_the_whole_drawn_city(city: City) -> None:
    assert draw_city(SEED) == city


def test_other_seed_draws_another_city_of_the_same_size(city: City) -> None:
    texts = generate_city(7)
    other = parse_city(Path("other"), texts)
    assert other.berths.keys() == city.berths.keys()
    assert other.berths != city.berths
    assert generate_city(7) == texts


def test_berths_per_class_are_the_published_counts(city: City) -> None:
    counts = Counter(berth.zone_class for berth in city.berths.values())
    assert counts == {ZoneClass.I: 2100, ZoneClass.II: 6000, ZoneClass.III: 300}


def test_every_text_says_that_the_streets_are_invented(city: City) -> None:
    for text in generate_city(SEED).values():
        assert text.startswith(f"# {city.notice}\n# {city.notice_en}\n")
    assert "合成" in city.notice
    assert "Synthetic" in city.notice_en


def test_streets_are_the_true_boundary_roads_or_plainly_synthetic(city: City) -> None:
    real = {name for zone in city.zones.values() for name in zone.boundary_roads} | {"解放路"}
    names = {street.name for street in city.streets}
    assert real <= names
    assert all(name.startswith("合成") for name in names - real)
    english = {street.name_en for street in city.streets if street.name not in real}
    assert all(name.startswith("Synthetic ") for name in english)


def test_zones_lie_within_each_other_and_round_the_centre(city: City) -> None:
    one, two, three = city.zones.values()
    assert all(is_inside(two.outline, corner) for corner in one.outline)
    assert all(is_inside(three.outline, corner) for corner in two.outline)
    assert is_inside(one.outline, city.centre)


def test_sections_lie_in_their_zone_or_on_its_boundary_road(city: City) -> None:
    for section in city.sections.values():
        zone = city.zones[section.zone_id]
        inside = [
            other.zone_class
            for other in city.zones.values()
            if is_inside(other.outline, path_midpoint(section.path))
        ]
        innermost = min(inside, key=len)
        on_boundary = any(section.road in other.boundary_roads for other in city.zones.values())
        assert innermost is zone.zone_class or on_boundary, section.section_id


def test_sections_are_lines_of_12_to_40_berths_six_metres_apart(city: City) -> None:
    members: dict[SectionId, list[BerthId]] = {section_id: [] for section_id in city.sections}
    for berth in city.berths.values():
        members[berth.section_id].append(berth.berth_id)
    assert 300 <= len(members) <= 400
    for section_id, berth_ids in members.items():
        assert 12 <= len(berth_ids) <= 40
        assert path_length_m(city.sections[section_id].path) == pytest.approx(6 * len(berth_ids), rel=0.02)
        for before, after in pairwise(berth_ids):
            gap = distance_m(city.berths[before].position, city.berths[after].position)
            assert gap == pytest.approx(6, abs=0.4)


def test_every_berth_has_its_sensor(city: City) -> None:
    bound = {device.berth_id: device for device in city.devices.values() if device.family == "geo"}
    assert bound.keys() == city.berths.keys()
    assert all(device.device_id == f"G-{berth_id}" for berth_id, device in bound.items())


def test_cameras_watch_their_share_of_the_sections(city: City) -> None:
    watched = {camera.section_id for camera in city.cameras.values()}
    for zone_id, share in (("Z1", 0.2), ("Z2", 0.08), ("Z3", 0.0)):
        sections = {section.section_id for section in city.sections.values() if section.zone_id == zone_id}
        assert len(watched & sections) == pytest.approx(share * len(sections), abs=1.1)


def test_test_sections_try_every_rule_by_hand(city: City) -> None:
    assert tuple(s.section_id for s in city.sections.values() if not s.simulated) == TESTS
    assert [city.zones[city.sections[name].zone_id].zone_class for name in TESTS] == list(ZoneClass)
    for prefix in ("SZ1", "SZ2", "SZ3"):
        berths = [city.berths[BerthId(f"{prefix}-{number:04}")] for number in range(1, 13)]
        assert {berth.section_id for berth in berths} <= set(TESTS)
        assert all(b.kind is BerthKind.ORDINARY and not b.time_limit and not b.closed for b in berths[:8])
        assert berths[8].time_limit is not None
        assert [berth.kind for berth in berths[9:11]] == [BerthKind.DISABLED, BerthKind.RESIDENT]
        assert berths[11].closed
    assert city.cameras[CameraId("C-001")].section_id == TESTS[0]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_test_sections_have_signs_of_level_2_and_3(city: City, number: int) -> None:
    for level in (2, 3):
        row = city.signs[SignId(f"L{level}-0{number}")].rows[0]
        assert row.section_ids == (TESTS[number - 1],)


def test_signs_stand_at_three_levels_and_name_every_section_of_the_inner_zones(city: City) -> None:
    assert Counter(sign.level for sign in city.signs.values()) == {1: 14, 2: 46, 3: 60}
    assert all(2 <= len(sign.rows) <= 4 for sign in city.signs.values() if sign.level == 2)
    assert all(len(sign.rows) == 1 for sign in city.signs.values() if sign.level == 3)
    named = {
        section_id for sign in city.signs.values() for row in sign.rows for section_id in row.section_ids
    }
    assert named >= {section.section_id for section in city.sections.values() if section.zone_id != "Z3"}


def test_sign_rows_state_the_distance_to_their_sections(city: City) -> None:
    for sign in city.signs.values():
        for row in sign.rows:
            assert row.distance_m <= max(_distances(city, sign, row.section_ids)) + 10


def _distances(city: City, sign: Sign, section_ids: tuple[SectionId, ...]) -> list[float]:
    middles = [path_midpoint(city.sections[section_id].path) for section_id in section_ids]
    return [distance_m(sign.position, middle) for middle in middles]
