"""How long a change takes from its publication to the committed row, and to the frame of a sign.

The city's usual load goes on all the while. A probe turns a few berths in a section where nothing else
changes, with a sign of its own, so that every frame can be laid at one probe's door. Measured is the steady
state: every berth of the city was heard, every sign has its frame, and a snapshot of all that is stored.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from app.bench.madecity import CITY_ID, HEARTBEAT, SECTION_BERTHS, berth_id, device_id, sign_id
from app.bench.publisher import Publisher
from app.bench.stack import Stack, count_rows, free_port, is_ready, wait_until
from parking.ids import DeviceId
from parking.plumbing.broker import BrokerLink
from parking.plumbing.database import Wakeups, connect
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import parse_sign, sign_frame_filter, up_topic

PROBES = 20
# Berths that turn in a probe's section: a sign passes over a single one that a forecast takes off anyway.
PROBE_BERTHS = 3
PROBE_EVERY_S = 0.1
# Arrivals and departures of a berth a day: eight stays. At the peak hour three times as many as on average.
CHANGES_A_DAY = 16
PEAK = 3
GRACE_S = 30.0
# The city is quiet when nothing was stored and no frame sent for so long.
QUIET_S = 3.0
SETTLE_WITHIN_S = 600.0
COUNT_CHANGES = "SELECT berth_id, count(*) FROM transitions WHERE berth_id = ANY(%s) GROUP BY berth_id"
# The street keeps a snapshot a minute; the first one after all were heard holds more than any later one.
SNAPSHOTS = "SELECT coalesce(max(batch_no), 0) FROM grid_snapshots"
COUNT_READINGS = "SELECT count(*) FROM readings"
COUNT_STORED = "SELECT (SELECT count(*) FROM readings) + (SELECT count(*) FROM sign_frames)"
TICK_S = 0.02


def load_per_s(berths: int) -> float:
    """Messages a second of so many berths at the peak hour: heartbeats and changes."""
    return berths * (1 / HEARTBEAT.total_seconds() + PEAK * CHANGES_A_DAY / 86_400)


@dataclass(slots=True)
class Probes:
    """When each probe went out, was committed and was shown; the number of a probe is that of its change."""

    sent_at: dict[tuple[int, int], float] = field(default_factory=dict)
    newest: list[int] = field(default_factory=lambda: [0] * PROBES)
    commit_s: list[float] = field(default_factory=list)
    sign_s: list[float] = field(default_factory=list)


class _FrameRow(msgspec.Struct):
    free: int | None


class _Frame(msgspec.Struct):
    rows: list[_FrameRow]


class Sensors:
    """The city's sensors: each numbers its own messages."""

    def __init__(self, publisher: Publisher, berths: int) -> None:
        self._publisher, self._clock = publisher, SystemClock()
        self._seq = [0] * berths
        self.occupied = [False] * berths

    def say(self, numbers: "list[int]", kind: str) -> None:
        """Let these sensors speak; a change turns their berths."""
        self._publisher.send([self._message(number, kind) for number in numbers])

    def _message(self, number: int, kind: str) -> tuple[str, bytes]:
        self._seq[number] += 1
        self.occupied[number] ^= kind == "change"
        body = {
            "v": 1, "seq": self._seq[number], "kind": kind, "occupied": self.occupied[number],
            "at": self._clock.now().isoformat(), "battery_v": 3.56,
        }  # fmt: skip
        return up_topic(CITY_ID, "geo", DeviceId(device_id(number))), msgspec.json.encode(body)


class Watch:
    """Looks for the effects of probes: rows as another session sees them, frames as a sign gets them."""

    def __init__(self, stack: Stack, probes: Probes) -> None:
        self._stack, self._probes = stack, probes
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._watch_rows, self._watch_signs)]
        self._first = {berth_id(_probe_berth(index)): index for index in range(PROBES)}
        self._signs = {sign_id(index): index for index in range(PROBES)}
        self._changes = dict.fromkeys(range(PROBES), 1)
        self._shown = dict.fromkeys(range(PROBES), 0)
        self.free = dict.fromkeys(range(PROBES), -1)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for the length of the block."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _watch_rows(self) -> None:
        url = self._stack.cluster.url
        with connect(url, "bench-wakeups") as waiting, connect(url, "bench-rows") as connection:
            wakeups = Wakeups(waiting, ["transitions"])
            while not self._stop.is_set():
                wakeups.wait(0.2)
                for berth, count in connection.execute(COUNT_CHANGES, (list(self._first),)).fetchall():
                    self._note_rows(self._first[berth], count, time.monotonic())

    def _note_rows(self, index: int, count: int, now: float) -> None:
        for number in range(self._changes[index], count):
            sent_at = self._probes.sent_at.get((index, number))
            if sent_at is not None:
                self._probes.commit_s.append(now - sent_at)
        self._changes[index] = max(count, self._changes[index])

    def _watch_signs(self) -> None:
        settings = Settings(mqtt_port=self._stack.mqtt_port)
        link = BrokerLink(
            settings, "citypark-bench-signs", SystemClock(), filters=(sign_frame_filter(CITY_ID),),
            keep_session=False,
        )  # fmt: skip
        link.start()
        while not self._stop.is_set():
            deliveries = link.receive(1_000, timeout_s=0.2)
            now = time.monotonic()
            link.acknowledge(deliveries)
            for each in deliveries:
                index = self._signs.get(parse_sign(each.raw.topic) or "")
                if index is not None:
                    self._note_frame(index, each.raw.payload, now)
        link.stop()

    def _note_frame(self, index: int, payload: bytes, now: float) -> None:
        free = msgspec.json.decode(payload, type=_Frame).rows[0].free
        if free is None:
            return
        moved, self.free[index] = free - self.free[index], free
        number = self._probes.newest[index]
        # A forecast may be taken off what is free, so the way tells, not the number: odd probes take a berth.
        if number != self._shown[index] and moved * (number % 2 - 0.5) < 0:
            self._shown[index] = number
            self._probes.sign_s.append(now - self._probes.sent_at[index, number])


