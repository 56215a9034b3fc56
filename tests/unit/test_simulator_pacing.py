"""How fast messages may go: the clock, the platform's backlog, and where a run begins after a crash."""

from datetime import UTC, datetime, timedelta

import pytest

from parking.errors import SetupError
from simulators.backlog import MOST_AHEAD, Backlog, Progress, decode_progress
from simulators.calendar import to_ms
from simulators.files import Checkpoint
from simulators.run import Pace, Run, Start, find_start
from tests.support.simulated import SHANGHAI

NOON = datetime(2026, 9, 9, 4, tzinfo=UTC)
NOON_MS = to_ms(NOON)
MIDNIGHT_MS = to_ms(datetime(2026, 9, 9, tzinfo=SHANGHAI))


def at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def mark(
    published_until_ms: int = 0,
    *,
    seed: int = 1,
    scenario: str = "quiet-1",
    run: str = "..",
    first_ms: int = MIDNIGHT_MS,
) -> Checkpoint:
    return Checkpoint(
        seed=seed, scenario=scenario, run=run, first_ms=first_ms, published_until_ms=published_until_ms
    )


def test_a_first_run_begins_at_local_midnight() -> None:
    assert find_start(Run(), mark(), None, NOON, SHANGHAI) == Start(
        first_ms=MIDNIGHT_MS, position_ms=MIDNIGHT_MS
    )


def test_a_restarted_run_goes_on_where_it_was() -> None:
    stored = mark(NOON_MS - 1_000, first_ms=MIDNIGHT_MS - 500)

    assert find_start(Run(), mark(), stored, NOON, SHANGHAI) == Start(
        first_ms=MIDNIGHT_MS - 500, position_ms=NOON_MS - 1_000
    )


def test_another_run_begins_at_its_own_start() -> None:
    other = Run(from_at=NOON - timedelta(hours=1), until_at=NOON)

    start = find_start(other, mark(run=other.name), mark(NOON_MS), NOON, SHANGHAI)

    assert start.position_ms == NOON_MS - 3_600_000


def test_days_of_silence_are_not_made_up_for() -> None:
    stored = mark(NOON_MS - 3 * 86_400_000)

    assert find_start(Run(), mark(), stored, NOON, SHANGHAI).position_ms == MIDNIGHT_MS


@pytest.mark.parametrize("other", [mark(seed=2), mark(scenario="storm-9")])
def test_another_seed_over_a_published_period_is_refused(other: Checkpoint) -> None:
    with pytest.raises(SetupError, match="reset"):
        find_start(Run(), other, mark(NOON_MS), NOON, SHANGHAI)


def test_another_seed_over_a_new_period_is_welcome() -> None:
    later = Run(from_at=NOON + timedelta(hours=1))

    start = find_start(later, mark(seed=2, run=later.name), mark(NOON_MS), NOON, SHANGHAI)

    assert start.position_ms == NOON_MS + 3_600_000


def test_a_run_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SetupError, match="--from"):
        find_start(Run(until_at=NOON - timedelta(days=1)), mark(), None, NOON, SHANGHAI)


def test_live_is_the_clock_and_a_period_is_all_due_at_once() -> None:
    live, period = Pace(Run(), 0, NOON_MS), Pace(Run(until_at=NOON), 0, NOON_MS)

    assert live.due_ms(NOON_MS + 5) == NOON_MS + 5
    assert live.wait_s(NOON_MS + 2_000, NOON_MS) == 2.0
    assert period.due_ms(0) == NOON_MS
    assert not live.is_over(NOON_MS)
    assert period.is_over(NOON_MS)


def test_speed_stretches_time_up_to_the_end() -> None:
    pace = Pace(Run(until_at=NOON, speed=60.0), NOON_MS - 120_000, 1_000_000)

    assert pace.due_ms(1_001_000) == NOON_MS - 60_000
    assert pace.wait_s(NOON_MS - 30_000, 1_001_000) == 0.5
    assert pace.due_ms(1_010_000) == NOON_MS


def test_nothing_is_published_beyond_what_the_platform_may_lag() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=100, observed_until=None), 0)
    for step in range(20):
        backlog.publish(1_000, MIDNIGHT_MS + step * 1_000)

    assert backlog.room == MOST_AHEAD - 20_000 == 0
    backlog.hear(Progress(stored=100, observed_until=at(MIDNIGHT_MS + 4_500)), 1)
    assert backlog.room == 5_000
    backlog.hear(Progress(stored=9_100, observed_until=at(MIDNIGHT_MS + 4_500)), 2)
    assert backlog.room == 9_000


def test_refused_repeats_make_room_although_event_time_stands_still() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=0, observed_until=None), 0)
    backlog.publish(20_000, MIDNIGHT_MS + 1_000)
    backlog.hear(Progress(stored=20_000, observed_until=None), 1)

    assert backlog.room == MOST_AHEAD


