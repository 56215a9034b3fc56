"""A street that the bench moves: beliefs written through the street's own store, at a city's own rate."""

import random
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

import occupancy.store
from occupancy.belief import Heard
from parking.clock import Clock
from parking.ids import BerthId, ReadingId, partition_of
from parking.plumbing.database import connect, transaction
from parking.span import Moment
from parking.states import BerthState, Transition, TransitionCause

CHUNK = 10_000
FULL_SHARE = 0.8
# Eight arrivals and departures a berth and day, three times as many in the busiest hour.
CHANGES_A_SECOND = 3 * 8 / 86_400
TURN_S = 0.2


class MovingStreet:
    """Fills the beliefs of all berths, then changes some of them until it is stopped."""

    def __init__(self, url: str, clock: Clock, berth_ids: Sequence[BerthId]) -> None:
        self._clock, self._berth_ids = clock, berth_ids
        self._connection = connect(url, "bench-street")
        self._random = random.Random(1)  # noqa: S311  a plan, not a secret
        with transaction(self._connection):
            self._epoch, self._seqs = occupancy.store.take_over(self._connection, "bench")
        self._state: dict[BerthId, BerthState] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._move, name="bench-street")

    def fill(self) -> None:
        """Believe something of every berth."""
        for start in range(0, len(self._berth_ids), CHUNK):
            self._turn(self._berth_ids[start : start + CHUNK])

    def start(self) -> None:
        """Begin to change."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and let go of the database."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._connection.close()

    def _move(self) -> None:
        owed = 0.0
        while not self._stop.wait(TURN_S):
            owed += max(1.0, len(self._berth_ids) * CHANGES_A_SECOND) * TURN_S
            self._turn(self._random.sample(self._berth_ids, int(owed)))
            owed -= int(owed)

    def _turn(self, berth_ids: Iterable[BerthId]) -> None:
        now = self._clock.now()
        rows = [self._change(berth_id, now) for berth_id in berth_ids]
        with transaction(self._connection) as connection:
            seqs = {row.partition: self._seqs[row.partition] for row in rows}
            occupancy.store.move_partitions(connection, self._epoch, seqs)
            occupancy.store.save_transitions(connection, rows, now)
            occupancy.store.save_states(connection, rows, [Heard(now, now)] * len(rows))

    def _change(self, berth_id: BerthId, now: datetime) -> Transition:
        partition = partition_of(berth_id)
        self._seqs[partition] += 1
        before = self._state.get(berth_id, BerthState.UNKNOWN)
        is_full = self._random.random() < FULL_SHARE
        wanted = BerthState.OCCUPIED if is_full else BerthState.FREE
        self._state[berth_id] = BerthState(1 - wanted) if wanted is before else wanted
        return Transition(
            partition=partition,
            seq=self._seqs[partition],
            berth_id=berth_id,
            from_state=before,
            to_state=self._state[berth_id],
            moment=Moment.exactly(now),
            confidence=0.99,
            cause=TransitionCause.CHANGE,
            reading_id=ReadingId(1),
        )
