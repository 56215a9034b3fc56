"""Processes around a bench: a database and a broker in a folder of their own, and what runs against them."""

import contextlib
import getpass
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, LiteralString

import psycopg

from app.bench.madecity import make_city, write_city
from app.embedded import EmbeddedPostgres, broker_command
from app.schema import apply_migrations
from parking.errors import SetupError, UnavailableError
from parking.plumbing.broker import IN_FLIGHT
from parking.plumbing.database import connect

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_S = 60.0
# A server that was killed cannot start before the last of its processes has gone.
DATABASE_TRIES, TRY_S = 6, 20.0
BROKERS = ("mosquitto", "embedded")

MOSQUITTO_CONF = """
listener {port} 127.0.0.1
allow_anonymous true
user {user}
max_inflight_messages {in_flight}
max_queued_messages 0
message_size_limit 1048576
persistence {persistence}
persistence_location {directory}/
autosave_on_changes false
autosave_interval 1
log_dest none
"""


class Stack:
    """One database, one broker and one made city; `environment` is for the processes that use them."""

    def __init__(self, home: Path, berths: int, broker: str, *, persistent: bool = False) -> None:
        self.home, self._broker, self._persistent = home, broker, persistent
        self.mqtt_port = free_port()
        self.cluster = EmbeddedPostgres(home / "postgres")
        self.environment = {
            "CITYPARK_CITY": str(home / "city"),
            "CITYPARK_HOME": str(home / "home"),
            "CITYPARK_DATABASE_URL": self.cluster.url,
            "CITYPARK_MQTT_PORT": str(self.mqtt_port),
        }
        write_city(home / "city", make_city(berths))
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._log: IO[bytes] = (home / "log").open("ab")

    def start(self) -> None:
        """Start database and broker, with every table in place."""
        self.start_database()
        with connect(self.cluster.url, "bench") as connection:
            apply_migrations(connection)
        self.start_broker()

    def start_database(self) -> None:
        """Start PostgreSQL and wait until it answers."""
        self.cluster.prepare()
        for _ in range(DATABASE_TRIES):
            server = self._run("database", self.cluster.command())
            try:
                self.cluster.wait_ready(TRY_S)
            except UnavailableError:
                if server.poll() is None:
                    self.kill("database")
            else:
                return
        raise UnavailableError(f"PostgreSQL does not start: see {self.home / 'log'}")

    def start_broker(self) -> None:
        """Start the broker and wait until it answers."""
        self._run("broker", self._broker_command())
        wait_until(lambda: answers(self.mqtt_port), "the MQTT broker")

    def run(self, name: str, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a Python module with arguments, against this stack."""
        return self._run(name, [sys.executable, "-m", *command], environment)

    def kill(self, name: str) -> None:
        """End a process and all its children at once, as a power cut would."""
        child = self.children.pop(name)
        # PostgreSQL's processes each lead a group of their own.
        for pid in (child.pid, *children_of(child.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """End everything, services first."""
        for name in reversed(list(self.children)):
            self.kill(name)
        self._log.close()

    def connect(self) -> "psycopg.Connection[tuple[int, ...]]":
        """Open a connection to look at the tables."""
        return psycopg.connect(self.cluster.url, autocommit=True)

    def _run(
        self, name: str, command: list[str], environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CITYPARK_")}
        child = subprocess.Popen(
            command,
            env={**kept, **self.environment, **(environment or {})},
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.children[name] = child
        return child

    def _broker_command(self) -> list[str]:
        if self._broker == "embedded":
            return broker_command(self.mqtt_port)
        directory = self.home / "mosquitto"
        directory.mkdir(exist_ok=True)
        conf = directory / "mosquitto.conf"
        conf.write_text(
            MOSQUITTO_CONF.format(
                port=self.mqtt_port,
                user=getpass.getuser(),
                in_flight=IN_FLIGHT,
                persistence="true" if self._persistent else "false",
                directory=directory,
            )
        )
        return [require_mosquitto(), "-c", str(conf)]


@contextmanager
def running_stack(berths: int, broker: str, *, persistent: bool = False) -> Iterator[Stack]:
    """Run database and broker for the length of the block; a bench that is ended takes them with it."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with TemporaryDirectory(prefix="citypark-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when we are root
        stack = Stack(Path(folder), berths, broker, persistent=persistent)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
            signal.signal(signal.SIGTERM, before)


def count_rows(stack: Stack, query: LiteralString) -> int:
    """First number of the first row of a query on the stack's database."""
    with stack.connect() as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def find_mosquitto() -> str | None:
    """Path of the Mosquitto server, None where it is not installed."""
    for folder in (*os.get_exec_path(), "/usr/sbin", "/usr/local/sbin"):
        path = Path(folder) / "mosquitto"
        if os.access(path, os.X_OK):
            return str(path)
    return None


def require_mosquitto() -> str:
    """Path of the Mosquitto server; raises SetupError where it is not installed."""
    if path := find_mosquitto():
        return path
    raise SetupError("mosquitto is not installed: apt-get install mosquitto, or choose --broker embedded")


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, with those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15]) / TICKS_PER_S


def family_cpu_s(pid: int) -> float:
    """CPU seconds of a process and the children that it has."""
    total = cpu_s(pid)
    for child in children_of(pid):
        with contextlib.suppress(OSError):
            total += cpu_s(child)
    return total


def children_of(pid: int) -> list[int]:
    """Process numbers of the children of a process, none if it is gone."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something listens on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def is_ready(port: int) -> bool:
    """Whether the process behind this health port says that it is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_until(
    condition: Callable[[], bool], what: str, timeout_s: float = START_S, every_s: float = 0.02
) -> None:
    """Return when the condition holds; raises UnavailableError after the timeout."""
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise UnavailableError(f"{what} did not get there in {timeout_s:.0f} s")
        time.sleep(every_s)
