"""What the newest forecasts say of every road section and zone: arrays that are looked up, not computed."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guidance.board import Ints

Quantiles = NDArray[np.float32]

# Forecasts come every minute; older ones are a memory, and only what is counted now speaks.
GOOD_FOR = timedelta(minutes=10)
BASES = ("unseen", "none", "thin", "history")
# Levels of a forecast that are looked up, and positions of 10, 50 and 90 % in them: few berths are free where
# it is full.
COARSE = (2, 4, 7, 10, 13, 16, 18)
MANY, MIDDLE, FEW = 0, 3, 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """Forecasts made at `made_at` from counts up to then. Sites are the board's sections, then its zones.

    `rates` are quantiles of the occupancy rate, ascending, by (horizon, site, level); `error` is how far
    their middle is off on average, in rate, and `basis` indexes BASES, both by (horizon, site). `days` of
    history stand behind them; `learnt` tells whether they were enough to learn corrections from.
    """

    made_at: datetime
    horizons_min: tuple[int, ...]
    rates: Quantiles
    error: Quantiles
    basis: NDArray[np.int8]
    days: int
    learnt: bool

    @cached_property
    def coarse(self) -> Quantiles:
        """The quantiles at COARSE: chances from them differ by hundredths, at a third of the work."""
        return np.ascontiguousarray(self.rates[:, :, COARSE])

    def holds(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return now <= self.made_at + GOOD_FOR

    def rates_at(
        self, rates: Quantiles, sites: Ints, now_rates: Quantiles, at: datetime, now: datetime
    ) -> Quantiles:
        """Quantiles (site, level) of the occupancy rate at an instant, out of (horizon, site, level).

        `now_rates` (site, 1) is what is counted now: it fades into the forecast up to the first horizon;
        beyond the last, that stands.
        """
        ahead = (at - now).total_seconds() / 60
        reach = ahead + (now - self.made_at).total_seconds() / 60
        right = self.horizon_no(reach)
        end = rates[right].take(sites, axis=0)
        if right == 0 or ahead < self.horizons_min[0]:
            share = np.float32(min(1.0, ahead / self.horizons_min[0]))
            start = now_rates
        else:
            begin = self.horizons_min[right - 1]
            share = np.float32(min(1.0, (reach - begin) / (self.horizons_min[right] - begin)))
            start = rates[right - 1].take(sites, axis=0)
        found: Quantiles = start + share * (end - start)
        return found

    def middle_at(self, sites: Ints, now_rates: Quantiles, ahead_min: Quantiles) -> Quantiles:
        """The middle occupancy rate of each site, each so many minutes ahead, fading in from what is now."""
        horizons = np.array((0, *self.horizons_min), dtype=np.float32)
        right = np.minimum(np.searchsorted(horizons, ahead_min, side="left").clip(1), len(horizons) - 1)
        end = self.coarse[right - 1, sites, MIDDLE]
        start = np.where(right == 1, now_rates, self.coarse[right - 2, sites, MIDDLE])
        share = (ahead_min - horizons[right - 1]) / (horizons[right] - horizons[right - 1])
        found: Quantiles = start + np.minimum(share, np.float32(1)) * (end - start)
        return found

    def horizon_no(self, ahead_min: float) -> int:
        """Position of the horizon nearest above so many minutes, the last one beyond it."""
        return min(bisect_left(self.horizons_min, ahead_min), len(self.horizons_min) - 1)
