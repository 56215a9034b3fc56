"""Counts as they come elsewhere: irregular, with gaps, short, tiny, of changes only. The model holds its own.

What is asked is the same for each: it is scored, no worse than the best simple method by more than a margin,
and sure of nothing that does not happen.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import guidance.forecast.learning
from guidance.forecast.backtest import backtest
from guidance.forecast.history import Counts
from tests.support.forecastcounts import made_up_counts

TEST_UNTIL = np.datetime64("2026-03-22T23:59:59")
MARGIN = 1.1
HORIZONS_MIN = (30, 60)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn less, so that a test takes seconds."""
    monkeypatch.setattr(guidance.forecast.learning, "SAMPLES", 40_000)
    monkeypatch.setattr(guidance.forecast.learning, "ROWS", 12_000)


def kept(counts: Counts, chosen: np.ndarray) -> Counts:
    return replace(
        counts,
        site=counts.site[chosen],
        at=counts.at[chosen],
        capacity=counts.capacity[chosen],
        occupied=counts.occupied[chosen],
    )


def irregular(random: np.random.Generator) -> Counts:
    """Every ten minutes or so, each site at its own times."""
    counts = made_up_counts(days=21, sites=4, step_min=10)
    return replace(counts, at=counts.at + random.integers(-240, 240, len(counts.at)).astype("timedelta64[s]"))


def with_gaps(random: np.random.Generator) -> Counts:
    """One reading in three is lost, and each site is silent for two days."""
    counts = made_up_counts(days=21, sites=4, step_min=15)
    day = (counts.at - counts.at.min()).astype("timedelta64[D]").astype(int)
    silent = (day // 2) == (counts.site + 2)
    return kept(counts, (random.random(len(counts.at)) > 1 / 3) & ~silent)


def tiny(_random: np.random.Generator) -> Counts:
    """Streets of one to three berths."""
    counts = made_up_counts(days=21, sites=4, step_min=15)
    capacity = np.array([1, 2, 3, 3], dtype=np.float32)[counts.site]
    rate = counts.occupied / counts.capacity
    return replace(counts, capacity=capacity, occupied=np.round(rate * capacity).astype(np.float32))


def changes_only(_random: np.random.Generator) -> Counts:
    """A feed that tells nothing while nothing changes."""
    counts = made_up_counts(days=21, sites=4, step_min=15, capacity=8)
    changed = np.r_[True, (np.diff(counts.occupied) != 0) | (np.diff(counts.site) != 0)]
    return kept(counts, changed)


def stuck(_random: np.random.Generator) -> Counts:
    """One site never changes, one is always full."""
    counts = made_up_counts(days=21, sites=4, step_min=15)
    occupied = np.where(counts.site == 0, np.float32(7), counts.occupied)
    return replace(counts, occupied=np.where(counts.site == 1, counts.capacity, occupied))


@pytest.mark.parametrize("make", [irregular, with_gaps, tiny, changes_only, stuck])
@pytest.mark.parametrize("train_until", ["2026-03-02T06:00:00", "2026-03-03T23:59:59", "2026-03-18T23:59:59"])
def test_it_is_no_worse_than_the_best_simple_method(
    make: Callable[[np.random.Generator], Counts], train_until: str
) -> None:
    counts = make(np.random.default_rng(5))

    report = backtest(
        counts, train_until=np.datetime64(train_until), test_until=TEST_UNTIL, horizons_min=HORIZONS_MIN
    )

    for horizon in HORIZONS_MIN:
        result = report.results[horizon]
        model, simple = result.model, result.baselines.values()
        assert model.n > 100
        assert model.mae is not None
        assert model.mae <= MARGIN * min(one.mae for one in simple if one.mae is not None)
        assert model.brier is not None
        assert model.brier <= MARGIN * min(one.brier for one in simple if one.brier is not None) + 0.005
        assert model.ece is not None
        assert model.ece <= 0.05
