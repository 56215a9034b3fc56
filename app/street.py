"""The street process: messages in, one transaction a batch, then the acknowledgement.

This is wiring: ingest admits, occupancy decides, both stores write in the one transaction made here.
"""

import json
import logging
import os
import socket
import time
from collections import Counter as Counted
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from prometheus_client import Counter, Gauge, Histogram

import ingest.habitstore
import ingest.held
import ingest.store
import occupancy.store
from app.past import with_past
from app.registering import RegisterFollower
from app.snapshots import SnapshotWriter
from app.storedreadings import BatchOf, stored_readings
from ingest.copyrows import Instants
from ingest.discovery import discover
from ingest.envelopes import subscriptions
from ingest.flood import Floodgate
from ingest.intake import Accepted, Intake
from occupancy.belief import Belief, Taken
from occupancy.healthstore import list_health
from occupancy.store import Batch, Snapshot
from parking.city import City
from parking.clock import Clock
from parking.ids import BerthId, ReadingId
from parking.plumbing.broker import BrokerLink, Delivery
from parking.plumbing.database import connect, server_needed, transaction
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.readings import Reading, Rejected, RejectReason
from parking.topics import progress_topic

log = logging.getLogger(__name__)

BATCH_LIMIT = 5_000
HELD_LIMIT = 1_000
# Long enough to gather what arrives together, short against the second in which a sign must follow.
LINGER_S = 0.02
# A queue is being drained when so many follow in that time: then fewer transactions are worth the wait.
MANY = 200
# How old what is stored of the last proof may be: a squad waits for it. Many at once wait longer, to be
# written in one piece.
HEARD_EVERY, MANY_HEARD_EVERY, MANY_HEARD = timedelta(seconds=1), timedelta(seconds=10), 500
SNAPSHOT_EVERY = timedelta(seconds=60)
DAYS_EVERY = timedelta(hours=6)
PROGRESS_EVERY = timedelta(milliseconds=200)
PROGRESS_IDLE_EVERY = timedelta(seconds=1)

STORED = Counter("citypark_readings_total", "Readings stored", ["family"])
REJECTED = Counter("citypark_rejects_total", "Messages refused", ["reason"])
REDELIVERED = Counter("citypark_redelivered_total", "Messages that the broker sent again, known already")
TRANSITIONS = Counter("citypark_transitions_total", "Changes of belief", ["cause"])
COMMIT_SECONDS = Histogram("citypark_commit_seconds", "Time from taking a batch to its commit")
OBSERVED_LAG = Gauge("citypark_observed_lag_seconds", "Age of the newest reading at its commit")


