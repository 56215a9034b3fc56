"""Fitting a model: how far off past days are at each site, then networks, then how much of them to believe.

Nothing is chosen by looking at what comes after the history. An ensemble reads earlier days only, so the
whole history serves to learn from; how much the networks' correction is worth is measured on its last fifth,
which the network tried there did not learn from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from guidance.forecast.analogs import find_analogs
from guidance.forecast.daytypes import Calendar
from guidance.forecast.distribution import LEVELS, MEDIAN
from guidance.forecast.ensemble import gather
from guidance.forecast.history import BoolArray, FloatArray, History, IntArray
from guidance.forecast.model import Correction, Model, blocks, slots_ahead
from guidance.forecast.network import train
from guidance.forecast.usualerror import LEAST_ERROR, UsualError

FEWEST_DAYS = 10  # fewer cannot be split into days to learn from and days to be held out
FEWEST_ROWS = 5_000
WARM_UP_DAYS = 7  # past days before an ensemble is worth learning from
HELD_OUT = 0.2
ROWS = 360_000
SITES = 1_000  # what all sites have in common can be learnt from so many
ERROR_SLOTS = 2_000
SAMPLES = 3_000_000  # rows shown to a network, most of them again and again
NETWORKS = 2
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SPREADS = (0.9, 1.0, 1.1, 1.2, 1.35)
_DEPTH = 256

Progress = Callable[[str, float], None]  # what is being done, and the share of it that is


def fit(
    history: History,
    horizons_min: Sequence[int],
    *,
    calendar: Calendar | None = None,
    seed: int = 1,
    progress: Progress = lambda _what, _share: None,
) -> Model:
    """Learn these horizons; a few days teach only how far past days are off, a single day teaches nothing."""
    ahead = sorted({slots_ahead(history, horizon) for horizon in horizons_min})
    model = Model(calendar=calendar or {})
    if history.days < 2 or not ahead:
        return model
    usual = _learn_usual_error(model, history, _sample(history, len(ahead), seed), ahead, progress)
    model = replace(model, usual=usual)
    if history.days < FEWEST_DAYS:
        return model
    rows = _collect(model, _some_sites(history, seed), ahead, seed, progress)
    if len(rows.truth) < FEWEST_ROWS:
        return model
    return replace(model, correction=_learn_correction(rows, seed, progress))


def pinball(quantiles: FloatArray, truth: FloatArray) -> float:
    """Mean pinball loss of quantiles (row, level): half of the continuous ranked probability score."""
    error = truth[:, None] - quantiles
    return float(np.maximum(LEVELS * error, (LEVELS - 1) * error).mean(dtype=np.float64))


def targets(
    history: History, slots: IntArray, ahead: int, sites: slice = slice(None)
) -> tuple[BoolArray, FloatArray]:
    """Which (site, origin) were observed now and are known `ahead` slots on, and the rate there."""
    now = history.observed[sites][:, slots]
    then = history.targets(ahead)[sites][:, np.minimum(slots + ahead, history.slots - 1)]
    inside = slots + ahead < history.slots
    return np.isfinite(now) & np.isfinite(then) & inside[None, :], then


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Rows to learn from; quantiles and truth in units of the usual error."""

    features: FloatArray
    quantiles: FloatArray
    truth: FloatArray
    day: IntArray

    def where(self, chosen: BoolArray) -> "_Rows":
        return _Rows(
            features=self.features[chosen],
            quantiles=self.quantiles[chosen],
            truth=self.truth[chosen],
            day=self.day[chosen],
        )


