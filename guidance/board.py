"""What may be said of every berth at this moment, and the counts that follow from it.

A state is published only while its devices were heard within the berth's limit; when the newest evidence of
the whole street is old, or the database silent, nothing is. Memory only: the reader fills it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parking.city import City
from parking.ids import BerthId, SectionId, ZoneId
from parking.staleness import berth_limits, quiet_limit
from parking.states import BerthState

# The database is read every second; after this long without an answer the board is a memory, not a view.
READ_LIMIT = timedelta(seconds=60)
# When a larger share of the berths changed, counting all of them anew is the shorter way.
RECOUNT_SHARE = 0.05

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER = np.iinfo(np.int64).min // 2

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Shown(IntEnum):
    """What a berth is shown as; the first three equal `BerthState`. Values go over the wire."""

    FREE = 0
    OCCUPIED = 1
    UNKNOWN = 2
    CLOSED = 3


class Belief(NamedTuple):
    """One row of `berth_states`: `heard_until` is the device's time, `received_at` ours.

    `silence` is how long the berth may be unheard, None where it is as in the city's files.
    """

    berth_id: BerthId
    state: BerthState
    since_at: datetime
    confidence: float
    heard_until: datetime
    received_at: datetime
    silence: timedelta | None = None


class Counts(NamedTuple):
    """Berths by what they are shown as; the sum is the capacity."""

    free: int
    occupied: int
    unknown: int
    closed: int

    @property
    def capacity(self) -> int:
        """All marked berths."""
        return sum(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The board as published at one moment. Arrays follow the board's order and must not be written to.

    `as_of` is the newest evidence from the street, None before the first. Where `fresh` is False the street
    or the database is silent and everything is unknown. `fresh_until` is when the evidence is too old.
    """

    at: datetime
    as_of: datetime | None
    fresh: bool
    fresh_until: datetime
    states: Bytes
    sections: Ints
    zones: Ints

    @property
    def city(self) -> Counts:
        """Counts of the whole city."""
        return Counts(*self.zones.sum(axis=0).tolist())


