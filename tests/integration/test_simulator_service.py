"""The simulator on a real broker, before a platform that stores, lags, dies and comes back."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app.embedded import broker_command
from parking.city import City
from parking.errors import SetupError, UnavailableError
from parking.ids import SignId
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import progress_topic, sign_ack_topic, sign_frame_topic, up_filter
from simulators import backlog
from simulators.calendar import to_ms
from simulators.days import World, generate_day, published_on
from simulators.messages import Encoder
from simulators.run import Run
from simulators.scenariofile import load_scenario
from simulators.service import SimulationError, SimulatorService
from simulators.stream import Stream
from tests.support.broker import free_port, wait_for_port
from tests.support.simulated import SHANGHAI, make_city, make_world

pytestmark = pytest.mark.broker

FROM = datetime(2026, 9, 9, 9, tzinfo=SHANGHAI)
UNTIL = FROM + timedelta(hours=3)


class Platform:
    """Stands in for the street process: stores what comes under its keys and announces its progress.

    Like the street it says nothing before the broker holds its subscription, nor while messages wait that
    it cannot store.
    """

    def __init__(self, port: int, city_id: str) -> None:
        self.stored: dict[tuple[str, int, int], bytes] = {}
        self.order: list[tuple[str, int, int]] = []
        self.differing = 0
        self.count = 0
        self._city_id = city_id
        self._incoming: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
        self._until: str | None = None
        self._subscribed, self._open = threading.Event(), threading.Event()
        self._ended = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"street-{city_id}", clean_session=False
        )
        self._client.reconnect_delay_set(1, 2)
        self._deaf = False
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._subscribed.clear()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def open(self) -> None:
        """Begin to store."""
        self._open.set()

    def lose(self) -> None:
        """Lose what came and was not stored, and what the connection that broke still holds."""
        self._deaf = True
        self._incoming = queue.SimpleQueue()

    def close(self) -> None:
        """End, and leave the session at the broker."""
        self._ended.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        self._deaf = False
        client.subscribe(up_filter(self._city_id), qos=1)

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        if not self._deaf:
            self._incoming.put(message)

    def _work(self) -> None:
        while not self._ended.is_set():
            if self._open.is_set():
                while not self._incoming.empty():
                    self._store(self._incoming.get())
            if self._subscribed.is_set() and self._incoming.empty():
                self._announce()
            self._ended.wait(0.1)

    def _announce(self) -> None:
        body = {"v": 1, "stored": self.count, "observed_until": self._until, "at": ""}
        self._client.publish(progress_topic(self._city_id), json.dumps(body), retain=True)

    def _store(self, message: mqtt.MQTTMessage) -> None:
        body = json.loads(message.payload)
        key = (message.topic, body["boot"], body["seq"])
        self.count += 1
        self.differing += self.stored.setdefault(key, bytes(message.payload)) != message.payload
        self.order.append(key)
        self._until = max(self._until or body["at"], body["at"])


@pytest.fixture
def city() -> City:
    """Return a city with a name of its own, so that the shared broker keeps no session of another test."""
    return make_city(sections=13, city_id=f"sim{uuid4().hex[:8]}")


@pytest.fixture
def world(city: City) -> World:
    return make_world(city)


@pytest.fixture
def settings(broker_port: int, tmp_path: Path) -> Settings:
    return Settings(mqtt_port=broker_port, home=tmp_path)


@contextmanager
def platform(settings: Settings, city: City, *, is_open: bool = True) -> Iterator[Platform]:
    opened = Platform(settings.mqtt_port, city.city_id)
    if is_open:
        opened.open()
    try:
        yield opened
    finally:
        opened.close()


def expected(world: World, until: datetime = UNTIL) -> dict[tuple[str, int, int], bytes]:
    stream = Stream(lambda on: published_on(world, on), Encoder(world), SHANGHAI)
    stream.seek(to_ms(FROM))
    messages = stream.take(10**6, to_ms(until))
    bodies = [json.loads(message.payload) for message in messages]
    return {
        (message.topic, body["boot"], body["seq"]): message.payload
        for message, body in zip(messages, bodies, strict=True)
    }


def open_service(settings: Settings, world: World, run: Run, stop: threading.Event) -> SimulatorService:
    return SimulatorService(settings, SystemClock(), world, run, stop.set)


def play(settings: Settings, world: World, run: Run, steps: int = 10**6) -> bool:
    """Step until the run ends; True when it did by itself within the steps."""
    stop = threading.Event()
    service = open_service(settings, world, run, stop)
    try:
        for _ in range(steps):
            service.step()
            if stop.is_set():
                return True
    finally:
        service.close()
    return False


PERIOD = Run(from_at=FROM, until_at=UNTIL, exits=True)


def test_a_period_is_published_completely_in_order_and_its_end_awaited(
    settings: Settings, city: City, world: World
) -> None:
    with platform(settings, city) as street:
        assert play(settings, world, PERIOD)
        wanted = expected(world)

        assert street.stored == wanted
        assert street.order == list(wanted)


def test_a_storm_is_published_completely_with_its_repeats(settings: Settings, city: City) -> None:
    storm = make_world(city, scenario=load_scenario(Path("cities/suizhou/scenarios/storm.toml")))
    with platform(settings, city) as street:
        assert play(settings, storm, PERIOD)

        assert street.stored == expected(storm)
        assert street.count > len(street.stored)
    assert (settings.home / "simulator" / "faults-2026-09-09.jsonl").stat().st_size > 0


def test_the_truth_is_written(settings: Settings, city: City, world: World) -> None:
    with platform(settings, city):
        play(settings, world, PERIOD)
    lines = (settings.home / "simulator" / "truth-2026-09-09.jsonl").read_text().splitlines()
    stays = generate_day(world, FROM.date()).stays

    assert len(lines) == len(stays)
    assert set(json.loads(lines[0])) == {
        "berth", "arrive_at", "depart_at", "plate", "plate_colour", "energy", "flags",
    }  # fmt: skip


def test_a_killed_simulator_goes_on_without_gap_and_without_a_different_message(
    settings: Settings, city: City, world: World
) -> None:
    with platform(settings, city) as street:
        for steps in (3, 4, 5):
            stop = threading.Event()
            service = open_service(settings, world, PERIOD, stop)
            for _ in range(steps):
                service.step()
            # As a kill does it: no checkpoint at the end, the connection just goes.
            service._outbox.close()  # noqa: SLF001  a crash asks nobody
        assert play(settings, world, PERIOD)

        assert street.stored == expected(world)
        assert street.differing == 0


def test_it_stays_within_bounds_of_a_platform_that_lags(
    settings: Settings, city: City, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MOST_AHEAD", 500)
    with platform(settings, city, is_open=False) as street:
        stop = threading.Event()
        service = open_service(settings, world, PERIOD, stop)
        for _ in range(12):
            service.step()

        assert 0 < street._incoming.qsize() <= 500  # noqa: SLF001  what the broker has handed over
        street.open()
        while not stop.is_set():
            service.step()
        service.close()

        assert street.stored == expected(world)


def test_nothing_is_said_before_the_platform_was_heard(
    settings: Settings, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(from_at=FROM, until_at=UNTIL, exits=True, patience=timedelta(seconds=1))

    with pytest.raises(SimulationError, match="citypark street"):
        play(settings, world, run)

    assert "has not been heard" in caplog.text


def test_without_a_platform_it_can_run_free(settings: Settings, world: World) -> None:
    assert play(settings, world, Run(from_at=FROM, until_at=UNTIL, exits=True, listens=False))


def test_a_broker_that_forgets_everything_costs_nothing(tmp_path: Path, city: City, world: World) -> None:
    settings = Settings(mqtt_port=free_port(), home=tmp_path)
    broker = subprocess.Popen(broker_command(settings.mqtt_port))
    wait_for_port(settings.mqtt_port)
    try:
        with platform(settings, city, is_open=False) as street:
            stop = threading.Event()
            service = open_service(settings, world, PERIOD, stop)
            for _ in range(4):
                service.step()
            broker.kill()
            broker.wait()
            street.lose()
            broker = subprocess.Popen(broker_command(settings.mqtt_port))
            wait_for_port(settings.mqtt_port)
            street.open()
            while not stop.is_set():
                service.step()
            service.close()

            assert street.stored == expected(world)
            assert street.differing == 0
    finally:
        broker.kill()
        broker.wait()


def test_signs_show_their_frame_and_acknowledge_each_number_once(
    settings: Settings, city: City, world: World
) -> None:
    sign_id, acks = SignId("L2-01"), queue.SimpleQueue[bytes]()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _userdata, message: acks.put(bytes(message.payload))
    client.connect("127.0.0.1", settings.mqtt_port)
    client.subscribe(sign_ack_topic(city.city_id, sign_id), qos=1)
    client.loop_start()
    stop = threading.Event()
    service = open_service(settings, world, playing(sign_id), stop)
    topic = sign_frame_topic(city.city_id, sign_id)
    try:
        for frame_no in (12, 12, 13):
            client.publish(topic, _frame(sign_id, frame_no), qos=1).wait_for_publish(5)
        client.publish(topic, b"\xff", qos=1).wait_for_publish(5)
        shown = settings.home / "simulator" / "signs.json"
        while not (shown.exists() and json.loads(shown.read_text())[sign_id]["frame_no"] == 13):
            service.step()
        heard = [json.loads(acks.get(timeout=5))["frame_no"] for _ in range(2)]
    finally:
        service.close()
        client.publish(topic, b"", retain=True)
        client.disconnect()
        client.loop_stop()

    assert heard == [12, 13]
    assert acks.empty()


def test_every_sign_of_a_large_city_hears_the_frame_that_stands(
    settings: Settings, city: City, world: World
) -> None:
    signs = [SignId(f"L2-{number:03}") for number in range(150)]
    topics = [sign_frame_topic(city.city_id, sign_id) for sign_id in signs]
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", settings.mqtt_port)
    client.loop_start()
    for sign_id, topic in zip(signs, topics, strict=True):
        client.publish(topic, _frame(sign_id, 7), qos=1, retain=True).wait_for_publish(5)
    service = open_service(settings, world, playing(*signs), threading.Event())
    shown = settings.home / "simulator" / "signs.json"
    try:
        give_up = time.monotonic() + 60
        while not (shown.exists() and len(json.loads(shown.read_text())) == len(signs)):
            assert time.monotonic() < give_up
            service.step()
    finally:
        service.close()
        for topic in topics:
            client.publish(topic, b"", qos=1, retain=True).wait_for_publish(5)
        client.disconnect()
        client.loop_stop()


def playing(*signs: SignId) -> Run:
    """A run that goes on, with these controllers."""
    return Run(from_at=FROM, until_at=UNTIL, listens=False, signs=signs)


def test_a_broker_that_is_absent_is_named(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.link._CONNECT_S", 0.2)
    port = free_port()

    with pytest.raises(UnavailableError, match=f"127.0.0.1:{port}"):
        open_service(Settings(mqtt_port=port, home=tmp_path), world, PERIOD, threading.Event())


def test_another_seed_in_the_same_home_is_refused(settings: Settings, city: City, world: World) -> None:
    with platform(settings, city):
        play(settings, world, PERIOD)

    with pytest.raises(SetupError, match="seed 7"):
        open_service(settings, make_world(city, seed=8), PERIOD, threading.Event())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "noon"), "--from"),
        (("--from", "2026-09-09T09:00", "--until", "2026-09-09T09:00"), "later"),
        (("--exit",), "--until"),
        (("--speed", "fast"), "--speed"),
        (("--speed", "0"), "--speed"),
        (("--scenario", "nowhere.toml"), "nowhere.toml"),
        (("--seed", "-1"), "--seed"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(arguments: tuple[str, ...], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.main", "--lang", "en", "simulate", *arguments],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1]


def _frame(sign_id: SignId, frame_no: int) -> bytes:
    expires_at = datetime.now(UTC) + timedelta(minutes=5)  # noqa: TID251  the sign compares with the real clock
    body = {
        "v": 1,
        "sign": sign_id,
        "frame_no": frame_no,
        "published_at": "2026-09-09T00:00:00Z",
        "expires_at": expires_at.isoformat(),
        "rows": [{"text": "解放路 ← 12"}],
    }
    return json.dumps(body).encode()