def _sample(history: History, horizons: int, seed: int) -> IntArray:
    """Origins to learn from: equally many random slots on each day after the warm-up, for ROWS in all."""
    per_day = history.slots_per_day
    first = min(WARM_UP_DAYS, max(history.days // 3, 1))
    each = int(np.clip(ROWS / (len(history.sites) * horizons * (history.days - first)), 1, per_day))
    random = np.random.default_rng(seed)
    days = [random.permutation(per_day)[:each] + day * per_day for day in range(first, history.days)]
    return np.sort(np.concatenate(days)).astype(np.int64)


def _learn_usual_error(
    model: Model, history: History, slots: IntArray, ahead: Sequence[int], progress: Progress
) -> UsualError:
    """Mean absolute error of the ensemble's median by site and horizon."""
    total = np.zeros((len(history.sites), len(ahead)), dtype=np.float32)
    rows = np.zeros_like(total)
    kinds = model.kinds(history)
    for sites, chunk in blocks(history, _DEPTH, slots[:: max(1, len(slots) // ERROR_SLOTS)]):
        progress("errors", (sites.start + float(chunk[0]) / history.slots) / len(history.sites))
        analogs = find_analogs(history, kinds, chunk, sites)
        sure = np.full_like(analogs.now, LEAST_ERROR)
        for n, slots_on in enumerate(ahead):
            chosen, then = targets(history, chunk, slots_on, sites)
            ensemble = gather(analogs, slots_on, sure, history.capacity[sites])
            error = np.abs(then - analogs.now - ensemble.quantiles[..., MEDIAN])
            total[sites, n] += np.where(chosen, error, 0.0).sum(axis=1)
            rows[sites, n] += chosen.sum(axis=1)
    horizons = tuple(slots_on * history.step_min for slots_on in ahead)
    return UsualError.learnt(history, horizons, total, rows)


def _some_sites(history: History, seed: int) -> History:
    if len(history.sites) <= SITES:
        return history
    return history.of_sites(np.sort(np.random.default_rng(seed).permutation(len(history.sites))[:SITES]))


def _collect(model: Model, history: History, ahead: Sequence[int], seed: int, progress: Progress) -> _Rows:
    """All rows of the sampled origins, each count spread over the berth-wide interval that it stands for."""
    random = np.random.default_rng(seed)
    kinds = model.kinds(history)
    parts = []
    for sites, chunk in blocks(history, _DEPTH, _sample(history, len(ahead), seed)):
        progress("features", (sites.start + float(chunk[0]) / history.slots) / len(history.sites))
        analogs = find_analogs(history, kinds, chunk, sites)
        for slots_on in ahead:
            chosen, then = targets(history, chunk, slots_on, sites)
            sight = model.look(history, analogs, slots_on, sites)
            within = (random.random(then.shape, dtype=np.float32) - 0.5) / history.capacity[sites, None]
            truth = (then + within - sight.now) / sight.scale
            quantiles = sight.ensemble.quantiles / sight.scale[..., None]
            day = np.broadcast_to(chunk // history.slots_per_day, chosen.shape)
            parts.append((sight.features[chosen], quantiles[chosen], truth[chosen], day[chosen]))
    features, quantiles, truth, day = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Rows(features=features, quantiles=quantiles, truth=truth, day=day)


def _learn_correction(rows: _Rows, seed: int, progress: Progress) -> Correction:
    """Try one network on held-out days, then learn from all days what that trial was worth."""
    first, last = int(rows.day.min()), int(rows.day.max())
    late = rows.day > last - max(2, HELD_OUT * (last - first))
    if min(late.sum(), (~late).sum()) < FEWEST_ROWS // 10:
        return Correction()
    trial = _choose(_train(rows.where(~late), 1, seed, progress), rows.where(late))
    if trial.share == 0.0:
        return replace(trial, networks=())
    return replace(trial, networks=_train(rows, NETWORKS, seed, progress).networks)


def _train(rows: _Rows, count: int, seed: int, progress: Progress) -> Correction:
    networks = []
    for n in range(count):
        progress("training", n / count)
        networks.append(train(rows.features, rows.quantiles, rows.truth, samples=SAMPLES, seed=seed + n))
    return Correction(networks=tuple(networks), share=1.0)


def _choose(correction: Correction, held_out: _Rows) -> Correction:
    """The share, then the spread, that lose least on rows the networks did not learn from."""

    def loss(tried: Correction) -> float:
        return pinball(tried.apply(held_out.quantiles, held_out.features), held_out.truth)

    best = min((replace(correction, share=share) for share in SHARES), key=loss)
    return min((replace(best, spread=spread) for spread in SPREADS), key=loss)
