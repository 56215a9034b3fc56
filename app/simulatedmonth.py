"""Weeks of a simulated city as the street would have written them: transitions, sightings, corrections.

The stays are the simulator's own. Beside them some berths fall silent in the middle of a stay and speak
again, and some departures are corrected three days late, so that whatever reads the rows meets all three.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

import numpy as np

from occupancy.store import save_sightings, save_transitions
from parking.ids import BerthId, DeviceId, Partition, Plate, ReadingId, partition_of
from parking.plumbing.database import Connection
from parking.span import Moment
from parking.states import BerthState, Sighting, Transition, TransitionCause
from simulators.calendar import Day, day_of
from simulators.days import World
from simulators.draws import Draws
from simulators.drivers import draw_stays
from simulators.plates import vehicles_of
from simulators.stays import StayFlag, Stays
from simulators.vehicles import assign_vehicles

# Sensors settle within this; plates are read as surely as vendors state by day.
SETTLE_MS, STATE_CONFIDENCE, PLATE_CONFIDENCE = 3_000, 0.99, 0.97
# Assumptions: how many stays are interrupted, and how many departures are corrected later, by how much.
SILENT_SHARE, CORRECTED_SHARE = 0.003, 0.005
CORRECTED_AFTER_MS, CORRECTED_BY_MS = 3 * 86_400_000, 600_000
SILENCE_AFTER_MS, SILENCE_MS = 120_000, 3_600_000
# Drivers who pay by code do so before they leave, and say when they came.
TO_LEAVE_MS = 30_000

_CAMERA = DeviceId("camera")
_FREE, _OCCUPIED, _UNKNOWN = BerthState


@dataclass(frozen=True, slots=True, order=True)
class _Happening:
    """Something at a berth; `order` keeps what happens at one instant in the order of its making."""

    at_ms: int
    order: int
    berth: int
    to_state: BerthState | None = None  # None: a plate is read, or a departure is corrected
    since_ms: int = 0
    cause: TransitionCause = TransitionCause.CHANGE
    vehicle: int = -1
    corrects: int = -1  # order of the departure that this one corrects


@dataclass(slots=True)
class RowWriter:
    """Plays day after day into a database, numbering the rows as the street does."""

    world: World
    _watched: frozenset[int] = field(init=False)
    _paid_at: frozenset[int] = field(init=False)
    _later: list[_Happening] = field(default_factory=list)
    _states: dict[int, BerthState] = field(default_factory=dict)
    _seqs: defaultdict[Partition, int] = field(default_factory=lambda: defaultdict(int))
    # Departures that will be corrected: their sequence numbers, by the order of their making.
    _corrected: dict[int, int] = field(default_factory=dict)
    _orders: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        layout = self.world.layout
        by_camera = layout.view_device >= layout.sensors
        self._paid_at = frozenset(layout.paid_at.tolist())
        self._watched = self._paid_at.union(layout.view_berth[by_camera].tolist())

    def write_day(self, connection: Connection, on: date) -> int:
        """Write the rows of one local day at once; returns how many stays began on it."""
        day = self._day(on)
        stays = self._began(day)
        self._later += self._happenings(stays, Draws(self.world.seed), day)
        self._later.sort()
        due = [each for each in self._later if each.at_ms < day.end_ms]
        self._later = self._later[len(due) :]
        plates = self._plates(due)
        transitions, sightings = [], []
        for each in due:
            if each.vehicle >= 0:
                sightings.append(self._sighting(each, *plates[each.vehicle]))
            else:
                transitions.append(self._transition(each))
        ended_at = _at(day.end_ms)
        with connection.transaction():
            save_transitions(connection, transitions, ended_at)
            save_sightings(connection, sightings, ended_at)
        return len(stays)

    def _day(self, on: date) -> Day:
        return day_of(on, self.world.zone, self.world.calendar)

    def _began(self, day: Day) -> Stays:
        berths, draws, demand = self.world.layout.berths, Draws(self.world.seed), self.world.scenario.demand
        before, after = (self._day(day.on + timedelta(days=step)) for step in (-1, 1))
        stays = assign_vehicles(
            draw_stays(berths, draws, demand, day, before, after), berths, draws, demand, day
        )
        return stays.pick((stays.flags & StayFlag.CARRIED) == 0)

    def _happenings(self, stays: Stays, draws: Draws, day: Day) -> Iterator[_Happening]:
        keys = (self.world.layout.berths.key[stays.berth], day.number, stays.slot)
        lasts_ms = stays.depart_ms - stays.arrive_ms
        silent = draws.chance(SILENT_SHARE, "silent", *keys) & (lasts_ms > SILENCE_AFTER_MS + SILENCE_MS)
        corrected = draws.chance(CORRECTED_SHARE, "corrected", *keys) & (lasts_ms > CORRECTED_BY_MS)
        columns = (stays.berth, stays.arrive_ms, stays.depart_ms, stays.vehicle, silent, corrected)
        for berth, arrive_ms, depart_ms, vehicle, is_silent, is_corrected in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            seen_ms = arrive_ms + SETTLE_MS
            yield self._turn(berth, seen_ms, _OCCUPIED, since_ms=arrive_ms)
            yield from self._see(berth, seen_ms, vehicle)
            if is_silent:
                yield from self._silence(berth, seen_ms, vehicle)
            if berth in self._paid_at:
                yield from self._see(berth, depart_ms - TO_LEAVE_MS, vehicle)
            departure = self._turn(berth, depart_ms, _FREE, since_ms=depart_ms)
            yield departure
            if is_corrected:
                yield self._correction(departure)

    def _silence(self, berth: int, seen_ms: int, vehicle: int) -> Iterator[_Happening]:
        """Silence in the middle of a stay, and the sensor's return."""
        proof_ms = seen_ms + SILENCE_AFTER_MS // 2
        back_ms = proof_ms + SILENCE_MS
        yield self._turn(berth, back_ms - 1, _UNKNOWN, since_ms=proof_ms, cause=TransitionCause.SILENCE)
        yield self._turn(berth, back_ms, _OCCUPIED, since_ms=back_ms, cause=TransitionCause.RETURN)
        yield from self._see(berth, back_ms + SETTLE_MS, vehicle)

    def _correction(self, departure: _Happening) -> _Happening:
        """The vehicle had left earlier than the sensor said, as is known days later."""
        self._corrected[departure.order] = 0
        return _Happening(
            departure.at_ms + CORRECTED_AFTER_MS,
            next(self._orders),
            departure.berth,
            since_ms=departure.at_ms - CORRECTED_BY_MS,
            corrects=departure.order,
        )

    def _turn(
        self, berth: int, at_ms: int, state: BerthState, *, since_ms: int,
        cause: TransitionCause = TransitionCause.CHANGE,
    ) -> _Happening:  # fmt: skip
        return _Happening(at_ms, next(self._orders), berth, state, since_ms, cause)

    def _see(self, berth: int, at_ms: int, vehicle: int) -> Iterator[_Happening]:
        if berth in self._watched:
            yield _Happening(at_ms, next(self._orders), berth, vehicle=vehicle)

    def _plates(self, due: list[_Happening]) -> dict[int, tuple[Plate, str]]:
        numbers = np.unique(np.array([each.vehicle for each in due if each.vehicle >= 0], dtype=np.int64))
        vehicles = vehicles_of(numbers)
        return {
            number: (each.plate, each.colour) for number, each in zip(numbers.tolist(), vehicles, strict=True)
        }

    def _next(self, berth: int) -> tuple[BerthId, Partition, int]:
        berth_id = self.world.layout.berths.ids[berth]
        partition = partition_of(berth_id)
        self._seqs[partition] += 1
        return berth_id, partition, self._seqs[partition]

    def _transition(self, each: _Happening) -> Transition:
        berth_id, partition, seq = self._next(each.berth)
        from_state, to_state = self._states.get(each.berth, _FREE), each.to_state
        moment_ms, replaces = each.at_ms, None
        if to_state is None:
            from_state, to_state = _OCCUPIED, _FREE
            moment_ms, replaces = each.since_ms, self._corrected.pop(each.corrects)
        else:
            self._states[each.berth] = to_state
            if each.order in self._corrected:
                self._corrected[each.order] = seq
        return Transition(
            partition=partition,
            seq=seq,
            berth_id=berth_id,
            from_state=from_state,
            to_state=to_state,
            moment=Moment(earliest_at=_at(each.since_ms), latest_at=_at(moment_ms)),
            confidence=STATE_CONFIDENCE,
            cause=each.cause,
            reading_id=None,
            replaces_seq=replaces,
        )

    def _sighting(self, each: _Happening, plate: Plate, colour: str) -> Sighting:
        berth_id, partition, seq = self._next(each.berth)
        return Sighting(
            partition=partition,
            seq=seq,
            berth_id=berth_id,
            observed_at=_at(each.at_ms),
            plate=plate,
            plate_colour=colour,
            confidence=PLATE_CONFIDENCE,
            device_id=_CAMERA,
            reading_id=ReadingId(seq),
        )


def _at(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC)
