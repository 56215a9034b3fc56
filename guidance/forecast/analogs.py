"""Past days as members of an ensemble: what followed when a day last ran like this one.

Each origin is compared with the same time of each past day of the same site. A day weighs more the closer its
last hours run to today's, the younger it is, and when it is of the same kind. Everything read lies at or
before the origin: what followed on a past day is over, because horizons are far shorter than a day.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guidance.forecast.history import FloatArray, History, IntArray

DAYS_BACK = 70
LAGS_MIN = (15, 30, 60, 120)
HALF_LIFE_DAYS = 40.0  # parking changes with the seasons
OTHER_KIND = 0.1  # a day of another kind still helps when a holiday that nobody listed looks like a Sunday
UNCOMPARED = np.float32(0.05**2)  # mean square difference taken where no lag is known: neither close nor far


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """How days are compared: width in rate, and what a difference of level counts beside one of shape."""

    width: float
    level: float


# Accuracy is flat around these widths on every data set tried; three of them stand for not knowing which.
KERNELS = {
    "near": Kernel(width=0.03, level=0.4),
    "middle": Kernel(width=0.06, level=0.4),
    "shape": Kernel(width=0.03, level=0.1),
}
PROFILE = "profile"  # no comparison at all: the usual day of this kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analogs:
    """Origins (site, origin) and their past days (site, origin, day); NaN where nothing is known."""

    rates: FloatArray  # (site, slot)
    slots: IntArray  # (origin,)
    days: IntArray  # (origin, day): the same time of earlier days, as slots; negative before the grid
    now: FloatArray
    then: FloatArray
    change_now: tuple[FloatArray, ...]  # since each lag, (site, origin)
    change_then: tuple[FloatArray, ...]  # since each lag, (site, origin, day)
    weights: dict[str, FloatArray]  # by kernel, (site, origin, day); the heaviest day has weight 1

    def level(self, slots_ahead: int) -> FloatArray:
        """The rate of each past day at that time on, (site, origin, day)."""
        return at_slots(self.rates, np.where(self.days < 0, -1, self.days + slots_ahead))

    def before(self, slots: int) -> FloatArray:
        """The rate so many slots before the origin, (site, origin)."""
        return at_slots(self.rates, self.slots - slots)


def find_analogs(history: History, kinds: npt.NDArray[np.int8], slots: IntArray, sites: slice) -> Analogs:
    """Compare origins at `slots` with the days before; `kinds` are the day types of the grid's days."""
    rates = history.filled[sites]
    per_day = history.slots_per_day
    back = np.arange(1, min(DAYS_BACK, max(int(slots.max()) // per_day, 1)) + 1)
    days = slots[:, None] - back[None, :] * per_day
    now, then = rates[:, slots], at_slots(rates, days)
    lags = [lag // history.step_min for lag in LAGS_MIN if lag % history.step_min == 0]
    change_now = tuple(now - at_slots(rates, slots - lag) for lag in lags)
    change_then = tuple(then - at_slots(rates, days - lag) for lag in lags)
    day = slots // per_day
    same_kind = kinds[np.maximum(day[:, None] - back[None, :], 0)] == kinds[day][:, None]
    prior = 0.5 ** (back / HALF_LIFE_DAYS)[None, :] * np.where(same_kind, 1.0, OTHER_KIND)
    shape = _mean_square(change_now, change_then)
    level = (now[:, :, None] - then) ** 2
    berth = (1.0 / history.capacity[sites])[:, None, None]  # differences of a berth are no differences
    weights = {
        name: _weigh(shape + np.float32(kernel.level) * level, prior, kernel.width**2 + berth**2)
        for name, kernel in KERNELS.items()
    }
    weights[PROFILE] = np.broadcast_to(prior.astype(np.float32), then.shape)
    return Analogs(
        rates=rates,
        slots=slots,
        days=days,
        now=now,
        then=then,
        change_now=change_now,
        change_then=change_then,
        weights=weights,
    )


def weighted_mean(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Mean over the last axis where values are known; NaN where none is."""
    known = np.isfinite(values)
    weights = np.where(known, weights, np.float32(0))
    total = weights.sum(axis=-1)
    mean = np.einsum("...p,...p->...", weights, np.where(known, values, np.float32(0)))
    return np.where(total > 0, mean / np.maximum(total, 1e-30), np.nan).astype(np.float32)


def at_slots(rates: FloatArray, slots: IntArray) -> FloatArray:
    """Rates of all sites at these slots; NaN before the grid."""
    found: FloatArray = rates[:, np.maximum(slots, 0)]
    found[:, slots < 0] = np.nan
    return found


def _mean_square(now: tuple[FloatArray, ...], then: tuple[FloatArray, ...]) -> FloatArray:
    """Mean square difference over the lags that both sides know."""
    total, known = np.zeros_like(then[0]), np.zeros_like(then[0])
    for mine, theirs in zip(now, then, strict=True):
        difference = (mine[:, :, None] - theirs) ** 2
        seen = np.isfinite(difference)
        total += np.where(seen, difference, np.float32(0))
        known += seen
    return np.where(known > 0, total / np.maximum(known, 1), UNCOMPARED).astype(np.float32)


def _weigh(distance: FloatArray, prior: npt.NDArray[np.float64], width2: FloatArray) -> FloatArray:
    """Weights scaled so that the heaviest is 1: a day unlike all others still finds its nearest."""
    log = np.log(prior)[None] - 0.5 * distance / width2
    log = np.where(np.isfinite(log), log, -np.inf)
    top = log.max(axis=-1, keepdims=True)
    weight: FloatArray = np.exp(log - np.where(np.isfinite(top), top, 0.0)).astype(np.float32)
    return weight
