"""The backtest: same cells for all methods, none outside of the test, and nothing where nothing can be."""

from dataclasses import replace

import numpy as np
import pytest

from guidance.forecast.backtest import backtest
from tests.support.forecastcounts import made_up_counts

TRAIN_UNTIL = np.datetime64("2026-03-14T23:59:59")
TEST_UNTIL = np.datetime64("2026-03-16T23:59:59")


def test_all_methods_are_scored_on_the_same_cells() -> None:
    report = backtest(
        made_up_counts(days=18), train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[30, 60]
    )
    for horizon, lost in ((30, 1), (60, 2)):
        result = report.results[horizon]
        assert result.model.n == 2 * (2 * 48 - lost)
        assert {one.n for one in result.baselines.values()} == {result.model.n}
        assert {one.n_at_risk for one in result.baselines.values()} == {result.model.n_at_risk}
        assert result.model.n_at_risk > 0


def test_persistence_is_scored_as_computed_by_hand() -> None:
    counts = made_up_counts(days=16, sites=1)
    report = backtest(counts, train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[30])
    rate = (counts.occupied / counts.capacity)[13 * 48 : 15 * 48]
    change = np.diff(rate)
    persistence = report.results[30].baselines["persistence"]
    assert persistence.mae == pytest.approx(np.abs(change).mean(), rel=1e-5)
    assert persistence.rmse == pytest.approx(np.sqrt((change**2).mean()), rel=1e-5)
    free = rate <= 0.95
    assert persistence.brier == pytest.approx((free[1:] != free[:-1]).mean(), rel=1e-5)


def test_what_comes_after_the_test_changes_nothing() -> None:
    counts = made_up_counts(days=18)
    later = counts.at > TEST_UNTIL
    other = replace(
        counts,
        occupied=np.where(later, np.float32(0), counts.occupied),
        capacity=np.where(later, np.float32(400), counts.capacity),
    )
    both = [
        backtest(one, train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[30])
        for one in (counts, other)
    ]
    assert both[0] == both[1]


def test_a_horizon_shorter_than_the_step_is_not_scored() -> None:
    report = backtest(
        made_up_counts(days=16), train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[15, 60]
    )
    assert report.unscored == (15,)
    assert report.results[15].model.n == 0
    assert report.results[15].model.mae is None
    assert set(report.results[15].baselines) == {"persistence", "seasonal", "seasonal_damped"}
    assert report.results[60].model.n > 0


def test_a_truth_between_two_observations_is_drawn_on_the_line() -> None:
    counts = made_up_counts(days=16, sites=1)
    report = backtest(counts, train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[30, 45])
    assert (report.between, report.unscored) == ((45,), ())
    rate = (counts.occupied / counts.capacity)[13 * 48 : 15 * 48]
    change = (rate[1:-1] + rate[2:]) / 2 - rate[:-2]
    result = report.results[45]
    assert result.baselines["persistence"].mae == pytest.approx(np.abs(change).mean(), rel=1e-4)
    assert report.results[30].model.n == 95
    assert result.model.n == 94
    for one in (result.model, *result.baselines.values()):
        assert one.mae is not None
        assert one.mae < 0.3


def test_a_horizon_off_every_grid_is_not_scored() -> None:
    report = backtest(
        made_up_counts(days=16), train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[37, 60]
    )
    assert report.unscored == (37,)
    assert report.results[60].model.n > 0


def test_a_site_that_appears_only_in_the_test_is_forecast_too() -> None:
    counts = made_up_counts(days=16, sites=3)
    kept = (counts.site != 2) | (counts.at > TRAIN_UNTIL)
    counts = replace(
        counts,
        site=counts.site[kept],
        at=counts.at[kept],
        capacity=counts.capacity[kept],
        occupied=counts.occupied[kept],
    )
    report = backtest(counts, train_until=TRAIN_UNTIL, test_until=TEST_UNTIL, horizons_min=[60])
    assert report.results[60].model.n == 3 * (2 * 48 - 2)


def test_a_single_day_to_learn_from_is_enough_to_run() -> None:
    report = backtest(
        made_up_counts(days=3),
        train_until=np.datetime64("2026-03-02T23:59:59"),
        test_until=np.datetime64("2026-03-04T23:59:59"),
        horizons_min=[60],
    )
    assert report.results[60].model.n == 2 * (2 * 48 - 2)


def test_nothing_to_learn_from_or_to_test_on_is_refused() -> None:
    counts = made_up_counts(days=16)
    with pytest.raises(ValueError, match="at least one count"):
        backtest(
            counts,
            train_until=np.datetime64("2026-01-01T00:00:00"),
            test_until=TEST_UNTIL,
            horizons_min=[30],
        )
    with pytest.raises(ValueError, match="to test on"):
        backtest(
            counts,
            train_until=np.datetime64("2026-05-01T00:00:00"),
            test_until=np.datetime64("2026-05-02T00:00:00"),
            horizons_min=[30],
        )
