"""Counts on a grid: steps, gaps, holding, extending."""

from datetime import date

import numpy as np
import pytest

from guidance.forecast.daytypes import DayType, day_types
from guidance.forecast.history import Counts, extend, grid, usual_step_min
from tests.support.forecastcounts import MONDAY, made_up_counts


def counts_of(rows: list[tuple[str, int, float]], sites: int = 1) -> Counts:
    return Counts(
        sites=tuple(f"s{n}" for n in range(sites)),
        site=np.array([site for _, site, _ in rows], dtype=np.int64),
        at=np.array([f"2026-03-02T{at}" for at, _, _ in rows], dtype="datetime64[s]"),
        capacity=np.full(len(rows), 10, dtype=np.float32),
        occupied=np.array([cars for _, _, cars in rows], dtype=np.float32),
    )


def test_a_slot_holds_the_newest_observation_nearest_to_it() -> None:
    history = grid(
        counts_of([("08:04", 0, 4), ("08:06", 0, 6), ("08:00", 0, 3), ("07:58", 0, 2)]), step_min=5
    )
    at_eight, at_five_past = history.slot_of(np.datetime64("2026-03-02T08:00")), 97
    assert at_eight == 96
    assert history.observed[0, at_eight] == pytest.approx(0.3)
    assert history.observed[0, at_five_past] == pytest.approx(0.6)


def test_short_gaps_are_bridged_and_long_ones_stay() -> None:
    history = grid(counts_of([("08:00", 0, 2), ("09:00", 0, 6), ("12:00", 0, 8)]), step_min=30)
    assert history.filled[0, 16:19].tolist() == pytest.approx([0.2, 0.4, 0.6])
    assert np.isnan(history.observed[0, 17])
    assert np.isnan(history.filled[0, 19:24]).all()


def test_a_feed_of_changes_holds_its_values() -> None:
    history = grid(counts_of([("08:00", 0, 2), ("12:00", 0, 8)]), step_min=60, held_min=180)
    assert history.filled[0, 8:12].tolist() == pytest.approx([0.2, 0.2, 0.2, 0.2])
    assert history.filled[0, 15] == pytest.approx(0.8)
    assert np.isnan(history.filled[0, 16])


@pytest.mark.parametrize(("gap_min", "step"), [(1, 5), (5.2, 5), (12, 10), (14, 15), (30, 30), (90, 60)])
def test_the_step_follows_the_usual_gap(gap_min: float, step: int) -> None:
    second = (np.arange(40) * gap_min * 60).astype(np.int64)
    second[20:] += 7200  # one long gap does not matter
    counts = Counts(
        sites=("s",),
        site=np.zeros(40, dtype=np.int64),
        at=np.datetime64("2026-03-02T00:00:00") + second.astype("timedelta64[s]"),
        capacity=np.ones(40, dtype=np.float32),
        occupied=np.zeros(40, dtype=np.float32),
    )
    assert usual_step_min(counts) == step


def test_extending_equals_laying_all_at_once() -> None:
    counts = made_up_counts(days=3)
    random = np.random.default_rng(1)
    kept = np.sort(random.permutation(len(counts.at))[: len(counts.at) // 2])
    counts = Counts(
        sites=counts.sites,
        site=counts.site[kept],
        at=counts.at[kept],
        capacity=counts.capacity[kept],
        occupied=counts.occupied[kept],
    )
    noon = np.datetime64("2026-03-03T12:00:00")
    for held_min in (0, 90):
        whole = grid(counts, step_min=30, first_on=MONDAY, held_min=held_min)
        early = grid(counts.until(noon), step_min=30, first_on=MONDAY, held_min=held_min)
        grown = extend(early, counts)
        np.testing.assert_array_equal(grown.observed, whole.observed)
        np.testing.assert_allclose(grown.filled, whole.filled, atol=1e-6)


def test_a_grid_reaches_to_the_time_asked_for() -> None:
    history = grid(counts_of([("08:00", 0, 2)]), step_min=60, until=np.datetime64("2026-03-03T01:00"))
    assert history.days == 2


def test_no_counts_are_no_history() -> None:
    with pytest.raises(ValueError, match="at least one"):
        grid(counts_of([]))


def test_other_sites_cannot_extend_a_history() -> None:
    history = grid(counts_of([("08:00", 0, 2)]), step_min=60)
    with pytest.raises(ValueError, match="same sites"):
        extend(history, counts_of([("09:00", 0, 2)], sites=2))


def test_holidays_and_made_up_workdays_come_from_the_calendar() -> None:
    calendar = {date(2026, 10, 1): DayType.RESTDAY, date(2026, 10, 10): DayType.WORKDAY}
    kinds = day_types(date(2026, 9, 30), 12, calendar)
    assert kinds[0] == DayType.WORKDAY
    assert kinds[1] == DayType.RESTDAY
    assert kinds[3] == DayType.SATURDAY
    assert kinds[10] == DayType.WORKDAY
    assert kinds[11] == DayType.RESTDAY
