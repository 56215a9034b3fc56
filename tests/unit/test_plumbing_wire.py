"""The bytes under paho: read ahead, written in one piece; and what the settings may ask of a client."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parking.errors import SetupError
from parking.plumbing.mqttclient import make_client
from parking.plumbing.settings import Settings
from parking.plumbing.wire import MOST_UNSENT_BYTES, Alarm, Wire


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    wire.setblocking(False)
    theirs.settimeout(10)
    yield wire, theirs
    wire.close()
    theirs.close()


def test_small_reads_are_answered_from_what_was_read_ahead(ends: tuple[Wire, socket.socket]) -> None:
    wire, broker = ends
    broker.sendall(b"abcdef")

    assert (wire.recv(1), wire.pending) == (b"a", True)
    assert (wire.recv(4), wire.recv(10), wire.pending) == (b"bcde", b"f", False)
    with pytest.raises(BlockingIOError):
        wire.recv(1)


def test_packets_and_confirmations_leave_in_order(ends: tuple[Wire, socket.socket]) -> None:
    wire, broker = ends

    assert wire.send(b"one") == 3
    wire.post(b"two")
    wire.send(b"three")
    waited = wire.unsent
    wire.flush()

    assert (waited, wire.unsent) == (True, False)
    assert broker.recv(100) == b"onetwothree"


def test_paho_has_to_wait_while_too_much_is_unsent(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    wire.post(bytes(MOST_UNSENT_BYTES + 1))

    with pytest.raises(BlockingIOError):
        wire.send(b"more")


def test_lost_connection_shows_at_the_next_read(ends: tuple[Wire, socket.socket]) -> None:
    wire, broker = ends
    broker.close()
    wire.post(b"x")
    wire.flush()
    wire.post(b"x")
    wire.flush()

    assert not wire.is_open
    assert not wire.unsent
    with pytest.raises(OSError, match="Bad file descriptor"):
        wire.recv(1)


def test_alarm_is_silent_until_opened_and_after_it_was_closed() -> None:
    alarm = Alarm()
    alarm.ring()
    alarm.open()
    alarm.ring()
    alarm.hush()
    alarm.hush()
    alarm.close()
    alarm.ring()


def client(settings: Settings) -> object:
    return make_client(settings, "x", keep_session=True, in_flight=1, window=0)


def test_unknown_version_is_named() -> None:
    with pytest.raises(SetupError, match=r"CITYPARK_MQTT_VERSION must be 3\.1\.1 or 5, not '4'"):
        client(Settings(mqtt_version="4"))


def test_certificate_files_that_are_none_are_named(tmp_path: Path) -> None:
    text = tmp_path / "ca.crt"
    text.write_text("no certificate")

    for settings in (
        Settings(mqtt_ca_file=str(tmp_path / "missing")),
        Settings(mqtt_ca_file=str(text)),
        replace(Settings(), mqtt_cert_file=str(text)),
    ):
        with pytest.raises(SetupError, match="CITYPARK_MQTT_CERT_FILE"):
            client(settings)
