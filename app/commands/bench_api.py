"""`citypark bench api`: a real server process under concurrent clients, beside a bare route of its own."""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from app.bench.server import BARE
from app.bench.street import MovingStreet
from app.bench.tiles import tile
from app.embedded import EmbeddedPostgres, broker_command, stop_postgres
from app.http import API
from app.language import say
from app.schema import apply_migrations
from app.serving import open_socket
from parking.city import City
from parking.errors import UnavailableError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import connect
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "api"

BERTHS = (8_100, 1_000_000)
START_LIMIT_S = 300.0
PATHS = 5_000
STAYS_MIN = (30, 60, 60, 90, 120, 180, 240)
ARRIVALS_MIN = (0, 5, 5, 10, 15, 20, 30)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say(
        "公开接口：真实服务进程、并发客户端,与空路由对照", "the public API, beside a route that does nothing"
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    text = say("泊位数,逗号分隔", "numbers of berths, separated by commas")
    parser.add_argument("--berths", type=_sizes, default=BERTHS, metavar="N,...", help=text)
    parser.add_argument("--clients", type=int, default=50, help=say("并发客户端数", "concurrent clients"))
    text = say("每轮秒数", "seconds of a round")
    parser.add_argument("--seconds", type=float, default=6.0, help=text)
    text = say("轮数,取中位", "rounds, of which the median counts")
    parser.add_argument("--rounds", type=int, default=3, help=text)
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print: the first size at the top, the others under their number of berths."""
    first, *others = [measure(size, args.clients, args.seconds, args.rounds) for size in args.berths]
    figures = first | {str(each["berths"]): each for each in others}
    print(json.dumps(figures) if args.json else "\n".join(_table([first, *others])))
    return 0


def measure(berths: int, clients: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Figures of a city of this size: milliseconds as clients saw them, and answers a second.

    Every client asks again as soon as it is answered. Rounds of the routes alternate, so that noise of the
    machine meets all of them.
    """
    city = tile(load_city(load_settings().city), berths)
    asked = {"nearby": list(_searches(city)), "berth": list(_berths(city)), "bare": [BARE]}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in asked}
    with _serving(city) as (port, pid):
        for _ in range(rounds):
            for name, paths in asked.items():
                taken[name].append(_offer(port, pid, paths, clients, seconds))
    figures: dict[str, Any] = {name: _median(each) for name, each in taken.items()}
    return figures | {
        "nearby_to_bare": round(figures["nearby"]["rps"] / figures["bare"]["rps"], 3),
        "berths": berths,
        "clients": clients,
        "rounds": rounds,
    }


@contextmanager
def _serving(city: City) -> Iterator[tuple[int, int]]:
    """Run database, broker, a moving street and the server; yields its port and pid once it tells of all."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="citypark-bench-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o755)
        cluster = EmbeddedPostgres(home / "postgres")
        stack.callback(stop_postgres, cluster.start())
        with closing(connect(cluster.url, "bench")) as connection:
            apply_migrations(connection)
        broker_port, port = _free_port(), _free_port()
        stack.enter_context(_process(broker_command(broker_port), {}))
        street = MovingStreet(cluster.url, SystemClock(), list(city.berths))
        stack.callback(street.stop)
        street.fill()
        environment = {
            "CITYPARK_DATABASE_URL": cluster.url,
            "CITYPARK_MQTT_PORT": str(broker_port),
            "CITYPARK_HTTP_PORT": str(port),
            "CITYPARK_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "app.bench.server", "--berths", str(len(city.berths))]
        server = stack.enter_context(_process(command, environment))
        street.start()
        _wait_told(port, server, len(city.berths) - sum(each.closed for each in city.berths.values()))
        yield port, server.pid


def _wait_told(port: int, server: "subprocess.Popen[bytes]", known: int) -> None:
    """Return when the server tells of every berth."""
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{API}/city", timeout=60) as answer:
                counts = json.load(answer)["berths"]
                if counts["free"] + counts["occupied"] == known:
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise UnavailableError(say("被测服务没有就绪", "the server under test does not get ready"))


def _offer(port: int, pid: int, paths: list[str], clients: int, seconds: float) -> dict[str, float]:
    """Figures of one round; `cpu_us` is what an answer took of the server's processor time, all told."""
    before = _cpu_s(pid)
    command = [sys.executable, "-m", "app.bench.load", "--port", str(port)]
    command += ["--clients", str(clients), "--seconds", str(seconds)]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"the load generator failed: {done.stderr.strip()}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures | {"cpu_us": round((_cpu_s(pid) - before) / figures["answers"] * 1e6, 1)}


def _cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has taken, its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _median(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Of the rounds, the one in the middle by answers a second; all refusals."""
    ordered = sorted(rounds, key=lambda each: each["rps"])
    return ordered[len(ordered) // 2] | {"refused": sum(each["refused"] for each in rounds)}


def _searches(city: City) -> Iterator[str]:
    """Searches at places beside sections all over the city, as drivers ask."""
    chance = random.Random(1)  # noqa: S311  a plan, not a secret
    sections = list(city.sections.values())
    for _ in range(PATHS):
        at = chance.choice(chance.choice(sections).path)
        lat, lon = at.lat + chance.uniform(-0.004, 0.004), at.lon + chance.uniform(-0.004, 0.004)
        stay, arrive = chance.choice(STAYS_MIN), chance.choice(ARRIVALS_MIN)
        yield f"{API}/nearby?lat={lat:.5f}&lon={lon:.5f}&stay_min={stay}&arrive_in_min={arrive}"


def _berths(city: City) -> Iterator[str]:
    berth_ids = list(city.berths)
    chance = random.Random(2)  # noqa: S311  a plan, not a secret
    return (f"{API}/berths/{chance.choice(berth_ids)}" for _ in range(PATHS))


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with open_socket("127.0.0.1", 0) as opened:
        return int(opened.getsockname()[1])


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise argparse.ArgumentTypeError(
            say(
                f"应为正整数,如 8100,1000000,而不是 {text!r}",
                f"whole numbers like 8100,1000000, not {text!r}",
            )
        )
    return sizes


def _table(sizes: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{say('泊位', 'berths'):>9} {'':8} {'p50 ms':>9} {'p99 ms':>9} {say('每秒', 'a second'):>9}"
    for figures in sizes:
        for name in ("nearby", "berth", "bare"):
            one = figures[name]
            yield f"{figures['berths']:>9} {name:8} {one['p50_ms']:>9} {one['p99_ms']:>9} {one['rps']:>9}"
