"""Changes and readings as rows with names and numbers, in the order of their numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

from occupancy.cells import CAUSES
from occupancy.evidence import Changes, Evidence, Int64, all_from_us
from parking.ids import BerthId, Partition, ReadingId
from parking.readings import Reading
from parking.span import Moment
from parking.states import BerthState, Sighting, Transition

_STATES = tuple(BerthState)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The names and partitions of berths by dense index."""

    berth_ids: Sequence[BerthId]
    partitions: Sequence[Partition]

    def transitions(self, changes: Changes, seqs: Int64) -> list[Transition]:
        """Name the changes; `seqs` stand beside them."""
        moments = all_from_us(changes.earliest_us), all_from_us(changes.latest_us)
        rows = zip(*moments, *(column.tolist() for column in (*_columns(changes), seqs)), strict=True)
        return sorted((self._transition(*row) for row in rows), key=_seq_of)

    def sightings(
        self, evidence: Evidence, readings: Sequence[Reading], seen: Sequence[int], seqs: Int64
    ) -> list[Sighting]:
        """Name what was seen in these rows of evidence; `seqs` stand beside `seen`."""
        found = (
            self._sighting(int(evidence.berth[row]), int(evidence.reading_id[row]), readings[row], seq)
            for row, seq in zip(seen, seqs.tolist(), strict=True)
        )
        return sorted(found, key=_seq_of)

    def _transition(  # noqa: PLR0913, PLR0917  one argument a column, from a loop over all rows
        self,
        earliest_at: datetime,
        latest_at: datetime,
        berth: int,
        before: int,
        after: int,
        confidence: float,
        cause: int,
        reading_id: int,
        replaces: int,
        seq: int,
    ) -> Transition:
        return Transition(
            partition=self.partitions[berth],
            seq=seq,
            berth_id=self.berth_ids[berth],
            from_state=_STATES[before],
            to_state=_STATES[after],
            moment=Moment(earliest_at=earliest_at, latest_at=latest_at),
            confidence=round(confidence, 4),
            cause=CAUSES[cause],
            reading_id=None if reading_id < 0 else ReadingId(reading_id),
            replaces_seq=replaces or None,
        )

    def _sighting(self, berth: int, reading_id: int, reading: Reading, seq: int) -> Sighting:
        plate = reading.plate
        assert plate is not None  # noqa: S101  chosen by it
        return Sighting(
            partition=self.partitions[berth],
            seq=seq,
            berth_id=self.berth_ids[berth],
            observed_at=reading.observed_at,
            plate=plate.plate,
            plate_colour=plate.colour,
            confidence=plate.confidence,
            device_id=reading.device_id,
            reading_id=ReadingId(reading_id),
        )


def _columns(changes: Changes) -> Iterator[NDArray[Any]]:
    yield from (
        changes.berth, changes.from_state, changes.to_state, changes.confidence, changes.cause,
        changes.reading_id, changes.replaces,
    )  # fmt: skip


def _seq_of(row: Transition | Sighting) -> int:
    return row.seq
