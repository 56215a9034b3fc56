"""What the faults of one day are drawn from, and how they are recorded."""

from dataclasses import dataclass

import numpy as np

from simulators.calendar import Day
from simulators.draws import Draws, Flags, Floats, Hashes, Ints
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.spells import Spells, find_spells
from simulators.layout import Layout
from simulators.scenario import Faults
from simulators.sensing import Seen

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One day and its chances; `key` is that of each view's device. The view of a sensor has its index."""

    layout: Layout
    draws: Draws
    day: Day
    faults: Faults
    key: Hashes

    @property
    def is_faultless(self) -> bool:
        """Whether nothing goes wrong."""
        return self.faults == Faults()

    @property
    def sensor_keys(self) -> Hashes:
        """Keys of the geomagnetic sensors, by their index."""
        return self.key[: self.layout.sensors]

    def happens(self, seen: Seen, share: float | Floats, purpose: str) -> Flags:
        """Whether a fault befalls each stretch; it hangs on the device and the arrival."""
        return self.draws.chance(share, purpose, self.key[seen.view], seen.arrive_ms)

    def uniform(self, seen: Seen, purpose: str) -> Floats:
        """A number in [0, 1) for each stretch."""
        return self.draws.uniform(purpose, self.key[seen.view], seen.arrive_ms)

    def beside(self, view: Ints, step: int) -> Ints:
        """The sensor before or behind on the same section, -1 at its ends."""
        beside = view + step
        exists = (beside >= 0) & (beside < self.layout.sensors)
        beside = np.where(exists, beside, view)
        section = self.layout.berths.section[self.layout.view_berth]
        return np.where(exists & (section[beside] == section[view]), beside, -1)

    def drifting(self) -> Spells:
        """Sensors whose base line wanders on this day."""
        share, days = self.faults.drift_share, self.faults.drift_days
        return find_spells(self.draws, "drift", self.sensor_keys, self.day, share=share, mean_days=days)

    def record(self, fault: Fault, view: Ints, from_ms: Ints, to_ms: Ints) -> Mishaps:
        """The part of these faults that lies in the day."""
        from_ms = np.maximum(from_ms, self.day.start_ms)
        to_ms = np.minimum(to_ms, self.day.end_ms)
        today = from_ms < to_ms
        view = view[today]
        return Mishaps.of(
            fault, self.layout.view_device[view], self.layout.view_berth[view], from_ms[today], to_ms[today]
        )


def make_scene(layout: Layout, draws: Draws, day: Day, faults: Faults) -> Scene:
    """The scene of one day."""
    key = layout.devices.key[layout.view_device]
    return Scene(layout=layout, draws=draws, day=day, faults=faults, key=key)
