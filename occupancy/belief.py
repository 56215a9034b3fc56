"""One city's belief: the engine, its berths by name, and the rows that each turn of it writes.

Pure. The street process stores what `take` returns; replaying the same turns gives the same rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from occupancy.cells import heard_us
from occupancy.counts import SectionCounts
from occupancy.engine import Engine
from occupancy.evidence import (
    EITHER,
    Changes,
    Evidence,
    Int64,
    all_from_us,
    all_to_us,
    from_us,
    join_changes,
    no_evidence,
    span_us,
    to_us,
    whole,
)
from occupancy.health import DeviceHealth, Health
from occupancy.rows import Register
from parking.city import City
from parking.ids import PARTITIONS, BerthId, Partition, ReadingId, partition_of
from parking.readings import Quality, Reading, ReadingKind
from parking.span import Moment
from parking.staleness import berth_limits, quiet_limit
from parking.states import BerthState, Sighting, Transition

# Silence is measured in minutes; looking once a second costs little and is soon enough.
ADVANCE_EVERY = timedelta(seconds=1)


class Heard(NamedTuple):
    """When a berth was last heard of: the device's time and ours."""

    until: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one turn decided; counts are of changed sections.

    `standing` is what holds now of the berths in `transitions`, each once; `heard` stands beside it.
    """

    transitions: list[Transition]
    standing: list[Transition]
    heard: list[Heard]
    sightings: list[Sighting]
    health: list[DeviceHealth]
    section_ids: list[str]
    counts: list[list[int]]
    advanced_at: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing needs to be stored."""
        return not (self.transitions or self.sightings or self.section_ids or self.health)