def test_a_new_street_process_counts_from_zero() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=50_000, observed_until=None), 0)
    backlog.publish(10_000, MIDNIGHT_MS + 1_000)
    backlog.hear(Progress(stored=54_000, observed_until=None), 1)
    backlog.hear(Progress(stored=1_000, observed_until=None), 2)

    assert backlog.ahead == 5_000


def test_what_a_dead_process_stored_unannounced_is_found_by_event_time_or_by_quiet() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=0, observed_until=None), 0)
    backlog.publish(1_000, MIDNIGHT_MS + 1_000)
    backlog.publish(1_000, MIDNIGHT_MS + 2_000)
    backlog.hear(Progress(stored=500, observed_until=at(MIDNIGHT_MS + 400)), 1)
    backlog.hear(Progress(stored=200, observed_until=at(MIDNIGHT_MS + 1_500)), 2)
    assert backlog.ahead == 1_000

    backlog.hear(Progress(stored=200, observed_until=at(MIDNIGHT_MS + 1_500)), 3_000)
    assert backlog.ahead == 1_000
    backlog.hear(Progress(stored=200, observed_until=at(MIDNIGHT_MS + 1_500)), 9_000)
    assert backlog.ahead == 0


def test_all_is_stored_when_count_and_event_time_agree() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=7, observed_until=None), 0)
    backlog.publish(100, MIDNIGHT_MS + 1_000)
    assert not backlog.is_stored(1)
    backlog.hear(Progress(stored=60, observed_until=at(MIDNIGHT_MS + 500)), 2)
    assert not backlog.is_stored(2)
    backlog.hear(Progress(stored=107, observed_until=at(MIDNIGHT_MS + 1_000)), 3)
    assert backlog.is_stored(3)


def test_a_platform_full_of_newer_readings_is_followed_by_count() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=7, observed_until=NOON), 0)
    backlog.publish(100, MIDNIGHT_MS + 1_000)

    assert backlog.safe_ms is None
    assert backlog.ahead == 100
    assert not backlog.is_stored(1)
    backlog.hear(Progress(stored=107, observed_until=NOON), 2)
    assert backlog.is_stored(2)
    assert backlog.safe_ms == MIDNIGHT_MS + 1_000


def test_after_a_rewind_only_quiet_tells_that_all_is_stored() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=0, observed_until=None), 0)
    backlog.publish(100, MIDNIGHT_MS + 1_000)
    backlog.lose_connection()
    assert not backlog.heard
    backlog.hear(Progress(stored=100, observed_until=at(MIDNIGHT_MS + 1_000)), 1)
    backlog.rewind()
    backlog.publish(100, MIDNIGHT_MS + 1_000)
    backlog.hear(Progress(stored=200, observed_until=at(MIDNIGHT_MS + 1_000)), 2)
    assert not backlog.is_stored(2)
    backlog.hear(Progress(stored=200, observed_until=at(MIDNIGHT_MS + 1_000)), 6_000)
    assert backlog.is_stored(6_000)


def test_a_long_live_run_keeps_its_measure_of_the_lag() -> None:
    backlog = Backlog(MIDNIGHT_MS)
    backlog.hear(Progress(stored=0, observed_until=None), 0)
    for step in range(60_000):
        backlog.publish(1, MIDNIGHT_MS + step)
    backlog.hear(Progress(stored=0, observed_until=at(MIDNIGHT_MS + 59_000)), 1)

    assert 999 <= backlog.ahead <= 1_020


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b'{"stored": "x"}', b"\xff", b'{"stored": 1, "observed_until": 3}']
)
def test_what_is_no_progress_is_passed_over(payload: bytes) -> None:
    assert decode_progress(payload) is None


def test_what_is_surely_stored_follows_count_event_time_and_the_run_before() -> None:
    backlog = Backlog(MIDNIGHT_MS, stored_ms=MIDNIGHT_MS - 500, lead_ms=10_000)
    assert backlog.safe_ms == MIDNIGHT_MS - 500
    backlog.hear(Progress(stored=0, observed_until=None), 0)
    for step in (1, 2, 3):
        backlog.publish(100, MIDNIGHT_MS + step * 10_000)

    backlog.hear(Progress(stored=250, observed_until=at(MIDNIGHT_MS + 21_000)), 1)
    assert backlog.safe_ms == MIDNIGHT_MS + 20_000
    backlog.hear(Progress(stored=10, observed_until=at(MIDNIGHT_MS + 26_000)), 2)
    assert backlog.safe_ms == MIDNIGHT_MS + 16_000


def test_clocks_that_run_ahead_do_not_hide_a_backlog() -> None:
    backlog = Backlog(MIDNIGHT_MS, lead_ms=3_600_000)
    backlog.hear(Progress(stored=0, observed_until=None), 0)
    backlog.publish(10_000, MIDNIGHT_MS + 60_000)
    backlog.hear(Progress(stored=1_000, observed_until=at(MIDNIGHT_MS + 3_600_000)), 1)

    assert backlog.ahead == 9_000