def measure_latency(
    stack: Stack, berths: int, seconds: float, during: AbstractContextManager[None] | None = None
) -> dict[str, Any]:
    """Milliseconds from publication to commit and to the sign, under the load of so many berths.

    Needs a running street. `during` is entered once the city is in its steady state.
    """
    port = free_port()
    stack.run("guidance", "app.main", "guidance", CITYPARK_HTTP_PORT=str(port), CITYPARK_LANG="en")
    wait_until(lambda: is_ready(port), "guidance")
    sensors = Sensors(Publisher(stack.mqtt_port, "citypark-bench-sensors"), berths)
    probes = Probes()
    watch = Watch(stack, probes)
    with watch.watching():
        settled_s = _settle(stack, sensors, watch, berths)
        with during or nullcontext():
            _probe(sensors, probes, berths, seconds)
            expected = len(probes.sent_at)
            deadline = time.monotonic() + GRACE_S
            while min(len(probes.commit_s), len(probes.sign_s)) < expected and time.monotonic() < deadline:
                time.sleep(0.05)
    return {
        "berths": berths,
        "settled_after_s": round(settled_s, 1),
        "load_msgs_per_s": round(load_per_s(berths), 1),
        "probes": expected,
        "commit": _quantiles(probes.commit_s),
        "sign": _quantiles(probes.sign_s),
    }


def _settle(stack: Stack, sensors: Sensors, watch: Watch, berths: int) -> float:
    """Let every berth be heard, and wait for the steady state; returns how long it took."""
    began = time.monotonic()
    sensors.say(list(range(berths)), "heartbeat")
    wait_until(
        lambda: count_rows(stack, COUNT_READINGS) >= berths,
        "the first readings",
        SETTLE_WITHIN_S,
        every_s=0.2,
    )
    snapshot = count_rows(stack, SNAPSHOTS)
    wait_until(
        lambda: count_rows(stack, SNAPSHOTS) > snapshot, "the first snapshot", SETTLE_WITHIN_S, every_s=0.5
    )
    fewest = SECTION_BERTHS - PROBE_BERTHS
    wait_until(lambda: all(free > fewest for free in watch.free.values()), "the first frames")
    seen, since = count_rows(stack, COUNT_STORED), time.monotonic()
    while time.monotonic() - since < QUIET_S and time.monotonic() - began < SETTLE_WITHIN_S:
        time.sleep(0.2)
        if (now := count_rows(stack, COUNT_STORED)) != seen:
            seen, since = now, time.monotonic()
    return time.monotonic() - began


def _probe(sensors: Sensors, probes: Probes, berths: int, seconds: float) -> None:
    """Send the usual load, and a probe ever so often, for so long."""
    rng = random.Random(1)  # noqa: S311  a load, not a secret
    first = PROBES * SECTION_BERTHS
    share_of_changes = PEAK * CHANGES_A_DAY / 86_400 / (load_per_s(berths) / berths)
    began = time.monotonic()
    sent = probed = 0
    while (elapsed := time.monotonic() - began) < seconds:
        due = int(elapsed * load_per_s(berths)) - sent
        sent += due
        changes = [rng.randrange(first, berths) for _ in range(due) if rng.random() < share_of_changes]
        sensors.say([rng.randrange(first, berths) for _ in range(due - len(changes))], "heartbeat")
        sensors.say(changes, "change")
        if elapsed >= probed * PROBE_EVERY_S:
            turn, index = divmod(probed, PROBES)
            probes.sent_at[index, turn + 1] = time.monotonic()
            probes.newest[index] = turn + 1
            first_berth = _probe_berth(index)
            sensors.say(list(range(first_berth, first_berth + PROBE_BERTHS)), "change")
            probed += 1
        time.sleep(TICK_S)


def _probe_berth(index: int) -> int:
    return index * SECTION_BERTHS


def _quantiles(seconds: list[float]) -> dict[str, float | int]:
    p50, p99 = np.quantile(np.array(seconds) * 1000, [0.5, 0.99]) if seconds else (-1.0, -1.0)
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1), "seen": len(seconds)}
