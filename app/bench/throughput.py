"""Messages per CPU-second of the receiving process, and messages per second: bare, full and naive.

Each receiver is held still while the messages of its run are published, then let go: it finds a full queue,
so what is measured is its own speed and not the publisher's. CPU is that of the receiving process from its
release to the last message; the database server's is told beside.
"""

import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from app.bench.publisher import Publisher
from app.bench.stack import Stack, count_rows, cpu_s, family_cpu_s, free_port, is_ready, wait_until
from app.bench.traffic import change_count, stream
from parking.plumbing.systemclock import SystemClock

DRAIN_S = 600.0
SETTLE_S = 1.0
# A hundred thousand new devices are put on record first.
STREET_START_S = 300.0
# The usual approach is so much slower that it gets a share of the messages; its speed does not depend on it.
NAIVE_SHARE = 10
# Topics of their own, so that the street hears its messages only.
BARE_CITY, NAIVE_CITY = "barecity_", "naivecity"
# Looked at while the street works: counting the rows themselves would keep a processor busy beside it.
COUNT_TAKEN = "SELECT coalesce(sum(last_reading_id - first_reading_id + 1), 0) FROM batches"
COUNT_STORED = "SELECT count(*) FROM readings"
COUNT_DOUBLED = "SELECT count(*) - count(DISTINCT (device_id, boot, seq)) FROM readings"
COUNT_TRANSITIONS = "SELECT count(*) FROM transitions"
COUNT_REJECTS = "SELECT count(*) FROM rejects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One drain of a queue."""

    messages: int
    cpu_s: float
    wall_s: float
    database_cpu_s: float


class Comparison:
    """Runs the three receivers in turn on one stack. The street runs throughout; what it stores adds up."""

    def __init__(self, stack: Stack, berths: int, messages: int) -> None:
        self._stack, self._berths, self._messages = stack, berths, messages
        self._published = 0
        self._publisher = Publisher(stack.mqtt_port, "citypark-bench-publisher")
        self._begin_at = SystemClock().now() - timedelta(minutes=50)
        self._street = start_street(stack)

    def bare(self) -> Run:
        """Only acknowledge."""
        return self._other("bare", BARE_CITY, self._messages)

    def naive(self) -> Run:
        """Insert one by one."""
        return self._other("naive", NAIVE_CITY, max(1, self._messages // NAIVE_SHARE))

    def full(self) -> Run:
        """Store, decide and count, in the street process."""
        goal = self._published + self._messages
        messages = stream(self._berths, self._published, self._messages, self._begin_at)
        run = self._drain(
            self._street.pid, self._messages, messages, lambda: count_rows(self._stack, COUNT_TAKEN) >= goal
        )
        self._published = goal
        return run

    def losses(self) -> dict[str, int]:
        """Lost and doubled, from the rows of all runs of the street."""
        stored, doubled = count_rows(self._stack, COUNT_STORED), count_rows(self._stack, COUNT_DOUBLED)
        rejected = count_rows(self._stack, COUNT_REJECTS)
        transitions = count_rows(self._stack, COUNT_TRANSITIONS)
        expected = change_count(self._berths, self._published)
        return {
            "lost": self._published - (stored - doubled) - rejected,
            "doubled": doubled + max(0, transitions - expected),
            "published": self._published,
            "transitions": transitions,
            "transitions_expected": expected,
        }

    def _other(self, kind: str, city_id: str, count: int) -> Run:
        told = self._stack.home / f"{kind}.told"
        told.unlink(missing_ok=True)
        child = self._stack.run(kind, "app.bench.receivers", kind, city_id, str(count), str(told))
        wait_until(lambda: told.exists() and told.read_text() == "ready", kind)
        messages = stream(self._berths, 0, count, self._begin_at, city_id)
        run = self._drain(child.pid, count, messages, lambda: told.read_text() == "done")
        self._stack.kill(kind)
        return run

    def _drain(
        self, pid: int, count: int, messages: Iterator[tuple[str, bytes]], is_done: Callable[[], bool]
    ) -> Run:
        """Hold the receiver, publish, release it, and wait until it is done."""
        database = self._stack.children["database"].pid
        os.kill(pid, signal.SIGSTOP)
        self._publisher.send(messages)
        time.sleep(SETTLE_S)
        cpu, database_cpu, began = cpu_s(pid), family_cpu_s(database), time.monotonic()
        os.kill(pid, signal.SIGCONT)
        wait_until(is_done, "the receiver", DRAIN_S, every_s=0.05)
        return Run(
            messages=count,
            cpu_s=cpu_s(pid) - cpu,
            wall_s=time.monotonic() - began,
            database_cpu_s=family_cpu_s(database) - database_cpu,
        )


def start_street(stack: Stack) -> "subprocess.Popen[bytes]":
    """Start the street process and wait until it hears the broker."""
    port = free_port()
    child = stack.run("street", "app.main", "street", CITYPARK_HEALTH_PORT=str(port))
    wait_until(lambda: is_ready(port), "the street", STREET_START_S)
    time.sleep(SETTLE_S)
    return child


def compare(
    stack: Stack, berths: int, messages: int, runs: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Medians of the runs of each receiver, every run, and what was lost or doubled."""
    comparison = Comparison(stack, berths, messages)
    receivers = {"bare": comparison.bare, "full": comparison.full, "naive": comparison.naive}
    done: dict[str, list[Run]] = {name: [] for name in receivers}
    for number in range(1, runs + 1):
        for name, receive in receivers.items():
            run = receive()
            done[name].append(run)
            per_cpu_s, per_s = run.messages / run.cpu_s, run.messages / run.wall_s
            tell(f"{number}/{runs} {name}: {per_cpu_s:,.0f} /CPU-s, {per_s:,.0f} /s")
    return {**{name: _medians(each) for name, each in done.items()}, **comparison.losses()}


def _medians(runs: list[Run]) -> dict[str, Any]:
    return {
        "msgs_per_cpu_s": round(statistics.median(run.messages / run.cpu_s for run in runs)),
        "msgs_per_s": round(statistics.median(run.messages / run.wall_s for run in runs)),
        "database_cpu_s_per_1000": round(
            statistics.median(1000 * run.database_cpu_s / run.messages for run in runs), 4
        ),
        "runs": [{name: round(value, 3) for name, value in asdict(run).items()} for run in runs],
    }
