"""Enforcement and the API killed (SIGKILL) again and again under claims, actions, cases and webhooks.

    python -m tests.bench.enforcement_kills 50

Counts what was lost and what was doubled. A letter that comes twice has the same number: no second effect.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, Final

from app.embedded import EmbeddedPostgres, stop_postgres
from enforcement.cases.words import Actor, Role
from enforcement.evidence.chain import find_break
from enforcement.store import cases, webhooks
from enforcement.store.staff import add_staff
from enforcement.webhooks import WebhookId
from parking.ids import BerthId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.migrate import find_migrations, migrate
from parking.plumbing.systemclock import SystemClock
from tests.support.broker import free_port, wait_for_port
from tests.support.enforcement import FUEL, minute
from tests.support.enforcement_street import WrittenStreet

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("ingest", "occupancy", "billing", "enforcement", "guidance")
PATIENCE_S: Final = 120.0
# A transaction that was killed leaves a gap in their numbers.
EVENTS: Final = "SELECT event_no FROM violation_events"
LEFT: Final = """
SELECT (SELECT coalesce(sum(m), 0) FROM (SELECT max(out_seq) AS m FROM stays GROUP BY partition) AS s)
     - (SELECT coalesce(sum(seq), 0) FROM enforcement_positions WHERE feed = 'stays')
     + (SELECT coalesce(sum(m), 0) FROM (SELECT max(seq) AS m FROM sightings GROUP BY partition) AS s)
     - (SELECT coalesce(sum(seq), 0) FROM enforcement_positions WHERE feed = 'sightings')"""
DOUBLES: Final = """
SELECT (SELECT count(*) - count(DISTINCT violation_id) FROM violation_events WHERE event = 'detected')
     + (SELECT count(*) - count(DISTINCT (stay_id, rule)) FROM violations)
     + (SELECT count(*) - count(DISTINCT action_key) FROM field_actions)
     + (SELECT count(*) - count(DISTINCT violation_id) FROM cases)"""


@dataclass(slots=True)
class Heard:
    """What others saw: letters, and answers to requests by their keys."""

    letters: Counter[int] = field(default_factory=Counter)
    answers: dict[str, Any] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)


@contextmanager
def receiving(heard: Heard) -> Iterator[str]:
    """Run somebody's server for letters."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.letters[int(self.headers["X-Citypark-Event"])] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Victim:
    """A process of ours that is killed and started again."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.name, self._environment = name, {**os.environ, **environment}
        self.process = self._start()

    def kill(self) -> None:
        """End it as hard as possible and start it anew."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def end(self) -> None:
        """End it for good."""
        self.process.kill()
        self.process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "app.main", self.name],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


class Squad(threading.Thread):
    """Claims, reports and opens cases without rest; tries again until it is answered, under the same key."""

    def __init__(self, url: str, port: int, heard: Heard, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._port, self._heard, self._ending = url, port, heard, stop

    def run(self) -> None:
        """Work through violations as they appear."""
        done = set[str]()
        with connect(self._url, "squad") as connection:
            while not self._ending.is_set():
                rows = connection.execute("SELECT violation_id FROM violations WHERE state = 'actionable'")
                for (violation_id,) in rows.fetchall():
                    if violation_id not in done and not self._ending.is_set():
                        self._work(violation_id)
                        done.add(violation_id)
                self._ending.wait(0.05)

    def _work(self, violation_id: str) -> None:
        for action in ("claim", "confirmed", "release"):
            key = uuid.uuid4().hex
            body = [
                {
                    "violation_id": violation_id,
                    "key": key,
                    "action": action,
                    "acted_at": SystemClock().now().isoformat(),
                }
            ]
            self._heard.answers[key] = self._ask("/field/actions", body)[0]["refusal"]
        opened = self._ask("/cases", {"violation_id": violation_id, "note": "n"}, uuid.uuid4().hex)
        self._heard.cases[violation_id] = opened["case_id"]

    def _ask(self, path: str, body: object, key: str = "") -> Any:  # noqa: ANN401  whatever is answered
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/api/v1{path}",
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": "Bearer token-of-O-1",
                "Idempotency-Key": key or uuid.uuid4().hex,
            },
        )
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
                    return json.load(answer)
            except (OSError, ValueError) as error:
                is_refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
                if is_refused or time.monotonic() > until:
                    raise
                time.sleep(0.05)


