"""Scores of forecasts, by cases computed by hand."""

import numpy as np
import pytest

from guidance.forecast.learning import pinball
from guidance.forecast.scores import (
    brier_score,
    calibration_error,
    mean_absolute_error,
    root_mean_square_error,
)


def test_errors_of_the_rate() -> None:
    forecast, truth = np.array([0.1, 0.5, 0.9]), np.array([0.1, 0.2, 0.5])
    assert mean_absolute_error(forecast, truth) == pytest.approx(0.7 / 3)
    assert root_mean_square_error(forecast, truth) == pytest.approx((0.25 / 3) ** 0.5)


def test_brier_score_is_the_mean_square_of_chance_minus_outcome() -> None:
    chance, happened = np.array([1.0, 0.8, 0.3]), np.array([True, False, True])
    assert brier_score(chance, happened) == pytest.approx((0.0 + 0.64 + 0.49) / 3)


def test_calibration_error_weighs_bins_by_size() -> None:
    # Bin 0.2: said 0.2, half happened, two cells. Bin 0.9: said 0.95 on average, both happened.
    chance, happened = np.array([0.2, 0.2, 0.9, 1.0]), np.array([True, False, True, True])
    assert calibration_error(chance, happened) == pytest.approx(0.5 * 0.3 + 0.5 * 0.05)


def test_calibration_error_of_a_certain_persistence_equals_the_share_of_surprises_when_all_go_one_way() -> (
    None
):
    chance, happened = np.array([1.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])
    assert calibration_error(chance, happened) == pytest.approx(0.25)


def test_pinball_loss_is_lowest_at_the_true_quantiles() -> None:
    truth = np.random.default_rng(5).normal(size=20_000).astype(np.float32)
    levels = (np.arange(21) + 0.5) / 21
    true_quantiles = np.quantile(truth, levels).astype(np.float32)
    rows = np.broadcast_to(true_quantiles, (len(truth), 21))
    assert pinball(rows, truth) < min(
        pinball(rows * 1.2, truth), pinball(rows * 0.8, truth), pinball(rows + 0.1, truth)
    )
