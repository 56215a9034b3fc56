"""`citypark up`: database, broker, services and simulator on one machine, from nothing to READY."""

import fcntl
import json
import os
import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import psycopg

from app.embedded import EmbeddedPostgres, broker_command
from app.language import say
from app.schema import apply_migrations
from app.supervisor import Child, Supervisor
from billing.register import save_rights
from billing.rightsfile import parse_rights
from parking.city import City
from parking.errors import ParkingError, SetupError
from parking.plumbing.database import connect, transaction
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock

SERVICES = ("street", "billing", "enforcement", "guidance")
START_TIMEOUT_S = 60.0
# A whole day of the whole city takes about a minute to replay; a slow machine gets its time.
REPLAY_TIMEOUT_S = 1_800.0

# How far each reader is behind the street: rows decided and not yet consumed.
BEHIND = """
SELECT (SELECT coalesce(sum(seq), 0) FROM partitions)
     - (SELECT coalesce(sum(seq), 0) FROM billing_positions)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to start, and where it listens. An empty command part means that a server was named outside."""

    home: Path
    database: EmbeddedPostgres | None
    mqtt_port: int | None
    environment: dict[str, str]
    http_url: str
    health_ports: dict[str, int]
    simulate: list[str] | None


def make_plan(settings: Settings, outside: dict[str, str], simulate: list[str] | None) -> Plan:
    """Decide what is ours to start: servers named in the environment `outside` are not."""
    database = None if settings.database_url else EmbeddedPostgres(settings.home / "postgres")
    mqtt_port = None if "CITYPARK_MQTT_HOST" in outside else settings.mqtt_port
    ports = dict(zip(SERVICES[:-1], _free_ports(len(SERVICES) - 1), strict=True))
    _require_free(settings.http_host, settings.http_port, "CITYPARK_HTTP_PORT")
    if mqtt_port is not None:
        _require_free("127.0.0.1", mqtt_port, "CITYPARK_MQTT_PORT")
    environment = {
        "CITYPARK_CITY": str(settings.city.resolve()),
        "CITYPARK_HOME": str(settings.home.resolve()),
        "CITYPARK_DATABASE_URL": settings.database_url or (database.url if database else ""),
        "CITYPARK_MQTT_HOST": settings.mqtt_host,
        "CITYPARK_MQTT_PORT": str(settings.mqtt_port),
        "CITYPARK_HTTP_PORT": str(settings.http_port),
        "PYTHONUNBUFFERED": "1",
    }
    return Plan(
        home=settings.home,
        database=database,
        mqtt_port=mqtt_port,
        environment=environment,
        http_url=f"http://{settings.http_host}:{settings.http_port}",
        health_ports=ports,
        simulate=simulate,
    )


