"""The journal: the last records of all berths, each with the berth's cell before it, linked per berth.

A ring of fixed size. Records are named by a number that only grows; a record that the ring has overwritten
is gone. Taking records of a berth back gives its cell as it was before them.
"""

from typing import Final

import numpy as np

from occupancy.cells import RECORD, Records, gather, scatter
from occupancy.evidence import Flags, Int64

NONE: Final = -1


class Journal:
    """Records of `berths` berths; `capacity` of them are kept."""

    def __init__(self, berths: int, capacity: int) -> None:
        self.capacity = capacity
        self.rows: Records = np.zeros(capacity, dtype=RECORD)
        self.rows["is_done"] = True
        self.end = 0
        self.newest: Int64 = np.full(berths, NONE, dtype=np.int64)

    def append(self, records: Records) -> Int64:
        """Add one record each of some berths; returns their numbers."""
        numbers = np.arange(self.end, self.end + len(records), dtype=np.int64)
        berths = records["berth"].astype(np.int64)
        records["previous"] = self.newest[berths]
        scatter(self.rows, numbers % self.capacity, records)
        self.newest[berths] = numbers
        self.end += len(records)
        return numbers

    def has(self, numbers: Int64) -> Flags:
        """Whether the records with these numbers are kept."""
        return (numbers >= 0) & (numbers >= self.end - self.capacity)

    def take_back(self, berths: Int64, from_us: Int64) -> tuple[Records, Flags]:
        """Take out the records of these berths at or after their instants, oldest first within a berth.

        Also tells of which berths all of them were kept; of the others nothing is taken.
        """
        place, number = np.arange(len(berths)), self.newest[berths]
        walked = [(place[:0], number[:0])]
        whole = number != NONE
        while len(place):
            kept = self.has(number)
            whole[place[~kept & (number != NONE)]] = False
            place, number = place[kept], number[kept]
            row = gather(self.rows, number % self.capacity)
            later = row["observed_us"] >= from_us[place]
            place, number, row = place[later], number[later], row[later]
            walked.append((place, number))
            number = row["previous"]
        places = np.concatenate([each[0] for each in reversed(walked)])
        numbers = np.concatenate([each[1] for each in reversed(walked)])
        chosen = whole[places]
        slots = numbers[chosen] % self.capacity
        taken = gather(self.rows, slots)
        self.rows["is_done"][slots] = True
        first = np.unique(taken["berth"], return_index=True)
        self.newest[first[0]] = taken["previous"][first[1]]
        return taken, whole

    def open_rows(self) -> Int64:
        """Numbers of the records that were not learnt from yet, ascending."""
        kept = np.arange(max(0, self.end - self.capacity), self.end, dtype=np.int64)
        is_open: Flags = ~self.rows["is_done"][kept % self.capacity]
        return kept[is_open]
