"""True stays as columns, and what they say about a berth at an instant."""

from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Ints


class StayFlag(IntFlag):
    """What is worth knowing of a stay besides when and who."""

    CARRIED = 1  # began on the day before
    OVERNIGHT = 2  # lasts over midnight
    OVERSTAY = 4  # longer than the berth permits
    NO_RIGHT = 8  # in a berth reserved for others


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Stays sorted by (berth, arrival); those of one berth never overlap.

    `slot` numbers the stays of a berth on the day on which they began; `vehicle` is -1 until one is assigned.
    """

    berth: Ints
    slot: Ints
    arrive_ms: Ints
    depart_ms: Ints
    flags: Ints
    vehicle: Ints

    def __len__(self) -> int:
        return len(self.berth)

    def pick(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """The stays at these indexes, or where the mask holds."""
        return replace(
            self,
            berth=self.berth[which],
            slot=self.slot[which],
            arrive_ms=self.arrive_ms[which],
            depart_ms=self.depart_ms[which],
            flags=self.flags[which],
            vehicle=self.vehicle[which],
        )


def join_stays(parts: "list[Stays]") -> Stays:
    """All stays of the parts, sorted by (berth, arrival)."""
    joined = Stays(
        berth=np.concatenate([part.berth for part in parts]),
        slot=np.concatenate([part.slot for part in parts]),
        arrive_ms=np.concatenate([part.arrive_ms for part in parts]),
        depart_ms=np.concatenate([part.depart_ms for part in parts]),
        flags=np.concatenate([part.flags for part in parts]),
        vehicle=np.concatenate([part.vehicle for part in parts]),
    )
    return joined.pick(np.lexsort((joined.arrive_ms, joined.berth)))


def stay_at(owner: Ints, arrive_ms: Ints, depart_ms: Ints, asked: Ints, at_ms: Ints) -> Ints:
    """Index of the interval of `asked` that holds each instant, -1 where none does.

    Intervals are sorted by (owner, arrival) and half-open; those of one owner do not overlap.
    """
    if not len(owner):
        return np.full(len(asked), -1, dtype=np.int64)
    base = min(int(arrive_ms.min()), int(at_ms.min(initial=arrive_ms[0])))
    width = max(int(arrive_ms.max()), int(at_ms.max(initial=arrive_ms[0]))) - base + 1
    found = np.searchsorted(owner * width + (arrive_ms - base), asked * width + (at_ms - base), "right") - 1
    held = (found >= 0) & (owner[found] == asked) & (at_ms < depart_ms[found])
    return np.where(held, found, -1)
