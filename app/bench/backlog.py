"""Every device of a city was cut off for an hour, kept its messages, and sends them all at once.

The same messages also go, each in its time, into a second database: what the city then believes of every
berth, every stay and every bill must be the same.
"""

import itertools
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg

from app.bench.latency import CHANGES_A_DAY, PEAK
from app.bench.madecity import CITY_ID, HEARTBEAT, berth_id, device_id, make_city
from app.bench.publisher import Publisher
from app.bench.stack import Stack, count_rows, wait_until
from app.bench.throughput import start_street
from app.schema import apply_migrations
from app.street import Street
from parking.ids import DeviceId
from parking.plumbing.broker import Delivery
from parking.plumbing.database import connect
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.readings import RawMessage
from parking.topics import up_topic

HOUR: Final = timedelta(hours=1)
SLICE: Final = timedelta(seconds=10)
ON_THE_WAY: Final = timedelta(seconds=1)
# So many devices come back at the same moment; each sends its messages in order.
AT_ONCE: Final = 200
DRAIN_S: Final = 900.0
UNDISTURBED: Final = "undisturbed"
CREATE: LiteralString = "CREATE DATABASE undisturbed"
COUNT_READINGS = "SELECT count(*) FROM readings"
COUNT_REJECTS = "SELECT count(*) FROM rejects"
BEHIND: LiteralString = """
SELECT (SELECT coalesce(sum(seq), 0) FROM partitions)
     - (SELECT coalesce(sum(seq), 0) FROM billing_positions)"""
OUT_OF_ORDER: LiteralString = """
SELECT count(*) FROM (
    SELECT seq < lag(seq) OVER (PARTITION BY device_id ORDER BY reading_id) AS is_late FROM readings
) AS told WHERE is_late"""
# What must be the same; sequence numbers follow how berths were batched together, and are left out.
COMPARED: Final[dict[str, LiteralString]] = {
    "transitions": """
SELECT berth_id, row_number() OVER (PARTITION BY berth_id ORDER BY seq), from_state, to_state, earliest_at,
       latest_at, cause, confidence FROM transitions WHERE berth_id >= %s AND berth_id < %s""",
    "stays": """
SELECT berth_id, state, arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at, note
FROM stays WHERE berth_id >= %s AND berth_id < %s""",
    "charges": """
SELECT s.berth_id, s.arrived_latest_at, c.version, c.amount_fen, c.minutes, c.charged_from_at, c.charged_to_at
FROM charges AS c JOIN stays AS s USING (stay_id) WHERE s.berth_id >= %s AND s.berth_id < %s""",
}
# Berths that are compared at once, so that memory does not grow with the city.
COMPARED_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One message that a device kept."""

    at: datetime
    topic: str
    payload: bytes


def an_hour_of(berths: int, begin_at: datetime, seed: int) -> list[list[Held]]:
    """Each device's messages of an hour at the peak, in order: two heartbeats, and changes by chance."""
    rng = random.Random(seed)  # noqa: S311  a load, not a secret
    return [_device_hour(number, begin_at, rng) for number in range(berths)]


def _device_hour(number: int, begin_at: datetime, rng: random.Random) -> list[Held]:
    first = rng.random() * HEARTBEAT.total_seconds()
    beats = [(first, "heartbeat"), (first + HEARTBEAT.total_seconds(), "heartbeat")]
    changes = []
    at = rng.expovariate(PEAK * CHANGES_A_DAY / 86_400)
    while at < HOUR.total_seconds():
        changes.append((at, "change"))
        at += rng.expovariate(PEAK * CHANGES_A_DAY / 86_400)
    occupied, topic = rng.random() < 0.5, up_topic(CITY_ID, "geo", DeviceId(device_id(number)))
    messages = []
    for seq, (second, kind) in enumerate(sorted(beats + changes)):
        occupied ^= kind == "change"
        moment = begin_at + timedelta(milliseconds=int(second * 1000))
        body = (
            f'{{"v":1,"seq":{seq},"kind":"{kind}","occupied":{str(occupied).lower()},'
            f'"at":"{moment.isoformat()}"}}'
        )
        messages.append(Held(at=moment, topic=topic, payload=body.encode()))
    return messages


def as_they_come_back(devices: list[list[Held]], seed: int) -> Iterator[tuple[str, bytes]]:
    """All messages in an order in which the devices may send them."""
    order = list(devices)
    random.Random(seed).shuffle(order)  # noqa: S311  a load, not a secret
    for start in range(0, len(order), AT_ONCE):
        for round_ in itertools.zip_longest(*order[start : start + AT_ONCE]):
            yield from ((each.topic, each.payload) for each in round_ if each is not None)


