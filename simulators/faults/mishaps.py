"""The record of what went wrong: the answer against which a platform's doubts are judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Ints


class Fault(IntEnum):
    """Classes of faults; values are array codes, names stand in files."""

    MISSED_DEPARTURE = 0  # the sensor goes on seeing a vehicle that has left
    MISSED_ARRIVAL = 1  # the sensor sees a vehicle late or never
    TAILGATE = 2  # 跟车: the next vehicle comes before the sensor has cleared
    NEIGHBOUR = 3  # the sensor answers to a vehicle in the next berth
    HIGH_CHASSIS = 4  # the sensor loses a vehicle that still stands there
    STRADDLE = 5  # a vehicle across the line covers two sensors
    SWAPPED = 6  # two sensors stand in each other's berth
    DRIFT = 7  # the sensor's base line wanders: departures are missed, ghosts appear
    STUCK = 8  # the sensor repeats one state whatever happens
    DEAD = 9  # the device says nothing
    CAMERA_MISS = 10  # the camera overlooks a stay
    MISREAD = 11  # a plate read with a wrong character
    UNREAD = 12  # a plate that the camera could not read
    CLOCK_SKEW = 13  # the device's clock is off by a constant
    CLOCK_JUMP = 14  # the device's clock was reset or jumped, until it is set again
    RESTART = 15  # the device began to number its messages anew
    LOSS = 16  # the message never arrives
    DUPLICATE = 17  # the message arrives twice
    DELAY = 18  # the message arrives late
    REORDER = 19  # the message arrives after the device's next one
    BACKLOG = 20  # a gateway was cut off and delivers everything afterwards
    BLOCKED = 21  # a lock or a thing stands in the berth: no vehicle can, and the sensor takes it for one
    REPLACED = 22  # a new sensor was put in, and took the vehicle above it for empty ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishaps:
    """Faults as columns: what, which device, which berth (-1 for all that it sees), from when to when."""

    fault: NDArray[np.int8]
    device: Ints
    berth: Ints
    from_ms: Ints
    to_ms: Ints

    def __len__(self) -> int:
        return len(self.fault)

    @classmethod
    def of(
        cls, fault: Fault, device: NDArray[Any], berth: "NDArray[Any] | int", from_ms: Ints, to_ms: Ints
    ) -> Self:
        """Faults of one class."""
        count = len(device)
        return cls(
            fault=np.full(count, fault, dtype=np.int8),
            device=device.astype(np.int64),
            berth=np.broadcast_to(np.asarray(berth, dtype=np.int64), (count,)),
            from_ms=from_ms,
            to_ms=to_ms,
        )

    def pick(self, which: NDArray[np.bool_]) -> Self:
        """The faults where the mask holds."""
        return replace(
            self,
            fault=self.fault[which],
            device=self.device[which],
            berth=self.berth[which],
            from_ms=self.from_ms[which],
            to_ms=self.to_ms[which],
        )


def join_mishaps(parts: Sequence[Mishaps]) -> Mishaps:
    """All faults, by the time at which they begin."""
    empty = np.empty(0, dtype=np.int64)
    parts = [
        *parts,
        Mishaps(fault=empty.astype(np.int8), device=empty, berth=empty, from_ms=empty, to_ms=empty),
    ]
    from_ms = np.concatenate([part.from_ms for part in parts])
    order = np.argsort(from_ms, kind="stable")
    return Mishaps(
        fault=np.concatenate([part.fault for part in parts])[order],
        device=np.concatenate([part.device for part in parts])[order],
        berth=np.concatenate([part.berth for part in parts])[order],
        from_ms=from_ms[order],
        to_ms=np.concatenate([part.to_ms for part in parts])[order],
    )
