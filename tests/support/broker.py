"""Fixture for tests that need an MQTT broker: the embedded one, on a free port, one a run."""

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from app.embedded import broker_command


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for_port(port: int, timeout_s: float = 15.0) -> None:
    """Return when something listens on the port."""
    until = time.monotonic() + timeout_s
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.5):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="session")
def broker_port() -> Iterator[int]:
    """Run the embedded broker and return its port."""
    port = free_port()
    process = subprocess.Popen(broker_command(port))
    try:
        wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait()