def run(kills: int, url: str, home: Path) -> dict[str, int]:
    """Kill as often as asked on a migrated database; returns what was done, lost and doubled."""
    dice, heard, stop = Random(kills), Heard(), threading.Event()  # noqa: S311  repeatable, not secret
    port = free_port()
    environment = {
        "CITYPARK_DATABASE_URL": url,
        "CITYPARK_CITY": str(ROOT / "cities" / "suizhou"),
        "CITYPARK_HOME": str(home),
        "CITYPARK_HTTP_PORT": str(port),
        "CITYPARK_MQTT_PORT": str(free_port()),
    }
    charging = [
        each.berth_id
        for each in load_city(ROOT / "cities" / "suizhou").berths.values()
        if each.kind == "charging" and not each.closed
    ]
    with ExitStack() as opened:
        connection = opened.enter_context(connect(url, "kills"))
        address = opened.enter_context(receiving(heard))
        prepare(connection, address)
        judge, api = Victim("enforcement", environment), Victim("guidance", environment)
        opened.callback(judge.end)
        opened.callback(api.end)
        wait_for_port(port, PATIENCE_S)
        squad = Squad(url, port, heard, stop)
        squad.start()
        opened.callback(squad.join)
        opened.callback(stop.set)
        street, visits = WrittenStreet(connection), 0
        for number in range(kills):
            until = time.monotonic() + dice.uniform(0.2, 2.0)
            while time.monotonic() < until:
                visit(street, charging[visits % len(charging)], visits)
                visits += 1
                time.sleep(0.1)
            (judge if number % 2 else api).kill()
        settle(connection, heard, visits)
        return count(connection, heard, kills, visits)


def prepare(connection: Connection, address: str) -> None:
    """Register an officer and a receiver of letters."""
    with transaction(connection):
        officer = Actor(actor_id="O-1", role=Role.OFFICER, certificate_no="42-001")
        add_staff(connection, officer, "O-1", "token-of-O-1", SystemClock().now())
        webhooks.add_webhook(connection, WebhookId("W-1"), address, "secret", SystemClock().now())


def visit(street: WrittenStreet, berth_id: BerthId, number: int) -> None:
    """Let a car without the right come, be seen, and leave."""
    start = number * 2.0
    stay_id = street.arrive(berth_id, minute(start), f"{berth_id}-{number}")
    street.see(berth_id, minute(start + 0.1), FUEL)
    left = minute(start) + timedelta(minutes=20)
    street.leave(berth_id, stay_id, left, left)


def settle(connection: Connection, heard: Heard, visits: int) -> None:
    """Wait until everything is judged, told, claimed and opened."""
    wait_for(lambda: connection.execute(LEFT).fetchall() == [(0,)], "judging does not catch up")
    wait_for(lambda: len(heard.cases) == visits, "the squad does not catch up")
    told = {number for (number,) in connection.execute(EVENTS)}
    wait_for(lambda: told <= heard.letters.keys(), "letters do not catch up")


def wait_for(holds: Callable[[], bool], complaint: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(complaint)
        time.sleep(0.1)


def count(connection: Connection, heard: Heard, kills: int, visits: int) -> dict[str, int]:
    """Compare what others saw with what is stored."""
    actions: dict[str, str | None] = dict(
        connection.execute("SELECT action_key, refusal FROM field_actions").fetchall()
    )
    opened: dict[str, str] = dict(connection.execute("SELECT violation_id, case_id FROM cases").fetchall())
    found = connection.execute("SELECT count(*) FROM violations").fetchall()[0][0]
    events = {number for (number,) in connection.execute(EVENTS)}
    broken = sum(find_break(cases.list_log(connection, case_id)) is not None for case_id in opened.values())
    doubles = connection.execute(DOUBLES).fetchall()[0][0]
    return {
        "kills": kills,
        "visits": visits,
        "violations": found,
        "actions": len(actions),
        "cases": len(opened),
        "letters": len(heard.letters),
        "letters_repeated": sum(times - 1 for times in heard.letters.values()),
        "lost_violations": visits - found,
        "lost_actions": sum(actions.get(key, "absent") != was for key, was in heard.answers.items()),
        "lost_cases": sum(opened.get(name) != case_id for name, case_id in heard.cases.items()),
        "lost_letters": len(events - heard.letters.keys()),
        "doubled": doubles + len(actions) - len(heard.answers),
        "broken_logs": broken,
    }


def main() -> int:
    """Run on a database of its own and print the figures; exit code 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = EmbeddedPostgres(home / "postgres")
        server = postgres.start()
        try:
            with connect(postgres.url, "kills") as connection:
                migrate(connection, find_migrations(ROOT, PACKAGES))
            figures = run(parser.parse_args().kills, postgres.url, home)
        finally:
            stop_postgres(server)
    sys.stdout.write(json.dumps(figures) + "\n")
    return int(any(figures[name] for name in figures if name.startswith(("lost", "doubled", "broken"))))


if __name__ == "__main__":
    sys.exit(main())
