"""One day of the simulated city: the truth and what its devices say, from city, day, seed and scenario."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np

from parking.city import City
from simulators.calendar import Calendar, Day, day_of
from simulators.draws import Draws, Ints
from simulators.drivers import draw_stays
from simulators.events import Events, in_order, join_events, merge_events, number_events
from simulators.faults.catalogue import suffer
from simulators.faults.mishaps import Mishaps, join_mishaps
from simulators.faults.scene import Scene, make_scene
from simulators.faults.sensing import sense, without_blocked
from simulators.layout import Layout, lay_out
from simulators.payments import payments
from simulators.plates import Vehicle, vehicles_of
from simulators.scenario import Scenario
from simulators.sensing import Seen, changes, reports, sightings, within
from simulators.stays import Stays
from simulators.vehicles import assign_vehicles

# Longer than any sensor believes in a vehicle that has left.
_BELIEVED_MS = 12 * 3_600_000
# Views whose devices speak together while a day is made.
_BLOCK_VIEWS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What does not change from day to day."""

    layout: Layout
    zone: ZoneInfo
    seed: int
    scenario: Scenario
    calendar: Calendar

    @classmethod
    def of(cls, city: City, seed: int, scenario: Scenario, calendar: Calendar) -> Self:
        """The world of a city; it keeps nothing of the city but what is simulated."""
        return cls(layout=lay_out(city), zone=city.timezone, seed=seed, scenario=scenario, calendar=calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDay:
    """A day's truth, what its devices say, and what went wrong with that.

    `vehicles[i]` is that of `stays[i]`; misread plates follow behind. Delayed events may be published after
    the day has ended.
    """

    day: Day
    stays: Stays
    vehicles: Sequence[Vehicle]
    events: Events
    mishaps: Mishaps


def generate_day(world: World, on: date) -> SimulatedDay:
    """Play one local day; the same arguments give the same day on every machine."""
    day, before, after = (
        day_of(on + timedelta(days=step), world.zone, world.calendar) for step in (0, -1, 1)
    )
    draws, layout = Draws(world.seed), world.layout
    stays = draw_stays(layout.berths, draws, world.scenario.demand, day, before, after)
    stays = assign_vehicles(stays, layout.berths, draws, world.scenario.demand, day)
    scene = make_scene(layout, draws, day, world.scenario.faults)
    stays = without_blocked(stays, scene)
    vehicles = vehicles_of(stays.vehicle)
    gone = (
        stays.pick(np.zeros(len(stays), dtype=np.bool_)) if scene.is_faultless else _just_gone(world, before)
    )
    seen, mishaps = sense(stays, gone, scene)
    said = chain(_spoken(seen, scene), (sightings(stays, layout, draws, day),))
    heard = [*_heard(said, vehicles, scene, mishaps), number_events(payments(stays, seen, scene), day.number)]
    return SimulatedDay(
        day=day,
        stays=stays,
        vehicles=vehicles,
        events=in_order(join_events(heard)),
        mishaps=join_mishaps(mishaps),
    )


def _just_gone(world: World, day: Day) -> Stays:
    """The stays that ended in the last hours of a day: sensors may still believe in them."""
    before, after = (day_of(day.on + timedelta(days=step), world.zone, world.calendar) for step in (-1, 1))
    draws, demand = Draws(world.seed), world.scenario.demand
    stays = draw_stays(world.layout.berths, draws, demand, day, before, after)
    scene = make_scene(world.layout, draws, day, world.scenario.faults)
    late = (stays.depart_ms < day.end_ms) & (stays.depart_ms >= day.end_ms - _BELIEVED_MS)
    return without_blocked(stays.pick(late), scene)


def _heard(
    said: Iterable[Events], vehicles: list[Vehicle], scene: Scene, mishaps: list[Mishaps]
) -> Iterator[Events]:
    """What reaches the broker of what was said; misread plates join `vehicles`, faults `mishaps`."""
    for part in said:
        suffered, record = suffer(number_events(part, scene.day.number), vehicles, scene)
        mishaps += record
        yield suffered


def _spoken(seen: Seen, scene: Scene) -> Iterator[Events]:
    """What sensors and cameras say, a block of devices at a time: that bounds the memory of a day."""
    layout, draws, day = scene.layout, scene.draws, scene.day
    for views in _blocks(layout):
        mine = within(seen, views)
        yield join_events([changes(mine, layout, draws, day), reports(mine, layout, draws, day, views)])


def _blocks(layout: Layout) -> Iterator[Ints]:
    """All views in contiguous blocks; those of one device stay together."""
    views = np.arange(len(layout.view_device), dtype=np.int64)
    starts = np.flatnonzero(np.diff(layout.view_device, prepend=-1))
    block = np.zeros(len(views), dtype=np.int64)
    block[starts] = np.diff(starts // _BLOCK_VIEWS, prepend=0) > 0
    yield from np.split(views, np.flatnonzero(block))


def published_on(world: World, on: date) -> SimulatedDay:
    """The day as the broker sees it: with what was held back the day before, without what comes after it."""
    if world.scenario.is_faultless:
        return generate_day(world, on)
    late, read_late = _held_back(world, on)
    today = generate_day(world, on)
    in_time = today.events.pick(slice(0, int(np.searchsorted(today.events.publish_ms, today.day.end_ms))))
    vehicle = np.where(late.vehicle >= 0, late.vehicle + len(today.vehicles), -1).astype(np.int32)
    return replace(
        today,
        vehicles=[*today.vehicles, *read_late],
        events=merge_events(in_time, replace(late, vehicle=vehicle)),
    )


def _held_back(world: World, on: date) -> tuple[Events, list[Vehicle]]:
    """What devices said on the day before and the broker gets on this one, with the vehicles they read."""
    yesterday = generate_day(world, on - timedelta(days=1))
    late = yesterday.events.pick(yesterday.events.publish_ms >= yesterday.day.end_ms)
    read, place = np.unique(late.vehicle, return_inverse=True)
    number = place - int(len(read) > 0 and read[0] < 0)
    vehicles = [yesterday.vehicles[index] for index in read.tolist() if index >= 0]
    return replace(late, vehicle=number.astype(np.int32)), vehicles
