"""The truth of a stretch of days as one table: every stay once, every mishap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from simulators.days import SimulatedDay
from simulators.draws import Ints
from simulators.faults.mishaps import Fault, Mishaps, join_mishaps
from simulators.plates import Vehicle
from simulators.stays import Stays, join_stays

# Before anything that is simulated: no day, no stay.
NOTHING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Stays sorted by (berth, arrival) with their vehicles, and all that went wrong with the evidence."""

    stays: Stays
    vehicles: Sequence[Vehicle]
    mishaps: Mishaps

    @classmethod
    def of(cls, days: Iterable[SimulatedDay]) -> Self:
        """Join days; a stay over midnight, which both days tell, is kept once."""
        played = list(days)
        stays = join_stays(
            [_numbered(day, first) for day, first in zip(played, _firsts(played), strict=True)]
        )
        again = (np.diff(stays.berth, prepend=NOTHING) == 0) & (
            np.diff(stays.arrive_ms, prepend=NOTHING) == 0
        )
        vehicles = [vehicle for day in played for vehicle in day.vehicles]
        stays = stays.pick(~again)
        return cls(
            stays=stays,
            vehicles=[vehicles[number] for number in stays.vehicle.tolist()],
            mishaps=join_mishaps([day.mishaps for day in played]),
        )

    @property
    def blocked(self) -> Mishaps:
        """When something that is no vehicle took a berth."""
        return self.mishaps.pick((self.mishaps.fault == Fault.BLOCKED) & (self.mishaps.berth >= 0))

    def rows_of(self, berth: int) -> range:
        """Indexes of the stays of one berth."""
        first, last = np.searchsorted(self.stays.berth, [berth, berth + 1])
        return range(int(first), int(last))


def _firsts(days: Sequence[SimulatedDay]) -> list[int]:
    """Number of each day's first vehicle, when those of all days stand behind one another."""
    counts = np.cumsum([0, *(len(day.vehicles) for day in days)])
    return [int(count) for count in counts[:-1]]


def _numbered(day: SimulatedDay, first: int) -> Stays:
    """The day's stays, each with the number of its vehicle among those of all days."""
    stays = day.stays
    numbers: Ints = np.arange(len(stays), dtype=np.int64) + first
    return Stays(
        berth=stays.berth,
        slot=stays.slot,
        arrive_ms=stays.arrive_ms,
        depart_ms=stays.depart_ms,
        flags=stays.flags,
        vehicle=numbers,
    )
