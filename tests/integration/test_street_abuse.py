"""What nobody should send, through a real broker into a real street: refused; the others go on."""

import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from app.bench.publisher import Publisher, publish_packet
from app.street import Street
from ingest.flood import MOST_A_WINDOW
from parking.city import City
from parking.plumbing.broker import MOST_WAITING_BYTES, BrokerLink
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from tests.support.cities import small_city
from tests.support.mosquitto import plain_mosquitto

pytestmark = [pytest.mark.database, pytest.mark.broker]

TEN_MB = 10 * 1_048_576
PATIENCE_S = 60.0


@pytest.fixture
def city() -> City:
    return replace(small_city(), city_id=f"city{uuid4().hex[:8]}")


@pytest.fixture(params=["embedded", "mosquitto"])
def settings(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "embedded":
        yield Settings(database_url=database_url, mqtt_port=request.getfixturevalue("broker_port"))
        return
    with plain_mosquitto(tmp_path) as reached:
        yield replace(reached, database_url=database_url)


@pytest.fixture
def street(settings: Settings, city: City) -> Iterator[Street]:
    with closing(Street(settings, city, SystemClock(), Health("street"))) as opened:
        wait_ready(opened, settings, city)
        yield opened


def wait_ready(street: Street, settings: Settings, city: City) -> None:
    """Step until a message arrives, so that the broker is known to hold the subscription."""
    until = time.monotonic() + PATIENCE_S
    numbers = iter(range(1_000))
    while not street.stored_count and time.monotonic() < until:
        say(settings, [(f"citypark/{city.city_id}/up/geo/G0", geo(next(numbers)))])
        street.step()
    assert street.stored_count


def geo(seq: int) -> bytes:
    at = datetime.now(UTC).isoformat()  # noqa: TID251  the street compares with the real clock
    return f'{{"v":1,"seq":{seq},"kind":"heartbeat","occupied":true,"at":"{at}"}}'.encode()


def say(settings: Settings, messages: list[tuple[str, bytes]]) -> None:
    publisher = Publisher(settings.mqtt_port, f"abuser-{uuid4().hex[:8]}")
    publisher.send(messages)
    publisher.close()


def step_until(street: Street, connection: Connection, query: str, expected: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while (found := rows(connection, query)) < expected and time.monotonic() < until:
        street.step()
    assert found == expected


def rows(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


G1 = "SELECT count(*) FROM readings WHERE device_id = 'G1'"


def test_random_bytes_on_every_topic_are_rows_and_the_stream_goes_on(
    street: Street, settings: Settings, city: City, connection: Connection
) -> None:
    rng = random.Random(7)  # noqa: S311  noise, not a secret
    root = f"citypark/{city.city_id}/up"
    topics = [
        f"{root}/{family}/X{number}" for number, family in enumerate(("geo", "camera", "none", "frigate"))
    ]
    topics += [f"{root}/geo/G2", f"ctwing/{city.city_id}/notice", f"{root}/geo/名字"]
    noise = [(topic, rng.randbytes(rng.randrange(400))) for topic in topics * 20]

    say(settings, [*noise, (f"{root}/geo/G1", geo(1))])
    step_until(street, connection, G1, 1)

    assert rows(connection, "SELECT count(*) FROM rejects WHERE topic LIKE '%/X_'") == 80
    assert (
        rows(connection, "SELECT count(*) FROM rejects WHERE topic LIKE '%/G2' AND reason = 'malformed'")
        == 20
    )


def test_flooding_device_is_one_row_a_batch_and_the_others_are_stored(
    street: Street, settings: Settings, city: City, connection: Connection
) -> None:
    root = f"citypark/{city.city_id}/up/geo"
    flood = [(f"{root}/G2", geo(seq)) for seq in range(MOST_A_WINDOW + 4_000)]
    others = [(f"{root}/G1", geo(seq)) for seq in range(20)]

    say(settings, [each for at in range(20) for each in (*flood[at::20], others[at])])
    step_until(street, connection, G1, 20)

    refused = connection.execute("SELECT detail FROM rejects WHERE reason = 'flooding'").fetchall()
    held_back = sum(int(detail.split()[0]) for (detail,) in refused)
    duplicates = rows(connection, "SELECT count(*) FROM rejects WHERE reason = 'duplicate'")
    stored = rows(connection, "SELECT count(*) FROM readings WHERE device_id = 'G2'")
    # On a slow machine a new minute may begin meanwhile; then as many pass again.
    assert stored + duplicates >= MOST_A_WINDOW
    assert stored + duplicates + held_back == len(flood)
    assert 0 < len(refused) < held_back


def test_ten_megabytes_go_no_further_than_the_broker(
    street: Street, settings: Settings, city: City, connection: Connection
) -> None:
    topic = f"citypark/{city.city_id}/up/geo/G2"
    with socket.create_connection(("127.0.0.1", settings.mqtt_port), PATIENCE_S) as abuser:
        abuser.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01" + os.urandom(1).hex().encode()[:1])
        assert abuser.recv(4)[:2] == b"\x20\x02"
        with suppress(OSError):
            abuser.sendall(publish_packet(topic, b"x" * TEN_MB, 1))
        assert hangs_up(abuser)
    say(settings, [(f"citypark/{city.city_id}/up/geo/G1", geo(1))])
    step_until(street, connection, G1, 1)

    assert rows(connection, "SELECT count(*) FROM rejects WHERE topic LIKE '%/G2'") == 0


def hangs_up(abuser: socket.socket) -> bool:
    """Whether the broker ends the connection without confirming the message."""
    try:
        return not abuser.recv(4)
    except ConnectionError:
        return True


def test_other_citys_topic_is_not_even_heard(
    street: Street, settings: Settings, city: City, connection: Connection
) -> None:
    say(settings, [("citypark/elsewhere/up/geo/G1", geo(1)), (f"citypark/{city.city_id}/up/geo/G1", geo(2))])
    step_until(street, connection, G1, 1)

    assert rows(connection, "SELECT count(*) FROM rejects") == 0


def test_what_waits_in_memory_is_bounded(tmp_path: Path) -> None:
    size, count = 500_000, 200
    with plain_mosquitto(tmp_path) as settings:
        link = BrokerLink(settings, "slow", SystemClock(), filters=("big",), keep_session=True)
        link.start()
        try:
            link.wait_connected(PATIENCE_S)
            until = time.monotonic() + PATIENCE_S
            while not link.receive(10, timeout_s=0.2) and time.monotonic() < until:
                say(settings, [("big", b"?")])
            say(settings, [("big", b"x" * size)] * count)
            while link.waiting_bytes < MOST_WAITING_BYTES and time.monotonic() < until:
                time.sleep(0.05)
            most = link.waiting_bytes
            taken = 0
            while taken < count and time.monotonic() < until:
                taken += sum(len(each.raw.payload) == size for each in link.receive(20, timeout_s=0.2))
        finally:
            link.stop()

    assert MOST_WAITING_BYTES <= most <= MOST_WAITING_BYTES + size
    assert taken == count