class AllInOne:
    """One running platform; `start` returns when everything answers."""

    def __init__(self, plan: Plan, city: City, stop: threading.Event) -> None:
        self._plan = plan
        self._city = city
        self._supervisor = Supervisor(plan.home / "logs", _tell, self._write_state, stop)
        self._steps = 4 + len(SERVICES)

    def start(self) -> None:
        """Start everything in order, telling what happens; raises ParkingError when a part fails to."""
        with _step(1, self._steps, say("数据库", "database")):
            self._start_database()
        with _step(2, self._steps, say("表结构与权益", "tables and rights")):
            self._migrate()
        with _step(3, self._steps, say("MQTT 服务器", "MQTT broker")):
            self._start_broker()
        for number, service in enumerate(SERVICES, start=4):
            with _step(number, self._steps, service):
                self._start_service(service)
        if self._plan.simulate is not None:
            with _step(self._steps, self._steps, say("模拟城市", "simulated city")):
                self._start_simulator(self._plan.simulate)

    def tend(self) -> None:
        """Look after the processes once; call it a few times a second."""
        self._supervisor.tend()

    def stop(self) -> None:
        """Stop everything in reverse order."""
        self._supervisor.stop()
        (self._plan.home / "state.json").unlink(missing_ok=True)

    def _start_database(self) -> None:
        database = self._plan.database
        if database is None:
            return
        database.prepare()
        self._supervisor.start(Child(name="database", command=database.command(), stop_signal=SIGINT))
        self._supervisor.wait(_succeeds(lambda: database.wait_ready(0.0)), "database", START_TIMEOUT_S)

    def _migrate(self) -> None:
        with connect(self._plan.environment["CITYPARK_DATABASE_URL"], "migrate") as connection:
            apply_migrations(connection)
            register = Path(self._plan.environment["CITYPARK_CITY"]) / "rights.csv"
            if register.exists():
                rights = parse_rights(register, register.read_text(encoding="utf-8-sig"), self._city)
                with transaction(connection):
                    save_rights(connection, rights, SystemClock().now())

    def _start_broker(self) -> None:
        port = self._plan.mqtt_port
        if port is None:
            return
        self._supervisor.start(Child(name="broker", command=broker_command(port)))
        self._supervisor.wait(lambda: _answers("127.0.0.1", port), "broker", START_TIMEOUT_S)

    def _start_service(self, service: str) -> None:
        port = self._plan.health_ports.get(service)
        environment = {**self._plan.environment, **({"CITYPARK_HEALTH_PORT": str(port)} if port else {})}
        self._supervisor.start(Child(name=service, command=_citypark(service), environment=environment))
        url = f"http://127.0.0.1:{port}" if port else self._plan.http_url
        self._supervisor.wait(lambda: _is_ready(f"{url}/readyz"), service, START_TIMEOUT_S)

    def _start_simulator(self, arguments: list[str]) -> None:
        progress = Progress(self._plan.home / "simulator" / "progress.json")
        progress.path.unlink(missing_ok=True)
        self._supervisor.start(
            Child(
                name="simulate",
                command=_citypark("simulate", *arguments),
                environment=self._plan.environment,
                finishes=True,
            )
        )
        self._supervisor.wait(progress.is_live, "simulator", REPLAY_TIMEOUT_S)
        self._supervisor.wait(self._is_caught_up, "billing", REPLAY_TIMEOUT_S)

    def _is_caught_up(self) -> bool:
        """Whether the street has drained the replay and billing has followed."""
        if not self._supervisor.is_done("simulate") and not _is_fresh(f"{self._plan.http_url}/api/v1/status"):
            return False
        with psycopg.connect(self._plan.environment["CITYPARK_DATABASE_URL"]) as connection:
            row = connection.execute(BEHIND).fetchone()
        # Live, a handful of rows is always on its way.
        return row is not None and row[0] < 50

    def _write_state(self) -> None:
        state = {
            "http": self._plan.http_url,
            "pids": self._supervisor.pids(),
            "health_ports": self._plan.health_ports,
            "database_url": self._plan.environment["CITYPARK_DATABASE_URL"],
            "mqtt_port": self._plan.environment["CITYPARK_MQTT_PORT"],
        }
        (self._plan.home / "state.json").write_text(json.dumps(state, indent=2) + "\n")


class Progress:
    """Shows the simulator's progress file to a person, a line whenever it moved enough."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told_at = 0.0
        self._told = -1

    def is_live(self) -> bool:
        """Tell the progress of the replay; True when the simulator has reached the present."""
        try:
            body = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return False
        percent = 100 * int(body["published"]) // max(1, int(body["total"]))
        if percent != self._told and time.monotonic() - self._told_at >= 2.0:
            self._told, self._told_at = percent, time.monotonic()
            _tell(
                say(
                    f"回放今日 {percent:3d}%  至 {body['at']}  {body['published']} 条消息",
                    f"replaying today {percent:3d}%  up to {body['at']}  {body['published']} messages",
                )
            )
        return bool(body["phase"] == "live")


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the folder for this process; raises SetupError when another run has it."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "up.lock").open("a")
    except OSError as error:
        raise SetupError(
            say(
                f"目录 {home} 不可写:请用 CITYPARK_HOME 指定另一个目录",
                f"cannot write {home} ({error.strerror}): choose another folder with CITYPARK_HOME",
            )
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetupError(
                say(
                    f"{home} 已有一个平台在运行:请先停止它",
                    f"a platform is already running in {home}: stop it first",
                )
            ) from error
        yield


def forget(home: Path) -> None:
    """Remove everything that `up` stored."""
    with only_one(home):
        for name in ("postgres", "simulator", "logs", "state.json"):
            path = home / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def _step(number: int, total: int, what: str) -> Iterator[None]:
    started_at = time.monotonic()
    _tell(f"[{number}/{total}] {what} …")
    yield
    _tell(
        say(f"[{number}/{total}] {what} 就绪", f"[{number}/{total}] {what} ready")
        + f" ({time.monotonic() - started_at:.1f} s)"
    )


def _tell(line: str) -> None:
    print(line, flush=True)


def _citypark(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.main", *arguments]


def _succeeds(attempt: Callable[[], None]) -> Callable[[], bool]:
    def check() -> bool:
        try:
            attempt()
        except ParkingError:
            return False
        return True

    return check


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_fresh(url: str) -> bool:
    """Whether guidance says that what it shows is of the present."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  our own loopback address
            return bool(json.load(response)["freshness"]["fresh"])
    except (urllib.error.URLError, OSError):
        return False


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _require_free(host: str, port: int, setting: str) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise SetupError(
            say(
                f"端口 {port} 已被占用:请用 {setting} 指定空闲端口",
                f"port {port} is taken: set {setting} to a free one",
            )
        ) from error


def environment_given() -> dict[str, str]:
    """Return what the operator has set in the environment."""
    return {name: value for name, value in os.environ.items() if name.startswith("CITYPARK_")}
