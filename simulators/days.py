"""One day of the simulated city: the truth and what its devices say, from city, day, seed and scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from simulators.calendar import Calendar, Day, day_of
from simulators.draws import Draws
from simulators.drivers import draw_stays
from simulators.events import Events, in_order, join_events, number_events
from simulators.layout import Layout
from simulators.plates import Vehicle, vehicles_of
from simulators.scenario import Scenario
from simulators.sensing import changes, reports, see, sightings
from simulators.stays import Stays
from simulators.vehicles import assign_vehicles


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What does not change from day to day."""

    layout: Layout
    zone: ZoneInfo
    seed: int
    scenario: Scenario
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDay:
    """A day's truth and its messages. `vehicles[i]` is that of `stays[i]`; misread plates follow behind."""

    day: Day
    stays: Stays
    vehicles: Sequence[Vehicle]
    events: Events


def generate_day(world: World, on: date) -> SimulatedDay:
    """Play one local day; the same arguments give the same day on every machine."""
    day, before, after = (
        day_of(on + timedelta(days=step), world.zone, world.calendar) for step in (0, -1, 1)
    )
    draws = Draws(world.seed)
    berths, demand = world.layout.berths, world.scenario.demand
    stays = draw_stays(berths, draws, demand, day, before, after)
    stays = assign_vehicles(stays, berths, draws, demand, day)
    seen = see(stays, world.layout)
    said = join_events(
        chain(
            (changes(seen, world.layout, draws, day), sightings(stays, world.layout, draws, day)),
            reports(seen, world.layout, draws, day),
        )
    )
    return SimulatedDay(
        day=day,
        stays=stays,
        vehicles=vehicles_of(stays.vehicle),
        events=in_order(number_events(said, day.number)),
    )
