"""The forecasts of a running city: counts of the last weeks on one grid, moved on every minute.

A count stands until the next one, because only changes are stored, but never through a silence of the whole
street: what nobody heard is not learnt from. Berths of unknown state are left out of the rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from guidance.forecast.history import DAY_MIN, BoolArray, FloatArray, History, IntArray
from guidance.forecast.model import MAX_HORIZON, Model
from guidance.outlook import BASES, Outlook

HORIZONS_MIN = (5, 10, 15, 20, 30, 45, 60, 90, 120, 150, MAX_HORIZON)
# Horizons that corrections are learnt for; those between follow.
LEARNT_MIN = (5, 15, 30, 60, 120, MAX_HORIZON)
MOST_DAYS = 42
# Cells of the grid: bounds memory to some hundred MB, also in a city of a million berths.
MOST_CELLS = 20_000_000
FINE_STEP_MIN, COARSE_STEP_MIN = 5, 15
# With less of its open berths known, a section's rate says nothing about the whole.
LEAST_KNOWN = 0.5
# A street that stored no count for so long was not heard.
SILENT_MIN = 60
_UNSEEN = np.float32(-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The road sections in the board's order, then the zones; `zone_of` is the zone of each section."""

    names: tuple[str, ...]
    zone_of: IntArray
    capacity: FloatArray  # (site,), open berths, at least 1

    @property
    def sections(self) -> int:
        """How many of the sites are sections."""
        return len(self.zone_of)

    @property
    def step_min(self) -> int:
        """Step of the grid: coarser for very many sites."""
        is_small = len(self.names) * MOST_DAYS * DAY_MIN // FINE_STEP_MIN <= MOST_CELLS
        return FINE_STEP_MIN if is_small else COARSE_STEP_MIN

    @property
    def days(self) -> int:
        """Days of history that are kept."""
        return max(2, min(MOST_DAYS, MOST_CELLS * self.step_min // (DAY_MIN * len(self.names))))

    def rates(self, free: FloatArray, occupied: FloatArray) -> FloatArray:
        """Occupancy rate by site from counts (section, ...); NaN where too little is known."""
        zones = len(self.names) - self.sections
        summed = []
        for counts in (free, occupied):
            by_zone = np.zeros((zones, *counts.shape[1:]), dtype=np.float32)
            np.add.at(by_zone, self.zone_of, counts)
            summed.append(np.concatenate((counts, by_zone)))
        known = summed[0] + summed[1]
        shape = (-1,) + (1,) * (known.ndim - 1)
        is_enough = (known > 0) & (known >= LEAST_KNOWN * self.capacity.reshape(shape))
        return np.where(is_enough, summed[1] / np.maximum(known, 1), np.nan).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRows:
    """Stored counts in columns, those of one section in the order of their local times."""

    section: IntArray
    at: np.ndarray  # datetime64[s], local
    free: FloatArray
    occupied: FloatArray


class LiveHistory:
    """The grid of one city; its last day is the present one."""

    def __init__(self, sites: Sites, today: np.datetime64) -> None:
        self._sites = sites
        self._per_day = DAY_MIN // sites.step_min
        self.first_on = today.astype("datetime64[D]") - (sites.days - 1)
        self._rates = np.full((len(sites.names), sites.days * self._per_day), np.nan, dtype=np.float32)

    @property
    def days_seen(self) -> int:
        """Days of which anything is known."""
        by_day = np.isfinite(self._rates).any(axis=0).reshape(-1, self._per_day)
        return int(by_day.any(axis=1).sum())

    def fill(self, rows: CountRows) -> None:
        """Lay stored counts on the grid; each stands until the next one of its section."""
        slot = np.ceil(self._position(rows.at)).astype(np.int64)
        within = (slot >= 0) & (slot < self._rates.shape[1])
        section, slot = rows.section[within], slot[within]
        shape = (self._sites.sections, self._rates.shape[1])
        free, occupied = np.full(shape, _UNSEEN), np.full(shape, _UNSEEN)
        free[section, slot], occupied[section, slot] = rows.free[within], rows.occupied[within]
        heard = _heard(slot, self._rates.shape[1], SILENT_MIN // self._sites.step_min)
        before = _last_seen(free != _UNSEEN, heard)
        row = np.arange(self._sites.sections)[:, None]
        stands = before >= 0
        free = np.where(stands, free[row, before], 0.0)
        occupied = np.where(stands, occupied[row, before], 0.0)
        self._rates = self._sites.rates(free, occupied)

    def note(self, at: np.datetime64, free: FloatArray, occupied: FloatArray) -> int:
        """Put the counts of this moment on the grid, which moves on with the days; returns the slot."""
        behind = int((at.astype("datetime64[D]") - self.first_on).astype(int)) - (self._sites.days - 1)
        if behind > 0:
            new = np.full((len(self._rates), min(behind * self._per_day, self._rates.shape[1])), np.nan)
            self._rates = np.concatenate((self._rates[:, new.shape[1] :], new.astype(np.float32)), axis=1)
            self.first_on += behind
        slot = int(self._position(np.array([at]))[0])
        self._rates[:, slot] = self._sites.rates(free, occupied)
        return slot

    def history(self) -> History:
        """As models read it."""
        first = self._first_day_seen()
        rates = self._rates[:, first * self._per_day :]
        return History(
            sites=self._sites.names,
            capacity=self._sites.capacity,
            step_min=self._sites.step_min,
            told_min=self._sites.step_min,
            first_on=(self.first_on + first).item(),
            held_min=0,
            observed=rates,
            filled=rates,
        )

    def _first_day_seen(self) -> int:
        seen = np.flatnonzero(np.isfinite(self._rates).any(axis=0))
        return int(seen[0]) // self._per_day if len(seen) else self._sites.days - 1

    def _position(self, at: np.ndarray) -> np.ndarray:
        """Slots since the first midnight, with fractions."""
        minutes: np.ndarray = (at - self.first_on) / np.timedelta64(60, "s")
        return minutes / self._sites.step_min


def make_outlook(
    model: Model,
    history: History,
    at: np.datetime64,
    made_at: datetime,
    days: int,
    horizons_min: Sequence[int] = HORIZONS_MIN,
) -> Outlook:
    """Forecast all sites from the slot that holds a local time, for these horizons as far as steps allow."""
    slot = int((at - np.datetime64(history.first_on)) / np.timedelta64(60, "s") // history.step_min)
    horizons = [each for each in horizons_min if each % history.step_min == 0]
    found = [model.predict(history, np.array([slot], dtype=np.int64), each) for each in horizons]
    basis = [np.array([BASES.index(word) for word in each.basis()[:, 0]], dtype=np.int8) for each in found]
    return Outlook(
        made_at=made_at,
        horizons_min=tuple(horizons),
        rates=np.stack([each.rates[:, 0] for each in found]).astype(np.float32),
        error=np.stack([each.expected_error()[:, 0] for each in found]),
        basis=np.stack(basis),
        days=days,
        learnt=bool(model.correction.networks),
    )


def _heard(slots: IntArray, length: int, reach: int) -> BoolArray:
    """Slots at most `reach` after one in which anything was stored."""
    told = np.zeros(length, dtype=bool)
    told[slots] = True
    last = np.maximum.accumulate(np.where(told, np.arange(length), -1 - reach))
    return np.asarray(np.arange(length) - last <= reach)


def _last_seen(seen: BoolArray, heard: BoolArray) -> IntArray:
    """Slot of the count that stands at each (section, slot): -1 before the first, and in a silence."""
    number = np.arange(seen.shape[1])
    last = np.maximum.accumulate(np.where(seen, number, -1), axis=1)
    silence = np.maximum.accumulate(np.where(heard, -1, number))
    return np.where(heard & (last > silence), last, -1)
