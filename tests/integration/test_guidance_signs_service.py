"""The sign loop on a real broker and a real database: what is shown is logged first, and acknowledged."""

import json
import queue
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from guidance.desk import Desk
from guidance.overrides import Line
from guidance.service.signs import SignService
from guidance.signbook import SignStatus
from guidance.signs import EXPIRE_AFTER, RENEW_EVERY
from guidance.store.overrides import add_override, lift_override
from guidance.store.signlog import list_frames
from parking.city import City
from parking.errors import UnavailableError
from parking.ids import SignId
from parking.plumbing.broker import BrokerLink
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.topics import sign_ack_filter
from tests.support.enforcement_street import SetClock
from tests.support.guidance import FREE, NOON, OCCUPIED, belief, minutes, small_desk
from tests.support.smallcity import small_city

pytestmark = [pytest.mark.database, pytest.mark.broker]

SIGN = SignId("L2-01")
WAIT_S = 10.0


class Controller:
    """A sign's controller: hears its frames, acknowledges when told to."""

    def __init__(self, port: int, city_id: str) -> None:
        self._topic = f"citypark/{city_id}/sign/{SIGN}"
        self._frames: queue.SimpleQueue[tuple[bool, dict[str, Any]]] = queue.SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _userdata, message: self._frames.put(
            (message.retain, json.loads(message.payload))
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe(f"{self._topic}/frame", qos=1)

    def frame(self) -> dict[str, Any]:
        """The next frame."""
        return self._frames.get(timeout=WAIT_S)[1]

    def acknowledge(self, frame_no: int, **changes: object) -> None:
        """Say that a frame is shown."""
        body = {"v": 1, "sign": SIGN, "frame_no": frame_no, "shown_at": NOON.isoformat(), **changes}
        self.send(json.dumps(body).encode())

    def send(self, payload: bytes) -> None:
        """Send bytes where acknowledgements go."""
        self._client.publish(f"{self._topic}/ack", payload, qos=1).wait_for_publish(WAIT_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def city() -> City:
    """A city with a name of its own, so that the shared broker keeps no frame of another test."""
    template = small_city()
    fields = {name: getattr(template, name) for name in City.__dataclass_fields__}
    return City(**{**fields, "city_id": f"city{uuid4().hex[:8]}"})


@pytest.fixture
def desk(city: City) -> Desk:
    return small_desk(belief("A-1", FREE), belief("A-2", FREE), belief("B-1", FREE), city=city)


@pytest.fixture
def link(broker_port: int, city: City, desk: Desk) -> Iterator[BrokerLink]:
    settings = Settings(mqtt_port=broker_port)
    acks = [sign_ack_filter(city.city_id)]
    with_acks = BrokerLink(settings, f"test-{uuid4().hex[:8]}", desk.clock, filters=acks, keep_session=False)
    with_acks.start()
    with_acks.wait_connected(WAIT_S)
    yield with_acks
    with_acks.stop()


@pytest.fixture
def controller(broker_port: int, city: City) -> Iterator[Controller]:
    with closing(Controller(broker_port, city.city_id)) as opened:
        yield opened


@pytest.fixture
def told() -> list[SignStatus]:
    return []


@pytest.fixture
def service(database_url: str, link: BrokerLink, desk: Desk, told: list[SignStatus]) -> Iterator[SignService]:
    with closing(SignService(database_url, link, desk, Health("signs"), told.append)) as opened:
        yield opened


def show(desk: Desk, at_min: float = 0.0, **states: Any) -> None:  # noqa: ANN401  berth names to states
    """Let berths change, and the board be looked at."""
    now = minutes(at_min)
    assert isinstance(desk.clock, SetClock)
    desk.clock.at = now
    desk.board.apply([belief(name.replace("_", "-"), state, now) for name, state in states.items()], now)
    desk.latest.put(desk.board.view(now))


def log_of(connection: Connection) -> list[dict[str, Any]]:
    return list_frames(connection, SIGN, 2**62, 100)


def step_until_heard(service: SignService, desk: Desk, frame_no: int) -> None:
    """Step until the acknowledgement of a frame was taken in."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        status = desk.signs.find(SIGN)
        if status is not None and status.shown_at is not None and status.frame.frame_no == frame_no:
            return
        desk.latest.put(desk.latest.view)
        service.step()
        time.sleep(0.01)
    pytest.fail("the acknowledgement did not arrive")


def test_a_frame_says_what_is_free_and_is_logged_as_sent(
    service: SignService, controller: Controller, connection: Connection
) -> None:
    service.step()

    frame = controller.frame()
    (logged,) = log_of(connection)
    assert [row["free"] for row in frame["rows"]] == [1, 2]
    assert frame["rows"] == logged["rows"]
    assert (frame["v"], frame["sign"], frame["frame_no"]) == (1, SIGN, logged["frame_no"])
    assert (logged["as_of"], logged["published_at"], logged["cause"]) == (NOON, NOON, "first")
    assert logged["expires_at"] == NOON + EXPIRE_AFTER


def test_one_berth_changes_the_frame_and_the_log_keeps_both(
    service: SignService, controller: Controller, connection: Connection, desk: Desk
) -> None:
    service.step()
    show(desk, 0.1, A_1=OCCUPIED)
    service.step()

    first, second = controller.frame(), controller.frame()
    assert second["frame_no"] == first["frame_no"] + 1
    assert [row["text"] for row in second["rows"]] == ["测试路段 ↑ 满", "解放路 ← 余少 1"]
    assert [row["cause"] for row in log_of(connection)] == ["change", "first"]


def test_what_stands_is_sent_again_each_minute_with_a_new_expiry_and_no_new_row(
    service: SignService, controller: Controller, connection: Connection, desk: Desk
) -> None:
    service.step()
    show(desk, 0.5, B_1=FREE)
    service.step()  # nothing is due
    minute = RENEW_EVERY / timedelta(minutes=1)
    show(desk, minute, B_1=FREE)
    service.step()

    first, again = controller.frame(), controller.frame()
    assert again["frame_no"] == first["frame_no"]
    assert again["published_at"] > first["published_at"]
    (logged,) = log_of(connection)
    assert logged["published_at"] == NOON
    assert logged["renewed_at"] == minutes(minute)
    assert logged["expires_at"] == minutes(minute) + EXPIRE_AFTER


def test_a_silent_street_takes_the_numbers_off(
    service: SignService, controller: Controller, desk: Desk
) -> None:
    service.step()
    show(desk, 24 * 60)  # the database answers, but nobody spoke for a day
    service.step()

    controller.frame()
    silent = controller.frame()
    assert {row["word"] for row in silent["rows"]} == {"stale"}
    assert all("--" in row["text"] for row in silent["rows"])


def test_an_acknowledgement_is_kept_once(
    service: SignService, controller: Controller, connection: Connection, desk: Desk, told: list[SignStatus]
) -> None:
    service.step()
    number = controller.frame()["frame_no"]

    controller.acknowledge(number)
    step_until_heard(service, desk, number)
    controller.acknowledge(number, shown_at=minutes(0.05).isoformat())
    show(desk, 0.1, A_1=OCCUPIED)
    service.step()
    following = controller.frame()["frame_no"]
    controller.acknowledge(following, shown_at=minutes(0.1).isoformat())
    step_until_heard(service, desk, following)  # acknowledgements come in order

    assert [(row["frame_no"], row["shown_at"]) for row in log_of(connection)] == [
        (following, minutes(0.1)),
        (number, NOON),
    ]
    assert (told[-1].frame.frame_no, told[-1].shown_at) == (following, minutes(0.1))


def test_broken_and_foreign_acknowledgements_change_nothing(
    service: SignService, controller: Controller, connection: Connection, desk: Desk
) -> None:
    service.step()
    number = controller.frame()["frame_no"]
    for payload in (b"{", b"[]", b'{"v":1}', b"\xff"):
        controller.send(payload)
    controller.acknowledge(number, sign="L9-99")
    controller.acknowledge(number, shown_at="2026-05-06T12:00:00")
    controller.acknowledge(number)  # the good one comes last, so all before it were looked at
    step_until_heard(service, desk, number)

    (logged,) = log_of(connection)
    assert logged["shown_at"] == NOON


def test_a_new_process_goes_on_with_the_same_frame_when_nothing_changed(
    database_url: str, link: BrokerLink, desk: Desk, controller: Controller, connection: Connection
) -> None:
    numbers = []
    for _ in range(2):
        with closing(SignService(database_url, link, desk, Health("signs"), lambda _: None)) as service:
            service.step()
            numbers.append(controller.frame()["frame_no"])

    assert numbers == [1, 1]
    assert len(log_of(connection)) == 1


def test_one_process_at_a_time_drives_the_signs(
    service: SignService, database_url: str, link: BrokerLink, desk: Desk
) -> None:
    service.step()

    with pytest.raises(UnavailableError, match="another process"):
        SignService(database_url, link, desk, Health("signs"), lambda _: None)


def test_without_a_broker_nothing_is_logged_as_shown(
    database_url: str, connection: Connection, desk: Desk
) -> None:
    health = Health("signs")
    nobody = BrokerLink(Settings(mqtt_port=1), "test", desk.clock)

    with closing(SignService(database_url, nobody, desk, health, lambda _: None)) as service:
        service.step()

    assert log_of(connection) == []
    assert "does not answer" in health.faults["broker"]


def stand(connection: Connection, desk: Desk, for_min: float = 30) -> None:
    """Put an override on the sign from now on."""
    now = desk.clock.now()
    lines = (Line(text="前方封路", text_en="ROAD CLOSED"),)
    until_at = now + timedelta(minutes=for_min)
    desk.overrides.put(add_override(connection, SIGN, lines, "test", "operator", now, until_at))


def test_an_override_stands_in_place_of_the_counts_until_its_time_is_over(
    service: SignService, controller: Controller, connection: Connection, desk: Desk
) -> None:
    service.step()
    stand(connection, desk, for_min=3)
    show(desk, 0.1, A_1=OCCUPIED)
    service.step()
    show(desk, 3, A_1=OCCUPIED, A_2=FREE, B_1=FREE)
    service.step()

    _, by_hand, counted = (controller.frame() for _ in range(3))
    assert [row["text"] for row in by_hand["rows"]] == ["前方封路", ""]
    assert by_hand["multi"] == "ROAD CLOSED[nl]"
    assert by_hand["expires_at"] == minutes(3).isoformat().replace("+00:00", "Z")
    assert [row["free"] for row in counted["rows"]] == [0, 1]
    assert [row["cause"] for row in log_of(connection)] == ["change", "override", "first"]


def test_a_lifted_override_gives_the_sign_back_at_once(
    service: SignService, controller: Controller, connection: Connection, desk: Desk
) -> None:
    stand(connection, desk)
    service.step()
    assert lift_override(connection, SIGN, "operator", desk.clock.now())
    desk.overrides.lift(SIGN)
    show(desk, 0.1)
    service.step()

    assert controller.frame()["rows"][0]["word"] == "manual"
    assert controller.frame()["rows"][0]["free"] == 1
    assert not lift_override(connection, SIGN, "operator", desk.clock.now())


def test_an_override_outlives_the_process_and_a_newer_one_replaces_it(
    database_url: str, link: BrokerLink, desk: Desk, controller: Controller, connection: Connection
) -> None:
    stand(connection, desk)
    stand(connection, desk)
    desk.overrides.replace_all(())

    with closing(SignService(database_url, link, desk, Health("signs"), lambda _: None)) as service:
        service.step()

    assert controller.frame()["rows"][0]["text"] == "前方封路"
    assert connection.execute("SELECT count(lifted_at), count(*) FROM sign_overrides").fetchone() == (1, 2)
