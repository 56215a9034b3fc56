"""How many berths of each road section are free, occupied, unknown or closed: sums that always add up."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from occupancy.evidence import Int8, Int64

# Column of a closed berth, after the three states.
CLOSED = 3

Counts = NDArray[np.int64]


class SectionCounts:
    """Counts per section; `section_of` gives each berth's section index, `closed` the berths out of use."""

    def __init__(self, section_ids: Sequence[str], section_of: Int64, closed: NDArray[np.bool_]) -> None:
        self.section_ids = list(section_ids)
        self._section_of = section_of
        self._closed = closed
        self._written: Counts = np.full((len(section_ids), 4), -1, dtype=np.int64)

    def count(self, shown: Int8) -> Counts:
        """Return an array (sections, 4): free, occupied, unknown, closed. Rows sum to the capacity."""
        column = np.where(self._closed, CLOSED, shown)
        flat = np.bincount(self._section_of * 4 + column, minlength=len(self.section_ids) * 4)
        return flat.reshape(-1, 4)

    def changed(self, counts: Counts) -> Int64:
        """Return the sections whose counts differ from those last returned here."""
        moved = np.flatnonzero((counts != self._written).any(axis=1))
        self._written[moved] = counts[moved]
        return moved
