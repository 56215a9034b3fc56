"""The forecaster: an ensemble of past days, corrected by small networks as far as held-out days bear out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from guidance.forecast.analogs import DAYS_BACK, Analogs, find_analogs
from guidance.forecast.daytypes import Calendar, day_types
from guidance.forecast.distribution import LEVELS, MEDIAN, Distribution
from guidance.forecast.ensemble import Ensemble, gather, usual_rates
from guidance.forecast.features import Clock, describe
from guidance.forecast.history import BoolArray, FloatArray, History, IntArray
from guidance.forecast.network import Network
from guidance.forecast.usualerror import UsualError

MIN_HORIZON, MAX_HORIZON = 5, 180
THIN = 3.0  # similar past days; with fewer a distribution is mostly the usual error
_CELLS = 2_000_000  # (site, origin, day) at a time: bounds memory to some hundred MB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast(Distribution):
    """Distributions (site, origin), with what they rest on."""

    horizon_min: int
    members: FloatArray  # how many similar past days; 0 where there is none
    seen: BoolArray  # whether the present was known: where not, only the usual day speaks

    def basis(self) -> npt.NDArray[np.str_]:
        """In a word: `unseen` (present unknown), `none` (no past day), `thin` (few alike) or `history`."""
        of_past = np.where(self.members == 0, "none", np.where(self.members < THIN, "thin", "history"))
        return np.where(self.seen, of_past, "unseen")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """Networks, how much of what they say is taken, and how far quantiles are then drawn apart."""

    networks: tuple[Network, ...] = ()
    share: float = 0.0
    spread: float = 1.0

    def apply(self, quantiles: FloatArray, features: FloatArray) -> FloatArray:
        """Corrected quantiles (row, level), in units of the usual error like those given."""
        if self.networks and self.share > 0:
            said = [network.correction(features) for network in self.networks]
            quantiles = quantiles + np.float32(self.share) * np.mean(said, axis=0)
        middle = quantiles[..., MEDIAN, None]
        return middle + np.float32(self.spread) * (quantiles - middle)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """What is known at (site, origin) about one horizon."""

    now: FloatArray
    scale: FloatArray
    ensemble: Ensemble
    features: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """What was learnt; `Model()` has learnt nothing, follows past days where there are any, and is unsure."""

    calendar: Calendar = field(default_factory=dict)
    usual: UsualError = field(default_factory=UsualError.unknown)
    correction: Correction = field(default_factory=Correction)

    def predict(self, history: History, slots: IntArray, horizon_min: int) -> Forecast:
        """Forecast (site, origin) from each origin slot, `horizon_min` ahead, rounded up to whole slots."""
        ahead = slots_ahead(history, horizon_min)
        if not len(slots) or slots.min() < 0 or slots.max() >= history.slots:
            raise ValueError("an origin lies within its history; see `until` of grid and extend")
        rates, members = [], []
        for sites, chunk in blocks(history, len(slots), slots):
            analogs = find_analogs(history, self.kinds(history), chunk, sites)
            part = self._rates(history, analogs, ahead, sites)
            rates.append(part[0])
            members.append(part[1])
        return Forecast(
            rates=np.concatenate(rates),
            members=np.concatenate(members),
            capacity=np.broadcast_to(history.capacity[:, None], (len(history.sites), len(slots))),
            seen=np.isfinite(history.filled[:, slots]),
            horizon_min=ahead * history.step_min,
        )

    def kinds(self, history: History) -> npt.NDArray[np.int8]:
        """Day types of the history's days and of the day after, where targets may lie."""
        return day_types(history.first_on, history.days + 1, self.calendar)

    def look(self, history: History, analogs: Analogs, ahead: int, sites: slice) -> Sight:
        """Ensemble and features of these origins, `ahead` slots on."""
        capacity = history.capacity[sites]
        scale = self.usual.at(history, analogs.now, ahead * history.step_min, sites)
        ensemble = gather(analogs, ahead, scale, capacity)
        clock = Clock(slots_per_day=history.slots_per_day, kinds=self.kinds(history))
        features = describe(analogs, ensemble, clock, ahead, scale, capacity)
        return Sight(now=analogs.now, scale=scale, ensemble=ensemble, features=features)

    def _rates(
        self, history: History, analogs: Analogs, ahead: int, sites: slice
    ) -> tuple[FloatArray, FloatArray]:
        sight = self.look(history, analogs, ahead, sites)
        scale = sight.scale[..., None]
        quantiles = sight.ensemble.quantiles / scale
        rows = quantiles.reshape(-1, len(LEVELS)), sight.features.reshape(-1, sight.features.shape[-1])
        corrected = self.correction.apply(*rows).reshape(quantiles.shape)
        rates = analogs.now[..., None] + scale * corrected
        unseen = ~np.isfinite(analogs.now)
        if unseen.any():
            rates = np.where(unseen[..., None], usual_rates(analogs, ahead), rates)
        half_berth = 0.5 / history.capacity[sites, None, None]
        return np.sort(np.clip(rates, -half_berth, 1.0 + half_berth), axis=-1), sight.ensemble.members


def slots_ahead(history: History, horizon_min: int) -> int:
    """Slots of a horizon, rounded up; raises ValueError for a horizon out of reach."""
    if not MIN_HORIZON <= horizon_min <= MAX_HORIZON:
        raise ValueError(
            f"a forecast reaches from {MIN_HORIZON} to {MAX_HORIZON} minutes ahead, not {horizon_min}"
        )
    return -(-horizon_min // history.step_min)


def blocks(history: History, depth: int, slots: IntArray) -> Iterator[tuple[slice, IntArray]]:
    """Sites and origins in pieces that fit into memory; at most `depth` origins of all slots in a piece."""
    width = max(1, min(len(history.sites), _CELLS // DAYS_BACK // depth))
    for left in range(0, len(history.sites), width):
        for start in range(0, len(slots), depth):
            yield slice(left, min(left + width, len(history.sites))), slots[start : start + depth]
