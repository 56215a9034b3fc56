"""Readings of simulated days of Suizhou as COPY text, a file a day: real messages through the real intake.

    python -m tests.support.dayreadings READINGS FOLDER

The days lie far enough back that a database treats them as history.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from ingest.intake import Accepted, Intake, keeps_payload
from parking.plumbing.cityfiles import load_city
from parking.plumbing.systemclock import SystemClock
from parking.readings import RawMessage
from simulators.calendar import Calendar
from simulators.days import World, published_on
from simulators.messages import Encoder
from simulators.scenario import Scenario

SEED = 1
DAYS_BACK = 40
BATCH = 5_000


def write_days(readings: int, folder: Path) -> int:
    """Write so many readings, or up to the end of the day in which they are reached; returns the days."""
    city = load_city(Path("cities/suizhou"))
    world = World.of(city, SEED, Scenario(), Calendar())
    encoder, intake = Encoder(world), Intake(city)
    first_on = (SystemClock().now() - timedelta(days=DAYS_BACK)).date()
    written, days = 0, 0
    while written < readings:
        day = published_on(world, first_on + timedelta(days=days))
        raws = (
            RawMessage(
                topic=message.topic,
                payload=message.payload,
                received_at=datetime.fromtimestamp(message.publish_ms / 1000, UTC),
            )
            for message in encoder.messages(day, 0, len(day.events))
        )
        rows = islice(_rows(raws, intake, written), readings - written)
        with (folder / f"day{days:02}.copy").open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(row)
                written += 1
        days += 1
    return days


def _rows(raws: Iterator[RawMessage], intake: Intake, first: int) -> Iterator[str]:
    number = first
    while batch := list(islice(raws, BATCH)):
        for each in intake.admit(batch)[0]:
            number += 1
            yield _row(number, each)


def _row(number: int, each: Accepted) -> str:
    reading, plate = each.reading, each.reading.plate
    cells = (
        number, each.raw.received_at.isoformat(), reading.observed_at.isoformat(), reading.device_id,
        each.berth_id, reading.family, int(reading.kind), reading.boot, reading.seq, reading.occupied,
        plate.plate if plate else None, plate.colour if plate else None,
        plate.confidence if plate else None, reading.quality, reading.battery_v,
        f"\\\\x{each.raw.payload.hex()}" if keeps_payload(reading.kind) else None,
    )  # fmt: skip
    return "\t".join("\\N" if cell is None else str(cell) for cell in cells) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    write_days(int(sys.argv[1]), target)
