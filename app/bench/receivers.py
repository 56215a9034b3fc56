"""Two receivers to compare the street with: `python -m app.bench.receivers KIND CITY COUNT FILE`.

`bare` is the street's own client in the street's own batches: it only acknowledges. `naive` is the usual
approach: aiomqtt, one INSERT and commit for each message, acknowledged by the library.
Both write `ready` into FILE once they are subscribed, and `done` after COUNT messages.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import msgspec
import psycopg

from parking.plumbing.broker import IN_FLIGHT, BrokerLink
from parking.plumbing.memory import settle
from parking.plumbing.settings import Settings, load_settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import parse_up, up_filter

CREATE = """
CREATE TABLE IF NOT EXISTS naive_readings (
    received_at timestamptz NOT NULL, device_id text NOT NULL, seq bigint NOT NULL, observed_at timestamptz,
    kind text NOT NULL, occupied boolean NOT NULL, battery_v real)"""
INSERT = "INSERT INTO naive_readings VALUES (%s, %s, %s, %s, %s, %s, %s)"


def receive_bare(settings: Settings, city_id: str, count: int, told: Path) -> None:
    """Take messages and acknowledge them."""
    link = BrokerLink(settings, "citypark-bench-bare", SystemClock(), filters=(up_filter(city_id),))
    link.start()
    link.wait_connected(10)
    settle()
    told.write_text("ready")
    taken = 0
    while taken < count:
        deliveries = link.receive(IN_FLIGHT, timeout_s=1.0)
        link.acknowledge(deliveries)
        taken += len(deliveries)
    told.write_text("done")
    link.stop()


async def receive_naive(settings: Settings, city_id: str, count: int, tell: Callable[[str], object]) -> None:
    """Take messages and insert each."""
    clock, taken = SystemClock(), 0
    connection = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    await connection.execute(CREATE)
    client = aiomqtt.Client(
        settings.mqtt_host, settings.mqtt_port, identifier="citypark-bench-naive", clean_session=False,
        max_inflight_messages=IN_FLIGHT,
    )  # fmt: skip
    async with client, connection:
        await client.subscribe(up_filter(city_id), qos=1)
        tell("ready")
        async for message in client.messages:
            topic = parse_up(message.topic.value)
            assert topic is not None  # noqa: S101  the filter lets no other through
            assert isinstance(message.payload, bytes)  # noqa: S101  as published
            body = msgspec.json.decode(message.payload)
            await connection.execute(
                INSERT,
                (clock.now(), topic.device_id, body["seq"], body["at"], body["kind"], body["occupied"],
                 body.get("battery_v")),
            )  # fmt: skip
            taken += 1
            if taken == count:
                break
        tell("done")


def main() -> None:
    """Run one of them."""
    kind, city_id, count, told = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    if kind == "bare":
        receive_bare(load_settings(), city_id, count, told)
    else:
        asyncio.run(receive_naive(load_settings(), city_id, count, told.write_text))


if __name__ == "__main__":
    main()
