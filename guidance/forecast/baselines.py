"""The simple forecasts that a model has to beat: they learn from the same history, see the same present."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from guidance.forecast.daytypes import DayType
from guidance.forecast.distribution import LEVELS
from guidance.forecast.history import FloatArray, History, IntArray
from guidance.forecast.learning import targets

ENOUGH_FREE = 0.05  # "a berth is free" means at least this share of the capacity
_ROUNDING = 1e-5


class Baseline(Protocol):
    """A forecast of the rate and of the chance that enough is free, both (site, origin)."""

    def forecast(self, now: FloatArray, slots: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
        """From the rates now, at origin slots, so many slots ahead."""
        ...


def enough_free(rate: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Whether at least ENOUGH_FREE of the capacity is free."""
    return rate <= 1.0 - ENOUGH_FREE + _ROUNDING


class Persistence:
    """It stays as it is."""

    def forecast(self, now: FloatArray, slots: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:  # noqa: ARG002  a port
        """The rate now, and certainty about it."""
        return now, enough_free(now).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seasonal:
    """The average of the site's past days of the same kind at that time of day."""

    kinds: npt.NDArray[np.int8]
    rate: FloatArray  # (site, kind, slot of day)
    chance: FloatArray

    @classmethod
    def learn(cls, history: History, kinds: npt.NDArray[np.int8]) -> "Seasonal":
        """Average a history; `kinds` must reach over all days to be forecast, from the history's first."""
        known = history.observed if history.step_min == history.told_min else history.filled
        free = np.where(np.isfinite(known), enough_free(known), np.nan)
        return cls(
            kinds=kinds,
            rate=_averages(history, kinds, known),
            chance=_averages(history, kinds, free),
        )

    def at(self, slots: IntArray) -> FloatArray:
        """Average rate (site, origin) of these slots."""
        return self._of(self.rate, slots)

    def forecast(self, now: FloatArray, slots: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
        """Whatever is the case now; where nothing was ever seen, the present."""
        rate, chance = self.at(slots + ahead), self._of(self.chance, slots + ahead)
        known = np.isfinite(rate)
        return np.where(known, rate, now), np.where(known, chance, enough_free(now)).astype(np.float32)

    def _of(self, averages: FloatArray, slots: IntArray) -> FloatArray:
        per_day = averages.shape[2]
        return averages[:, self.kinds[slots // per_day], slots % per_day]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeasonalDamped:
    """The seasonal average plus a share of the present's deviation; its chance comes from past errors."""

    seasonal: Seasonal
    damping: dict[int, float]  # by slots ahead
    errors: dict[int, FloatArray]  # (site, level) by slots ahead: quantiles of truth minus forecast

    @classmethod
    def learn(cls, history: History, seasonal: Seasonal, ahead: list[int]) -> "SeasonalDamped":
        """Least squares over all sites for the damping, then the errors of each site."""
        damping, errors = {}, {}
        slots = np.arange(history.slots)
        usual_now = seasonal.at(slots)
        for n in ahead:
            chosen, then = targets(history, slots, n)
            deviation_now = np.where(chosen, history.observed - usual_now, 0.0)
            deviation_then = np.where(chosen, then - seasonal.at(slots + n), 0.0)
            square = float(np.square(deviation_now).sum())
            varied = square > _ROUNDING * max(int(chosen.sum()), 1)  # one day deviates from itself in nothing
            damping[n] = float((deviation_now * deviation_then).sum()) / square if varied else 1.0
            missed = deviation_then - damping[n] * deviation_now
            everywhere = _quantiles(missed[chosen])
            errors[n] = np.stack(
                [_quantiles(m[c]) if c.any() else everywhere for m, c in zip(missed, chosen, strict=True)]
            )
        return cls(seasonal=seasonal, damping=damping, errors=errors)

    def forecast(self, now: FloatArray, slots: IntArray, ahead: int) -> tuple[FloatArray, FloatArray]:
        """Fade from the present to the usual."""
        usual, _ = self.seasonal.forecast(now, slots, ahead)
        usual_now = self.seasonal.at(slots)
        rate = usual + self.damping[ahead] * np.where(np.isfinite(usual_now), now - usual_now, 0.0)
        chance = enough_free(rate[..., None] + self.errors[ahead][:, None, :]).mean(axis=-1)
        return np.clip(rate, 0.0, 1.0).astype(np.float32), chance.astype(np.float32)


def _quantiles(values: npt.NDArray[np.floating]) -> FloatArray:
    return np.quantile(values, LEVELS).astype(np.float32) if len(values) else np.zeros_like(LEVELS)


def _averages(history: History, kinds: npt.NDArray[np.int8], values: npt.NDArray[np.floating]) -> FloatArray:
    """Means (site, kind, slot of day); an unseen kind of day takes the mean of all days, then of the site."""
    by_day = values.reshape(len(history.sites), history.days, history.slots_per_day)
    overall = _mean(by_day, axis=1)
    overall = np.where(np.isfinite(overall), overall, _mean(overall, axis=1)[:, None])
    found = []
    for kind in DayType:
        mine = _mean(by_day[:, kinds[: history.days] == kind], axis=1)
        found.append(np.where(np.isfinite(mine), mine, overall))
    return np.stack(found, axis=1).astype(np.float32)


def _mean(values: npt.NDArray[np.floating], axis: int) -> npt.NDArray[np.float64]:
    """Mean of what is known along an axis; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
