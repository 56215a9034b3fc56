"""`citypark guidance` as a user starts it: serves, outlives database and broker, says what is wrong."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.embedded import broker_command
from parking.plumbing.database import Connection
from parking.plumbing.systemclock import SystemClock
from tests.support.broker import free_port, wait_for_port
from tests.support.database import ROOT
from tests.support.guidance import FREE, OCCUPIED, Street

pytestmark = [pytest.mark.e2e, pytest.mark.database, pytest.mark.broker]

WAIT_S = 30.0
COMMAND = [sys.executable, "-m", "app.main", "guidance"]
CUT_CONNECTIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE application_name LIKE 'citypark-guidance%' AND datname = current_database()"""


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(WAIT_S)


def until(check: Callable[[], bool], what: str) -> None:
    """Return when the check holds; it may fail to connect meanwhile."""
    give_up = time.monotonic() + WAIT_S
    while time.monotonic() < give_up:
        try:
            if check():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"{what} did not happen in {WAIT_S:.0f} s")


@pytest.fixture
def mqtt_port() -> int:
    return free_port()


@pytest.fixture
def client(database_url: str, mqtt_port: int, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a running process; the broker is the test's to start."""
    port = free_port()
    environment = {
        "CITYPARK_DATABASE_URL": database_url,
        "CITYPARK_MQTT_PORT": str(mqtt_port),
        "CITYPARK_HTTP_PORT": str(port),
    }
    with (
        running(COMMAND, environment, tmp_path / "guidance.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT_S) as opened,
    ):
        until(lambda: opened.get("/healthz").status_code == 200, "the start")
        yield opened


def faults(client: httpx.Client) -> dict[str, str]:
    found: dict[str, str] = client.get("/readyz").json()["faults"]
    return found


def state_of(client: httpx.Client, berth_id: str) -> str:
    return str(client.get(f"/api/v1/berths/{berth_id}").json()["state"])


def events(client: httpx.Client) -> Generator[tuple[str, Any], None, None]:
    """Follow the live stream."""
    with client.stream("GET", "/api/v1/live") as response:
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


def test_what_the_street_believes_shows_in_the_api_the_stream_and_on_the_pages(
    client: httpx.Client, connection: Connection
) -> None:
    street, clock = Street(connection), SystemClock()
    street.believe("SZ1-0001", OCCUPIED, clock.now())
    until(lambda: state_of(client, "SZ1-0001") == "occupied", "the belief")

    with closing(events(client)) as stream:
        name, snapshot = next(stream)
        assert name == "snapshot"
        assert snapshot["layout"] == client.get("/api/v1/berths/ids").json()["layout"]
        street.believe("SZ1-0001", FREE, clock.now())
        changes = next(body for name, body in stream if name == "delta" and body["berths"])
        kpi = next(body for name, body in stream if name == "kpi")

    assert changes["berths"] == [[0, 0]]
    assert kpi["city"][0] == 1
    assert "html" in client.get("/").headers["content-type"]


def test_a_cut_database_connection_is_mended(client: httpx.Client, connection: Connection) -> None:
    street, clock = Street(connection), SystemClock()
    street.believe("SZ1-0001", OCCUPIED, clock.now())
    until(lambda: state_of(client, "SZ1-0001") == "occupied", "the belief")

    connection.execute(CUT_CONNECTIONS)
    street.believe("SZ1-0001", FREE, clock.now())

    until(lambda: state_of(client, "SZ1-0001") == "free", "the next belief")
    until(lambda: {name for name in faults(client) if not name.startswith("signs")} == set(), "being ready")


def test_a_broker_that_comes_and_goes_is_told_of_and_found_again(
    client: httpx.Client, mqtt_port: int, tmp_path: Path
) -> None:
    until(lambda: "does not answer" in faults(client).get("signs.broker", ""), "telling of the broker")
    assert client.get("/api/v1/city").status_code == 200

    for _ in range(2):
        with running(broker_command(mqtt_port), {}, tmp_path / "broker.log"):
            wait_for_port(mqtt_port)
            until(lambda: faults(client) == {}, "being ready")
        until(lambda: "signs.broker" in faults(client), "telling of the loss")


def test_a_taken_port_is_one_sentence_and_exit_code_2(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {"CITYPARK_DATABASE_URL": database_url, "CITYPARK_HTTP_PORT": str(port)}
        ended = subprocess.run(
            COMMAND, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )

    assert ended.returncode == 2
    last = ended.stderr.strip().splitlines()[-1]
    assert str(port) in last
    assert "CITYPARK_HTTP_PORT" in last
    assert "Traceback" not in ended.stderr


def test_a_signal_ends_it_cleanly_while_a_stream_is_open(
    database_url: str, mqtt_port: int, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "guidance.log"
    environment = {
        "CITYPARK_DATABASE_URL": database_url,
        "CITYPARK_MQTT_PORT": str(mqtt_port),
        "CITYPARK_HTTP_PORT": str(port),
    }
    with running(COMMAND, environment, log) as process:
        wait_for_port(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT_S) as client:
            stream = events(client)
            assert next(stream)[0] == "snapshot"
            process.terminate()
            for _ in stream:
                pass
        assert process.wait(WAIT_S) == 0
    assert "Traceback" not in log.read_text()
