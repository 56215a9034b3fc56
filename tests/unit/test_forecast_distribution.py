"""What can be asked of a distribution, by cases computed by hand."""

import numpy as np
import pytest

from guidance.forecast.distribution import LEVELS, Distribution, weighted_quantiles


def flat(low: float, high: float, capacity: float) -> Distribution:
    """Every rate between low and high equally likely."""
    rates = (low + (high - low) * LEVELS)[None, :].astype(np.float32)
    return Distribution(rates=rates, capacity=np.array([capacity], dtype=np.float32))


def test_mean_and_quantiles_of_a_flat_distribution() -> None:
    spread = flat(0.2, 0.6, 1000)
    assert spread.mean()[0] == pytest.approx(0.4, abs=1e-6)
    assert spread.centre()[0] == pytest.approx(0.4, abs=1e-6)
    assert [float(spread.quantile(q)[0]) for q in (0.25, 0.5, 0.9)] == pytest.approx(
        [0.3, 0.4, 0.56], abs=1e-5
    )
    assert spread.expected_error()[0] == pytest.approx(0.1, abs=1e-3)


def test_chance_counts_whole_berths() -> None:
    spread = flat(0.5, 1.0, 10)
    # At least 1 of 10 free is at most 9 occupied, which ends half a berth above: (0.95 - 0.5) / 0.5.
    assert spread.chance_at_least_free(berths=1)[0] == pytest.approx(0.9, abs=1e-5)
    assert spread.chance_at_least_free(share=0.05)[0] == pytest.approx(0.9, abs=1e-5)
    assert spread.chance_at_least_free(berths=3)[0] == pytest.approx(0.5, abs=1e-5)
    assert spread.chance_at_least_free(berths=3, share=0.05)[0] == pytest.approx(0.5, abs=1e-5)


def test_chance_of_what_is_always_or_never_so() -> None:
    spread = flat(0.5, 1.0, 10)
    assert spread.chance_at_least_free(berths=0)[0] == 1.0
    assert spread.chance_at_least_free(berths=11)[0] == 0.0
    assert flat(1.0, 1.0, 10).chance_at_least_free(berths=1)[0] == 0.0
    assert flat(0.3, 0.3, 10).chance_at_least_free(berths=7)[0] == 1.0
    assert flat(0.3, 0.3, 10).chance_at_least_free(berths=8)[0] == 0.0


def test_centre_is_a_whole_number_of_berths() -> None:
    assert flat(0.52, 0.60, 10).centre()[0] == pytest.approx(0.6)


def test_a_level_outside_of_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        flat(0.2, 0.6, 10).quantile(1.5)


def test_weighted_quantiles_leave_out_what_weighs_nothing() -> None:
    values = np.array([[5.0, 1.0, 2.0, 9.0]], dtype=np.float32)
    weights = np.array([[0.0, 1.0, 1.0, 0.0]], dtype=np.float32)
    found = weighted_quantiles(values, weights)[0]
    assert found[0] == 1.0
    assert found[10] == pytest.approx(1.5)
    assert found[-1] == 2.0


def test_a_heavier_value_pulls_the_median() -> None:
    values = np.array([[0.0, 1.0]], dtype=np.float32)
    heavy = weighted_quantiles(values, np.array([[1.0, 9.0]], dtype=np.float32))[0][10]
    assert heavy > 0.85
