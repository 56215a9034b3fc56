"""How far past days alone are off at each site: the unit in which networks see and correct all sites."""

from dataclasses import dataclass

import numpy as np

from guidance.forecast.ensemble import wide_error
from guidance.forecast.history import FloatArray, History

LEAST_ERROR = 0.002
STEADY_ROWS = 200.0  # from so many rows on a site's own error counts more than that of all sites


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsualError:
    """Mean absolute error (site, horizon) as learnt; without any horizon every site is a stranger."""

    sites: tuple[str, ...]
    horizons_min: tuple[int, ...]  # ascending
    error: FloatArray

    @classmethod
    def unknown(cls) -> "UsualError":
        """Nothing learnt yet."""
        return cls(sites=(), horizons_min=(), error=np.zeros((0, 0), dtype=np.float32))

    @classmethod
    def learnt(
        cls, history: History, horizons_min: tuple[int, ...], total: FloatArray, rows: FloatArray
    ) -> "UsualError":
        """From summed absolute errors and their numbers (site, horizon); few rows are drawn to all sites'."""
        common = total.sum(axis=0) / np.maximum(rows.sum(axis=0), 1)
        error = np.maximum((total + STEADY_ROWS * common) / (rows + STEADY_ROWS), LEAST_ERROR)
        return cls(sites=history.sites, horizons_min=horizons_min, error=error.astype(np.float32))

    def at(self, history: History, now: FloatArray, horizon_min: int, sites: slice) -> FloatArray:
        """Scale (site, origin) for this horizon: learnt, else wide. It grows with the root of the horizon."""
        wide = wide_error(now, history.capacity[sites, None], horizon_min)
        if not self.horizons_min:
            return wide
        root, roots = float(np.sqrt(horizon_min)), np.sqrt(self.horizons_min)
        weights = [np.interp(root, roots, one) for one in np.eye(len(roots))]
        learnt = self.error @ np.array(weights, dtype=np.float32) * max(1.0, root / float(roots[-1]))
        number = {site: n for n, site in enumerate(self.sites)}
        rows = np.array([number.get(site, -1) for site in history.sites[sites]])
        return np.where(rows[:, None] >= 0, learnt[rows][:, None], wide).astype(np.float32)