class Belief:
    """Belief over all berths of a city; `seqs` is the last sequence of each partition."""

    def __init__(self, city: City, seqs: Mapping[Partition, int]) -> None:
        berths = list(city.berths.values())
        self.berth_ids = [berth.berth_id for berth in berths]
        self._index = {berth_id: index for index, berth_id in enumerate(self.berth_ids)}
        self._partition = np.array([partition_of(each) for each in self.berth_ids], dtype=np.int64)
        self._register = Register(
            berth_ids=self.berth_ids, partitions=[partition_of(each) for each in self.berth_ids]
        )
        self._devices = {device_id: index for index, device_id in enumerate(city.devices)}
        self.engine = Engine(
            self.berth_ids,
            np.array([span_us(limit) for limit in berth_limits(city).values()], dtype=np.int64),
            span_us(quiet_limit(device.heartbeat for device in city.devices.values())),
            list(city.devices),
            np.array(
                [
                    self._index.get(each.berth_id, -1) if each.berth_id else -1
                    for each in city.devices.values()
                ],
                dtype=np.int64,
            ),
        )
        section_index = {section_id: index for index, section_id in enumerate(city.sections)}
        self._counts = SectionCounts(
            list(city.sections),
            np.array([section_index[berth.section_id] for berth in berths], dtype=np.int64),
            np.array([berth.closed for berth in berths], dtype=np.bool_),
        )
        self._health = Health(city)
        self.seqs = dict(seqs)
        self._advanced_at: datetime | None = None
        self._unsaved: set[int] = set()

    def evidence(
        self, ids: Sequence[ReadingId], rows: Sequence[tuple[BerthId, Reading, datetime]]
    ) -> Evidence:
        """Put stored readings into columns; a row is berth, reading and when it was received."""
        if not rows:
            return no_evidence()
        berth_ids, readings, received = zip(*rows, strict=True)
        device_ids, _, boots, seqs, kinds, observed, _, occupied, _, quality, batteries, *_ = zip(
            *readings, strict=True
        )
        nobody, kind = len(self._devices), whole(kinds)
        kind[(kind == ReadingKind.CHANGE) & (whole(quality) & Quality.UNLABELLED > 0)] = EITHER
        return Evidence(
            reading_id=whole(ids),
            berth=whole([self._index[each] for each in berth_ids]),
            device=whole([self._devices.get(each, nobody) for each in device_ids]),
            boot=whole(boots),
            seq=whole(seqs),
            observed_us=all_to_us(observed),
            received_us=all_to_us(received),
            kind=kind.astype(np.int8),
            occupied=whole([-1 if each is None else each for each in occupied]).astype(np.int8),
            battery_v=np.array([np.nan if each is None else each for each in batteries], dtype=np.float32),
        )

    def take(self, evidence: Evidence, readings: Sequence[Reading], now: datetime) -> Taken:
        """Take readings in and let time pass to `now`."""
        advance_to = self._due(now)
        seen = [row for row, reading in enumerate(readings) if reading.plate is not None]
        changes, seqs, health = self.turn(evidence, seen, advance_to)
        split = len(changes)
        transitions = self._register.transitions(changes, seqs[:split])
        sightings = self._register.sightings(evidence, readings, seen, seqs[split:])
        standing = self._standing(transitions)
        self._unsaved.update(evidence.berth[evidence.occupied >= 0].tolist())
        self._unsaved.difference_update(changes.berth.tolist())
        counts = self._counts.count(self.engine.shown(to_us(now)))
        moved = self._counts.changed(counts)
        return Taken(
            transitions=transitions,
            standing=standing,
            heard=self._heard([self._index[row.berth_id] for row in standing]),
            sightings=sightings,
            section_ids=[self._counts.section_ids[index] for index in moved.tolist()],
            counts=counts[moved].tolist(),
            health=health,
            advanced_at=advance_to,
        )

    def turn(
        self, evidence: Evidence, seen: Sequence[int], advance_to: datetime | None
    ) -> tuple[Changes, Int64, list[DeviceHealth]]:
        """Step the engine: what a live turn does, and what the replay of a stored one repeats.

        `seen` are the rows of evidence that bear a plate. Returns the changes; the sequence numbers of
        changes and then of sightings: in each partition by the street's time, a change before what it shows;
        and the checkups. What the evidence's own time does comes just before the first reading behind each
        tick, so it does not depend on how readings were batched.
        """
        done: list[tuple[Changes, Int64, Int64]] = []
        health: list[DeviceHealth] = []
        start, seen_rows = 0, np.array(seen, dtype=np.int64)
        while True:
            stop = self._behind_tick(evidence, start)
            is_last = stop == len(evidence)
            part = evidence if (start, stop) == (0, len(evidence)) else evidence.rows(start, stop)
            mine = seen_rows[(seen_rows >= start) & (seen_rows < stop)] - start
            changes = [self.engine.apply(part)] if len(part) else []
            if not is_last:
                learnt_us = self.engine.learnt_us
                changes.append(self.engine.tick(int(evidence.observed_us[stop])))
                health += self._health.due(self.engine) if self.engine.learnt_us > learnt_us else []
            elif advance_to is not None:
                changes.append(self.engine.advance(to_us(advance_to)))
                self._advanced_at = advance_to
            done.append(self._publish(join_changes(changes), part, mine))
            start = stop
            if is_last:
                break
        joined = join_changes([each[0] for each in done])
        return joined, np.concatenate([each[place] for place in (1, 2) for each in done]), health

    def _behind_tick(self, evidence: Evidence, start: int) -> int:
        """The first row from `start` on that shows that time has passed; else the end."""
        at = evidence.observed_us[start:]
        behind = (at >= self.engine.next_tick_us) & (evidence.occupied[start:] >= 0)
        return start + int(np.argmax(behind)) if behind.any() else len(evidence)

    def _publish(self, changes: Changes, evidence: Evidence, seen: Int64) -> tuple[Changes, Int64, Int64]:
        """Number changes and sightings, and let the engine know."""
        at = np.concatenate([changes.latest_us, evidence.observed_us[seen]])
        berth = np.concatenate([changes.berth, evidence.berth[seen]])
        seqs = self._number(at, np.arange(len(at)) >= len(changes), self._partition[berth])
        self.engine.published(changes.place, seqs[: len(changes)])
        return changes, seqs[: len(changes)], seqs[len(changes) :]

    def snapshot(self) -> bytes:
        """Return the whole state as bytes."""
        head = np.array([self.seqs.get(Partition(each), 0) for each in range(PARTITIONS)], dtype=np.int64)
        return head.tobytes() + self.engine.snapshot()

    def restore(self, body: bytes) -> None:
        """Take a snapshot over; the sequence numbers go on from there."""
        head = np.frombuffer(body, dtype=np.int64, count=PARTITIONS)
        self.seqs = {Partition(each): seq for each, seq in enumerate(head.tolist())}
        self.engine.restore(body[head.nbytes :])

    def set_limits(self, limits: Mapping[BerthId, timedelta]) -> None:
        """Let these berths be unheard for so long from now on; unknown names are passed over."""
        for berth_id, limit in limits.items():
            if (index := self._index.get(berth_id)) is not None:
                self.engine.limit_us[index] = span_us(limit)

    def recall_health(self, told: Iterable[DeviceHealth]) -> None:
        """Learn which checkups were made known last: a process that is gone told them."""
        self._health.recall(told)

    def newest_evidence(self) -> datetime | None:
        """Return when the newest evidence of the whole street was observed, None before the first."""
        heard = self.engine.ever_heard()
        return from_us(int(self.engine.evidence_us[heard].max())) if len(heard) else None

    def forget_saved(self) -> None:
        """Count every berth that was ever heard as not stored: what a stopped process stored is not known."""
        self._unsaved.update(self.engine.ever_heard().tolist())

    @property
    def unsaved_count(self) -> int:
        """How many berths were heard since it was last stored."""
        return len(self._unsaved)

    def unsaved_heard(self) -> tuple[list[BerthId], list[Heard]]:
        """Berths heard since it was last stored; they count as stored from now on."""
        rows = sorted(self._unsaved)
        self._unsaved.clear()
        return [self.berth_ids[row] for row in rows], self._heard(rows)

    def _heard(self, berths: Sequence[int]) -> list[Heard]:
        index = np.array(berths, dtype=np.int64)
        until, received = heard_us(self.engine.cells[index]), self.engine.received_us[index]
        return list(map(Heard, all_from_us(until), all_from_us(received)))

    def _due(self, now: datetime) -> datetime | None:
        return now if self._advanced_at is None or now - self._advanced_at >= ADVANCE_EVERY else None

    def _number(self, at: Int64, is_seen: "np.typing.NDArray[np.bool_]", partition: Int64) -> Int64:
        """Give each row the next number of its partition, by the street's time."""
        order = np.lexsort((is_seen, at, partition))
        sorted_partitions = partition[order]
        seqs = np.empty(len(at), dtype=np.int64)
        first = np.searchsorted(sorted_partitions, sorted_partitions)
        base = np.array([self.seqs[Partition(each)] for each in sorted_partitions.tolist()], dtype=np.int64)
        seqs[order] = base + np.arange(len(at)) - first + 1
        for each, seq in zip(partition.tolist(), seqs.tolist(), strict=True):
            self.seqs[Partition(each)] = max(self.seqs[Partition(each)], seq)
        return seqs

    def _standing(self, rows: Sequence[Transition]) -> list[Transition]:
        """What holds now of the berths in these rows, under the newest number of each."""
        newest: dict[BerthId, Transition] = {}
        for row in rows:
            if row.berth_id not in newest or row.seq > newest[row.berth_id].seq:
                newest[row.berth_id] = row
        cells = self.engine.cells[[self._index[berth_id] for berth_id in newest]]
        return [
            _as_it_holds(row, BerthState(state), since_at)
            for row, state, since_at in zip(
                newest.values(), cells["state"].tolist(), all_from_us(cells["since_us"]), strict=True
            )
        ]


def _as_it_holds(row: Transition, state: BerthState, since_at: datetime) -> Transition:
    if row.to_state is state and row.moment.latest_at == since_at:
        return row
    return replace(row, to_state=state, moment=Moment.exactly(since_at))
