"""What the network is told about an origin and a horizon, in units of the site's own usual error."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guidance.forecast.analogs import PROFILE, Analogs, weighted_mean
from guidance.forecast.daytypes import DayType
from guidance.forecast.ensemble import Ensemble
from guidance.forecast.history import DAY_MIN, FloatArray

_SPREAD_LEVELS = (2, 6, 14, 18)
_DAYS_AGO = (1, 7)
_FARTHEST = 8.0  # scales to an empty or full site, beyond which nothing changes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clock:
    """What the calendar says about the target times, one per origin."""

    slots_per_day: int
    kinds: npt.NDArray[np.int8]  # day types of the grid's days and the next

    def columns(self, target: npt.NDArray[np.int64]) -> list[npt.NDArray[np.float64]]:
        """Time of day as three harmonics, and the kind of day."""
        angle = (target % self.slots_per_day) / self.slots_per_day * 2 * np.pi
        kind = self.kinds[target // self.slots_per_day]
        waves = [wave(turns * angle) for turns in (1, 2, 3) for wave in (np.sin, np.cos)]
        return waves + [(kind == other).astype(float) for other in (DayType.SATURDAY, DayType.RESTDAY)]


def describe(
    analogs: Analogs,
    ensemble: Ensemble,
    clock: Clock,
    slots_ahead: int,
    scale: FloatArray,
    capacity: FloatArray,
) -> FloatArray:
    """Features (site, origin, feature); unknown ones are 0."""
    shape = analogs.now.shape
    horizon_min = slots_ahead * DAY_MIN / clock.slots_per_day
    columns = [
        *_ensemble_columns(analogs, ensemble, scale),
        *_recent_columns(analogs, scale),
        np.log(ensemble.members + 1),
        analogs.now,
        np.clip((1 - analogs.now) / scale, 0, _FARTHEST),
        np.clip(analogs.now / scale, 0, _FARTHEST),
        np.minimum((1 - analogs.now) * capacity[:, None], _FARTHEST),
        ((1 - analogs.now) * capacity[:, None] < 0.5).astype(np.float32),
        np.log(scale),
        np.broadcast_to(np.log(capacity)[:, None], shape),
        *(np.broadcast_to(column, shape) for column in clock.columns(analogs.slots + slots_ahead)),
        np.full(shape, np.log(horizon_min / 30)),
    ]
    return np.nan_to_num(np.stack(columns, axis=-1).astype(np.float32))


def _ensemble_columns(analogs: Analogs, ensemble: Ensemble, scale: FloatArray) -> list[FloatArray]:
    """What each kernel expects, how wide the mixture is, and what yesterday and the same weekday did."""
    means = {name: weighted_mean(weight, ensemble.followed) for name, weight in analogs.weights.items()}
    middle = ensemble.quantiles.mean(axis=-1)
    columns = [mean / scale for mean in means.values()]
    columns += [(ensemble.quantiles[..., level] - middle) / scale for level in _SPREAD_LEVELS]
    for ago in _DAYS_AGO:
        has = ensemble.followed.shape[-1] >= ago
        day = ensemble.followed[..., ago - 1] if has else np.full_like(scale, np.nan)
        columns.append(np.where(np.isfinite(day), day, means[PROFILE]) / scale)
    return columns


def _recent_columns(analogs: Analogs, scale: FloatArray) -> list[FloatArray]:
    """The last hours, as they were and beside the past days that resemble today and the usual ones."""
    columns = []
    for name in ("near", PROFILE):
        weight = analogs.weights[name]
        columns.append((analogs.now - weighted_mean(weight, analogs.then)) / scale)
        for now, then in zip(analogs.change_now, analogs.change_then, strict=True):
            columns.append((now - weighted_mean(weight, then)) / scale)
    columns += [change / scale for change in analogs.change_now]
    columns.append((analogs.now - analogs.before(1)) / scale)
    return columns
