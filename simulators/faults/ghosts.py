"""What sensors see that is not there: vehicles beside them, ghosts of a wandering base line, one state."""

from dataclasses import replace

import numpy as np

from simulators.draws import Ints
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import HOUR_MS, MINUTE_MS, Scene
from simulators.faults.spells import Spells, find_spells, spell_of
from simulators.faults.stretches import added, cut_seen, join_seen
from simulators.sensing import Seen
from simulators.stays import stay_at


def cover_two(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """A vehicle across the line stands over the next sensor too."""
    beside = scene.beside(seen.view, 1)
    covered = (beside >= 0) & scene.happens(seen, scene.faults.straddle_share, "straddle")
    ghost = added(beside[covered], seen.arrive_ms[covered], seen.depart_ms[covered])
    record = scene.record(Fault.STRADDLE, ghost.view, ghost.arrive_ms, ghost.depart_ms)
    return join_seen([seen, ghost]), [record]


def hear_neighbours(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """A vehicle that manoeuvres beside a sensor toggles it for a moment."""
    mishaps: list[Mishaps] = []
    for side, purpose in ((-1, "neighbour left"), (1, "neighbour right")):
        beside = scene.beside(seen.view, side)
        heard = (beside >= 0) & scene.happens(seen, scene.faults.neighbour_share, purpose)
        view, at = beside[heard], seen.arrive_ms[heard]
        until = at + 15_000 + (165_000 * scene.uniform(seen, purpose + " length")[heard]).astype(np.int64)
        row = stay_at(seen.view, seen.arrive_ms, seen.depart_ms, view, at)
        mishaps.append(scene.record(Fault.NEIGHBOUR, view, at, until))
        seen = _toggle(seen, row, view, at, until)
    return seen, mishaps


def _toggle(seen: Seen, row: Ints, view: Ints, from_ms: Ints, to_ms: Ints) -> Seen:
    """Occupied becomes free and free occupied; `row` is the stretch in which the toggle begins, or -1."""
    inside = row >= 0
    begin, end = np.zeros(len(seen), dtype=np.int64), np.zeros(len(seen), dtype=np.int64)
    begin[row[inside]], end[row[inside]] = from_ms[inside], to_ms[inside]
    cut = cut_seen(seen, end > 0, begin, end)
    return join_seen([cut, added(view[~inside], from_ms[~inside], to_ms[~inside])])


def wander(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """Ghosts before sensors whose base line drifts: up to three times a day, for some minutes."""
    adrift = scene.drifting()
    view = np.repeat(adrift.who, 3)
    nth = np.tile(np.arange(3), len(adrift))
    key, number = scene.key[view], scene.day.number
    length_ms = scene.day.end_ms - scene.day.start_ms
    begin = scene.day.start_ms + (length_ms * scene.draws.uniform("ghost", key, number, nth)).astype(np.int64)
    minutes = 5 + 55 * scene.draws.uniform("ghost length", key, number, nth)
    end = np.minimum(begin + (minutes * MINUTE_MS).astype(np.int64), scene.day.end_ms)
    there = spell_of(adrift, view, begin) >= 0
    ghost = added(view[there], begin[there], end[there])
    record = scene.record(Fault.DRIFT, ghost.view, ghost.arrive_ms, ghost.depart_ms)
    return join_seen([seen, ghost]), [record]


def obstruct(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """A lock or a thing in the berth is taken for a vehicle; there is none at that time."""
    found = blocked_berths(scene)
    place = np.searchsorted(scene.layout.view_berth[: scene.layout.sensors], found.who)
    there = place < scene.layout.sensors
    there[there] = scene.layout.view_berth[place[there]] == found.who[there]
    view = place[there]
    ghost = added(view, found.from_ms[there], found.to_ms[there])
    record = scene.record(Fault.BLOCKED, view, ghost.arrive_ms, ghost.depart_ms)
    return join_seen([seen, ghost]), [record]


def blocked_berths(scene: Scene) -> Spells:
    """When berths are blocked, from the day before to the day after: stays over midnight must agree."""
    day, faults = scene.day, scene.faults
    length = day.end_ms - day.start_ms
    wide = replace(day, start_ms=day.start_ms - length, end_ms=day.end_ms + length)
    keys = scene.layout.berths.key
    return find_spells(
        scene.draws, "blocked", keys, wide, share=faults.blocked_share, mean_days=faults.blocked_days
    )


def freeze(scene: Scene, seen: Seen) -> tuple[Seen, list[Mishaps]]:
    """Sensors that repeat one state, occupied or free, for days."""
    share, days = scene.faults.stuck_share, scene.faults.stuck_days
    stuck = find_spells(scene.draws, "stuck", scene.sensor_keys, scene.day, share=share, mean_days=days)
    view = stuck.who
    occupied = scene.draws.chance(0.5, "stuck occupied", scene.key[view], stuck.from_ms // HOUR_MS)
    for index in range(len(view)):
        concerned = seen.view == view[index]
        begin, end = (
            np.full(len(seen), ms, dtype=np.int64) for ms in (stuck.from_ms[index], stuck.to_ms[index])
        )
        seen = cut_seen(seen, concerned, begin, end)
    frozen = added(view[occupied], stuck.from_ms[occupied], stuck.to_ms[occupied])
    record = scene.record(Fault.STUCK, view, stuck.from_ms, stuck.to_ms)
    return join_seen([seen, frozen]), [record]
