"""The baselines, by cases computed by hand."""

import numpy as np
import pytest

from guidance.forecast.baselines import Persistence, Seasonal, SeasonalDamped
from guidance.forecast.daytypes import day_types
from guidance.forecast.history import FloatArray, History
from tests.support.forecastcounts import MONDAY


def hourly(days: list[list[float]]) -> History:
    """A history of one site by the hour from a Monday on."""
    rates = np.array(days, dtype=np.float32).reshape(1, -1)
    return History(
        sites=("s",),
        capacity=np.array([100], dtype=np.float32),
        step_min=60,
        told_min=60,
        first_on=MONDAY,
        held_min=0,
        observed=rates,
        filled=rates,
    )


def one(value: float) -> FloatArray:
    return np.array([[value]], dtype=np.float32)


def test_persistence_is_certain_that_nothing_changes() -> None:
    rate, chance = Persistence().forecast(one(0.95), np.array([10]), 1)
    assert (rate[0, 0], chance[0, 0]) == (np.float32(0.95), 1.0)
    assert Persistence().forecast(one(0.96), np.array([10]), 1)[1][0, 0] == 0.0


def test_seasonal_average_by_kind_of_day() -> None:
    # Five workdays at 9 o'clock: 0.2, 0.4, 0.98, 1.0, NaN; Saturday 0.6; no Sunday.
    days = [[0.0] * 24 for _ in range(6)]
    for day, at_nine in enumerate([0.2, 0.4, 0.98, 1.0, np.nan, 0.6]):
        days[day][9] = at_nine
    history = hourly(days)
    seasonal = Seasonal.learn(history, day_types(MONDAY, 9, {}))
    monday, saturday, sunday = 7 * 24 + 8, 5 * 24 + 8, 6 * 24 + 8
    rate, chance = seasonal.forecast(one(0.5), np.array([monday]), 1)
    assert rate[0, 0] == pytest.approx((0.2 + 0.4 + 0.98 + 1.0) / 4)
    assert chance[0, 0] == pytest.approx(0.5)
    assert seasonal.forecast(one(0.5), np.array([saturday]), 1)[0][0, 0] == pytest.approx(0.6)
    # A kind of day never seen takes the mean of all days at that hour.
    assert seasonal.forecast(one(0.5), np.array([sunday]), 1)[0][0, 0] == pytest.approx(3.18 / 5)


def test_seasonal_average_of_an_unseen_site_is_the_present() -> None:
    seasonal = Seasonal.learn(hourly([[np.nan] * 24]), day_types(MONDAY, 2, {}))
    rate, chance = seasonal.forecast(one(0.97), np.array([3]), 1)
    assert (rate[0, 0], chance[0, 0]) == (np.float32(0.97), 0.0)


def test_nothing_is_damped_where_no_deviation_was_ever_seen() -> None:
    history = hourly([[0.5] * 24])
    damped = SeasonalDamped.learn(history, Seasonal.learn(history, day_types(MONDAY, 3, {})), [1])
    rate, _ = damped.forecast(one(0.9), np.array([24 + 9]), 1)
    assert rate[0, 0] == pytest.approx(0.9)


def test_damping_is_the_least_squares_share_of_the_anomaly_that_is_left() -> None:
    # Two Mondays' worth of workdays whose anomalies are +a and -a at 9, and half of that at 10.
    days = [[0.5] * 24, [0.5] * 24]
    days[0][9], days[1][9] = 0.7, 0.3
    days[0][10], days[1][10] = 0.6, 0.4
    history = hourly(days)
    seasonal = Seasonal.learn(history, day_types(MONDAY, 4, {}))
    damped = SeasonalDamped.learn(history, seasonal, [1])
    # Anomaly pairs (now, then): 8->9 (0, +-0.2), 9->10 (+-0.2, +-0.1), 10->11 (+-0.1, 0).
    assert damped.damping[1] == pytest.approx(2 * 0.2 * 0.1 / (2 * 0.2**2 + 2 * 0.1**2))
    rate, chance = damped.forecast(one(0.9), np.array([2 * 24 + 9]), 1)
    assert rate[0, 0] == pytest.approx(0.5 + 0.4 * (0.9 - 0.5))
    assert chance[0, 0] == 1.0
