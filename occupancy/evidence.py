"""The columns in which readings reach the engine, and in which changes of belief leave it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

# A kind beside those of parking.readings: the device does not say whether its berth just changed. It did
# where the state is another than in its message before, which was heard; else this is a regular report.
EITHER: Final = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Int64 = NDArray[np.int64]
Int8 = NDArray[np.int8]
Float = NDArray[np.float32]
Flags = NDArray[np.bool_]


def to_us(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - EPOCH) // _MICROSECOND


def all_to_us(moments: Sequence[datetime]) -> "Int64":
    """Microseconds since 1970 of each; exact, as a float still tells them apart before the year 2200."""
    seconds = np.fromiter(map(datetime.timestamp, moments), dtype=np.float64, count=len(moments))
    return np.rint(seconds * 1e6).astype(np.int64)


def all_from_us(column: "Int64") -> list[datetime]:
    """Turn microseconds since 1970 into instants."""
    return [EPOCH + each for each in column.astype("m8[us]").tolist()]


def whole(numbers: Sequence[int]) -> "Int64":
    """Turn whole numbers into a column: quicker than numpy's own way where they are enum members."""
    return np.fromiter(numbers, dtype=np.int64, count=len(numbers))


def from_us(us: int) -> datetime:
    """Turn microseconds since 1970 into the instant."""
    return EPOCH + timedelta(microseconds=int(us))


def span_us(length: timedelta) -> int:
    """Length in microseconds."""
    return length // _MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Statements about berths. `occupied` is 1, 0, or -1 where the reading says nothing of it.

    Rows stand in the order in which they were stored, which is that of `reading_id`. `device` is a dense
    index; `battery_v` is NaN where the device does not tell.
    """

    reading_id: Int64
    berth: Int64  # dense index of the berth
    device: Int64
    boot: Int64
    seq: Int64
    observed_us: Int64
    received_us: Int64
    kind: Int8  # parking.readings.ReadingKind, or EITHER
    occupied: Int8
    battery_v: Float

    def __len__(self) -> int:
        return len(self.reading_id)

    def rows(self, start: int, stop: int) -> "Evidence":
        """The rows from `start` to before `stop`."""
        return replace(self, **{each.name: getattr(self, each.name)[start:stop] for each in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Changes of belief, in the order of decision; columns as in parking.states.Transition.

    `replaces` is the sequence number of the row that this one corrects, 0 for a first statement; a row
    whose two states are equal takes back what it replaces. `place` is where the journal keeps the row:
    twice the number of the record, plus 1 for its main statement; -1 for rows that need no place.
    """

    berth: Int64
    from_state: Int8
    to_state: Int8
    earliest_us: Int64
    latest_us: Int64
    confidence: Float
    cause: Int8  # index into cells.CAUSES
    reading_id: Int64  # -1 where no reading caused it
    place: Int64
    replaces: Int64

    def __len__(self) -> int:
        return len(self.berth)

    def pick(self, which: "Int64 | Flags") -> "Changes":
        """The rows at these indexes, or where the mask holds."""
        return replace(self, **{each.name: getattr(self, each.name)[which] for each in fields(self)})


def no_evidence() -> Evidence:
    """Return no rows."""
    nothing = np.empty(0, dtype=np.int64)
    small = np.empty(0, dtype=np.int8)
    return Evidence(
        reading_id=nothing, berth=nothing, device=nothing, boot=nothing, seq=nothing, observed_us=nothing,
        received_us=nothing, kind=small, occupied=small, battery_v=np.empty(0, dtype=np.float32),
    )  # fmt: skip


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
    "place": np.int64,
    "replaces": np.int64,
}
