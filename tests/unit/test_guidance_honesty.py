"""The sign-honesty score counts what drivers were told against what they found."""

from pathlib import Path

import pytest

from guidance.honesty import Honesty, ShownFrame, free_by_section, score_signs, total
from guidance.signwords import Word
from parking.city import City
from parking.cityparse import parse_city
from parking.ids import BerthId, SignId
from parking.span import Span
from tests.support.guidance import minutes
from tests.support.smallcity import TEXTS, small_city

WINDOW = Span(start_at=minutes(0), end_at=minutes(60))
SIGN = SignId("L2-01")


@pytest.fixture(scope="module")
def city() -> City:
    """The small city with both sections simulated: a row tells of A-1 and A-2, one of B-1 besides."""
    sections = TEXTS["sections.csv"].replace(",no,", ",yes,")
    return parse_city(Path("small"), {**TEXTS, "sections.csv": sections})


def parked(berth_id: str, start_min: float, end_min: float) -> tuple[BerthId, Span]:
    return BerthId(berth_id), Span(start_at=minutes(start_min), end_at=minutes(end_min))


def frame(start_min: float, end_min: float, first: int | None, second: int | None) -> ShownFrame:
    words = tuple(
        Word.STALE if each is None else Word.FREE if each else Word.FULL for each in (first, second)
    )
    shown = Span(start_at=minutes(start_min), end_at=minutes(end_min))
    return ShownFrame(sign_id=SIGN, shown=shown, words=words, frees=(first, second))


def score(city: City, stays: list[tuple[BerthId, Span]], *frames: ShownFrame) -> Honesty:
    return total(score_signs(city, frames, free_by_section(city, stays, WINDOW), WINDOW))


def test_the_truth_is_what_is_left_of_the_open_simulated_berths(city: City) -> None:
    free = free_by_section(city, [parked("A-1", 10, 20), parked("B-1", -30, 90)], WINDOW)

    assert free.shape == (2, 120)
    # A-2 is for residents only: no driver in general finds it.
    assert free[0].tolist() == [1] * 20 + [0] * 20 + [1] * 80
    assert set(free[1].tolist()) == {0}


def test_berths_that_nobody_simulates_count_as_not_free() -> None:
    assert free_by_section(small_city(), [], WINDOW)[0].max() == 0


def test_numbers_are_kept_where_the_driver_finds_a_berth(city: City) -> None:
    found = score(city, [], frame(0, 60, 1, 2))

    assert (found.kept, found.told, found.score) == (240, 240, 1.0)
    assert found.over == 0


def test_a_number_is_broken_for_drivers_who_arrive_too_late(city: City) -> None:
    # Both rows go dark of berths after half an hour; the sign does not notice.
    stays = [parked(name, 30, 90) for name in ("A-1", "A-2", "B-1")]
    found = score(city, stays, frame(0, 60, 1, 2))

    # In steps of 30 s: 100 m take 17 s, so one; 300 m take 50 s, so two. The second row breaks earlier.
    assert found.broken == (60 + 1) + (60 + 2)
    assert found.kept + found.broken == 240
    assert found.over == 120


def test_full_is_true_or_false_at_the_moment_it_is_read(city: City) -> None:
    stays = [parked(name, 30, 90) for name in ("A-1", "A-2", "B-1")]
    found = score(city, stays, frame(0, 60, 0, 0))

    assert (found.false_full, found.full, found.score) == (120, 120, 0.5)


def test_what_is_not_said_is_silent_and_not_scored(city: City) -> None:
    assert score(city, []).score is None
    assert score(city, [], frame(0, 60, None, None)).silent == 240


def test_a_sign_shows_one_frame_at_a_time_and_none_after_its_end(city: City) -> None:
    found = score(city, [], frame(0, 40, 2, 3), frame(10, 20, None, None))

    assert found.kept == 2 * 20
    assert found.silent == 240 - 40


def test_a_frame_of_other_rows_than_the_sign_has_now_is_silent(city: City) -> None:
    old = ShownFrame(sign_id=SIGN, shown=WINDOW, words=(Word.FREE,), frees=(2,))

    assert score(city, [], old).silent == 240


def test_scores_are_by_level_and_add_up(city: City) -> None:
    free = free_by_section(city, [], WINDOW)
    by_level = score_signs(city, [frame(0, 60, 2, 3)], free, WINDOW)

    assert list(by_level) == [2]
    assert total(by_level) == by_level[2]
