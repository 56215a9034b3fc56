"""What may be said of berths: never more than the newest evidence allows."""

from datetime import timedelta

import numpy as np
import pytest

from guidance.board import READ_LIMIT, Board, Counts, Shown
from parking.ids import BerthId
from parking.staleness import DELIVERY_ALLOWANCE, berth_limits, freshness_limit, quiet_limit
from tests.support.guidance import FREE, NOON, OCCUPIED, belief, minutes
from tests.support.smallcity import small_city

# The sensors of the small city report every 30 minutes.
LIMIT = freshness_limit(timedelta(minutes=30))


@pytest.fixture
def board() -> Board:
    return Board(small_city())


def shown(board: Board, at_min: float) -> dict[str, str]:
    view = board.view(minutes(at_min))
    return {name: Shown(code).name for name, code in zip(board.berth_ids, view.states.tolist(), strict=True)}


def test_before_the_first_evidence_nothing_is_known_and_nothing_is_fresh(board: Board) -> None:
    view = board.view(NOON)

    assert (view.as_of, view.fresh) == (None, False)
    assert view.city == Counts(free=0, occupied=0, unknown=3, closed=1)


def test_fresh_evidence_is_shown_and_a_closed_berth_is_closed_whatever_its_sensor_says(board: Board) -> None:
    board.apply([belief("A-1", FREE), belief("A-2", OCCUPIED), belief("B-2", FREE)], NOON)

    assert shown(board, 1) == {"A-1": "FREE", "A-2": "OCCUPIED", "B-1": "UNKNOWN", "B-2": "CLOSED"}


def test_a_state_is_unknown_once_its_own_device_was_silent_for_its_limit(board: Board) -> None:
    limit = LIMIT / timedelta(minutes=1)
    board.apply([belief("A-1", FREE, minutes(0))], minutes(0))
    for at in (limit, limit + 0.01):  # others keep the street alive
        board.apply([belief("B-1", FREE, minutes(at))], minutes(at))
        at_limit = shown(board, at)
        assert at_limit["A-1"] == ("FREE" if at == limit else "UNKNOWN")
        assert at_limit["B-1"] == "FREE"


def test_the_street_may_give_a_berth_another_limit_than_the_files() -> None:
    board, longer = Board(small_city()), LIMIT + timedelta(hours=1)
    board.apply([belief("A-1", FREE)._replace(silence=longer), belief("A-2", FREE)], NOON)
    at = longer / timedelta(minutes=1)
    board.apply([belief("B-1", FREE, minutes(at))], minutes(at))

    assert board.limit(board.berth_no[BerthId("A-1")]) == longer
    assert [shown(board, at)[name] for name in ("A-1", "A-2")] == ["FREE", "UNKNOWN"]
    assert shown(board, at + 0.01)["A-1"] == "UNKNOWN"


def test_all_is_unknown_when_the_whole_street_is_silent() -> None:
    board = Board(small_city())
    quiet = quiet_limit([device.heartbeat for device in small_city().devices.values()])
    board.apply([belief("A-1", FREE)], NOON)

    fresh_at, silent_at = NOON + quiet, NOON + quiet + timedelta(microseconds=1)
    board.apply([], silent_at)  # the database answers, but has no news

    assert board.view(fresh_at).fresh
    assert not board.view(silent_at).fresh
    assert board.view(silent_at).city.free == 0


def test_all_is_unknown_when_the_database_is_lost(board: Board) -> None:
    board.apply([belief("A-1", FREE, NOON + READ_LIMIT)], NOON)

    assert board.view(NOON + READ_LIMIT).city.free == 1
    assert board.view(NOON + READ_LIMIT + timedelta(microseconds=1)).city.free == 0


def test_a_device_ahead_of_our_clock_does_not_make_the_board_younger_than_now(board: Board) -> None:
    board.apply([belief("A-1", FREE, minutes(1))], NOON)

    assert board.view(NOON).as_of == NOON


def test_counts_of_sections_zones_and_city_agree(board: Board) -> None:
    board.apply([belief("A-1", FREE), belief("A-2", OCCUPIED), belief("B-1", OCCUPIED)], NOON)

    view = board.view(NOON)

    assert view.sections.tolist() == [[1, 1, 0, 0], [0, 1, 0, 1]]
    assert view.zones.tolist() == [[1, 1, 0, 0], [0, 1, 0, 1]]
    assert view.city == Counts(1, 2, 0, 1)
    assert view.city.capacity == len(board.berth_ids)


def test_rows_of_berths_that_the_city_does_not_have_are_passed_over(board: Board) -> None:
    board.apply([belief("X-9", FREE)], NOON)

    assert board.view(NOON).city.free == 0


def test_what_was_believed_last_can_be_asked_for_after_it_is_too_old_to_show(board: Board) -> None:
    number = board.berth_no[BerthId("A-1")]
    assert board.belief(number) is None

    board.apply([belief("A-1", OCCUPIED, minutes(-600))], NOON)

    assert shown(board, 0)["A-1"] == "UNKNOWN"
    found = board.belief(number)
    assert found is not None
    assert (found.state, found.since_at, found.heard_until) == (OCCUPIED, minutes(-600), minutes(-600))


def test_a_view_does_not_change_when_the_board_does(board: Board) -> None:
    board.apply([belief("A-1", FREE)], NOON)
    view = board.view(NOON)
    states = view.states.copy()

    board.apply([belief("A-1", OCCUPIED)], NOON)

    assert np.array_equal(view.states, states)


def test_the_slowest_device_of_a_berth_sets_its_limit_and_none_gives_the_allowance() -> None:
    limits = berth_limits(small_city())

    assert limits[BerthId("A-1")] == LIMIT  # sensor every 30 minutes, camera every 5
    assert limits[BerthId("B-2")] == DELIVERY_ALLOWANCE


@pytest.mark.parametrize(
    ("devices", "every_min", "expected_min"),
    [(0, 30, 5), (10_000, 30, 5), (10, 30, 30), (1, 60, 600)],
)
def test_a_street_of_few_devices_may_be_silent_for_longer(
    devices: int, every_min: int, expected_min: int
) -> None:
    limit = quiet_limit([timedelta(minutes=every_min)] * devices)

    assert limit == timedelta(minutes=expected_min)
    assert limit >= DELIVERY_ALLOWANCE
