"""Laws of distributions, whatever they look like."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guidance.forecast.distribution import LEVELS, Distribution

rates = st.lists(st.floats(0, 1, width=32), min_size=len(LEVELS), max_size=len(LEVELS))
levels = st.floats(0, 1)


def spread(values: list[float], capacity: int) -> Distribution:
    return Distribution(
        rates=np.sort(np.array([values], dtype=np.float32)), capacity=np.array([capacity], dtype=np.float32)
    )


@given(rates, st.integers(1, 2000), levels, levels)
def test_quantiles_never_fall_as_their_level_rises(
    values: list[float], capacity: int, a: float, b: float
) -> None:
    forecast = spread(values, capacity)
    low, high = forecast.quantile(min(a, b))[0], forecast.quantile(max(a, b))[0]
    assert 0 <= low <= high + 1e-5
    assert high <= 1


@given(rates, st.integers(1, 200), st.integers(0, 220), st.integers(0, 220))
def test_more_berths_are_never_likelier(values: list[float], capacity: int, a: int, b: int) -> None:
    forecast = spread(values, capacity)
    few, many = (forecast.chance_at_least_free(berths=n)[0] for n in (min(a, b), max(a, b)))
    assert 0 <= many <= few + 1e-6
    assert few <= 1


@given(rates, st.integers(1, 2000))
def test_mean_and_centre_are_rates(values: list[float], capacity: int) -> None:
    forecast = spread(values, capacity)
    assert 0 <= forecast.mean()[0] <= 1
    assert 0 <= forecast.centre()[0] <= 1
    assert 0 <= forecast.expected_error()[0] <= 1
