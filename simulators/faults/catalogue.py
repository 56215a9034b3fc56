"""All that befalls messages after devices have made them, in the order in which it does."""

import numpy as np

from simulators.events import Events
from simulators.faults.clocks import jump, restart, skew
from simulators.faults.mishaps import Mishaps
from simulators.faults.reading import misread
from simulators.faults.scene import Scene
from simulators.faults.transport import fall_silent, hold_back, lose, overtake, repeat, travel
from simulators.plates import Vehicle

_STEPS = (fall_silent, restart, jump, skew, travel, overtake, hold_back, lose, repeat)


def suffer(events: Events, vehicles: list[Vehicle], scene: Scene) -> tuple[Events, list[Mishaps]]:
    """What reaches the broker, and when; wrong plates join `vehicles`.

    `events` are all those of some devices; the faults are those of these devices.
    """
    if scene.is_faultless:
        return events, []
    speaks = np.zeros(len(scene.layout.devices), dtype=np.bool_)
    speaks[events.device] = True
    events, mishaps = misread(events, vehicles, scene)
    for step in _STEPS:
        events, record = step(events, scene)
        mishaps += record
    return events, [each.pick(speaks[each.device]) for each in mishaps]