class Street:
    """One open street process: connected, restored, the only writer of its tables."""

    def __init__(self, settings: Settings, city: City, clock: Clock, health: Health) -> None:
        self._city, self._clock, self._health = city, clock, health
        self._connection = connect(settings.database_url, "street")
        with transaction(self._connection):
            self._epoch, seqs = occupancy.store.take_over(
                self._connection, f"{socket.gethostname()}:{os.getpid()}"
            )
            ingest.store.make_days(self._connection, clock.now())
        self._days_at = clock.now()
        self._ids = ingest.store.ReadingIds(self._connection)
        self._intake = Intake(city)
        self._floodgate = Floodgate()
        with server_needed():
            self._register = RegisterFollower(self._connection, city, self._intake.habits, clock.now())
            self._intake.learn(self._register.registry)
            self._belief = Belief(city, dict.fromkeys(seqs, 0))
            self._batch_no = self._snapshot_no = 0
            self._restore()
        self._belief.seqs = dict(seqs)
        self._stored_count = 0
        self._observed_until = self._belief.newest_evidence()
        self._progress_at = clock.now()
        # What was told again is kept at once: a process that is killed often would tell more each time.
        self._snapshot_at = clock.now() - SNAPSHOT_EVERY
        self._snapshots = SnapshotWriter(settings.database_url)
        self._heard_at = clock.now() - MANY_HEARD_EVERY  # what a stopped process left unsaid is said at once
        self._held_waits = True
        # Last, so that nothing arrives before there is a place for it. Closing drops what was received and
        # not stored; the broker keeps the session and delivers that again.
        self._link = BrokerLink(
            settings, f"citypark-street-{city.city_id}", clock, filters=subscriptions(city.city_id)
        )
        self._link.start()

    @property
    def stored_count(self) -> int:
        """How many messages this process has stored or refused."""
        return self._stored_count

    def step(self) -> None:
        """Take what has arrived, store it, acknowledge it; also let time pass where nothing has."""
        with server_needed():
            self._follow_staff()
        deliveries = self._gather()
        with COMMIT_SECONDS.time():
            self.batch(deliveries, self._clock.now())
        self._link.acknowledge(deliveries)
        self._report(bool(deliveries))
        if self._link.connected:
            self._health.pass_("broker")
        else:
            self._health.fail("broker", f"MQTT broker at {self._link.address} does not answer")

    def _gather(self) -> list[Delivery]:
        """Take what has arrived and what follows on its heels; while much does, go on to a full batch."""
        deliveries = self._link.receive(BATCH_LIMIT, timeout_s=0.25)
        follow = len(deliveries) and MANY
        while follow >= MANY and len(deliveries) < BATCH_LIMIT:
            time.sleep(LINGER_S)
            more = self._link.receive(BATCH_LIMIT - len(deliveries), timeout_s=0.0)
            deliveries += more
            follow = len(more)
        return deliveries

    def _follow_staff(self) -> None:
        """Learn what was edited in the register, and send through again what somebody asked for."""
        if self._register.is_due(self._clock.now()):
            if registry := self._register.look(self._clock.now()):
                self._intake.learn(registry)
            self._held_waits = True
        if self._held_waits:
            self._held_waits = self.replay_held(self._clock.now())

    def close(self) -> None:
        """Let go of broker and database; what was not acknowledged comes again."""
        self._link.stop()
        self._snapshots.close()
        self._connection.close()

    def batch(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Do everything for these messages, and for the time until `now`, in one transaction.

        Raises FencedError when another street process has taken over; then nothing is kept.
        """
        messages, held_back = self._floodgate.hold_back([delivery.raw for delivery in deliveries], now)
        accepted, rejected = self._intake.admit(messages)
        accepted = with_past(accepted)
        rejected = self._without_known(rejected, deliveries)
        for refusal, number in held_back:
            rejected.append(refusal)
            REJECTED.labels(refusal.reason.value).inc(number - 1)
            self._stored_count += number - 1
        limits = self._register.take_changes(now)
        self._belief.set_limits(limits)
        with transaction(self._connection):
            ids = self._ids.take(len(accepted))
            taken, instants = self._decide(ids, accepted, now)
            heard = self._belief.unsaved_heard() if self._is_heard_due(now) else ([], [])
            if deliveries or heard[0] or limits or not taken.is_empty:
                self._write(ids, accepted, instants, rejected, taken, now)
                occupancy.store.save_heard(self._connection, *heard)
                ingest.habitstore.save_limits(self._connection, self._batch_no, limits)
        if heard[0]:
            self._heard_at = now
        if now - self._snapshot_at >= SNAPSHOT_EVERY:
            self._save_snapshot(now)
        if now - self._days_at >= DAYS_EVERY:
            with transaction(self._connection):
                ingest.store.make_days(self._connection, now)
            self._days_at = now
        self._count(accepted, rejected, taken, now)

    def _is_heard_due(self, now: datetime) -> bool:
        few = self._belief.unsaved_count <= MANY_HEARD
        return now - self._heard_at >= (HEARD_EVERY if few else MANY_HEARD_EVERY)

    def _without_known(self, rejected: list[Rejected], deliveries: Sequence[Delivery]) -> list[Rejected]:
        """Leave out what the broker sends again and we stored before: QoS 1 at work, no fault of a device."""
        again = {id(each.raw) for each in deliveries if each.again}
        if not again:
            return rejected
        fresh = [
            each for each in rejected if each.reason != RejectReason.DUPLICATE or id(each.raw) not in again
        ]
        REDELIVERED.inc(len(rejected) - len(fresh))
        self._stored_count += len(rejected) - len(fresh)
        return fresh

    def replay_held(self, now: datetime) -> bool:
        """Send refused messages through again that somebody asked for; True where more of them may wait."""
        with transaction(self._connection):
            held = ingest.held.list_requested(self._connection, HELD_LIMIT)
        if not held:
            return False
        accepted, rejected = self._intake.admit(each.raw for each in held)
        with transaction(self._connection):
            ids = self._ids.take(len(accepted))
            taken, instants = self._decide(ids, accepted, now)
            self._write(ids, accepted, instants, [], taken, now)
            pairs = list(zip(ids, accepted, strict=True))
            ingest.held.mark_replayed(self._connection, held, pairs, rejected, now)
        self._count(accepted, [], taken, now)
        log.info("refused messages sent through again", extra={"messages": len(held), "taken": len(accepted)})
        return len(held) == HELD_LIMIT

    def _decide(
        self, ids: list[ReadingId], accepted: Sequence[Accepted], now: datetime
    ) -> tuple[Taken, Instants]:
        rows = [(berth_id, reading, raw.received_at) for raw, reading, berth_id in accepted]
        evidence = self._belief.evidence(ids, rows)
        instants = Instants(evidence.received_us, evidence.observed_us)
        return self._belief.take(evidence, [row[1] for row in rows], now), instants

    def _write(
        self,
        ids: list[ReadingId],
        accepted: Sequence[Accepted],
        instants: Instants,
        rejected: Sequence[Rejected],
        taken: Taken,
        now: datetime,
    ) -> None:
        self._batch_no += 1
        batch = Batch(
            batch_no=self._batch_no,
            first_reading_id=ids[0] if ids else None,
            last_reading_id=ids[-1] if ids else None,
            advanced_at=taken.advanced_at,
        )
        moved = {row.partition for row in taken.transitions} | {row.partition for row in taken.sightings}
        seqs = {partition: self._belief.seqs[partition] for partition in sorted(moved)}
        occupancy.store.move_partitions(self._connection, self._epoch, seqs)
        ingest.store.save_readings(self._connection, ids, accepted, instants)
        ingest.store.save_rejects(self._connection, rejected)
        ingest.held.save_discovered(self._connection, discover(rejected, self._city.city_id))
        occupancy.store.save_batch(self._connection, batch, now)
        occupancy.store.save_transitions(self._connection, taken.transitions, now)
        occupancy.store.save_sightings(self._connection, taken.sightings, now)
        occupancy.store.save_states(self._connection, taken.standing, taken.heard)
        occupancy.store.save_health(self._connection, taken.health, now)
        occupancy.store.save_counts(self._connection, batch.batch_no, now, taken.section_ids, taken.counts)

    def _save_snapshot(self, now: datetime) -> None:
        if self._batch_no == self._snapshot_no or self._snapshots.is_busy:
            return
        snapshot = Snapshot(
            batch_no=self._batch_no, body=self._belief.snapshot(), intake=self._intake.snapshot()
        )
        self._snapshots.write(snapshot, self._intake.habits.take_unsaved(), now)
        self._snapshot_at, self._snapshot_no = now, self._batch_no

    def _restore(self) -> None:
        """Rebuild memory from the newest snapshot and the batches since."""
        snapshot = occupancy.store.find_snapshot(self._connection)
        batch_no = 0
        if snapshot is not None:
            batch_no = self._snapshot_no = snapshot.batch_no
            self._belief.restore(snapshot.body)
            self._intake.restore(snapshot.intake)
        self._belief.set_limits(ingest.habitstore.limits_at(self._connection, batch_no))
        limits = ingest.habitstore.limits_since(self._connection, batch_no)
        batches = list(occupancy.store.list_batches_since(self._connection, batch_no))
        first_id = next((batch.first_reading_id for batch in batches if batch.first_reading_id), None)
        rows = stored_readings(self._connection, first_id) if first_id else iter(())
        by_batch = groupby(rows, key=BatchOf(batches))
        waiting = next(by_batch, None)
        for batch in batches:
            readings: list[tuple[ReadingId, BerthId, Reading, datetime]] = []
            if waiting is not None and waiting[0] == batch.batch_no:
                readings = list(waiting[1])
                waiting = next(by_batch, None)
            self._belief.set_limits(limits.get(batch.batch_no, {}))
            self._replay(readings, batch.advanced_at)
            batch_no = batch.batch_no
        self._belief.forget_saved()
        self._belief.recall_health(list_health(self._connection))
        self._register.begin(ingest.habitstore.limits_at(self._connection, batch_no))
        if batches:
            log.info("restored", extra={"batches": len(batches), "from_batch": batches[0].batch_no})
        self._batch_no = batch_no

    def _replay(
        self, readings: Sequence[tuple[ReadingId, BerthId, Reading, datetime]], advanced_at: datetime | None
    ) -> None:
        for _, _, reading, received_at in readings:
            self._intake.recall(reading, received_at)
        rows = [(berth_id, reading, received_at) for _, berth_id, reading, received_at in readings]
        seen = [place for place, (_, _, reading, _) in enumerate(readings) if reading.plate is not None]
        self._belief.turn(self._belief.evidence([each[0] for each in readings], rows), seen, advanced_at)

    def _count(
        self, accepted: Sequence[Accepted], rejected: Sequence[Rejected], taken: Taken, now: datetime
    ) -> None:
        self._stored_count += len(accepted) + len(rejected)
        for family, number in Counted([each.reading.family for each in accepted]).items():
            STORED.labels(family).inc(number)
        for each in rejected:
            REJECTED.labels(each.reason.value).inc()
        for cause, number in Counted([each.cause for each in taken.transitions]).items():
            TRANSITIONS.labels(cause.value).inc(number)
        if accepted:
            newest = max([each.reading.observed_at for each in accepted])
            self._observed_until = max(newest, self._observed_until or newest)
            OBSERVED_LAG.set((now - newest).total_seconds())

    def _report(self, is_busy: bool) -> None:  # noqa: FBT001  one reader, named at the call
        now = self._clock.now()
        # Who hears of us begins to publish: not before the broker holds our subscription.
        if not self._link.connected:
            return
        if now - self._progress_at < (PROGRESS_EVERY if is_busy else PROGRESS_IDLE_EVERY):
            return
        self._progress_at = now
        until = self._observed_until.isoformat() if self._observed_until else None
        body = {"v": 1, "stored": self._stored_count, "observed_until": until, "at": now.isoformat()}
        self._link.publish(progress_topic(self._city.city_id), json.dumps(body).encode(), qos=0, retain=True)
