"""Webhooks to a real server: signed, in order, again after failures, and nothing lost in a crash."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest

from enforcement.link.post import HttpPost, check_address
from enforcement.service import Courier, retry_dead
from enforcement.store import webhooks as store
from enforcement.webhooks import LONGEST_PAUSE, MOST_ATTEMPTS, WebhookId, is_genuine, pause_after, sign
from parking.errors import SetupError, UnavailableError
from parking.plumbing.database import Connection
from tests.support.enforcement import LIMITED, minute
from tests.support.enforcement_street import SetClock, WrittenStreet, drain, opened

pytestmark = pytest.mark.database

HOOK = WebhookId("W-1")
SECRET = "not so secret"  # noqa: S105  a test's own
LOSE_CONNECTIONS = """
CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.4 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lose_connection AFTER UPDATE ON webhooks
    FOR EACH STATEMENT EXECUTE FUNCTION lose_connection()"""


class Receiver:
    """Somebody's server: keeps every letter, answers as it is told."""

    def __init__(self) -> None:
        self.letters: list[tuple[int, bytes, str]] = []
        self.answers: list[int] = []
        self.address = ""

    def take(self, event_no: int, body: bytes, signature: str) -> int:
        self.letters.append((event_no, body, signature))
        return self.answers.pop(0) if self.answers else 204

    @property
    def numbers(self) -> list[int]:
        return [number for number, _, _ in self.letters]


