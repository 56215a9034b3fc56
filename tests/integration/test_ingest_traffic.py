"""Raw traffic of a real broker is recorded, survives a kill, and is published again as it came."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from app.traffic import WINDOW, Tally, record, replay
from ingest.recordfile import Recorder, read_record
from parking.city import City
from parking.plumbing.broker import BrokerLink
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.readings import RawMessage
from parking.topics import up_filter
from tests.integration.test_street import publish
from tests.support.cities import small_city
from tests.support.database import ROOT
from tests.support.smallcity import TEXTS

pytestmark = pytest.mark.broker

MESSAGES = [(f"geo/G{n % 4}", b'{"n":%d}' % n) for n in range(300)]


@pytest.fixture
def city() -> City:
    """Return a city with a name of its own, so that nobody else speaks on its topics."""
    return replace(small_city(), city_id=f"city{uuid4().hex[:8]}")


@pytest.fixture
def settings(broker_port: int) -> Settings:
    return Settings(mqtt_port=broker_port)


def listener(settings: Settings, city: City) -> BrokerLink:
    name = f"listener-{uuid4().hex[:8]}"
    return BrokerLink(settings, name, SystemClock(), filters=[up_filter(city.city_id)], keep_session=False)


def bodies(path: Path) -> list[bytes]:
    return [raw.payload for block in read_record(path) for raw in block]


def subscribed(settings: Settings, city: City, path: Path, count: int) -> list[bytes]:
    """Publish a probe until the recorder has it, so that what follows is heard too; return its records."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        publish(settings, city, ("geo/probe", b"probe"))
        if path.exists() and path.stat().st_size and len(found := bodies(path)) > count:
            return found
        time.sleep(0.2)
    raise AssertionError("the recorder heard nothing")


@contextmanager
def record_beside(settings: Settings, city: City, path: Path) -> Iterator[None]:
    """Record for the length of the block."""
    stop = threading.Event()
    told: list[Tally] = []
    thread = threading.Thread(target=record, args=(listener(settings, city), path, stop, told.append))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_what_was_recorded_is_published_again_in_its_order(
    settings: Settings, city: City, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with record_beside(settings, city, first):
        subscribed(settings, city, first, 0)
        publish(settings, city, *MESSAGES)
        wait_for(first, len(MESSAGES))

    with record_beside(settings, city, second):
        subscribed(settings, city, second, 0)
        name = f"player-{uuid4().hex[:8]}"
        link = BrokerLink(settings, name, SystemClock(), keep_session=False)
        tally = replay(link, first, None, threading.Event(), lambda _tally: None)
        wait_for(second, len(MESSAGES))

    expected = [body for _, body in MESSAGES]
    assert tally.messages == len(bodies(first))
    assert [body for body in bodies(first) if body != b"probe"] == expected
    assert [body for body in bodies(second) if body != b"probe"] == expected


def test_record_longer_than_the_window_of_its_replay_arrives_whole_and_in_order(
    settings: Settings, city: City, tmp_path: Path
) -> None:
    first, second, now = tmp_path / "first", tmp_path / "second", SystemClock().now()
    expected = [b"%d" % number for number in range(2 * WINDOW + 500)]
    recorder = Recorder(first)
    topic = f"citypark/{city.city_id}/up/geo/G1"
    recorder.write([RawMessage(topic=topic, payload=each, received_at=now) for each in expected])
    recorder.close()

    with record_beside(settings, city, second):
        subscribed(settings, city, second, 0)
        name = f"player-{uuid4().hex[:8]}"
        link = BrokerLink(settings, name, SystemClock(), keep_session=False, window=WINDOW)
        tally = replay(link, first, None, threading.Event(), lambda _tally: None)
        wait_for(second, len(expected))

    assert tally.messages == len(expected)
    assert [body for body in bodies(second) if body != b"probe"] == expected


def wait_for(path: Path, count: int) -> None:
    until = time.monotonic() + 30
    while len([body for body in bodies(path) if body != b"probe"]) < count:
        assert time.monotonic() < until, "not everything was recorded"
        time.sleep(0.1)


def test_replay_keeps_the_pace_of_the_record(settings: Settings, tmp_path: Path) -> None:
    path, waits = tmp_path / "record", []
    now = SystemClock().now()
    recorder = Recorder(path)
    recorder.write([RawMessage(topic="citypark/pace/up/geo/G1", payload=b"1", received_at=now)])
    recorder.close()

    class Waits(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return False

    link = BrokerLink(settings, f"player-{uuid4().hex[:8]}", SystemClock(), keep_session=False)
    assert replay(link, path, 2.0, Waits(), lambda _tally: None).messages == 1
    assert waits[0] == 0.0


def test_recorder_killed_for_real_leaves_a_record_that_goes_on(settings: Settings, tmp_path: Path) -> None:
    city_dir, path = tmp_path / "city", tmp_path / "record"
    city_dir.mkdir()
    city = replace(small_city(), city_id=f"city{uuid4().hex[:8]}")
    for name, text in TEXTS.items():
        (city_dir / name).write_text(text.replace('"small"', f'"{city.city_id}"'), encoding="utf-8")
    environment = {
        **os.environ, "CITYPARK_CITY": str(city_dir), "CITYPARK_MQTT_PORT": str(settings.mqtt_port),
    }  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "app.main", "ingest", "record", str(path)],
            cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    process = start()
    try:
        before = subscribed(settings, city, path, 0)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with path.open("ab") as file:
            file.write(b"\x40\x00\x00\x00half a block")
        process = start()
        after = subscribed(settings, city, path, len(before))
    finally:
        process.terminate()
        process.wait()

    assert after[: len(before)] == before
    played = subprocess.run(
        [sys.executable, "-m", "app.main", "--lang", "en", "ingest", "replay", str(path), "--speed", "max"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"{len(bodies(path))} messages" in played.stdout
