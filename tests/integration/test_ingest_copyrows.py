"""Readings written as binary COPY come back as they went in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.intake import Accepted
from ingest.store import save_readings
from parking.ids import BerthId, DeviceId, Plate, ReadingId
from parking.plumbing.database import Connection
from parking.readings import PlateReading, RawMessage, Reading, ReadingKind

pytestmark = pytest.mark.database

AT = datetime(2026, 11, 23, 2, 0, 0, 123_456, tzinfo=UTC)
PLAIN = Reading(
    device_id=DeviceId("G0"),
    family="geo",
    boot=0,
    seq=1,
    kind=ReadingKind.CHANGE,
    observed_at=AT,
    berth_id=None,
    occupied=True,
)
FULL = PLAIN._replace(
    device_id=DeviceId("相机"),
    family="camera",
    boot=-1,
    seq=2**62,
    kind=ReadingKind.SIGHTING,
    observed_at=datetime(1999, 12, 31, tzinfo=UTC),
    occupied=None,
    plate=PlateReading(plate=Plate("鄂S12345"), colour="blue", confidence=0.5),
    quality=40,
    battery_v=3.5,
)
BEAT = PLAIN._replace(kind=ReadingKind.HEARTBEAT, seq=2, occupied=False)


def stored(connection: Connection, *readings: Reading) -> list[tuple[Any, ...]]:
    accepted = [
        Accepted(
            raw=RawMessage(topic="t", payload=b"\x00\xff", received_at=AT + timedelta(seconds=1)),
            reading=each,
            berth_id=BerthId("B0"),
        )
        for each in readings
    ]
    save_readings(connection, [ReadingId(number) for number in range(len(readings))], accepted)
    return connection.execute("SELECT * FROM readings ORDER BY reading_id").fetchall()


def test_every_column_comes_back(connection: Connection) -> None:
    received = AT + timedelta(seconds=1)
    plain, full, beat = stored(connection, PLAIN, FULL, BEAT)

    assert plain == (
        0, received, AT, "G0", "B0", "geo", 0, 0, 1, True, None, None, None, 0, None, b"\x00\xff",
    )  # fmt: skip
    assert full == (
        1, received, FULL.observed_at, "相机", "B0", "camera", 2, -1, 2**62, None, "鄂S12345", "blue", 0.5,
        40, 3.5, b"\x00\xff",
    )  # fmt: skip
    assert beat[6:10] == (1, 0, 2, False)
    assert beat[15] is None
