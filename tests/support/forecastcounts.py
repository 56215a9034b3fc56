"""Made-up counts for the forecaster: sites with a daily course, days that differ, and chance."""

from datetime import date

import numpy as np

from guidance.forecast.history import Counts

MONDAY = date(2026, 3, 2)


def made_up_counts(
    *, days: int, sites: int = 2, step_min: int = 30, capacity: int = 40, seed: int = 3
) -> Counts:
    """Counts at every step of `days` days from a Monday: a hump at midday, higher on workdays, and noise."""
    random = np.random.default_rng(seed)
    steps = days * 1440 // step_min
    minute = np.arange(steps) * step_min
    hour, day = minute % 1440 / 60, minute // 1440
    hump = np.exp(-0.5 * ((hour - 13) / 3.0) ** 2) * np.where(day % 7 < 5, 0.9, 0.5)
    mood = random.normal(1.0, 0.1, (sites, days))[:, day]
    noise = random.normal(0, 0.02, (sites, steps))
    rate = np.clip(0.05 + hump * mood + noise, 0, 1)
    at = np.datetime64(MONDAY).astype("datetime64[s]") + minute * np.timedelta64(60, "s")
    return Counts(
        sites=tuple(f"site {n}" for n in range(sites)),
        site=np.repeat(np.arange(sites), steps),
        at=np.tile(at, sites),
        capacity=np.full(sites * steps, capacity, dtype=np.float32),
        occupied=np.round(rate * capacity).reshape(-1).astype(np.float32),
    )


def rows_of(counts: Counts) -> str:
    """The counts as the text of a CSV file."""
    rows = ["at,site,capacity,occupied"]
    for n in range(len(counts.at)):
        name = counts.sites[counts.site[n]]
        rows.append(f"{counts.at[n]},{name},{counts.capacity[n]:.0f},{counts.occupied[n]:.0f}")
    return "\n".join(rows) + "\n"
