"""Counts of many sites laid on one regular grid of local time, without inventing what was not seen.

A slot holds the observation nearest to its time, the newest where several are. An origin is a slot with an
observation, so whatever the grid holds up to that slot was known when that observation was made.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DAY_MIN = 1440
STEPS_MIN = (5, 10, 15, 20, 30, 60)
BRIDGED_MIN = 120  # longer gaps stay gaps: occupancy can rise and fall within them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """Observations in columns of equal length, in any order; `occupied` never exceeds `capacity`."""

    sites: tuple[str, ...]
    site: IntArray  # position in `sites`
    at: npt.NDArray[np.datetime64]  # to the second, local
    capacity: FloatArray
    occupied: FloatArray

    def until(self, at: np.datetime64) -> Self:
        """Only what was observed up to `at`, inclusive; the sites keep their positions."""
        chosen = self.at <= at
        return replace(
            self,
            site=self.site[chosen],
            at=self.at[chosen],
            capacity=self.capacity[chosen],
            occupied=self.occupied[chosen],
        )

    def first_capacity(self) -> FloatArray:
        """Capacity of each site as it was first told; 1 for a site without any row."""
        return _last_told(self, np.argsort(self.at, kind="stable")[::-1])

    def newest_capacity(self) -> FloatArray:
        """Capacity of each site as it was last told; 1 for a site without any row."""
        return _last_told(self, np.argsort(self.at, kind="stable"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Occupancy rates by site and slot; slot 0 is midnight of `first_on`. NaN is what nobody saw."""

    sites: tuple[str, ...]
    capacity: FloatArray  # (site,)
    step_min: int
    told_min: int  # how often sites are usually observed: the step, or a multiple of it
    first_on: date
    held_min: int  # how long a value stands after it was told
    observed: FloatArray  # (site, slot): seen in that very slot
    filled: FloatArray  # (site, slot): also bridged between two observations, or held

    @property
    def slots_per_day(self) -> int:
        """Slots from midnight to midnight."""
        return DAY_MIN // self.step_min

    @property
    def slots(self) -> int:
        """Length of the grid: whole days."""
        return int(self.observed.shape[1])

    @property
    def days(self) -> int:
        """Length of the grid in days."""
        return self.slots // self.slots_per_day

    def targets(self, slots_ahead: int) -> FloatArray:
        """Rates that can be the truth so far ahead: observed, or on the line between two."""
        return self.filled if slots_ahead * self.step_min % self.told_min else self.observed

    def of_sites(self, chosen: IntArray) -> "History":
        """The same history of only these sites, by position."""
        return replace(
            self,
            sites=tuple(self.sites[n] for n in chosen),
            capacity=self.capacity[chosen],
            observed=self.observed[chosen],
            filled=self.filled[chosen],
        )

    def slot_of(self, at: np.datetime64) -> int:
        """The slot nearest to this local time; may lie outside of the grid."""
        return int(_slots(np.array([at]), self.first_on, self.step_min)[0])


def usual_step_min(counts: Counts) -> int:
    """Step of the grid for these observations: the usual gap of the middle site, down to one of STEPS_MIN."""
    order = np.lexsort((counts.at, counts.site))
    gap_min = np.diff(counts.at[order]) / np.timedelta64(1, "m")
    same = (np.diff(counts.site[order]) == 0) & (gap_min > 0)
    site, gap_min = counts.site[order][1:][same], gap_min[same]
    starts = np.flatnonzero(np.diff(site, prepend=-1))
    usual = [float(np.median(gaps)) for gaps in np.split(gap_min, starts[1:])] if len(starts) else []
    middle = float(np.median(usual)) if usual else 0.0
    tolerated = 1.2 * middle  # what is told "every 5 minutes" comes every 5 minutes and some seconds
    return max((step for step in STEPS_MIN if step <= tolerated), default=STEPS_MIN[0])


def grid(
    counts: Counts,
    *,
    step_min: int | None = None,
    told_min: int | None = None,
    first_on: date | None = None,
    until: np.datetime64 | None = None,
    held_min: int = 0,
) -> History:
    """Lay counts on a grid of whole days that reaches to the last of them, and to `until`.

    `held_min` is how long a value stands, for a feed that tells changes only. No counts: ValueError.
    """
    if not len(counts.at):
        raise ValueError("a history needs at least one count")
    step = step_min or usual_step_min(counts)
    start = first_on or counts.at.min().astype("datetime64[D]").item()
    empty = np.empty((len(counts.sites), 0), dtype=np.float32)
    history = History(
        sites=counts.sites,
        capacity=counts.newest_capacity(),
        step_min=step,
        told_min=told_min or step,
        first_on=start,
        held_min=held_min,
        observed=empty,
        filled=empty,
    )
    return extend(history, counts, until=until)


def extend(history: History, counts: Counts, *, until: np.datetime64 | None = None) -> History:
    """The same history with newer counts of the same sites; rows before its first day are left out."""
    if counts.sites != history.sites:
        raise ValueError("a history can only be extended by counts of the same sites")
    order = np.argsort(counts.at, kind="stable")
    slot = _slots(counts.at, history.first_on, history.step_min)
    order = order[slot[order] >= 0]
    last = max([history.slots - 1, *slot[order].tolist()[-1:], *([history.slot_of(until)] if until else [])])
    more = (last // history.slots_per_day + 1) * history.slots_per_day - history.slots
    observed = np.pad(history.observed, ((0, 0), (0, more)), constant_values=np.nan)
    filled = np.pad(history.filled, ((0, 0), (0, more)), constant_values=np.nan)
    observed[counts.site[order], slot[order]] = (counts.occupied / counts.capacity)[order]
    bridged, held = BRIDGED_MIN // history.step_min, history.held_min // history.step_min
    changed = max(int(slot[order].min(initial=history.slots)) - bridged, 0)
    known = max(changed - max(bridged, held), 0)
    filled[:, changed:] = _fill(observed[:, known:], bridged=bridged, held=held)[:, changed - known :]
    capacity = history.capacity.copy()
    capacity[counts.site] = counts.newest_capacity()[counts.site]
    return replace(history, observed=observed, filled=filled, capacity=capacity)


def _slots(at: npt.NDArray[np.datetime64], first_on: date, step_min: int) -> IntArray:
    minutes = (at - np.datetime64(first_on)) / np.timedelta64(1, "m")
    return np.floor(minutes / step_min + 0.5).astype(np.int64)


def _last_told(counts: Counts, order: IntArray) -> FloatArray:
    capacity = np.ones(len(counts.sites), dtype=np.float32)
    capacity[counts.site[order]] = counts.capacity[order]
    return capacity


def _fill(observed: FloatArray, *, bridged: int, held: int) -> FloatArray:
    """Hold each value for `held` slots; draw straight lines over gaps of at most `bridged` slots."""
    sites, slots = observed.shape
    number = np.arange(slots)
    seen = np.isfinite(observed)
    before = np.maximum.accumulate(np.where(seen, number, -1), axis=1)
    after = np.minimum.accumulate(np.where(seen, number, slots)[:, ::-1], axis=1)[:, ::-1]
    row = np.arange(sites)[:, None]
    left = observed[row, np.maximum(before, 0)]
    right = observed[row, np.minimum(after, slots - 1)]
    span = after - before
    line = left + (number - before) / np.maximum(span, 1) * (right - left)
    bridgeable = (before >= 0) & (after < slots) & (span <= bridged)
    holding = (before >= 0) & (number - before <= held)
    unseen = np.where(holding, left, np.where(bridgeable, line, np.nan))
    return np.where(seen, observed, unseen).astype(np.float32)
