"""A simulated day as section counts: what stood where, minute by minute, and the history before it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from guidance.board import View
from guidance.desk import Desk
from guidance.forecast.live import LiveHistory
from guidance.service.foresight import local_of, sites_of
from parking.city import BerthKind
from simulators.calendar import day_of
from simulators.days import World
from simulators.draws import Draws
from simulators.drivers import draw_stays
from simulators.stays import Stays

States = NDArray[np.uint8]

HISTORY_STEP = timedelta(minutes=5)


def stays_of(world: World, on: date) -> Stays:
    """True stays that touch a local day, by berths of the world's layout."""
    today, before, after = (
        day_of(on + timedelta(days=step), world.zone, world.calendar) for step in (0, -1, 1)
    )
    return draw_stays(world.layout.berths, Draws(world.seed), world.scenario.demand, today, before, after)


def ordinary(desk: Desk) -> NDArray[np.bool_]:
    """Berths of the board that any driver may use."""
    berths = desk.city.berths.values()
    return np.array([not each.closed and each.kind is BerthKind.ORDINARY for each in berths])


def view_of(desk: Desk, states: States, at: datetime) -> View:
    """What the board would publish if it knew the truth."""
    sections = desk.board.count_by_section(states)
    zones = np.zeros((len(desk.board.zone_ids), sections.shape[1]), dtype=np.int64)
    np.add.at(zones, desk.board.zone_of_section, sections)
    return View(
        at=at,
        as_of=at,
        fresh=True,
        fresh_until=at + timedelta(minutes=5),
        states=states,
        sections=sections,
        zones=zones,
    )


def history_of(desk: Desk, world: World, on: date, days: int) -> LiveHistory:
    """The grid after so many simulated days before `on`, as the forecaster would hold it."""
    last = datetime.combine(on, datetime.min.time(), world.zone) - timedelta(minutes=1)
    history = LiveHistory(sites_of(desk), local_of(last, world.zone))
    for back in range(days, 0, -1):
        for at, states in _states_through(desk, world, on - timedelta(days=back)):
            sections = desk.board.count_by_section(states)
            history.note(local_of(at, world.zone), *sections[:, :2].T.astype(np.float32))
    return history


def empty_states(desk: Desk) -> States:
    """Every open berth free."""
    closed = np.array([each.closed for each in desk.city.berths.values()])
    return np.where(closed, 3, 0).astype(np.uint8)


def _states_through(desk: Desk, world: World, on: date) -> Iterator[tuple[datetime, States]]:
    """The city's states through a day, a history step apart."""
    stays, number = stays_of(world, on), world.layout.berths.number
    day = day_of(on, world.zone, world.calendar)
    step_ms = HISTORY_STEP // timedelta(milliseconds=1)
    bare = empty_states(desk)
    for at_ms in range(day.start_ms, day.end_ms, step_ms):
        states = bare.copy()
        standing = (stays.arrive_ms <= at_ms) & (stays.depart_ms > at_ms)
        states[number[stays.berth[standing]]] = 1
        yield datetime.fromtimestamp(at_ms / 1000, UTC), states
