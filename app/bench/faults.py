"""Numbered messages flow while street, broker and database are killed at random; then the rows are counted.

Every good message is one reading and every change among them one transition; every bad message is one
refusal. Devices repeat what was not confirmed, and what was confirmed shortly before the broker died:
Mosquitto saves what it holds once in two seconds. The street refuses such repetitions as duplicates, which
are told apart here: they are neither stored nor refused messages but known ones.
"""

import contextlib
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, LiteralString

import psycopg

from app.bench.madecity import CITY_ID, device_id
from app.bench.publisher import Publisher
from app.bench.stack import Stack, count_rows
from app.bench.throughput import start_street
from app.bench.traffic import change_count, is_occupied, turns
from parking.ids import DeviceId
from parking.plumbing.systemclock import SystemClock
from parking.topics import up_topic

# Mosquitto looks at whole seconds and saves after more than one of them; the rest is for a slow disk.
HISTORY_S: Final = 10.0
SAVED_AFTER_S: Final = 4.0
PIECE: Final = 500
KILL_EVERY_S: Final = 4.0
# Mosquitto writes its whole queue at every save: with a long one a save takes longer than devices remember.
MOST_AHEAD: Final = 20_000
LOOK_EVERY_S: Final = 1.0
BAD_EVERY: Final = 250
VICTIMS: Final = ("street", "broker", "database")
STANDSTILL_S: Final = 90.0
STORED = "SELECT count(DISTINCT (device_id, seq)) FROM readings"
STORED_TWICE = "SELECT count(*) - count(DISTINCT (device_id, seq)) FROM readings"
REFUSED = """
SELECT count(DISTINCT substring(convert_from(payload, 'UTF8') FROM '"n":([0-9]+)'))
FROM rejects WHERE reason <> 'duplicate'"""
REPEATED = "SELECT count(*) FROM rejects WHERE reason = 'duplicate'"
ROWS: LiteralString = """
SELECT (SELECT count(*) FROM readings) + (SELECT count(*) FROM rejects WHERE reason <> 'duplicate')"""
TRANSITIONS = "SELECT count(*) FROM transitions"


class Numbered:
    """Messages 0 and on of a city, dated as they are made; `bad` counts those that must be refused."""

    def __init__(self, berths: int) -> None:
        self._berths, self._clock = berths, SystemClock()

    def is_bad(self, index: int) -> bool:
        """Whether the message is one that nobody may believe; never a change, which would leave a gap."""
        seq, number = divmod(index, self._berths)
        return index % BAD_EVERY == BAD_EVERY - 1 and seq > 0 and not turns(seq, number)

    def message(self, index: int) -> tuple[str, bytes]:
        """Topic and payload."""
        seq, number = divmod(index, self._berths)
        at = self._clock.now()
        topic = up_topic(CITY_ID, "geo", DeviceId(device_id(number)))
        head = f'{{"n":{index},"v":1,"seq":{seq},"occupied":{str(is_occupied(seq, number)).lower()}'
        if not self.is_bad(index):
            kind = "change" if turns(seq, number) else "heartbeat"
            return topic, f'{head},"kind":"{kind}","at":"{at.isoformat()}"}}'.encode()
        match index // BAD_EVERY % 3:
            case 0:
                return topic, head.encode()
            case 1:
                stranger = up_topic(CITY_ID, "geo", DeviceId(f"X{number}"))
                return stranger, f'{head},"kind":"heartbeat","at":"{at.isoformat()}"}}'.encode()
            case _:
                tomorrow = at + timedelta(days=1)
                return topic, f'{head},"kind":"heartbeat","at":"{tomorrow.isoformat()}"}}'.encode()


