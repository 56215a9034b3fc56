"""A forecast as a distribution of the occupancy rate, for many sites at once."""

from dataclasses import dataclass

import numpy as np

from guidance.forecast.history import FloatArray

LEVELS: FloatArray = ((np.arange(21) + 0.5) / 21).astype(np.float32)
MEDIAN = len(LEVELS) // 2
_KNOTS: FloatArray = np.concatenate(([0.0], LEVELS, [1.0])).astype(np.float32)
_MIDDLE = slice(5, 16)  # the central half of LEVELS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distribution:
    """What the occupancy rate may be: `rates[..., k]` is its quantile at LEVELS[k], ascending.

    Counts are whole; each stands for the berth-wide interval around it, so rates reach half a berth beyond 0
    and 1.
    """

    rates: FloatArray
    capacity: FloatArray  # the shape of `rates` without its last axis

    def mean(self) -> FloatArray:
        """Expected occupancy rate."""
        return _within(self.rates.mean(axis=-1, dtype=np.float32))

    def centre(self) -> FloatArray:
        """The one number to show: whole berths nearest to the mean of the central half, as a rate."""
        middle = self.rates[..., _MIDDLE].mean(axis=-1, dtype=np.float32)
        return _within(np.round(middle * self.capacity) / self.capacity)

    def quantile(self, level: float) -> FloatArray:
        """The occupancy rate that is not exceeded with probability `level`."""
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"a quantile's level lies within [0, 1], not at {level}")
        values = self._with_tails()
        right = int(np.clip(np.searchsorted(_KNOTS, level, side="right"), 1, len(_KNOTS) - 1))
        share = (level - _KNOTS[right - 1]) / (_KNOTS[right] - _KNOTS[right - 1])
        value = values[..., right - 1] * (1 - share) + values[..., right] * share
        return _within(value)

    def chance_at_least_free(self, *, berths: float = 0, share: float = 0.0) -> FloatArray:
        """Probability that at least so many berths, and at least that share of the capacity, are free."""
        needed = np.maximum(berths, share * self.capacity)
        limit = (np.floor(self.capacity - needed + 1e-4) + 0.5) / self.capacity
        chance = np.where(needed > self.capacity, 0.0, self._share_below(limit.astype(np.float32)))
        return np.where(needed <= 0, 1.0, chance).astype(np.float32)

    def expected_error(self) -> FloatArray:
        """How far `centre` is off on average, in rate, by the distribution's own account."""
        return _within(np.abs(self.rates - self.centre()[..., None]).mean(axis=-1, dtype=np.float32))

    def _with_tails(self) -> FloatArray:
        low = 2 * self.rates[..., :1] - self.rates[..., 1:2]
        high = 2 * self.rates[..., -1:] - self.rates[..., -2:-1]
        return np.concatenate((low, self.rates, high), axis=-1)

    def _share_below(self, limit: FloatArray) -> FloatArray:
        values = self._with_tails()
        below = (values <= limit[..., None]).sum(axis=-1)
        left = np.clip(below - 1, 0, len(_KNOTS) - 2)[..., None]
        low, high = np.take_along_axis(values, left, -1), np.take_along_axis(values, left + 1, -1)
        share = np.clip((limit[..., None] - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
        reached = (_KNOTS[left] + share * (_KNOTS[left + 1] - _KNOTS[left]))[..., 0]
        return np.where(below == 0, 0.0, np.where(below == len(_KNOTS), 1.0, reached)).astype(np.float32)


def _within(rate: FloatArray) -> FloatArray:
    return np.clip(rate, 0.0, 1.0).astype(np.float32)


def weighted_quantiles(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Quantiles at LEVELS over the last axis; weights need no common sum; what weighs nothing is left out."""
    order = np.argsort(np.where(weights > 0, values, np.inf), axis=-1)
    values = np.take_along_axis(values, order, -1)
    weights = np.take_along_axis(weights, order, -1)
    total = np.maximum(weights.sum(axis=-1, keepdims=True), 1e-30)
    reached = np.where(weights > 0, (np.cumsum(weights, axis=-1) - 0.5 * weights) / total, 2.0)
    last = np.maximum((weights > 0).sum(axis=-1, keepdims=True) - 1, 0)
    found = []
    for level in LEVELS:
        right = np.minimum((reached < level).sum(axis=-1, keepdims=True), last)
        left = np.maximum(right - 1, 0)
        low, high = np.take_along_axis(values, left, -1), np.take_along_axis(values, right, -1)
        start, end = np.take_along_axis(reached, left, -1), np.take_along_axis(reached, right, -1)
        share = np.clip((level - start) / np.maximum(end - start, 1e-9), 0.0, 1.0)
        found.append((low + share * (high - low))[..., 0])
    return np.stack(found, axis=-1).astype(np.float32)
