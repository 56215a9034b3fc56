"""A cut of the database or of MQTT, with real processes: no sign shows a number older than its limit.

What every controller would show is told by the simulator's own sign board, whose clock the test moves on: a
sign that hears nothing more goes dark by itself.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from psycopg import sql

from app.embedded import broker_command
from parking.ids import SignId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection
from parking.plumbing.systemclock import SystemClock
from parking.staleness import quiet_limit
from parking.topics import sign_frame_topic
from simulators.devices.sign import FALLBACK, SignBoard, decode_frame
from tests.support.broker import free_port, wait_for_port
from tests.support.database import ROOT
from tests.support.guidance import FREE, OCCUPIED, Street

pytestmark = [pytest.mark.e2e, pytest.mark.database, pytest.mark.broker]

WAIT_S = 60.0
COMMAND = [sys.executable, "-m", "app.main", "guidance"]
CITY = load_city(ROOT / "cities/suizhou")
LIMIT = quiet_limit(device.heartbeat for device in CITY.devices.values())


class Controllers:
    """All sign controllers of the city on one connection, and every frame that they were given."""

    def __init__(self, port: int) -> None:
        self.board, self.frames = SignBoard(), list[dict[str, Any]]()
        self._lock = threading.Lock()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        # Each its own topic, as real controllers do: of the retained frames that one wildcard covers the
        # embedded broker hands out only the first hundred.
        topics = [(sign_frame_topic(CITY.city_id, sign_id), 1) for sign_id in CITY.signs]
        self._client.on_connect = lambda client, *_: client.subscribe(topics)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _userdata, message: self._hear(bytes(message.payload))
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(WAIT_S)

    def _hear(self, payload: bytes) -> None:
        frame = decode_frame(payload)
        assert frame is not None
        with self._lock:
            self.frames.append(json.loads(payload))
            self.board.take(SignId(frame.sign), frame, SystemClock().now())

    def numbers(self) -> list[dict[str, Any]]:
        """Frames that gave a number, in the order in which they came."""
        with self._lock:
            return [each for each in self.frames if any(row["free"] is not None for row in each["rows"])]

    def texts_at(self, now: datetime) -> set[str]:
        """What stands on all signs once it is so late."""
        with self._lock:
            self.board.advance(now)
            return {line for shown in self.board.shown().values() for line in shown.lines}

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(WAIT_S)


def until(check: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + WAIT_S
    while not check():
        if time.monotonic() > give_up:
            pytest.fail(f"{what} did not happen in {WAIT_S:.0f} s")
        time.sleep(0.1)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def told(connection: Connection) -> datetime:
    """Some berths of every section are known; returns the instant of the newest evidence."""
    street, clock, seen = Street(connection), SystemClock(), dict[str, int]()
    now = clock.now()
    for berth in list(CITY.berths.values())[:120]:
        seen[berth.section_id] = seen.get(berth.section_id, 0) + 1
        street.believe(berth.berth_id, FREE if seen[berth.section_id] % 2 else OCCUPIED, now)
    return now


def serve(stack: ExitStack, database_url: str, mqtt_port: int) -> None:
    environment = {
        "CITYPARK_DATABASE_URL": database_url,
        "CITYPARK_MQTT_PORT": str(mqtt_port),
        "CITYPARK_HTTP_PORT": str(free_port()),
    }
    stack.enter_context(running(COMMAND, environment))


def assert_no_number_outlives(controllers: Controllers, told: datetime) -> None:
    """No frame with a number was good for longer than the evidence behind it, and then all signs are dark."""
    limit = told + LIMIT
    numbers = controllers.numbers()
    assert numbers
    assert max(datetime.fromisoformat(each["expires_at"]) for each in numbers) <= limit
    texts = controllers.texts_at(limit)
    assert all(text == FALLBACK or text.endswith(("--", "关闭")) for text in texts)


def test_after_a_cut_of_the_database_no_sign_shows_a_number_older_than_its_limit(
    stack: ExitStack, database_url: str, connection: Connection, told: datetime
) -> None:
    port = free_port()
    stack.enter_context(running(broker_command(port), {}))
    wait_for_port(port)
    controllers = Controllers(port)
    stack.callback(controllers.close)
    serve(stack, database_url, port)
    until(lambda: bool(controllers.numbers()), "a number on a sign")

    shut(connection, database_url)
    at_the_cut = SystemClock().now()
    time.sleep(3.0)  # for it to do something wrong

    late = [
        each for each in controllers.numbers() if datetime.fromisoformat(each["published_at"]) > at_the_cut
    ]
    assert late == []  # a frame is a row before it is sent
    assert_no_number_outlives(controllers, told)


def shut(connection: Connection, database_url: str) -> None:
    """Let nobody into the database any more, and put out who is in."""
    row = connection.execute("SELECT current_database()").fetchone()
    assert row is not None
    with psycopg.connect(database_url.replace(f"/{row[0]}?", "/postgres?"), autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(row[0])))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name LIKE 'citypark-guidance%%'",
            (row[0],),
        )


def test_after_a_cut_of_mqtt_no_sign_shows_a_number_older_than_its_limit(
    stack: ExitStack, database_url: str, told: datetime
) -> None:
    port = free_port()
    with running(broker_command(port), {}) as broker:
        wait_for_port(port)
        controllers = Controllers(port)
        stack.callback(controllers.close)
        serve(stack, database_url, port)
        until(lambda: bool(controllers.numbers()), "a number on a sign")
        broker.kill()
        broker.wait(WAIT_S)
    before = len(controllers.frames)
    stack.enter_context(running(broker_command(port), {}))
    # It sends every frame again after the gap: with what is left of its time, not with more.
    until(lambda: len(controllers.frames) >= before + len(CITY.signs), "telling the signs again")

    assert_no_number_outlives(controllers, told)
