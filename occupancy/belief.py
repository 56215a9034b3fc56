"""One city's belief: the engine, its berths by name, and the rows that each turn of it writes.

Pure. The street process stores what `take` returns; replaying the same turns gives the same rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from occupancy.counts import SectionCounts
from occupancy.engine import CAUSES, Engine
from occupancy.evidence import Changes, Evidence, from_us, join_changes, no_changes, span_us, to_us
from parking.city import City
from parking.ids import BerthId, Partition, ReadingId, partition_of
from parking.readings import Reading
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
    """What one turn decided. `heard` stands beside `transitions`; counts are of changed sections."""

    transitions: list[Transition]
    heard: list[Heard]
    sightings: list[Sighting]
    section_ids: list[str]
    counts: list[list[int]]
    advanced_at: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing needs to be stored."""
        return not (self.transitions or self.sightings or self.section_ids)


class Belief:
    """Belief over all berths of a city; `seqs` is the last sequence of each partition."""

    def __init__(self, city: City, seqs: Mapping[Partition, int]) -> None:
        berths = list(city.berths.values())
        self.berth_ids = [berth.berth_id for berth in berths]
        self._index = {berth_id: index for index, berth_id in enumerate(self.berth_ids)}
        self._partition = np.array([partition_of(each) for each in self.berth_ids], dtype=np.int64)
        self.engine = Engine(
            self.berth_ids,
            np.array([span_us(limit) for limit in berth_limits(city).values()], dtype=np.int64),
            span_us(quiet_limit(device.heartbeat for device in city.devices.values())),
        )
        section_index = {section_id: index for index, section_id in enumerate(city.sections)}
        self._counts = SectionCounts(
            list(city.sections),
            np.array([section_index[berth.section_id] for berth in berths], dtype=np.int64),
            np.array([berth.closed for berth in berths], dtype=np.bool_),
        )
        self.seqs = dict(seqs)
        self._advanced_at: datetime | None = None
        self._unsaved: set[int] = set()

    def evidence(
        self, ids: Sequence[ReadingId], rows: Sequence[tuple[BerthId, Reading, datetime]]
    ) -> Evidence:
        """Put stored readings into columns; a row is berth, reading and when it was received."""
        return Evidence(
            reading_id=np.array(ids, dtype=np.int64),
            berth=np.array([self._index[berth_id] for berth_id, _, _ in rows], dtype=np.int64),
            observed_us=np.array([to_us(reading.observed_at) for _, reading, _ in rows], dtype=np.int64),
            received_us=np.array([to_us(received_at) for _, _, received_at in rows], dtype=np.int64),
            kind=np.array([int(reading.kind) for _, reading, _ in rows], dtype=np.int8),
            occupied=np.array(
                [-1 if reading.occupied is None else int(reading.occupied) for _, reading, _ in rows],
                dtype=np.int8,
            ),
        )

    def take(self, evidence: Evidence, readings: Sequence[Reading], now: datetime) -> Taken:
        """Take readings in and let time pass to `now`."""
        changes, advanced_at = self.turn(evidence, self._due(now))
        transitions, sightings = self._number(changes, evidence, readings)
        self._unsaved.update(evidence.berth[evidence.occupied >= 0].tolist())
        self._unsaved.difference_update(changes.berth.tolist())
        counts = self._counts.count(self.engine.shown(to_us(now)))
        moved = self._counts.changed(counts)
        return Taken(
            transitions=transitions,
            heard=[self._heard(self._index[row.berth_id]) for row in transitions],
            sightings=sightings,
            section_ids=[self._counts.section_ids[index] for index in moved.tolist()],
            counts=counts[moved].tolist(),
            advanced_at=advanced_at,
        )

    def turn(self, evidence: Evidence, advance_to: datetime | None) -> tuple[Changes, datetime | None]:
        """Step the engine: what a live turn does, and what the replay of a stored one repeats."""
        parts = [self.engine.apply(evidence)] if len(evidence) else [no_changes()]
        if advance_to is not None:
            parts.append(self.engine.advance(to_us(advance_to)))
            self._advanced_at = advance_to
        return join_changes(parts), advance_to

    def set_limits(self, limits: Mapping[BerthId, timedelta]) -> None:
        """Let these berths be unheard for so long from now on; unknown names are passed over."""
        for berth_id, limit in limits.items():
            if (index := self._index.get(berth_id)) is not None:
                self.engine.limit_us[index] = span_us(limit)

    def newest_evidence(self) -> datetime | None:
        """Return when the newest evidence of the whole street was observed, None before the first."""
        heard = self.engine.ever_heard()
        return from_us(int(self.engine.evidence_us[heard].max())) if len(heard) else None

    def forget_saved(self) -> None:
        """Count every berth that was ever heard as not stored: what a stopped process stored is not known."""
        self._unsaved.update(self.engine.ever_heard().tolist())

    def unsaved_heard(self) -> tuple[list[BerthId], list[Heard]]:
        """Berths heard since it was last stored; they count as stored from now on."""
        rows = sorted(self._unsaved)
        self._unsaved.clear()
        return [self.berth_ids[row] for row in rows], [self._heard(row) for row in rows]

    def _heard(self, berth: int) -> Heard:
        return Heard(
            from_us(int(self.engine.evidence_us[berth])), from_us(int(self.engine.received_us[berth]))
        )

    def _due(self, now: datetime) -> datetime | None:
        return now if self._advanced_at is None or now - self._advanced_at >= ADVANCE_EVERY else None

    def _number(
        self, changes: Changes, evidence: Evidence, readings: Sequence[Reading]
    ) -> tuple[list[Transition], list[Sighting]]:
        """Give each row its place in its partition: by the street's time, a change before what it shows."""
        transitions, sightings = [], []
        seen = [row for row, reading in enumerate(readings) if reading.plate is not None]
        keys = [(int(changes.latest_us[row]), 0, row) for row in range(len(changes))]
        keys += [(int(evidence.observed_us[row]), 1, row) for row in seen]
        for _, kind, row in sorted(keys):
            if kind == 0:
                transitions.append(self._transition(changes, row))
            else:
                sightings.append(self._sighting(evidence, readings[row], row))
        return transitions, sightings

    def _next_seq(self, berth: int) -> tuple[Partition, int]:
        partition = Partition(int(self._partition[berth]))
        self.seqs[partition] += 1
        return partition, self.seqs[partition]

    def _transition(self, changes: Changes, row: int) -> Transition:
        berth = int(changes.berth[row])
        partition, seq = self._next_seq(berth)
        reading_id = int(changes.reading_id[row])
        return Transition(
            partition=partition,
            seq=seq,
            berth_id=self.berth_ids[berth],
            from_state=BerthState(int(changes.from_state[row])),
            to_state=BerthState(int(changes.to_state[row])),
            moment=Moment(
                earliest_at=from_us(int(changes.earliest_us[row])),
                latest_at=from_us(int(changes.latest_us[row])),
            ),
            confidence=round(float(changes.confidence[row]), 4),
            cause=CAUSES[int(changes.cause[row])],
            reading_id=None if reading_id < 0 else ReadingId(reading_id),
        )

    def _sighting(self, evidence: Evidence, reading: Reading, row: int) -> Sighting:
        berth = int(evidence.berth[row])
        partition, seq = self._next_seq(berth)
        plate = reading.plate
        assert plate is not None  # noqa: S101  chosen by it
        return Sighting(
            partition=partition,
            seq=seq,
            berth_id=self.berth_ids[berth],
            observed_at=reading.observed_at,
            plate=plate.plate,
            plate_colour=plate.colour,
            confidence=plate.confidence,
            device_id=reading.device_id,
            reading_id=ReadingId(int(evidence.reading_id[row])),
        )
