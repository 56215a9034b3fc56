"""Billing and enforcement at work beside a scored street: their own processes' code on a database of ours.

Only berths that a rule looks at are told to them; that is what their judgements rest on, and a tenth of the
rows. They get their turn every `TURN_EVERY` of simulated time, as processes get theirs every second.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import ingest.store
import occupancy.store
from app.embedded import EmbeddedPostgres, stop_postgres
from app.schema import apply_migrations
from app.scoring.street import ScoredStreet, Step
from billing.books import PublishedBook
from billing.rating import sites_of
from billing.register import save_rights
from billing.rightsfile import RecordedRight
from billing.service import BillingService
from enforcement.rule import RuleKind
from enforcement.rulebook import Rulebook
from enforcement.service import Enforcement
from ingest.intake import Accepted
from occupancy.belief import Heard
from parking.city import Berth, City
from parking.ids import BerthId, ReadingId
from parking.plumbing.database import connect, transaction
from parking.states import Sighting, Transition
from simulators.register import registered_rights
from simulators.scoring.acts import Accusation

TURN_EVERY: Final = timedelta(minutes=20)
# Lost with the run anyway: nothing waits for the disk.
_OPTIONS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
}
# Kinds of rules whose breaches the simulated city knows.
SCORED_KINDS: Final = frozenset({RuleKind.OVERSTAY, RuleKind.NO_RIGHT})

LIST_ACCUSATIONS = """
SELECT v.rule, v.berth_id, v.plate, v.since_at, v.until_at, v.state,
       EXISTS (SELECT FROM violation_events AS e
               WHERE e.violation_id = v.violation_id AND e.body->>'state' = 'actionable')
FROM violations AS v WHERE v.berth_id IS NOT NULL ORDER BY v.since_at, v.violation_id"""
LIST_STANDING = """
SELECT v.violation_id, v.berth_id, s.arrival_seq
FROM violations AS v JOIN stays AS s USING (stay_id)
WHERE v.state <> 'withdrawn' ORDER BY v.violation_id LIMIT %s"""
COUNT_WITHDRAWN = "SELECT count(*) FROM violations WHERE violation_id = ANY(%s) AND state = 'withdrawn'"


class SimulatedClock:
    """The time of the street that is played."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The present instant of the simulation."""
        return self.at


