"""Snapshots are written beside the street, and a server that does not answer costs that snapshot only."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import ingest.habitstore
import occupancy.store
from app.snapshots import HABITS_AT_ONCE, SnapshotWriter
from ingest.habits import Habit
from occupancy.store import Snapshot
from parking.ids import DeviceId
from parking.plumbing.database import Connection

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SNAPSHOT = Snapshot(batch_no=7, body=b"belief" * 1000, intake=b"windows" * 1000)


def habit(gaps: int) -> Habit:
    return Habit(heard_at=NOW, gaps_s=[1800.0 + gap for gap in range(gaps)], delays_s=[0.25, -51.5])


def test_snapshot_and_habits_come_back_as_they_were(connection: Connection, database_url: str) -> None:
    habits = [(DeviceId(f"G{number}"), habit(number % 17)) for number in range(HABITS_AT_ONCE + 3)]
    with closing(SnapshotWriter(database_url)) as writer:
        writer.write(SNAPSHOT, habits, NOW)

    assert not writer.is_busy
    assert occupancy.store.find_snapshot(connection) == SNAPSHOT
    assert dict(ingest.habitstore.list_habits(connection)) == dict(habits)


def test_a_snapshot_of_before_compression_is_still_read(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO grid_snapshots (batch_no, taken_at, body, intake) VALUES (7, %s, %s, %s)",
        (NOW, SNAPSHOT.body, SNAPSHOT.intake),
    )

    assert occupancy.store.find_snapshot(connection) == SNAPSHOT


def test_what_is_known_of_a_device_is_replaced(connection: Connection, database_url: str) -> None:
    with closing(SnapshotWriter(database_url)) as writer:
        writer.write(SNAPSHOT, [(DeviceId("G0"), habit(3))], NOW)
    later = Habit(heard_at=NOW + timedelta(hours=1), gaps_s=[1.5] * 16, delays_s=[])
    with closing(SnapshotWriter(database_url)) as writer:
        writer.write(replace(SNAPSHOT, batch_no=8), [(DeviceId("G0"), later)], NOW)

    assert ingest.habitstore.find_habit(connection, DeviceId("G0")) == later


def test_a_server_that_does_not_answer_costs_the_snapshot_only(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(SnapshotWriter("postgresql://127.0.0.1:1/none")) as writer:
        writer.write(SNAPSHOT, [], NOW)

    assert "snapshot not written: database does not answer" in caplog.text
    assert occupancy.store.find_snapshot(connection) is None
