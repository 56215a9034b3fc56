"""A camera's post and a network server's uplink become rows, through a real broker and a real street."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.http import build_app
from app.street import Street
from ingest.api import doors_router
from ingest.doorkeys import DoorKeys
from ingest.link import BrokerRelay
from parking.city import City
from parking.plumbing.broker import BrokerLink
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from tests.support.posting import Poster
from tests.unit.test_codecs_intake import EUI, city_with

pytestmark = [pytest.mark.database, pytest.mark.broker]

KEYS = DoorKeys("a secret of the city")


@pytest.fixture
def city() -> City:
    """Return a city of its own name, with a LoRaWAN sensor of B0 and a camera over B1."""
    sensors = city_with("bosch-tps110")
    cameras = city_with("hikvision", "C9", ("B1",))
    return replace(cameras, city_id=f"city{uuid4().hex[:8]}", devices={**sensors.devices, **cameras.devices})


@pytest.fixture
def settings(database_url: str, broker_port: int) -> Settings:
    return Settings(database_url=database_url, mqtt_port=broker_port)


@pytest.fixture
def street(settings: Settings, city: City) -> Iterator[Street]:
    with closing(Street(settings, city, SystemClock(), Health("street"))) as street:
        street.step()
        yield street


@pytest.fixture
def link(settings: Settings, city: City) -> Iterator[BrokerLink]:
    link = BrokerLink(settings, f"doors-{city.city_id}", SystemClock(), keep_session=False)
    link.start()
    link.wait_connected(10)
    yield link
    link.stop()


def now_text() -> str:
    return datetime.now(UTC).isoformat()  # noqa: TID251  the street compares with the real clock


def step_until(street: Street, connection: Connection, query: str, expected: int) -> None:
    until = time.monotonic() + 15
    while connection.execute(query.encode()).fetchone() != (expected,):
        assert time.monotonic() < until
        street.step()


def test_posted_plate_is_stored_once_and_nonsense_is_stored_as_refused(
    street: Street, city: City, link: BrokerLink, connection: Connection
) -> None:
    client = Poster(build_app([], [doors_router(city, KEYS, BrokerRelay(link))], []))
    alert = (
        f"<EventNotificationAlert><eventType>ANPR</eventType><dateTime>{now_text()}</dateTime>"
        "<UUID>u-1</UUID><ANPR><licensePlate>鄂S12345</licensePlate></ANPR></EventNotificationAlert>"
    )

    path = f"/doors/cameras/C9/{KEYS.key_of('C9')}"
    answers = [client.post(path, content=body) for body in (alert.encode(), alert.encode(), b"\x00")]
    step_until(street, connection, "SELECT count(*) FROM rejects", 2)
    step_until(street, connection, "SELECT count(*) FROM readings", 1)

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    stored = connection.execute("SELECT berth_id, plate, boot, occupied FROM readings").fetchall()
    assert stored == [("B1", "鄂S12345", -1, None)]
    rejects = connection.execute("SELECT reason, device_id FROM rejects ORDER BY 1").fetchall()
    assert rejects == [("duplicate", "C9"), ("malformed", "C9")]


def test_uplink_of_a_network_server_moves_its_berth_and_survives_a_restart(
    settings: Settings, street: Street, city: City, link: BrokerLink, connection: Connection
) -> None:
    body = {
        "time": now_text(), "deviceInfo": {"devEui": EUI.upper()}, "devAddr": "00189440", "fCnt": 7,
        "fPort": 1, "data": base64.b64encode(b"\x01").decode(),
    }  # fmt: skip
    relay = BrokerRelay(link)
    topic = f"application/a/device/{EUI}/event/up"

    relay.publish(topic, json.dumps(body).encode())
    step_until(street, connection, "SELECT count(*) FROM readings", 1)
    street.close()
    with closing(Street(settings, city, SystemClock(), Health("street"))) as second:
        second.step()
        relay.publish(topic, json.dumps(body).encode())
        step_until(second, connection, "SELECT count(*) FROM rejects WHERE reason = 'duplicate'", 1)

    states = connection.execute("SELECT berth_id, state FROM berth_states").fetchall()
    assert states == [("B0", 1)]
