"""The enforcement process killed again and again, as a machine does it; nothing is lost, nothing doubled."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from parking.ids import BerthId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect
from tests.support.enforcement import FUEL, NEV, minute
from tests.support.enforcement_street import WrittenStreet

pytestmark = [pytest.mark.database, pytest.mark.e2e]

ROOT = Path(__file__).resolve().parents[2]
SUIZHOU = ROOT / "cities" / "suizhou"
KILLS = 4
PATIENCE_S = 60.0
LIVE = """
SELECT violation_id, rule, state, stay_id, plate, since_at, until_at, doubts, evidence FROM violations
WHERE state <> 'withdrawn' ORDER BY violation_id"""
LEFT = """
SELECT (SELECT coalesce(sum(m), 0) FROM (SELECT max(out_seq) AS m FROM stays GROUP BY partition) AS s)
     - (SELECT coalesce(sum(seq), 0) FROM enforcement_positions WHERE feed = 'stays')
     + (SELECT coalesce(sum(m), 0) FROM (SELECT max(seq) AS m FROM sightings GROUP BY partition) AS s)
     - (SELECT coalesce(sum(seq), 0) FROM enforcement_positions WHERE feed = 'sightings')"""


@contextmanager
def running(database_url: str, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "CITYPARK_DATABASE_URL": database_url,
        "CITYPARK_CITY": str(SUIZHOU),
        "CITYPARK_HOME": str(home),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app.main", "enforcement"],
        env=environment,
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def watched() -> tuple[list[BerthId], list[BerthId]]:
    """Some time-limited berths of Suizhou, and some for charging."""
    berths = [each for each in load_city(SUIZHOU).berths.values() if not each.closed]
    limited = [each.berth_id for each in berths if each.time_limit is not None]
    charging = [each.berth_id for each in berths if each.kind == "charging"]
    return limited[:10], charging[:10]


def visit(street: WrittenStreet, berth_id: BerthId, number: int) -> None:
    """Let a car come, be seen twice, and leave after four hours."""
    start = number * 300
    stay_id = street.arrive(berth_id, minute(start), f"{berth_id}-{number}")
    street.see(berth_id, minute(start + 1), NEV if number % 3 == 2 else FUEL)
    street.see(berth_id, minute(start + 200), NEV if number % 3 == 2 else FUEL, "P-01")
    street.leave(berth_id, stay_id, minute(start + 240), minute(start + 241))


def wait_until_read(connection: Connection) -> None:
    until = time.monotonic() + PATIENCE_S
    while connection.execute(LEFT).fetchall() != [(0,)]:
        assert time.monotonic() < until, "the process does not catch up"
        time.sleep(0.05)


def outcome(database_url: str, home: Path, kills: int) -> list[tuple[Any, ...]]:
    dice = Random(kills)  # noqa: S311  repeatable, not secret
    berths = [berth_id for pair in zip(*watched(), strict=True) for berth_id in pair]
    with connect(database_url, "tests") as connection:
        street = WrittenStreet(connection)
        for number in range(kills + 1):
            with running(database_url, home):
                for berth_id in berths:
                    visit(street, berth_id, number)
                if number < kills:
                    # Killed at no particular moment: while it starts, reads, writes or waits.
                    time.sleep(dice.uniform(0.5, 2.0))
                    continue
                wait_until_read(connection)
        return connection.execute(LIVE).fetchall()


def test_a_killed_process_ends_where_an_undisturbed_one_does(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    undisturbed = new_database()
    with connect(undisturbed, "tests") as connection:
        street = WrittenStreet(connection)
        berths = [berth_id for pair in zip(*watched(), strict=True) for berth_id in pair]
        for number in range(KILLS + 1):
            for berth_id in berths:
                visit(street, berth_id, number)
        with running(undisturbed, tmp_path):
            wait_until_read(connection)
        expected = connection.execute(LIVE).fetchall()
    assert {row[1] for row in expected} == {"overstay", "no-right-charging"}
    assert outcome(new_database(), tmp_path, KILLS) == expected
