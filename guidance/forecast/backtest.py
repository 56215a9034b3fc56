"""Proof by the past: learn up to one time, forecast from every later origin, compare with what then happened.

Each origin sees what was known at it and nothing later. All methods are scored on the same cells: origins and
targets that were both observed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from guidance.forecast import scores
from guidance.forecast.baselines import (
    ENOUGH_FREE,
    Baseline,
    Persistence,
    Seasonal,
    SeasonalDamped,
    enough_free,
)
from guidance.forecast.daytypes import Calendar, day_types
from guidance.forecast.history import (
    DAY_MIN,
    STEPS_MIN,
    BoolArray,
    Counts,
    FloatArray,
    History,
    IntArray,
    grid,
    usual_step_min,
)
from guidance.forecast.learning import Progress, fit, targets
from guidance.forecast.model import Model, slots_ahead

AT_RISK = 0.80  # an origin this full is one whose driver depends on the answer
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How one method did at one horizon; None where there was nothing to score."""

    mae: float | None
    rmse: float | None
    brier: float | None
    ece: float | None
    brier_at_risk: float | None
    ece_at_risk: float | None
    n: int
    n_at_risk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Scores of one horizon: the model's, and the baselines' by name."""

    model: Scores
    baselines: dict[str, Scores]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A finished backtest."""

    told_min: int
    results: dict[int, Result]
    unscored: tuple[int, ...]  # horizons shorter than sites are observed, or off every grid
    between: tuple[int, ...]  # horizons whose truth lies on the line between two observations


@dataclass(slots=True)
class _Collected:
    """What a method said, cell by cell."""

    rate: list[FloatArray] = field(default_factory=list)
    chance: list[FloatArray] = field(default_factory=list)


def backtest(
    counts: Counts,
    *,
    train_until: np.datetime64,
    test_until: np.datetime64,
    horizons_min: Sequence[int],
    calendar: Calendar | None = None,
    progress: Progress = lambda _what, _share: None,
) -> Backtest:
    """Learn from counts up to `train_until`, inclusive; score later origins with targets up to `test_until`.

    Raises ValueError where there is nothing to learn from or nothing to test.
    """
    before = counts.until(train_until)
    told_min = usual_step_min(before)
    history = grid(before, step_min=_fine_step_min(told_min, horizons_min), told_min=told_min)
    whole = _continued(history, counts.until(test_until), before)
    first = (
        int((train_until - np.datetime64(history.first_on)) / np.timedelta64(1, "m") // history.step_min) + 1
    )
    if first >= whole.slots or not np.isfinite(whole.observed[:, first:]).any():
        raise ValueError("there is no count to test on after the training period")
    scored = [horizon for horizon in horizons_min if horizon >= told_min and horizon % history.step_min == 0]
    model = fit(history, scored, calendar=calendar, progress=progress)
    kinds = day_types(history.first_on, whole.days + 1, calendar or {})
    baselines = _learn_baselines(history, kinds, [slots_ahead(history, horizon) for horizon in scored])
    results = {
        horizon: _score(whole, np.arange(first, whole.slots), model, baselines, horizon, progress)
        for horizon in scored
    }
    nothing = Result(
        model=_summary([], [], [], []), baselines={name: _summary([], [], [], []) for name in baselines}
    )
    return Backtest(
        told_min=told_min,
        results={horizon: results.get(horizon, nothing) for horizon in horizons_min},
        unscored=tuple(horizon for horizon in horizons_min if horizon not in results),
        between=tuple(horizon for horizon in scored if horizon % told_min),
    )


def _fine_step_min(told_min: int, horizons_min: Sequence[int]) -> int:
    """The coarsest step on which observations and, if that can be, all longer horizons lie."""
    fine = math.gcd(told_min, *(horizon for horizon in horizons_min if horizon > told_min))
    return fine if fine in STEPS_MIN else told_min


def _continued(history: History, counts: Counts, before: Counts) -> History:
    """The training grid over the test period too. Capacities stay those known when training ended."""
    whole = grid(counts, step_min=history.step_min, told_min=history.told_min, first_on=history.first_on)
    known = np.bincount(before.site, minlength=len(history.sites)) > 0
    return replace(whole, capacity=np.where(known, history.capacity, counts.first_capacity()))


def _learn_baselines(history: History, kinds: np.ndarray, ahead: list[int]) -> dict[str, Baseline]:
    seasonal = Seasonal.learn(history, kinds)
    return {
        "persistence": Persistence(),
        "seasonal": seasonal,
        "seasonal_damped": SeasonalDamped.learn(history, seasonal, ahead),
    }


def _score(
    whole: History,
    origins: IntArray,
    model: Model,
    baselines: dict[str, Baseline],
    horizon_min: int,
    progress: Progress,
) -> Result:
    ahead = slots_ahead(whole, horizon_min)
    said = {name: _Collected() for name in ("model", *baselines)}
    now: list[FloatArray] = []
    truth: list[FloatArray] = []
    per_day = DAY_MIN // whole.step_min
    for start in range(0, len(origins), per_day):
        progress(f"{horizon_min} min", start / len(origins))
        slots = origins[start : start + per_day]
        chosen, then = targets(whole, slots, ahead)
        if not chosen.any():
            continue
        here = whole.observed[:, slots]
        now.append(here[chosen])
        truth.append(then[chosen])
        forecast = model.predict(whole, slots, horizon_min)
        _keep(said["model"], chosen, forecast.centre(), forecast.chance_at_least_free(share=ENOUGH_FREE))
        for name, baseline in baselines.items():
            _keep(said[name], chosen, *baseline.forecast(here, slots, ahead))
    summaries = {name: _summary(one.rate, one.chance, now, truth) for name, one in said.items()}
    return Result(model=summaries.pop("model"), baselines=summaries)


def _keep(collected: _Collected, chosen: BoolArray, rate: FloatArray, chance: FloatArray) -> None:
    collected.rate.append(rate[chosen])
    collected.chance.append(chance[chosen])


def _summary(
    rate: list[FloatArray], chance: list[FloatArray], now: list[FloatArray], truth: list[FloatArray]
) -> Scores:
    if not truth:
        return Scores(
            mae=None, rmse=None, brier=None, ece=None, brier_at_risk=None, ece_at_risk=None, n=0, n_at_risk=0
        )
    rates, chances, happened_rate = np.concatenate(rate), np.concatenate(chance), np.concatenate(truth)
    happened = enough_free(happened_rate)
    risky = np.concatenate(now) >= AT_RISK - _ROUNDING
    return Scores(
        mae=scores.mean_absolute_error(rates, happened_rate),
        rmse=scores.root_mean_square_error(rates, happened_rate),
        brier=scores.brier_score(chances, happened),
        ece=scores.calibration_error(chances, happened),
        brier_at_risk=scores.brier_score(chances[risky], happened[risky]) if risky.any() else None,
        ece_at_risk=scores.calibration_error(chances[risky], happened[risky]) if risky.any() else None,
        n=len(happened),
        n_at_risk=int(risky.sum()),
    )
