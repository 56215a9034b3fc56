"""The loop: follow stays and sightings, judge what they touch, store violations and positions together."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter, Gauge

from enforcement.judgement import Court
from enforcement.rules import Bench
from enforcement.store import facts, fieldwork, violations
from parking.city import City
from parking.clock import Clock
from parking.errors import UnavailableError
from parking.ids import BerthId, Partition, StayId
from parking.plumbing.database import Connection, Wakeups, connect, transaction
from parking.plumbing.feed import advance

STAYS: Final = "stays"
SIGHTINGS: Final = "sightings"
FIELD: Final = "field_actions"
# Field actions are one sequence; it is kept under this partition.
_ONE: Final = Partition(0)
# Rows a partition and feed in one transaction.
BATCH_LIMIT: Final = 50
WAIT_S: Final = 1.0
# Any fixed number: the lock that keeps two enforcement processes apart.
_LOCK_KEY: Final = 4_116_207_004
TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"

STEPS = Counter("citypark_violation_events_total", "Steps of violations told on the feed")
LAST_BATCH = Gauge("citypark_enforcement_last_batch_rows", "Rows taken from the feeds in the last batch")


class Enforcement:
    """One open enforcement process: the only one that writes violations.

    `afterwards` is called whenever the feeds are read to the end, at most about a second apart.
    """

    def __init__(
        self,
        database_url: str,
        city: City,
        bench: Bench,
        clock: Clock,
        afterwards: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock, self._court, self._afterwards = clock, Court(city, bench), afterwards
        self._slack = bench.rulebook.slack
        self._watched = _watched(city, bench)
        self._berths = {berth_id for berth_id, _ in self._watched}
        # Open stays already judged beyond a rule's threshold; rebuilt by judging them once more.
        self._settled: set[tuple[StayId, timedelta]] = set()
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(connect(database_url, "enforcement")))
            listening = opened.enter_context(closing(connect(database_url, "enforcement-wakeups")))
            with transaction(self._connection):
                _lock(self._connection)
                self._stays = violations.load_positions(self._connection, STAYS)
                self._sightings = violations.load_positions(self._connection, SIGHTINGS)
                self._field = violations.load_positions(self._connection, FIELD)
            self._wakeups = Wakeups(listening, ["stays", "sightings", "berth_states", "field_actions"])
            self._open = opened.pop_all()

    def step(self) -> None:
        """Judge what the feeds touched; wait up to a second where they are read to the end."""
        if not self.work():
            self._afterwards()
            self._wakeups.wait(WAIT_S)

    def close(self) -> None:
        """Let go of the database; positions not stored are read again."""
        self._open.close()

    def work(self) -> int:
        """Take one batch in one transaction; returns the number of rows taken from the feeds."""
        now = self._clock.now()
        with transaction(self._connection) as connection:
            sightings = facts.read_new_sightings(connection, self._sightings, BATCH_LIMIT)
            stays = facts.read_stay_changes(connection, self._stays, BATCH_LIMIT)
            due = self._due(connection, now)
            against = fieldwork.list_against_after(connection, self._field[_ONE])
            stays_after = advance(self._stays, ((row[0], row[1]) for row in stays))
            sightings_after = advance(self._sightings, ((row[0], row[1]) for row in sightings))
            field_after = advance(self._field, ((_ONE, row[0]) for row in against))
            named = {row[3] for row in stays if row[2] in self._berths} | {stay_id for stay_id, _ in due}
            places = [(row[2], row[3]) for row in sightings if row[2] in self._berths]
            touched = self._court.touched(
                connection,
                named | {row[2] for row in against if row[2] is not None},
                places + [(row[3], row[4]) for row in against if row[2] is None],
            )
            told = 0 if touched.is_empty else self._court.judge(connection, touched, sightings_after, now)
            violations.save_positions(connection, STAYS, self._stays, stays_after)
            violations.save_positions(connection, SIGHTINGS, self._sightings, sightings_after)
            violations.save_positions(connection, FIELD, self._field, field_after)
        self._stays, self._sightings, self._field = stays_after, sightings_after, field_after
        self._settled |= due
        STEPS.inc(told)
        taken = len(stays) + len(sightings) + len(against)
        LAST_BATCH.set(taken)
        return taken

    def _due(self, connection: Connection, now: datetime) -> set[tuple[StayId, timedelta]]:
        due = set(facts.list_due(connection, self._watched, now))
        self._settled &= due
        return due - self._settled


def _lock(connection: Connection) -> None:
    row = connection.execute(TRY_LOCK, (_LOCK_KEY,)).fetchone()
    if row is None or not row[0]:
        raise UnavailableError("another enforcement process works on this database")


def _watched(city: City, bench: Bench) -> list[tuple[BerthId, timedelta]]:
    """Each berth that a rule looks at, with every length of presence at which one may speak."""
    return [
        (berth.berth_id, needed)
        for berth in city.berths.values()
        for needed in sorted({rule.proof_needed(berth) for rule in bench.rulebook.concerning(berth)})
    ]
