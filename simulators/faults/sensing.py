"""From what stands in the berths to what each device takes for occupied."""

from dataclasses import replace

import numpy as np

from simulators.draws import Ints
from simulators.faults.blindness import arrive_late, calibrate, lose_high_chassis, stay_on, tailgate
from simulators.faults.ghosts import blocked_berths, cover_two, freeze, hear_neighbours, obstruct, wander
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import Scene
from simulators.faults.stretches import join_seen
from simulators.sensing import Seen, see
from simulators.stays import Stays

# Each takes what sensors see after the step before; a frozen sensor has the last word.
_STEPS = (
    arrive_late,
    tailgate,
    stay_on,
    lose_high_chassis,
    cover_two,
    hear_neighbours,
    wander,
    calibrate,
    obstruct,
    freeze,
)


def without_blocked(stays: Stays, scene: Scene) -> Stays:
    """The stays for which there is room: none while something else stands in the berth."""
    found = blocked_berths(scene)
    blocked = np.zeros(len(stays), dtype=np.bool_)
    for who, from_ms, to_ms in zip(found.who, found.from_ms, found.to_ms, strict=True):
        blocked |= (stays.berth == who) & (stays.arrive_ms < to_ms) & (stays.depart_ms > from_ms)
    return stays.pick(~blocked)


def sense(stays: Stays, gone: Stays, scene: Scene) -> tuple[Seen, list[Mishaps]]:
    """What all devices see, and why it is not the truth.

    `gone` are stays of the day before that ended on it: sensors may still believe in them.
    """
    if scene.is_faultless:
        return see(stays, scene.layout), []
    watched, mishaps = _swap(scene)
    seen = see(stays, replace(scene.layout, view_berth=watched))
    is_sensor = seen.view < scene.layout.sensors
    cameras, missed = _overlook(scene, seen.pick(~is_sensor))
    mishaps.append(missed)
    earlier = see(gone, replace(scene.layout, view_berth=watched))
    earlier = replace(earlier, stay=np.full(len(earlier), -1, dtype=np.int64))
    earlier = earlier.pick(earlier.view < scene.layout.sensors)
    sensors = _settle(scene, join_seen([seen.pick(is_sensor), earlier]))
    for step in _STEPS:
        sensors, record = step(scene, sensors)
        mishaps += record
    # Views of cameras come after those of sensors, so this is in order.
    return (
        Seen(
            view=np.concatenate([sensors.view, cameras.view]),
            arrive_ms=np.concatenate([sensors.arrive_ms, cameras.arrive_ms]),
            depart_ms=np.concatenate([sensors.depart_ms, cameras.depart_ms]),
            stay=np.concatenate([sensors.stay, cameras.stay]),
        ),
        mishaps,
    )


def _swap(scene: Scene) -> tuple[Ints, list[Mishaps]]:
    """The berth that each view really watches: some neighbours' sensors were put in the wrong way round."""
    watched = scene.layout.view_berth.copy()
    one = np.arange(0, scene.layout.sensors - 1, 2)
    one = one[scene.beside(one, 1) >= 0]
    one = one[scene.draws.chance(scene.faults.swapped_share, "swapped", scene.key[one])]
    watched[one], watched[one + 1] = watched[one + 1], watched[one]
    concerned = np.concatenate([one, one + 1])
    begin, end = (np.full(len(concerned), ms) for ms in (scene.day.start_ms, scene.day.end_ms))
    return watched, [scene.record(Fault.SWAPPED, concerned, begin, end)]


def _settle(scene: Scene, seen: Seen) -> Seen:
    """A sensor reports a change only when the field has settled."""
    later = round(scene.faults.settle_s * 1000)
    return replace(seen, arrive_ms=seen.arrive_ms + later, depart_ms=seen.depart_ms + later)


def _overlook(scene: Scene, seen: Seen) -> tuple[Seen, Mishaps]:
    """Stays that a camera never notices."""
    missed = scene.happens(seen, scene.faults.camera_miss_share, "camera miss")
    lost = seen.pick(missed)
    return seen.pick(~missed), scene.record(Fault.CAMERA_MISS, lost.view, lost.arrive_ms, lost.depart_ms)