def measure_backlog(
    stack: Stack, berths: int, tell: Callable[[str], None] = lambda _: None, seed: int = 1
) -> dict[str, Any]:
    """Drain the backlog through the broker, tell it undisturbed, bill both, and count what differs."""
    devices = an_hour_of(berths, SystemClock().now() - HOUR - timedelta(minutes=1), seed)
    messages = sum(map(len, devices))
    tell(f"{berths:,} devices held {messages:,} messages back; the street begins")
    start_street(stack)
    began = time.monotonic()
    publisher = Publisher(stack.mqtt_port, "citypark-bench-backlog")
    publisher.send(as_they_come_back(devices, seed))
    publisher.close()
    published_s = time.monotonic() - began
    wait_until(
        lambda: count_rows(stack, COUNT_READINGS) + count_rows(stack, COUNT_REJECTS) >= messages,
        "the backlog",
        DRAIN_S,
        every_s=0.2,
    )
    drained_s = time.monotonic() - began
    stack.kill("street")
    tell(f"drained in {drained_s:.1f} s; the same is told undisturbed")
    url = _tell_undisturbed(stack, berths, devices)
    for name, address in (("billing", stack.cluster.url), ("billing-undisturbed", url)):
        tell(name)
        _bill(stack, name, address)
    tell("compared")
    return {
        "devices": berths,
        "messages": messages,
        "rejected": count_rows(stack, COUNT_REJECTS),
        "out_of_order": count_rows(stack, OUT_OF_ORDER),
        "published_s": round(published_s, 1),
        "drained_s": round(drained_s, 1),
        "drained_msgs_per_s": round(messages / drained_s),
        **_differences(berths, stack.cluster.url, url),
    }


def _tell_undisturbed(stack: Stack, berths: int, devices: list[list[Held]]) -> str:
    """Give a street of its own each message in its time; returns the address of its database."""
    with stack.connect() as connection:
        connection.execute(CREATE)
    url = stack.cluster.url_of(UNDISTURBED)
    with connect(url, "bench") as connection:
        apply_migrations(connection)
    logging.getLogger("parking.plumbing.broker").setLevel(logging.ERROR)  # there is no broker, as intended
    settings = Settings(database_url=url, mqtt_port=1)
    with closing(Street(settings, make_city(berths), SystemClock(), Health("street"))) as street:
        for now, deliveries in _slices(itertools.chain.from_iterable(devices)):
            street.batch(deliveries, now)
    return url


def _slices(messages: Iterable[Held]) -> Iterator[tuple[datetime, list[Delivery]]]:
    """Messages in order of time, as they would have come; each slice with the moment of its end."""
    ordered = sorted(messages, key=lambda each: each.at)
    start = ordered[0].at
    for number, group in itertools.groupby(ordered, key=lambda each: (each.at - start) // SLICE):
        deliveries = [
            Delivery(
                RawMessage(topic=each.topic, payload=each.payload, received_at=each.at + ON_THE_WAY),
                message_no=0,
                qos=1,
                retained=False,
                connection_no=0,
            )
            for each in group
        ]
        yield start + (number + 1) * SLICE + ON_THE_WAY, deliveries


def _bill(stack: Stack, name: str, url: str) -> None:
    stack.run(name, "app.main", "billing", CITYPARK_DATABASE_URL=url)
    with psycopg.connect(url, autocommit=True) as connection:

        def is_done() -> bool:
            row = connection.execute(BEHIND).fetchone()
            return row is not None and row[0] == 0

        wait_until(is_done, "billing", DRAIN_S, every_s=0.5)
    stack.kill(name)


def _differences(berths: int, url: str, other: str) -> dict[str, int]:
    """Rows of each kind, and how many stand in one database only."""
    found = {f"{name}{each}": 0 for name in COMPARED for each in ("", "_differing")}
    with psycopg.connect(url) as here, psycopg.connect(other) as there:
        for start in range(0, berths, COMPARED_AT_ONCE):
            some = (berth_id(start), berth_id(start + COMPARED_AT_ONCE))
            for name, query in COMPARED.items():
                ours, theirs = (set(each.execute(query, some).fetchall()) for each in (here, there))
                found[name] += len(ours)
                found[f"{name}_differing"] += len(ours ^ theirs)
    return found
