"""What sensors miss: arrivals, departures, the gap between two vehicles, vehicles with much air below them.

A stay's faults hang on (device, arrival), so that both days of a vehicle that stays over night agree, and
what a sensor wrongly believes at midnight it goes on believing.
"""

from dataclasses import replace

import numpy as np

from simulators.calendar import Day
from simulators.draws import Ints
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import HOUR_MS, MINUTE_MS, Scene
from simulators.faults.spells import last_start, spell_of
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
    until = np.maximum(until, seen.depart_ms)
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


def calibrate(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """A sensor that is put in under a vehicle takes it for empty ground until it has left."""
    keys, share = scene.sensor_keys, scene.faults.replaced_share
    parts = []
    # One that came yesterday may still stand there.
    for day in (_day_before(scene.day), scene.day):
        start = last_start(scene.draws, "replaced", keys, day, share=share)[seen.view]
        under = (start > seen.arrive_ms) & (start < seen.depart_ms)
        parts.append(scene.record(Fault.REPLACED, seen.view[under], start[under], seen.depart_ms[under]))
        seen = cut_seen(seen, under, start, seen.depart_ms)
    return seen, parts


def _day_before(day: Day) -> Day:
    """Its bounds, as far as a day is 24 hours long: enough to find who began anew."""
    return replace(day, start_ms=day.start_ms - 24 * HOUR_MS, end_ms=day.start_ms)


def _next_arrival(seen: Seen) -> Ints:
    """When the next stretch of the same view begins; far in the future where there is none."""
    following = np.full(len(seen), 2**60, dtype=np.int64)
    same = seen.view[1:] == seen.view[:-1]
    following[:-1][same] = seen.arrive_ms[1:][same]
    return following
