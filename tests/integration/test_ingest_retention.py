"""Days of readings are made ahead and deleted by the day, and what went is said."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingest.store import drop_before, make_days
from parking.plumbing.database import Connection
from tests.support.database import is_timescale

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
INSERT = """
INSERT INTO readings (reading_id, received_at, observed_at, device_id, family, kind, boot, seq, quality)
SELECT n, %s, %s, 'G0', 'geo', 1, 0, n, 0 FROM generate_series(1, 5) AS n"""


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM readings").fetchone()
    assert row is not None
    return int(row[0])


def test_each_day_goes_as_a_whole_and_is_named(connection: Connection) -> None:
    make_days(connection, NOW)
    for days in range(3):
        at = NOW + timedelta(days=days)
        connection.execute(INSERT, (at, at))

    gone = drop_before(connection, date(2026, 11, 25))

    assert count(connection) == 5
    assert len([name for name in gone if "readings_on_" in name or "_hyper_" in name]) == 2


def test_a_reading_without_a_day_is_kept_and_goes_in_its_time(connection: Connection) -> None:
    connection.execute(INSERT, (NOW, NOW))

    made = make_days(connection, NOW)
    drop_before(connection, date(2026, 11, 23))
    kept = count(connection)
    drop_before(connection, date(2026, 11, 24))

    assert len(made) == (0 if is_timescale(connection) else 9)
    assert kept == 5
    assert count(connection) == 0


def test_making_days_twice_makes_them_once(connection: Connection) -> None:
    first = make_days(connection, NOW)

    assert len(first) == (0 if is_timescale(connection) else 10)
    assert make_days(connection, NOW) == []
