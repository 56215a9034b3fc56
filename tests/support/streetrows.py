"""Rows as the street process writes them, for tests of what reads them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from parking.ids import BerthId, DeviceId, Partition, Plate, ReadingId, partition_of
from parking.plumbing.database import Connection
from parking.span import Moment
from parking.states import BerthState, Sighting, Transition, TransitionCause

INSERT_TRANSITION = """
INSERT INTO transitions VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())"""
INSERT_SIGHTING = "INSERT INTO sightings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())"
SAY_BERTH = """
INSERT INTO berth_states VALUES (%(berth)s, %(state)s, %(at)s, 1, 1, %(at)s, %(at)s)
ON CONFLICT (berth_id) DO UPDATE SET state = %(state)s, heard_until = %(at)s"""


@dataclass(slots=True)
class StreetRows:
    """Numbers rows as the street does: one sequence per partition, states that follow one another."""

    rows: list[Transition | Sighting] = field(default_factory=list)
    _seqs: dict[Partition, int] = field(default_factory=dict)
    _states: dict[BerthId, BerthState] = field(default_factory=dict)

    def turn(
        self,
        berth: str,
        to_state: BerthState,
        at: datetime,
        *,
        since: datetime | None = None,
        cause: TransitionCause = TransitionCause.CHANGE,
        replaces: Transition | None = None,
        from_state: BerthState | None = None,
    ) -> Transition:
        """Turn the berth at `at`, or at any time between `since` and `at`."""
        berth_id = BerthId(berth)
        partition, seq = self._next(berth_id)
        if from_state is None:
            from_state = self._states.get(berth_id, BerthState.UNKNOWN)
        if replaces is None:
            self._states[berth_id] = to_state
        row = Transition(
            partition=partition,
            seq=seq,
            berth_id=berth_id,
            from_state=from_state,
            to_state=to_state,
            moment=Moment(earliest_at=since or at, latest_at=at),
            confidence=0.99,
            cause=cause,
            reading_id=ReadingId(seq),
            replaces_seq=replaces.seq if replaces else None,
        )
        self.rows.append(row)
        return row

    def arrive(self, berth: str, at: datetime) -> Transition:
        """Begin a stay, seen as it happened."""
        if BerthId(berth) not in self._states:
            self.turn(berth, BerthState.FREE, at - timedelta(hours=1), cause=TransitionCause.FIRST_SEEN)
        return self.turn(berth, BerthState.OCCUPIED, at)

    def depart(self, berth: str, at: datetime) -> Transition:
        """End a stay, seen as it happened."""
        return self.turn(berth, BerthState.FREE, at)

    def park(self, berth: str, arrive_at: datetime, depart_at: datetime) -> tuple[Transition, Transition]:
        """Make a whole stay."""
        return self.arrive(berth, arrive_at), self.depart(berth, depart_at)

    def silence(self, berth: str, proof_at: datetime, deadline_at: datetime) -> Transition:
        """Let the berth fall silent after its last proof."""
        return self.turn(
            berth, BerthState.UNKNOWN, deadline_at, since=proof_at, cause=TransitionCause.SILENCE
        )

    def back(self, berth: str, to_state: BerthState, at: datetime) -> Transition:
        """Let the berth speak again."""
        return self.turn(berth, to_state, at, cause=TransitionCause.RETURN)

    def see(
        self, berth: str, plate: str, at: datetime, *, confidence: float = 0.98, colour: str = "blue"
    ) -> Sighting:
        """See a plate in the berth."""
        berth_id = BerthId(berth)
        partition, seq = self._next(berth_id)
        row = Sighting(
            partition=partition,
            seq=seq,
            berth_id=berth_id,
            observed_at=at,
            plate=Plate(plate),
            plate_colour=colour,
            confidence=confidence,
            device_id=DeviceId("C-001"),
            reading_id=ReadingId(seq),
        )
        self.rows.append(row)
        return row

    def save(self, connection: Connection) -> None:
        """Commit the rows made since the last call, at once."""
        with connection.transaction():
            save_rows(connection, self.rows)
        self.rows = []

    def _next(self, berth_id: BerthId) -> tuple[Partition, int]:
        partition = partition_of(berth_id)
        self._seqs[partition] = self._seqs.get(partition, 0) + 1
        return partition, self._seqs[partition]


def save_rows(connection: Connection, rows: Iterable[Transition | Sighting]) -> None:
    """Insert rows."""
    with connection.cursor() as cursor:
        for row in rows:
            if isinstance(row, Transition):
                cursor.execute(INSERT_TRANSITION, _transition_values(row))
            else:
                cursor.execute(INSERT_SIGHTING, _sighting_values(row))


def say_heard(connection: Connection, berth: str, state: BerthState, heard_until: datetime) -> None:
    """Set the berth's current row."""
    connection.execute(SAY_BERTH, {"berth": berth, "state": int(state), "at": heard_until})


def _transition_values(row: Transition) -> tuple[object, ...]:
    return (
        row.partition, row.seq, row.berth_id, int(row.from_state), int(row.to_state), row.moment.earliest_at,
        row.moment.latest_at, row.confidence, row.cause.value, row.reading_id, row.replaces_seq,
    )  # fmt: skip


def _sighting_values(row: Sighting) -> tuple[object, ...]:
    return (
        row.partition, row.seq, row.berth_id, row.observed_at, row.plate, row.plate_colour, row.confidence,
        row.device_id, row.reading_id,
    )  # fmt: skip