@dataclass(slots=True)
class _Waiting:
    """Rows that were decided since the last turn."""

    readings: list[tuple[ReadingId, Accepted]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    standing: dict[BerthId, tuple[Transition, Heard]] = field(default_factory=dict)


class Offices:
    """Writes what the street process would have written, and lets billing and enforcement work on it."""

    def __init__(
        self,
        url: str,
        city: City,
        book: PublishedBook,
        rulebook: Rulebook,
        at: datetime,
        kept: frozenset[BerthId],
    ) -> None:
        self._kept, self._clock = kept, SimulatedClock(at)
        judged = _only(city, kept)
        self._turned_at = at
        self._waiting = _Waiting()
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(connect(url, "score")))
            apply_migrations(self._connection)
            with transaction(self._connection):
                self._epoch, _ = occupancy.store.take_over(self._connection, "score")
                ingest.store.make_days(self._connection, at)
                rights = [
                    RecordedRight(right=right, document="synthetic") for right in registered_rights(city)
                ]
                save_rights(self._connection, rights, at)
            self._billing = opened.enter_context(
                closing(BillingService(url, sites_of(judged), book, self._clock))
            )
            self._enforcement = opened.enter_context(closing(Enforcement(url, judged, rulebook, self._clock)))
            self._open = opened.pop_all()

    def close(self) -> None:
        """Let go of the database."""
        self._open.close()

    def watch(self, step: Step, street: ScoredStreet) -> None:
        """Note what a step decided; every now and then let the offices work."""
        waiting, kept = self._waiting, self._kept
        rows = zip(step.ids, step.accepted, strict=True)
        waiting.readings += [(number, each) for number, each in rows if each.berth_id in kept]
        waiting.transitions += [each for each in step.taken.transitions if each.berth_id in kept]
        waiting.sightings += [each for each in step.taken.sightings if each.berth_id in kept]
        for row, heard in zip(step.taken.standing, step.taken.heard, strict=True):
            if row.berth_id in kept:
                waiting.standing[row.berth_id] = (row, heard)
        if step.taken.health:
            with transaction(self._connection):
                occupancy.store.save_health(self._connection, step.taken.health, step.now)
        if step.now - self._turned_at >= TURN_EVERY:
            self.turn(street, step.now)

    def turn(self, street: ScoredStreet, now: datetime) -> None:
        """Store what waits, then bill and judge until there is nothing left to do."""
        self._clock.at = self._turned_at = now
        with transaction(self._connection):
            self._write(street, now)
        self._waiting = _Waiting()
        self.work()

    def work(self) -> None:
        """Bill and judge what is stored."""
        while self._billing.turn():
            pass
        while self._enforcement.work():
            pass
        # What only time makes ripe is asked for once more.
        self._enforcement.work()

    def _write(self, street: ScoredStreet, now: datetime) -> None:
        waiting, connection = self._waiting, self._connection
        occupancy.store.move_partitions(connection, self._epoch, street.belief.seqs)
        ingest.store.make_days(connection, now)
        ingest.store.save_readings(
            connection, [number for number, _ in waiting.readings], [each for _, each in waiting.readings]
        )
        occupancy.store.save_transitions(connection, waiting.transitions, now)
        occupancy.store.save_sightings(connection, waiting.sightings, now)
        rows = list(waiting.standing.values())
        occupancy.store.save_states(connection, [row for row, _ in rows], [heard for _, heard in rows])
        told = [pair for pair in zip(*street.belief.unsaved_heard(), strict=True) if pair[0] in self._kept]
        occupancy.store.save_heard(connection, [each for each, _ in told], [heard for _, heard in told])

    def accusations(self, number: Callable[[BerthId], int | None]) -> Iterator[Accusation]:
        """Every violation that was ever found; `number` gives a berth's number in the truth."""
        for rule, berth_id, plate, since_at, until_at, state, actionable in self._connection.execute(
            LIST_ACCUSATIONS
        ):
            berth = number(BerthId(berth_id))
            if berth is not None:
                yield Accusation(
                    rule=rule,
                    berth=berth,
                    plate=plate or "",
                    since_ms=_ms(since_at),
                    until_ms=_ms(until_at),
                    actionable=actionable,
                    stands=state != "withdrawn",
                )
        self._connection.rollback()

    def plant_corrections(self, street: ScoredStreet, count: int) -> tuple[int, int]:
        """Take back the arrivals on which violations rest; returns how many, and how many were withdrawn."""
        now = self._clock.at
        standing = self._connection.execute(LIST_STANDING, (count,)).fetchall()
        self._connection.rollback()
        with transaction(self._connection):
            for berth_id, seq in sorted({(berth_id, seq) for _, berth_id, seq in standing}):
                self._void(street, berth_id, seq, now)
        self.work()
        names = [name for name, _, _ in standing]
        row = self._connection.execute(COUNT_WITHDRAWN, (names,)).fetchone()
        self._connection.rollback()
        return len(names), row[0] if row else 0

    def _void(self, street: ScoredStreet, berth_id: BerthId, seq: int, now: datetime) -> None:
        """Write what the street writes when an arrival turns out not to have been one."""
        arrival = next(each for each in street.played.transitions[berth_id] if each.seq == seq)
        partition = arrival.partition
        street.belief.seqs[partition] += 1
        void = replace(
            arrival,
            seq=street.belief.seqs[partition],
            to_state=arrival.from_state,
            replaces_seq=arrival.seq,
        )
        occupancy.store.move_partitions(self._connection, self._epoch, {partition: void.seq})
        occupancy.store.save_transitions(self._connection, [void], now)


@contextmanager
def scratch_database() -> Iterator[str]:
    """Run a PostgreSQL server in a folder that is gone afterwards; yields its address."""
    with tempfile.TemporaryDirectory(prefix="citypark-score-") as directory:
        cluster = EmbeddedPostgres(Path(directory) / "postgres", _OPTIONS)
        server = cluster.start()
        try:
            yield cluster.url
        finally:
            stop_postgres(server)


def judged_berths(city: City, rulebook: Rulebook) -> dict[BerthId, Berth]:
    """The berths at which a rule looks whose breaches the simulated city knows."""
    rules = [rule for rule in rulebook.rules if rule.kind in SCORED_KINDS]
    return {
        berth_id: berth
        for berth_id, berth in city.berths.items()
        if any(rule.applies(berth, rule.effective_from) for rule in rules)
    }


def _only(city: City, kept: frozenset[BerthId]) -> City:
    """The city with these berths, and the devices that may speak of them."""
    return replace(
        city,
        berths={name: berth for name, berth in city.berths.items() if name in kept},
        devices={
            name: device
            for name, device in city.devices.items()
            if device.berth_id is None or device.berth_id in kept
        },
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
