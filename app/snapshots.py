"""Snapshots and habits are written beside the street, on a connection of their own: no message waits.

Snapshots only shorten the next start: what they would have told stands in the batches and is replayed.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime

import ingest.habitstore
import occupancy.store
from ingest.habits import Habit
from occupancy.store import Snapshot
from parking.errors import UnavailableError
from parking.ids import DeviceId
from parking.plumbing.database import connect, transaction

log = logging.getLogger(__name__)

# Habits that a transaction takes: each holds the interpreter for some milliseconds.
HABITS_AT_ONCE = 500


class SnapshotWriter:
    """Writes one snapshot at a time."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the last one is still being written."""
        return self._thread is not None and self._thread.is_alive()

    def write(self, snapshot: Snapshot, habits: Sequence[tuple[DeviceId, Habit]], now: datetime) -> None:
        """Begin to write; not while it is busy. The batch of the snapshot must be committed."""
        self._thread = threading.Thread(target=self._write, args=(snapshot, habits, now), name="snapshot")
        self._thread.start()

    def close(self) -> None:
        """Return when nothing is being written any more."""
        if self._thread is not None:
            self._thread.join()

    def _write(self, snapshot: Snapshot, habits: Sequence[tuple[DeviceId, Habit]], now: datetime) -> None:
        try:
            with connect(self._url, "snapshot") as connection:
                with transaction(connection):
                    occupancy.store.save_snapshot(connection, snapshot, now)
                for start in range(0, len(habits), HABITS_AT_ONCE):
                    with transaction(connection):
                        ingest.habitstore.save_habits(connection, habits[start : start + HABITS_AT_ONCE])
        except UnavailableError as error:
            log.warning("snapshot not written: %s", error)