class Board:
    """Beliefs of all berths, in arrays in the city's order. One thread owns it."""

    def __init__(self, city: City) -> None:
        self.berth_ids: tuple[BerthId, ...] = tuple(city.berths)
        self.section_ids: tuple[SectionId, ...] = tuple(city.sections)
        self.zone_ids: tuple[ZoneId, ...] = tuple(city.zones)
        self.berth_no = {berth_id: number for number, berth_id in enumerate(self.berth_ids)}
        self.section_no = {section_id: number for number, section_id in enumerate(self.section_ids)}
        self.zone_no = {zone_id: number for number, zone_id in enumerate(self.zone_ids)}
        berths = city.berths.values()
        self.section_of = _ints(self.section_no[berth.section_id] for berth in berths)
        self.zone_of_section = _ints(self.zone_no[section.zone_id] for section in city.sections.values())
        self._closed = np.flatnonzero([berth.closed for berth in berths])
        self._limit = _ints(limit // _MICROSECOND for limit in berth_limits(city).values())
        self._quiet_limit = quiet_limit(device.heartbeat for device in city.devices.values())
        size = len(self.berth_ids)
        self._state = np.full(size, BerthState.UNKNOWN, dtype=np.uint8)
        self._since = np.full(size, _NEVER, dtype=np.int64)
        self._heard = np.full(size, _NEVER, dtype=np.int64)
        self._received = np.full(size, _NEVER, dtype=np.int64)
        self._confidence = np.zeros(size, dtype=np.float32)
        # Until when each state stands, and what was counted for the view before.
        self._until = np.full(size, _NEVER, dtype=np.int64)
        self._counted: tuple[Bytes, Ints, Ints] | None = None
        self._read_at: datetime | None = None

    def apply(self, beliefs: Iterable[Belief], read_at: datetime) -> None:
        """Take in rows read at this moment; rows of berths unknown to the city's files are passed over."""
        for belief in beliefs:
            number = self.berth_no.get(belief.berth_id)
            if number is not None:
                self._state[number] = belief.state
                self._since[number] = micros(belief.since_at)
                self._heard[number] = micros(belief.heard_until)
                self._received[number] = micros(belief.received_at)
                self._confidence[number] = belief.confidence
                if belief.silence is not None:
                    self._limit[number] = belief.silence // _MICROSECOND
                self._until[number] = (
                    micros(max(belief.heard_until, belief.received_at)) + self._limit[number]
                )
        self._read_at = read_at

    def view(self, now: datetime) -> View:
        """Publish what still stands at `now`."""
        newest = int(self._heard.max(initial=_NEVER))
        as_of = min(instant(newest), now) if newest != _NEVER else None
        fresh_until = as_of + self._quiet_limit if as_of else _EPOCH
        fresh = now <= fresh_until and self._read_at is not None and now <= self._read_at + READ_LIMIT
        if fresh:
            shown = np.where(self._until >= micros(now), self._state, np.uint8(Shown.UNKNOWN))
        else:
            shown = np.full(len(self._state), Shown.UNKNOWN, dtype=np.uint8)
        shown[self._closed] = Shown.CLOSED
        sections, zones = self._count(shown)
        return View(
            at=now,
            as_of=as_of,
            fresh=fresh,
            fresh_until=fresh_until,
            states=shown,
            sections=sections,
            zones=zones,
        )

    def _count(self, shown: Bytes) -> tuple[Ints, Ints]:
        """Count by section and zone: from the view before, as most often few berths have changed."""
        if self._counted is None:
            moved = None
        else:
            before, sections, zones = self._counted
            moved = np.flatnonzero(before != shown)
        if moved is None or len(moved) > len(shown) * RECOUNT_SHARE:
            sections = self.count_by_section(shown)
            zones = np.zeros((len(self.zone_ids), len(Shown)), dtype=np.int64)
            np.add.at(zones, self.zone_of_section, sections)
        else:
            sections = recount(sections, self.section_of[moved], before[moved], shown[moved])
            zone_of = self.zone_of_section[self.section_of[moved]]
            zones = recount(zones, zone_of, before[moved], shown[moved])
        self._counted = shown, sections, zones
        return sections, zones

    def count_by_section(self, states: Bytes, where: NDArray[np.bool_] | None = None) -> Ints:
        """Berths of each section by shown state, one row a section; of some berths only where given."""
        keys = self.section_of * len(Shown) + states
        kept = keys if where is None else keys[where]
        size = len(self.section_ids) * len(Shown)
        return np.bincount(kept, minlength=size).reshape(-1, len(Shown)).astype(np.int64)

    def belief(self, number: int) -> Belief | None:
        """What was last read of one berth, None where nobody has ever spoken of it."""
        if self._since[number] == _NEVER:
            return None
        return Belief(
            berth_id=self.berth_ids[number],
            state=BerthState(int(self._state[number])),
            since_at=instant(int(self._since[number])),
            confidence=round(float(self._confidence[number]), 4),
            heard_until=instant(int(self._heard[number])),
            received_at=instant(int(self._received[number])),
            silence=self.limit(number),
        )

    def limit(self, number: int) -> timedelta:
        """How long a state of this berth stands after its last evidence."""
        return int(self._limit[number]) * _MICROSECOND


def recount(counts: Ints, rows: Ints, before: Bytes, after: Bytes) -> Ints:
    """Counts (row, shown state) after berths of these rows have changed, one entry a berth."""
    counts = counts.copy()
    np.subtract.at(counts, (rows, before), 1)
    np.add.at(counts, (rows, after), 1)
    return counts


def micros(at: datetime) -> int:
    """Whole microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """Inverse of `micros`."""
    return _EPOCH + microseconds * _MICROSECOND


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int64)
