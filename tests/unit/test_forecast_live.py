"""The grid of a running city: what stands, what was never heard, how it moves on, what follows from it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from guidance.forecast.live import CountRows, LiveHistory, Sites, make_outlook
from guidance.forecast.model import Model

NOW = np.datetime64("2026-05-06T12:00:00", "s")
MADE = datetime(2026, 5, 6, 4, tzinfo=UTC)
# Two sections of ten berths, one zone over both.
SITES = Sites(
    names=("S1", "S2", "Z1"), zone_of=np.array([0, 0]), capacity=np.array([10, 10, 20], dtype=np.float32)
)


def rows(*counts: tuple[int, str, int, int]) -> CountRows:
    """Section, minute of the present hour or earlier as text, free, occupied."""
    section, at, free, occupied = zip(*counts, strict=True)
    return CountRows(
        section=np.array(section),
        at=np.array([np.datetime64(f"2026-05-06T{each}", "s") for each in at]),
        free=np.array(free, dtype=np.float32),
        occupied=np.array(occupied, dtype=np.float32),
    )


def filled(*counts: tuple[int, str, int, int]) -> LiveHistory:
    history = LiveHistory(SITES, NOW)
    history.fill(rows(*counts))
    return history


def rate(history: LiveHistory, site: int, at: str) -> float:
    grid = history.history()
    return float(grid.observed[site, grid.slot_of(np.datetime64(f"2026-05-06T{at}", "s"))])


def test_a_count_stands_until_the_next_one() -> None:
    history = filled((0, "10:00", 4, 6), (1, "10:00", 10, 0), (0, "10:31", 2, 8), (1, "11:00", 9, 1))

    assert rate(history, 0, "10:30") == pytest.approx(0.6)
    assert rate(history, 0, "10:35") == pytest.approx(0.8)
    assert rate(history, 2, "10:35") == pytest.approx(0.4)  # the zone is the sum of its sections


def test_nothing_stands_through_a_silence_of_the_street() -> None:
    history = filled((0, "08:00", 4, 6), (0, "11:00", 5, 5))

    assert rate(history, 0, "09:00") == pytest.approx(0.6)
    assert np.isnan(rate(history, 0, "09:05"))
    assert np.isnan(rate(history, 0, "10:55"))
    assert rate(history, 0, "11:00") == pytest.approx(0.5)


def test_a_section_silent_before_a_silence_of_the_street_stays_unseen_after_it() -> None:
    history = filled((0, "08:00", 4, 6), (1, "08:00", 5, 5), (1, "11:00", 5, 5))

    assert np.isnan(rate(history, 0, "11:00"))


def test_a_section_of_which_little_is_known_is_not_learnt_from() -> None:
    history = filled((0, "10:00", 2, 2))

    assert np.isnan(rate(history, 0, "10:00"))


def test_counts_of_the_moment_move_the_grid_on_over_midnight() -> None:
    history = filled((0, "10:00", 4, 6))
    first_on = history.first_on

    slot = history.note(NOW + np.timedelta64(1, "D"), np.array([1, 2]), np.array([9, 8]))

    assert history.first_on == first_on + 1
    assert history.history().observed[:, -288:][:, slot % 288].tolist() == pytest.approx([0.9, 0.8, 0.85])
    assert rate(history, 0, "10:00") == pytest.approx(0.6)
    assert history.days_seen == 2


def test_a_first_minute_is_forecast_as_it_is_and_says_that_it_knows_no_more() -> None:
    history = LiveHistory(SITES, NOW)
    history.note(NOW, np.array([2, 9]), np.array([8, 1]))

    outlook = make_outlook(Model(), history.history(), NOW, MADE, history.days_seen)

    assert set(outlook.basis.ravel().tolist()) == {1}  # none
    assert outlook.rates[0, :, 10].tolist() == pytest.approx([0.8, 0.1, 0.45], abs=0.05)
    width = outlook.rates[:, 0, 18] - outlook.rates[:, 0, 2]
    assert width[-1] > width[0] > 0  # less sure the farther ahead
    assert (outlook.error >= 0).all()


def test_an_hour_of_history_is_unsure_and_a_week_alike_is_surer() -> None:
    thin, rich = LiveHistory(SITES, NOW), LiveHistory(SITES, NOW)
    thin.note(NOW - np.timedelta64(60, "m"), np.array([5, 5]), np.array([5, 5]))
    for day in range(8):
        for step in range(288):
            at = NOW.astype("datetime64[D]") - day + np.timedelta64(step * 5, "m")
            if at <= NOW:
                rich.note(at, np.array([5, 5]), np.array([5, 5]))
    thin.note(NOW, np.array([5, 5]), np.array([5, 5]))

    made = [make_outlook(Model(), each.history(), NOW, MADE, each.days_seen) for each in (thin, rich)]

    assert [each.days for each in made] == [1, 8]
    widths = [float(each.rates[4, 0, 18] - each.rates[4, 0, 2]) for each in made]
    assert widths[0] > widths[1]
    assert made[1].basis[4, 0] > made[0].basis[4, 0]


def test_a_city_of_forty_thousand_sections_keeps_less_and_coarser_history() -> None:
    many = Sites(
        names=tuple(str(number) for number in range(40_000)),
        zone_of=np.zeros(39_999, dtype=np.int64),
        capacity=np.ones(40_000, dtype=np.float32),
    )

    assert (SITES.step_min, SITES.days) == (5, 42)
    assert (many.step_min, many.days) == (15, 5)