class Killing:
    """One run. The publisher has a thread; this one kills, and starts again what it killed."""

    def __init__(self, stack: Stack, berths: int, messages: int, seed: int) -> None:
        self._stack, self._messages = stack, messages
        self._numbered = Numbered(berths)
        self._rng = random.Random(seed)  # noqa: S311  a schedule, not a secret
        self._publisher = Publisher(stack.mqtt_port, "citypark-bench-faults", history_s=HISTORY_S)
        self._published = 0
        self._may_reach = self._stored = 0
        self._looked_at = 0.0
        self._flowing = threading.Event()
        self._flowing.set()
        self._error: BaseException | None = None
        self.kills = dict.fromkeys(VICTIMS, 0)
        self.deaths = 0

    @property
    def repeated(self) -> int:
        """Messages that the devices sent again after they had been confirmed."""
        return self._publisher.repeated

    def run(self, kills: int, tell: Callable[[str], None]) -> None:
        """Publish everything, with so many kills on the way."""
        moments = sorted(self._rng.randrange(self._messages) for _ in range(kills))
        publishing = threading.Thread(target=self._publish, args=(kills * KILL_EVERY_S,), daemon=True)
        publishing.start()
        for number, moment in enumerate(moments, start=1):
            self._may_reach = moment + max(PIECE, self._messages // kills)
            while self._published < moment and publishing.is_alive():
                self._tend()
                time.sleep(0.02)
            self._kill(self._rng.choice(VICTIMS))
            tell(f"{number}/{kills} kills, {self._published:,} of {self._messages:,} messages")
        self._may_reach = self._messages
        self._flowing.clear()
        while publishing.is_alive():
            self._tend()
            publishing.join(0.1)
        if self._error is not None:
            raise self._error

    def drain(self, good: int, bad: int) -> None:
        """Wait until all is stored or refused, or nothing has moved for long."""
        seen, moved_at = (-1, -1), time.monotonic()
        while seen != (good, bad) and time.monotonic() - moved_at < STANDSTILL_S:
            self._tend()
            now = (count_rows(self._stack, STORED), count_rows(self._stack, REFUSED))
            if now != seen:
                seen, moved_at = now, time.monotonic()
            time.sleep(0.5)

    def _publish(self, least_s: float) -> None:
        """Publish, in no less than this time; then stay, as devices do, until the last kill is survived."""
        began = time.monotonic()
        try:
            for start in range(0, self._messages, PIECE):
                end = min(start + PIECE, self._messages)
                self._publisher.send(self._numbered.message(index) for index in range(start, end))
                self._published = end
                time.sleep(max(0.0, began + least_s * end / self._messages - time.monotonic()))
                while self._published > min(self._may_reach, self._stored + MOST_AHEAD):
                    self._publisher.watch(0.02)
            while self._flowing.is_set():
                self._publisher.watch(1.0)
            self._publisher.watch(HISTORY_S)
            self._publisher.close()
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits
            self._error = error

    def _kill(self, victim: str) -> None:
        self._stack.kill(victim)
        self.kills[victim] += 1
        match victim:
            case "street":
                self._stack.run("street", "app.main", "street")
            case "broker":
                self._stack.start_broker()
            case _:
                self._stack.start_database()

    def _tend(self) -> None:
        """Start a street that ended by itself, as a supervisor does; such a death is counted."""
        if self._stack.children["street"].poll() is not None:
            self.deaths += 1
            self._stack.run("street", "app.main", "street")
        if time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            with contextlib.suppress(psycopg.OperationalError):
                self._stored = count_rows(self._stack, ROWS)


def measure_faults(
    stack: Stack, berths: int, messages: int, kills: int, tell: Callable[[str], None], seed: int = 1
) -> dict[str, Any]:
    """Run it and count the rows."""
    start_street(stack)
    time.sleep(SAVED_AFTER_S)  # a broker that has not saved the street's session yet would forget it
    numbered = Numbered(berths)
    bad = sum(map(numbered.is_bad, range(messages)))
    good = messages - bad
    began = time.monotonic()
    killing = Killing(stack, berths, messages, seed)
    killing.run(kills, tell)
    flowed_s = time.monotonic() - began
    killing.drain(good, bad)
    stored, rejected = count_rows(stack, STORED), count_rows(stack, REFUSED)
    transitions, expected = count_rows(stack, TRANSITIONS), change_count(berths, messages)
    return {
        "kills": sum(killing.kills.values()),
        "published": messages,
        "stored": stored,
        "rejected": rejected,
        "lost": messages - stored - rejected,
        "doubled": count_rows(stack, STORED_TWICE) + max(0, transitions - expected),
        "transitions": transitions,
        "transitions_expected": expected,
        "killed": killing.kills,
        "repeated_by_devices": killing.repeated,
        "known_repetitions": count_rows(stack, REPEATED),
        "street_ended_by_itself": killing.deaths,
        "seconds": round(flowed_s, 1),
        "drained_s": round(time.monotonic() - began - flowed_s, 1),
    }
