"""A real Mosquitto: certificates and ACL as we ship them, both versions of MQTT, sessions that outlive us."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from parking.plumbing.broker import IN_FLIGHT, BrokerLink, Delivery
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from tests.support.mosquitto import Mosquitto, make_certs, mosquitto_as_deployed, plain_mosquitto

pytestmark = pytest.mark.broker

STREET, DEVICE, OTHER = "citypark-street", "G-SZ1-0001", "G-SZ1-0002"
UP = "citypark/suizhou/up"
VERSIONS = ("3.1.1", "5")
PATIENCE_S = 30.0
# CONNECT of a client "x" with a clean session.
CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto_as_deployed(tmp_path_factory.mktemp("mosquitto"), (STREET, DEVICE, OTHER)) as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with plain_mosquitto(tmp_path_factory.mktemp("plain")) as settings:
        yield settings


@contextmanager
def linked(settings: Settings, name: str, *filters: str, keep_session: bool = False) -> Iterator[BrokerLink]:
    link = BrokerLink(settings, name, SystemClock(), filters=filters, keep_session=keep_session, window=1_000)
    link.start()
    try:
        link.wait_connected(PATIENCE_S)
        yield link
    finally:
        link.stop()


def receive(link: BrokerLink, is_enough: Callable[[list[Delivery]], bool]) -> list[Delivery]:
    heard: list[Delivery] = []
    until = time.monotonic() + PATIENCE_S
    while not is_enough(heard) and time.monotonic() < until:
        heard += link.receive(1_000, timeout_s=0.2)
    assert is_enough(heard), f"{len(heard)} messages"
    return heard


def said(link: BrokerLink, topic: str, payload: bytes) -> None:
    info = link.publish(topic, payload)
    info.wait_for_publish(PATIENCE_S)


def say_if_possible(link: BrokerLink, topic: str) -> None:
    """Publish and wait for the answer; Mosquitto 2.0 hangs up on who speaks where it may not."""
    with suppress(RuntimeError):
        link.wait_connected(PATIENCE_S)
        link.publish(topic, topic.encode()).wait_for_publish(PATIENCE_S)


@pytest.mark.parametrize("version", VERSIONS)
def test_device_speaks_on_its_own_topic_only_and_street_hears_it(mosquitto: Mosquitto, version: str) -> None:
    street, device = (mosquitto.settings_of(name, version=version) for name in (STREET, DEVICE))
    with linked(street, f"street{version}", f"{UP}/#") as hears, linked(device, f"device{version}") as speaks:
        for topic in (f"{UP}/geo/{OTHER}", f"citypark/ezhou/up/geo/{DEVICE}", f"{UP}/geo/{DEVICE}"):
            say_if_possible(speaks, topic)
        heard: list[Delivery] = []
        until = time.monotonic() + PATIENCE_S
        while not heard and time.monotonic() < until:
            say_if_possible(speaks, f"{UP}/geo/{DEVICE}")
            heard += hears.receive(1_000, timeout_s=0.2)

    assert {each.raw.topic for each in heard} == {f"{UP}/geo/{DEVICE}"}


def test_device_hears_nothing_of_others(mosquitto: Mosquitto) -> None:
    device, other = mosquitto.settings_of(DEVICE), mosquitto.settings_of(OTHER)
    street = mosquitto.settings_of(STREET)
    with (
        linked(street, "street-too", f"{UP}/#") as hears,
        linked(device, "curious", f"{UP}/#") as listens,
        linked(other, "speaker") as speaks,
    ):
        said(speaks, f"{UP}/geo/{OTHER}", b"1")
        receive(hears, lambda got: len(got) == 1)
        overheard = listens.receive(10, timeout_s=0.0)

    assert not overheard


def test_without_a_certificate_nobody_is_heard(mosquitto: Mosquitto) -> None:
    context = ssl.create_default_context(cafile=str(mosquitto.certs / "ca.crt"))

    assert not answer_to_connect(mosquitto, context)


def test_certificate_of_another_authority_is_refused(mosquitto: Mosquitto, tmp_path: Path) -> None:
    make_certs(tmp_path, DEVICE)
    context = ssl.create_default_context(cafile=str(mosquitto.certs / "ca.crt"))
    context.load_cert_chain(tmp_path / f"{DEVICE}.crt", tmp_path / f"{DEVICE}.key")

    assert not answer_to_connect(mosquitto, context)


def test_own_certificate_is_answered(mosquitto: Mosquitto) -> None:
    context = ssl.create_default_context(cafile=str(mosquitto.certs / "ca.crt"))
    context.load_cert_chain(mosquitto.certs / f"{DEVICE}.crt", mosquitto.certs / f"{DEVICE}.key")

    assert answer_to_connect(mosquitto, context) == b"\x20\x02\x00\x00"


def answer_to_connect(mosquitto: Mosquitto, context: ssl.SSLContext) -> bytes:
    """What the broker answers to a CONNECT, nothing where it hangs up."""
    port = mosquitto.settings.mqtt_port
    try:
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.sendall(CONNECT)
            return secured.recv(4)
    except (ssl.SSLError, ConnectionError):
        return b""


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_not_acknowledged_comes_again_and_says_so(plain: Settings, version: str) -> None:
    settings = Settings(mqtt_port=plain.mqtt_port, mqtt_version=version)
    topic, name = f"test/again{version}", f"again{version}"
    with linked(settings, name, topic, keep_session=True) as link, linked(settings, f"{name}-says") as speaks:
        wait_subscribed(link, speaks, topic)
        for number in range(10):
            said(speaks, topic, b"%d" % number)
        first = receive(link, lambda got: len(got) == 10)
        link.acknowledge(first[:4])
        said(speaks, topic, b"mark")
        receive(link, bool)
    with linked(settings, f"{name}-says") as speaks:
        said(speaks, topic, b"while away")
    with linked(settings, name, topic, keep_session=True) as link:
        again = receive(link, lambda got: bool(got) and got[-1].raw.payload == b"while away")

    assert [each.raw.payload for each in again] == [
        b"4",
        b"5",
        b"6",
        b"7",
        b"8",
        b"9",
        b"mark",
        b"while away",
    ]
    assert [each.again for each in again] == [True] * 7 + [False]


def wait_subscribed(link: BrokerLink, speaks: BrokerLink, topic: str) -> None:
    """Return once what is said on the topic arrives, and all of it has."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        said(speaks, topic, b"hello")
        heard = link.receive(10, timeout_s=0.5)
        link.acknowledge(heard)
        if heard:
            return
    pytest.fail("the subscription does not work")


def test_broker_sends_no_more_than_the_receive_maximum(plain: Settings) -> None:
    settings = Settings(mqtt_port=plain.mqtt_port, mqtt_version="5")
    with (
        linked(settings, "slow", "test/many", keep_session=True) as link,
        linked(settings, "many-says") as speaks,
    ):
        wait_subscribed(link, speaks, "test/many")
        infos = [speaks.publish("test/many", b"%d" % number) for number in range(IN_FLIGHT + 500)]
        infos[-1].wait_for_publish(PATIENCE_S)
        held = receive(link, lambda got: len(got) >= IN_FLIGHT)
        more = link.receive(10, timeout_s=0.2)
        link.acknowledge(held)
        rest = receive(link, lambda got: len(got) >= 500)

    assert (len(held), more, len(rest)) == (IN_FLIGHT, [], 500)