@contextmanager
def listening(receiver: Receiver) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event_no, signature = self.headers["X-Citypark-Event"], self.headers["X-Citypark-Signature"]
            self.send_response(receiver.take(int(event_no), body, signature))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            """Keep the test quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with listening(made):
        yield made


@pytest.fixture
def clock() -> SetClock:
    return SetClock(minute(7000))


def open_courier(database_url: str, clock: SetClock) -> Courier:
    return Courier(database_url, HttpPost(timeout_s=2), clock, threading.Event())


def tell(connection: Connection, receiver: Receiver) -> None:
    store.add_webhook(connection, HOOK, receiver.address, SECRET, minute(0))


def offend(connection: Connection, database_url: str, times: int) -> None:
    street = WrittenStreet(connection)
    for number in range(times):
        stay_id = street.arrive(LIMITED, minute(number * 200), f"S-{number}")
        street.leave(LIMITED, stay_id, minute(number * 200 + 100), minute(number * 200 + 101))
    service = opened(database_url)
    drain(service)
    service.close()


def test_letters_come_signed_and_in_order(
    database_url: str, connection: Connection, receiver: Receiver, clock: SetClock
) -> None:
    tell(connection, receiver)
    offend(connection, database_url, 3)
    courier = open_courier(database_url, clock)
    while courier.work():
        pass
    courier.close()
    assert receiver.numbers == sorted(set(receiver.numbers))
    assert len(receiver.numbers) == 3
    for number, body, signature in receiver.letters:
        assert is_genuine(SECRET, body, signature)
        assert not is_genuine("another secret", body, signature)
        assert not is_genuine(SECRET, body + b" ", signature)
        letter = json.loads(body)
        assert (letter["event_no"], letter["event"], letter["rule"]) == (number, "detected", "overstay")


def test_a_webhook_hears_only_of_what_comes_after_it(
    database_url: str, connection: Connection, receiver: Receiver, clock: SetClock
) -> None:
    offend(connection, database_url, 1)
    tell(connection, receiver)
    courier = open_courier(database_url, clock)
    assert courier.work() == 0
    courier.close()


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_refused_letter_comes_again_after_a_pause(
    database_url: str, connection: Connection, receiver: Receiver, clock: SetClock, status: int
) -> None:
    tell(connection, receiver)
    offend(connection, database_url, 1)
    receiver.answers = [status, status]
    courier = open_courier(database_url, clock)
    assert [courier.work(), courier.work()] == [1, 0]
    clock.at += pause_after(1)
    assert [courier.work(), courier.work()] == [1, 0]
    clock.at += pause_after(2)
    assert [courier.work(), courier.work()] == [1, 0]
    courier.close()
    assert len(set(receiver.numbers)) == 1
    assert len(receiver.numbers) == 3


def test_a_letter_that_nobody_takes_dies_and_can_be_raised(
    database_url: str, connection: Connection, receiver: Receiver, clock: SetClock
) -> None:
    tell(connection, receiver)
    offend(connection, database_url, 2)
    receiver.answers = [500] * MOST_ATTEMPTS
    courier = open_courier(database_url, clock)
    for _ in range(MOST_ATTEMPTS):
        assert courier.work() == 1
        clock.at += LONGEST_PAUSE
    assert courier.work() == 1
    assert courier.work() == 0
    first, last = receiver.numbers[0], receiver.numbers[-1]
    assert first < last
    ((_, _, after_no, attempts, _, dead),) = store.list_webhooks(connection)
    assert (after_no, attempts, dead) == (last, 0, 1)
    receiver.answers = [500]
    assert [retry_dead(database_url, HttpPost(), clock, HOOK) for _ in range(3)] == [(0, 1), (1, 0), (0, 0)]
    courier.close()
    assert receiver.numbers[-1] == first


def test_nobody_there_is_a_failure_like_another(
    database_url: str, connection: Connection, clock: SetClock
) -> None:
    gone = Receiver()
    with listening(gone):
        tell(connection, gone)
    offend(connection, database_url, 1)
    courier = open_courier(database_url, clock)
    assert courier.work() == 1
    courier.close()
    ((_, _, _, attempts, error, _),) = store.list_webhooks(connection)
    assert attempts == 1
    assert error.startswith("not reached")


def test_a_lost_connection_repeats_a_letter_and_loses_none(
    database_url: str, connection: Connection, receiver: Receiver, clock: SetClock
) -> None:
    tell(connection, receiver)
    offend(connection, database_url, 20)
    connection.execute(LOSE_CONNECTIONS.encode())
    dice = Random(5)  # noqa: S311  repeatable, not secret
    receiver.answers = [dice.choice([204, 204, 503]) for _ in range(60)]
    courier, lost, sent = open_courier(database_url, clock), 0, 1
    while sent or store.list_due(connection, clock.now() + LONGEST_PAUSE):
        clock.at += LONGEST_PAUSE
        try:
            sent = courier.work()
        except UnavailableError:
            lost += 1
            courier.close()
            courier = open_courier(database_url, clock)
    courier.close()
    assert lost > 3
    (numbers,) = zip(*connection.execute("SELECT event_no FROM violation_events").fetchall(), strict=True)
    assert sorted(set(receiver.numbers)) == sorted(numbers)
    assert receiver.numbers == sorted(receiver.numbers)
    assert store.list_dead(connection, HOOK) == []


def test_only_one_courier_delivers(database_url: str, clock: SetClock) -> None:
    courier = open_courier(database_url, clock)
    with pytest.raises(UnavailableError, match="another courier"):
        open_courier(database_url, clock)
    courier.close()


def test_a_removed_webhook_is_told_nothing(
    database_url: str, connection: Connection, receiver: Receiver, clock: SetClock
) -> None:
    tell(connection, receiver)
    assert store.remove_webhook(connection, HOOK, minute(1))
    assert not store.remove_webhook(connection, HOOK, minute(1))
    offend(connection, database_url, 1)
    courier = open_courier(database_url, clock)
    assert courier.work() == 0
    courier.close()


@pytest.mark.parametrize("address", ["ftp://host/x", "http://example.org/x", "https://", "nonsense"])
def test_letters_go_encrypted_or_nowhere(address: str) -> None:
    with pytest.raises(SetupError, match="is no"):
        check_address(address)


def test_pauses_double_up_to_a_cap() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert not is_genuine(SECRET, b"x", sign(SECRET, b"x", minute(0)).replace("t=", "t=x"))
