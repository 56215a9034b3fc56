"""The distribution that past days alone give, and how unsure it is where they are few."""

from dataclasses import dataclass

import numpy as np

from guidance.forecast.analogs import KERNELS, PROFILE, Analogs, weighted_mean
from guidance.forecast.distribution import weighted_quantiles
from guidance.forecast.history import FloatArray

MEAN_STAY_MIN = 77.0  # at the kerb on workdays: how fast the cars of a site are exchanged
UNKNOWN_CHANGE = 0.03  # change of the rate within 15 min at a site never seen before; wide on purpose
DOUBT = 0.5  # an ensemble is mixed with so many members that know nothing but the usual error
_NORMAL = np.array([-1.6, -0.9, -0.4, 0.0, 0.4, 0.9, 1.6], dtype=np.float32)
_ANYTHING = np.linspace(0.05, 0.95, 7, dtype=np.float32)
_GOLDEN = 0.6180339887  # multiples of it fill an interval evenly, however many are taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ensemble:
    """Quantiles of the change of the rate from now on, (site, origin, level)."""

    quantiles: FloatArray
    members: FloatArray  # (site, origin): how many similar past days that effectively rests on
    followed: FloatArray  # (site, origin, day): the change on each past day


def wide_error(now: FloatArray, capacity: FloatArray, horizon_min: float) -> FloatArray:
    """Standard deviation of the change where only a site's size is known: exchange of cars, and drift."""
    exchanged = 1.0 - np.exp(-horizon_min / MEAN_STAY_MIN)
    turnover = 2.0 * np.clip(now, 0.1, 1.0) * exchanged / capacity
    drift = UNKNOWN_CHANGE * (horizon_min / 15.0) ** 0.8
    spread: FloatArray = np.nan_to_num(np.sqrt(turnover + drift**2), nan=drift).astype(np.float32)
    return spread


def gather(analogs: Analogs, slots_ahead: int, scale: FloatArray, capacity: FloatArray) -> Ensemble:
    """Mix the past days of all kernels; `scale` (site, origin) is how wide those spread that know nothing."""
    followed = analogs.level(slots_ahead) - analogs.then
    known = np.isfinite(followed)
    weight = np.zeros_like(followed)
    for name in KERNELS:
        mine = np.where(known, analogs.weights[name], np.float32(0))
        weight += mine / np.maximum(mine.sum(axis=-1, keepdims=True), 1e-30) / len(KERNELS)
    found = weight.sum(axis=-1) > 0
    members = np.where(found, 1.0 / np.maximum((weight**2).sum(axis=-1), 1e-6), 0.0).astype(np.float32)
    trust = members / (members + DOUBT)
    centre = np.nan_to_num(weighted_mean(weight, followed)) * trust
    doubt = centre[..., None] + scale[..., None] * _NORMAL
    dither = ((np.arange(followed.shape[-1]) * _GOLDEN) % 1.0 - 0.5).astype(np.float32) / capacity[
        :, None, None
    ]
    values = np.concatenate((np.where(known, followed + dither, np.float32(0)), doubt), axis=-1)
    unsure = np.repeat((1 - trust)[..., None] / len(_NORMAL), len(_NORMAL), axis=-1)
    weights = np.concatenate((weight * trust[..., None], unsure), axis=-1)
    return Ensemble(quantiles=weighted_quantiles(values, weights), members=members, followed=followed)


def usual_rates(analogs: Analogs, slots_ahead: int) -> FloatArray:
    """Quantiles of the rate (site, origin, level) where the present is unknown: a usual day, or anything."""
    level = analogs.level(slots_ahead)
    known = np.isfinite(level)
    anything = np.broadcast_to(_ANYTHING, (*level.shape[:2], len(_ANYTHING)))
    values = np.concatenate((np.where(known, level, np.float32(0)), anything), axis=-1)
    usual = np.where(known, analogs.weights[PROFILE], np.float32(0))
    unsure = np.full_like(anything, DOUBT / len(_ANYTHING))
    return weighted_quantiles(values, np.concatenate((usual, unsure), axis=-1))
