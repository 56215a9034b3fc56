"""What sensors miss: arrivals, departures, the gap between two vehicles, vehicles with much air below them.

A stay's faults hang on (device, arrival), so that both days of a vehicle that stays over night agree. What
a sensor wrongly believes ends with the day at the latest: at night it finds its base line again.
"""

from dataclasses import replace

import numpy as np

from simulators.draws import Ints
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import HOUR_MS, MINUTE_MS, Scene
from simulators.faults.spells import spell_of
from simulators.faults.stretches import cut_seen, join_seen
from simulators.sensing import Seen


def arrive_late(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """Arrivals that are noticed only when the sensor looks again, if the vehicle still stands there."""
    missed = scene.happens(seen, scene.faults.missed_arrival_share, "missed arrival")
    late = (10 + 110 * scene.uniform(seen, "arrival found")) * MINUTE_MS
    found_ms = np.where(
        missed, np.minimum(seen.arrive_ms + late.astype(np.int64), seen.depart_ms), seen.arrive_ms
    )
    record = scene.record(Fault.MISSED_ARRIVAL, seen.view[missed], seen.arrive_ms[missed], found_ms[missed])
    moved = replace(seen, arrive_ms=found_ms)
    return moved.pick(moved.depart_ms > moved.arrive_ms), [record]


def tailgate(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """The gap to the next vehicle is too short for the sensor to clear."""
    following = _next_arrival(seen)
    close = following - seen.depart_ms < scene.faults.tailgate_gap_s * 1000
    missed = close & scene.happens(seen, scene.faults.tailgate_share, "tailgate")
    record = scene.record(Fault.TAILGATE, seen.view[missed], seen.depart_ms[missed], following[missed])
    joined = replace(seen, depart_ms=np.where(missed, following, seen.depart_ms))
    return join_seen([joined]), [record]


def stay_on(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """Departures that are missed: until the next vehicle, or until the sensor finds its base line again."""
    share = np.full(len(seen), scene.faults.missed_departure_share)
    drifting = scene.drifting()
    adrift = spell_of(drifting, seen.view, seen.depart_ms) >= 0
    share[adrift] = np.maximum(share[adrift], scene.faults.drift_missed_share)
    missed = scene.happens(seen, share, "missed departure")
    low, high = scene.faults.recovery_hours
    hours = low + (high - low) * scene.uniform(seen, "departure found")
    until = np.minimum(seen.depart_ms + (hours * HOUR_MS).astype(np.int64), _next_arrival(seen))
    until = np.maximum(np.minimum(until, scene.day.end_ms), seen.depart_ms)
    parts = [
        scene.record(fault, seen.view[chosen], seen.depart_ms[chosen], until[chosen])
        for fault, chosen in ((Fault.MISSED_DEPARTURE, missed & ~adrift), (Fault.DRIFT, missed & adrift))
    ]
    return join_seen([replace(seen, depart_ms=np.where(missed, until, seen.depart_ms))]), parts


def lose_high_chassis(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """A vehicle with much air below it is lost for a while."""
    lost = scene.happens(seen, scene.faults.high_chassis_share, "high chassis")
    length = (seen.depart_ms - seen.arrive_ms).astype(np.float64)
    begin = seen.arrive_ms + (length * (0.1 + 0.6 * scene.uniform(seen, "chassis from"))).astype(np.int64)
    minutes = 1 + 14 * scene.uniform(seen, "chassis length")
    end = np.minimum(begin + (minutes * MINUTE_MS).astype(np.int64), seen.depart_ms)
    record = scene.record(Fault.HIGH_CHASSIS, seen.view[lost], begin[lost], end[lost])
    return cut_seen(seen, lost, begin, end), [record]


def _next_arrival(seen: Seen) -> Ints:
    """When the next stretch of the same view begins; far in the future where there is none."""
    following = np.full(len(seen), 2**60, dtype=np.int64)
    same = seen.view[1:] == seen.view[:-1]
    following[:-1][same] = seen.arrive_ms[1:][same]
    return following
