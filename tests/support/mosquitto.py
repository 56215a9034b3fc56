"""A real Mosquitto as `deploy/mosquitto` sets it up, and certificates of an authority made for the run."""

import getpass
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.bench.stack import find_mosquitto
from parking.plumbing.settings import Settings
from tests.support.broker import free_port, wait_for_port
from tests.support.database import ROOT

DEPLOY = ROOT / "deploy" / "mosquitto"
PLAIN = """
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 5000
max_queued_messages 0
max_packet_size 1048576
"""


def require_mosquitto() -> str:
    """Path of the server; without one the test is skipped, or fails where one is required."""
    path = find_mosquitto()
    if path is None:
        if os.environ.get("CITYPARK_TEST_REQUIRE_MOSQUITTO") == "1":
            pytest.fail("mosquitto is required here and not installed: apt-get install mosquitto")
        pytest.skip("no mosquitto: apt-get install mosquitto")
    return path


def make_certs(directory: Path, *names: str) -> None:
    """Make an authority, if there is none, the broker's certificate and the clients'."""
    subprocess.run(
        ["sh", str(DEPLOY / "make-certs.sh"), str(directory), *names], check=True, capture_output=True
    )


@dataclass(frozen=True, slots=True)
class Mosquitto:
    """A running server; `settings` reach it."""

    settings: Settings
    certs: Path

    def settings_of(self, client: str, *, version: str = "3.1.1", certs: Path | None = None) -> Settings:
        """Settings with this client's certificate, out of another folder where one is given."""
        folder = certs or self.certs
        return replace(
            self.settings,
            mqtt_version=version,
            mqtt_cert_file=str(folder / f"{client}.crt"),
            mqtt_key_file=str(folder / f"{client}.key"),
        )


@contextmanager
def mosquitto_as_deployed(folder: Path, clients: Sequence[str]) -> Iterator[Mosquitto]:
    """Run the server with the configuration and ACL that we ship, its paths and port moved."""
    server = require_mosquitto()
    certs, port = folder / "certs", free_port()
    make_certs(certs, *clients)
    text = (DEPLOY / "mosquitto.conf").read_text()
    for shipped, here in (
        ("listener 8883", f"listener {port} 127.0.0.1"),
        ("/etc/mosquitto/certs", str(certs)),
        ("/etc/mosquitto/acl", str(DEPLOY / "acl")),
        ("/var/lib/mosquitto", str(folder)),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    with running(server, folder, text, port):
        settings = Settings(mqtt_host="localhost", mqtt_port=port, mqtt_ca_file=str(certs / "ca.crt"))
        yield Mosquitto(settings, certs)


@contextmanager
def running(server: str, folder: Path, text: str, port: int) -> Iterator[None]:
    """Run a server with this configuration."""
    conf = folder / "mosquitto.conf"
    conf.write_text(f"{text}\nuser {getpass.getuser()}\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, "-c", str(conf)], stdout=log, stderr=log)
        try:
            wait_for_port(port)
            yield
        finally:
            process.kill()
            process.wait()


@contextmanager
def plain_mosquitto(folder: Path) -> Iterator[Settings]:
    """Run a server without rules, on which both versions of MQTT are spoken."""
    port = free_port()
    text = PLAIN.format(port=port)
    with running(require_mosquitto(), folder, text, port):
        yield Settings(mqtt_port=port)
