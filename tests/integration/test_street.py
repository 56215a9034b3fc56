"""The street process on a real broker and a real database: stored before acknowledged, effects once."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app.street import Street
from parking.city import City
from parking.errors import FencedError, ParkingError
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from tests.support.cities import small_city

pytestmark = [pytest.mark.database, pytest.mark.broker]


@pytest.fixture
def city() -> City:
    """Return a city with a name of its own, so that the shared broker keeps no session of another test."""
    template = small_city(closed=frozenset({3}))
    fields = {name: getattr(template, name) for name in City.__dataclass_fields__}
    return City(**{**fields, "city_id": f"city{uuid4().hex[:8]}"})


@pytest.fixture
def settings(database_url: str, broker_port: int) -> Settings:
    return Settings(database_url=database_url, mqtt_port=broker_port)


@contextmanager
def open_street(settings: Settings, city: City) -> Iterator[Street]:
    with closing(Street(settings, city, SystemClock(), Health("street"))) as street:
        yield street


def publish(settings: Settings, city: City, *messages: tuple[str, bytes]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(settings.mqtt_host, settings.mqtt_port)
    client.loop_start()
    sent = [client.publish(f"citypark/{city.city_id}/up/{path}", body, qos=1) for path, body in messages]
    for info in sent:
        info.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def geo(seq: int, *, occupied: bool, minutes_ago: float = 0) -> bytes:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)  # noqa: TID251  the street compares with the real clock
    body = {"v": 1, "seq": seq, "kind": "change", "occupied": occupied, "at": at.isoformat()}
    return json.dumps(body).encode()


def step_until(street: Street, connection: Connection, query: str, expected: int) -> None:
    until = time.monotonic() + 15
    while True:
        street.step()
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        if row[0] >= expected or time.monotonic() > until:
            assert row[0] == expected
            return


def test_messages_become_readings_transitions_and_counts(
    settings: Settings, city: City, connection: Connection
) -> None:
    with open_street(settings, city) as street:
        street.step()
        publish(settings, city, ("geo/G0", geo(1, occupied=True)), ("geo/G1", geo(1, occupied=False)))
        step_until(street, connection, "SELECT count(*) FROM readings", 2)

    states = connection.execute("SELECT berth_id, state FROM berth_states ORDER BY 1").fetchall()
    counts = connection.execute(
        "SELECT free, occupied, unknown, closed FROM section_counts ORDER BY batch_no DESC LIMIT 1"
    ).fetchall()
    assert states == [("B0", 1), ("B1", 0)]
    assert counts == [(1, 1, 1, 1)]


def test_every_bad_message_is_a_row_and_the_stream_goes_on(
    settings: Settings, city: City, connection: Connection
) -> None:
    with open_street(settings, city) as street:
        street.step()
        publish(
            settings,
            city,
            ("geo/G0", b"{not json"),
            ("geo/G99", geo(1, occupied=True)),
            ("geo/G0", geo(1, occupied=True, minutes_ago=-10)),
            ("geo/G3", geo(1, occupied=True)),
            ("geo/G0", geo(2, occupied=True, minutes_ago=5)),
            ("geo/G0", geo(2, occupied=True, minutes_ago=5)),
            ("geo/G0\u0001", b"\x00\xff"),
            ("geo/G0", geo(3, occupied=False)),
        )
        step_until(street, connection, "SELECT count(*) FROM rejects", 6)
        step_until(street, connection, "SELECT count(*) FROM readings", 2)

    reasons = connection.execute("SELECT reason, count(*) FROM rejects GROUP BY 1 ORDER BY 1").fetchall()
    assert reasons == [
        ("closed_berth", 1),
        ("duplicate", 1),
        ("future", 1),
        ("malformed", 1),
        ("unknown_device", 2),
    ]


def test_what_was_not_acknowledged_comes_again_and_counts_once(
    settings: Settings, city: City, connection: Connection
) -> None:
    with open_street(settings, city) as street:
        street.step()
    publish(
        settings,
        city,
        *((f"geo/G{n % 3}", geo(n, occupied=n % 2 == 0, minutes_ago=50 - n)) for n in range(30)),
    )
    connection.execute("ALTER TABLE readings ADD CONSTRAINT broken CHECK (seq < 0) NOT VALID")
    with suppress(Exception), open_street(settings, city) as street:
        for _ in range(20):
            street.step()
    connection.execute("ALTER TABLE readings DROP CONSTRAINT broken")

    with open_street(settings, city) as street:
        step_until(street, connection, "SELECT count(*) FROM readings", 30)

    keys = connection.execute("SELECT count(DISTINCT (device_id, boot, seq)) FROM readings").fetchone()
    held = connection.execute("SELECT sum(seq) FROM partitions").fetchone()
    rows = connection.execute("SELECT count(*) FROM transitions").fetchone()
    assert keys == (30,)
    assert held == rows


def test_second_street_takes_over_and_the_first_is_refused(
    settings: Settings, city: City, connection: Connection
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251  by then the berth is silent
    with open_street(settings, city) as first:
        first.step()
        publish(settings, city, ("geo/G0", geo(1, occupied=True)))
        step_until(first, connection, "SELECT count(*) FROM readings", 1)
        with open_street(settings, city), pytest.raises(FencedError):
            first.batch([], tomorrow)


def test_missing_database_is_named_and_may_be_retried(broker_port: int, city: City) -> None:
    settings = Settings(database_url="postgresql://nobody@127.0.0.1:1/x", mqtt_port=broker_port)

    with pytest.raises(ParkingError, match="database does not answer") as caught:
        Street(settings, city, SystemClock(), Health("street"))

    assert caught.value.retryable


def test_an_idle_street_takes_no_snapshot_twice(
    settings: Settings, city: City, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.street.SNAPSHOT_EVERY", timedelta(0))
    with open_street(settings, city) as street:
        street.step()
        publish(settings, city, ("geo/G0", geo(1, occupied=True)))
        # Each batch is in a snapshot before long, as often as an idle street is asked for another.
        is_newest = "SELECT count(*) FROM grid_snapshots WHERE batch_no = (SELECT max(batch_no) FROM batches)"
        for _ in range(3):
            step_until(street, connection, is_newest, 1)
            street.step()
