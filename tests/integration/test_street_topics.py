"""A topic that is no UTF-8: the broker ends its sender's connection; let through, it is refused as a row."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from app.bench.publisher import Publisher, publish_packet
from app.street import Street
from parking.city import City
from parking.plumbing.broker import BrokerLink, Delivery
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import up_filter
from tests.support.cities import small_city
from tests.support.lenient import lenient_broker
from tests.support.mosquitto import plain_mosquitto

pytestmark = pytest.mark.broker

PATIENCE_S = 60.0
CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01"
# Not to be decoded: a byte that never occurs, a surrogate, a code point cut short.
BROKEN = (b"\xff\xfe", b"\xed\xa0\x80", b"G\xe6\xb3")


@pytest.fixture
def city() -> City:
    return replace(small_city(), city_id=f"city{uuid4().hex[:8]}")


@pytest.fixture(params=["embedded", "mosquitto"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "embedded":
        yield Settings(mqtt_port=request.getfixturevalue("broker_port"))
        return
    with plain_mosquitto(tmp_path) as reached:
        yield reached


def broken_packet(city: City, name: bytes, number: int) -> bytes:
    """Encode a QoS 1 PUBLISH whose topic is no text."""
    topic = f"citypark/{city.city_id}/up/geo/".encode() + name
    body = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + b"{}"
    return bytes((0x32, len(body))) + body


def ends_after(settings: Settings, packet: bytes) -> bool:
    """Whether the broker hangs up on who sends this, without confirming it."""
    with socket.create_connection(("127.0.0.1", settings.mqtt_port), PATIENCE_S) as abuser:
        abuser.sendall(CONNECT + uuid4().hex[:1].encode())
        assert abuser.recv(4)[:2] == b"\x20\x02"
        abuser.sendall(packet)
        try:
            return not abuser.recv(4)
        except ConnectionError:
            return True


def test_broker_ends_who_sends_it_and_nobody_else(settings: Settings, city: City) -> None:
    link = BrokerLink(
        settings, f"hears-{uuid4().hex[:8]}", SystemClock(), filters=(up_filter(city.city_id),),
        keep_session=False,
    )  # fmt: skip
    device = Publisher(settings.mqtt_port, f"device-{uuid4().hex[:8]}")
    topic = f"citypark/{city.city_id}/up/geo/G1"
    heard: list[Delivery] = []
    until = time.monotonic() + PATIENCE_S
    link.start()
    try:
        while not heard and time.monotonic() < until:
            device.send([(topic, b"hello")])
            heard += link.receive(10, timeout_s=0.2)
        hung_up = [ends_after(settings, broken_packet(city, name, 1)) for name in BROKEN]
        device.send([(topic, b"still here")])
        while heard[-1].raw.payload != b"still here" and time.monotonic() < until:
            heard += link.receive(10, timeout_s=0.2)
    finally:
        device.close()
        link.stop()

    assert all(hung_up)
    assert {each.raw.topic for each in heard} == {topic}
    assert {each.connection_no for each in heard} == {1}
    assert device.repeated == 0


@pytest.mark.database
def test_what_a_broker_lets_through_is_refused_as_a_row(
    city: City, database_url: str, connection: Connection
) -> None:
    good = publish_packet(
        f"citypark/{city.city_id}/up/geo/G1", b'{"v":1,"seq":1,"kind":"heartbeat","occupied":true}', 9
    )
    packets = [broken_packet(city, name, number) for number, name in enumerate(BROKEN, start=1)]
    until = time.monotonic() + PATIENCE_S
    with lenient_broker([*packets, good]) as broker:
        settings = Settings(database_url=database_url, mqtt_port=broker.port)
        with closing(Street(settings, city, SystemClock(), Health("street"))) as street:
            while len(broker.confirmed) < len(packets) + 1 and time.monotonic() < until:
                street.step()

    assert broker.confirmed == [1, 2, 3, 9]
    assert connection.execute("SELECT device_id, seq FROM readings").fetchall() == [("G1", 1)]
    refused = connection.execute("SELECT topic, reason, payload FROM rejects").fetchall()
    assert refused == [("\ufffd", "unknown_topic", b"{}")] * len(BROKEN)
