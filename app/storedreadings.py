"""The street's readings as they stand in the database, for a street that begins again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import ingest.store
from occupancy.store import Batch
from parking.errors import UnavailableError
from parking.ids import BerthId, DeviceId, Plate, ReadingId
from parking.plumbing.database import Connection
from parking.readings import PlateReading, Reading, ReadingKind


def stored_readings(
    connection: Connection, first_id: int
) -> Iterator[tuple[ReadingId, BerthId, Reading, datetime]]:
    """Readings from this id on, as they were admitted, each with when it was received."""
    for row in ingest.store.list_since(connection, ReadingId(first_id - 1)):
        yield ReadingId(row[0]), BerthId(row[3]), _reading(row), row[1]


def _reading(row: tuple[Any, ...]) -> Reading:
    plate = None if row[9] is None else PlateReading(plate=Plate(row[9]), colour=row[10], confidence=row[11])
    return Reading(
        device_id=DeviceId(row[6]), family=row[12], boot=row[7], seq=row[8], kind=ReadingKind(row[4]),
        observed_at=row[2], berth_id=BerthId(row[3]), occupied=row[5], plate=plate,
        quality=row[13], battery_v=row[14],
    )  # fmt: skip


class BatchOf:
    """Tells the batch of a stored reading; ids and batches ascend together."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._bounds = iter([batch for batch in batches if batch.last_reading_id is not None])
        self._now = next(self._bounds, None)

    def __call__(self, row: tuple[ReadingId, BerthId, Reading, datetime]) -> int:
        """Return the number of its batch; rows must come in their order."""
        while (
            self._now is not None
            and self._now.last_reading_id is not None
            and row[0] > self._now.last_reading_id
        ):
            self._now = next(self._bounds, None)
        if self._now is None:
            raise UnavailableError(
                "readings without a batch: the database was changed by hand while we read it"
            )
        return self._now.batch_no
