"""The columns in which readings reach the engine: one row a reading, arrays of equal length."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Int64 = NDArray[np.int64]
Int8 = NDArray[np.int8]


def to_us(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Turn microseconds since 1970 into the instant."""
    return EPOCH + timedelta(microseconds=int(us))


def span_us(length: timedelta) -> int:
    """Length in microseconds."""
    return length // _MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Statements about berths. `occupied` is 1, 0, or -1 where the reading says nothing of it.

    Rows stand in the order in which they were stored, which is that of `reading_id`.
    """

    reading_id: Int64
    berth: Int64  # dense index of the berth
    observed_us: Int64
    received_us: Int64
    kind: Int8  # parking.readings.ReadingKind
    occupied: Int8

    def __len__(self) -> int:
        return len(self.reading_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Changes of belief, in the order of decision; columns as in parking.states.Transition."""

    berth: Int64
    from_state: Int8
    to_state: Int8
    earliest_us: Int64
    latest_us: Int64
    confidence: NDArray[np.float32]
    cause: Int8  # index into engine.CAUSES
    reading_id: Int64  # -1 where no reading caused it
    row: Int64  # row of the evidence that caused it, -1 for none

    def __len__(self) -> int:
        return len(self.berth)


def no_changes() -> Changes:
    """Return no rows."""
    return join_changes([])


def join_changes(parts: list[Changes]) -> Changes:
    """Put changes after one another."""
    columns = {}
    for name, kind in _COLUMNS.items():
        arrays = [getattr(part, name) for part in parts]
        columns[name] = np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)
    return Changes(**columns)


_COLUMNS: dict[str, type[np.generic]] = {
    "berth": np.int64,
    "from_state": np.int8,
    "to_state": np.int8,
    "earliest_us": np.int64,
    "latest_us": np.int64,
    "confidence": np.float32,
    "cause": np.int8,
    "reading_id": np.int64,
    "row": np.int64,
}
