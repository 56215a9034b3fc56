"""How good forecasts were: errors of the rate, and of the chance of finding a berth."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
BINS = 10


def mean_absolute_error(forecast: Floats, truth: Floats) -> float:
    """Mean of |forecast - truth|."""
    return float(np.abs(forecast - truth).mean(dtype=np.float64))


def root_mean_square_error(forecast: Floats, truth: Floats) -> float:
    """Root of the mean of (forecast - truth) squared."""
    return float(np.sqrt(np.square(forecast - truth).mean(dtype=np.float64)))


def brier_score(chance: Floats, happened: npt.NDArray[np.bool_]) -> float:
    """Mean of (chance - happened) squared (Brier 1950): 0 is perfect, 0.25 is always saying one half."""
    return float(np.square(chance - happened).mean(dtype=np.float64))


def calibration_error(chance: Floats, happened: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: over ten equal bins, |mean chance - share that happened|, by bin size."""
    number = np.minimum((np.asarray(chance, dtype=np.float64) * BINS).astype(int), BINS - 1)
    said = np.bincount(number, weights=chance, minlength=BINS)
    seen = np.bincount(number, weights=happened.astype(np.float64), minlength=BINS)
    return float(np.abs(said - seen).sum() / len(number))
