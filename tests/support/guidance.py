"""A desk over a small city, beliefs put on it by hand, and a street that writes what the real one writes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import occupancy.store
from guidance.board import Belief
from guidance.desk import Desk
from guidance.ports import Quote
from guidance.service.stream import Stream, Streams
from occupancy.belief import Heard
from parking.city import City
from parking.errors import UnavailableError
from parking.ids import BerthId, ReadingId, SectionId, partition_of
from parking.money import Fen
from parking.plumbing.database import Connection, transaction
from parking.rights import Energy
from parking.span import Moment
from parking.states import BerthState, Transition, TransitionCause
from tests.support.enforcement_street import SetClock
from tests.support.smallcity import small_city

NOON = datetime(2026, 5, 6, 4, 0, tzinfo=UTC)
FREE, OCCUPIED, UNKNOWN = BerthState.FREE, BerthState.OCCUPIED, BerthState.UNKNOWN


def minutes(number: float) -> datetime:
    """Instant so many minutes after noon."""
    return NOON + timedelta(minutes=number)


def belief(berth_id: str, state: BerthState, heard_until: datetime = NOON) -> Belief:
    """A belief that began when it was last heard."""
    return Belief(BerthId(berth_id), state, heard_until, 0.99, heard_until, heard_until)


def small_desk(*beliefs: Belief, at: datetime = NOON, city: City | None = None) -> Desk:
    """A desk whose board was read at this moment and whose clock stands there."""
    desk = Desk.of(city or small_city(), SetClock(at))
    desk.board.apply(beliefs, at)
    desk.latest.put(desk.board.view(at))
    return desk


def no_streams() -> Streams:
    """Streams on which nothing happens."""
    return Streams(Stream("staff", list), Stream("public", list))


class FlatQuotes:
    """Every stay costs so many fen a started hour, a new-energy vehicle half; one road is without tariff."""

    def __init__(self, hourly: int = 300, unpriced: frozenset[str] = frozenset()) -> None:
        self._hourly = hourly
        self._unpriced = unpriced
        self.asked = 0

    def group(self, section_id: SectionId) -> bool:
        """Whether the section is without tariff."""
        return section_id in self._unpriced

    def quote(
        self, section_id: SectionId, arrive_at: datetime, stay: timedelta, energy: Energy
    ) -> Quote | None:
        """The price, the same at any time."""
        del arrive_at
        self.asked += 1
        if section_id in self._unpriced:
            return None
        hours = -(-stay // timedelta(hours=1))
        amount = hours * self._hourly // (2 if energy is Energy.NEV else 1)
        return Quote(amount=Fen(amount), tariff="flat", document_no="1")


class NoLoans:
    """A database that does not answer."""

    def __call__(self) -> AbstractContextManager[Connection]:
        """Refuse the loan."""
        raise UnavailableError("database does not answer: it is not there")


class OneConnection:
    """Lends the test's own connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        """Lend it."""
        yield self._connection


class Street:
    """Writes beliefs through the street's own store, one transaction each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        with transaction(connection):
            self._epoch, self._seqs = occupancy.store.take_over(connection, "test")
        self._states: dict[str, BerthState] = {}

    def believe(self, berth_id: str, state: BerthState, at: datetime) -> None:
        """Change a belief."""
        partition = partition_of(BerthId(berth_id))
        self._seqs[partition] += 1
        row = Transition(
            partition=partition,
            seq=self._seqs[partition],
            berth_id=BerthId(berth_id),
            from_state=self._states.get(berth_id, UNKNOWN),
            to_state=state,
            moment=Moment.exactly(at),
            confidence=0.99,
            cause=TransitionCause.CHANGE,
            reading_id=ReadingId(1),
        )
        self._states[berth_id] = state
        with transaction(self._connection) as connection:
            occupancy.store.move_partitions(connection, self._epoch, {partition: row.seq})
            occupancy.store.save_transitions(connection, [row], at)
            occupancy.store.save_states(connection, [row], [Heard(at, at)])

    def hear(self, berth_id: str, until: datetime) -> None:
        """Hear the same again."""
        with transaction(self._connection) as connection:
            occupancy.store.save_heard(connection, [BerthId(berth_id)], [Heard(until, until)])
