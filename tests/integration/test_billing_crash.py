"""Billing is struck down anywhere, again and again; what it leaves equals an undisturbed run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from billing.books import PublishedBook
from billing.rating import sites_of
from parking.errors import UnavailableError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect
from tests.support.billing import SITES, everything, open_billing, run_billing, suizhou
from tests.support.randomstreet import RandomStreet
from tests.support.streetrows import save_rows

pytestmark = pytest.mark.database

ROOT = Path(__file__).resolve().parents[2]
SUIZHOU = ROOT / "cities" / "suizhou"
COUNTS = """
SELECT (SELECT count(*) FROM stays), (SELECT count(*) FROM charges), (SELECT count(*) FROM ledger_entries)"""
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
# Every eleventh statement that writes ends its own connection; sequences do not roll back.
BLOWS = """
CREATE SEQUENCE blows;
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('blows') % 11 = 0 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER strike AFTER UPDATE ON billing_positions EXECUTE FUNCTION strike();
CREATE TRIGGER strike AFTER INSERT ON stays EXECUTE FUNCTION strike();
CREATE TRIGGER strike AFTER INSERT ON charges EXECUTE FUNCTION strike();
CREATE TRIGGER strike AFTER INSERT ON ledger_entries EXECUTE FUNCTION strike();
CREATE SEQUENCE late_blows;
CREATE FUNCTION strike_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('late_blows') % 97 = 0 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER strike_late AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION strike_late();
"""


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


def make_street(seed: int, berths: tuple[str, ...]) -> RandomStreet:
    return RandomStreet(random=Random(seed), berths=berths, now=START)  # noqa: S311  a repeatable street


def test_a_connection_lost_anywhere_leaves_no_twin_and_no_gap(
    new_database: Callable[[], str], book: PublishedBook
) -> None:
    street, dice = make_street(20261123, tuple(SITES)[:30]), Random(5)  # noqa: S311  a repeatable run
    calm_url, struck_url = new_database(), new_database()
    with connect(calm_url, "tests") as calm, connect(struck_url, "tests") as struck:
        struck.execute(BLOWS)
        lost = 0
        for _ in range(25):
            for _ in range(40):
                street.move()
            save_rows(struck, street.rows.rows)
            save_rows(calm, street.rows.rows)
            street.rows.rows = []
            lost += run_struck(struck_url, book, dice)
        run_billing(calm_url, book)
        assert lost > 20
        assert counts(struck) == counts(calm)
        assert everything(struck) == everything(calm)


def run_struck(url: str, book: PublishedBook, dice: Random) -> int:
    """Bill to the end in turns of any size, opening again after each loss; returns the losses."""
    lost = 0
    while True:
        service = open_billing(url, book, rows_per_partition=dice.choice((1, 2, 5, 40)))
        try:
            while service.turn():
                pass
        except UnavailableError:
            lost += 1
        else:
            return lost
        finally:
            service.close()


def counts(connection: Connection) -> tuple[object, ...] | None:
    return connection.execute(COUNTS).fetchone()


def test_a_killed_process_goes_on_where_it_was(
    new_database: Callable[[], str], book: PublishedBook, tmp_path: Path
) -> None:
    street = make_street(7, tuple(f"SZ1-{number:04d}" for number in range(1, 60)))
    for _ in range(5000):
        street.move()
    rows = street.rows.rows
    killed_url, calm_url = new_database(), new_database()
    with connect(killed_url, "tests") as killed, connect(calm_url, "tests") as calm:
        save_rows(killed, rows)
        save_rows(calm, rows)
        for reached, last_signal in (
            (len(rows) // 3, signal.SIGKILL),
            (len(rows) // 2, signal.SIGKILL),
            (len(rows), signal.SIGTERM),
        ):
            run_process(killed, killed_url, tmp_path / "billing.log", reached, last_signal)
        run_billing(calm_url, book, sites_of(load_city(SUIZHOU)))
        assert counts(killed) == counts(calm)
        assert everything(killed) == everything(calm)


def run_process(
    connection: Connection, url: str, log: Path, reached: int, last_signal: signal.Signals
) -> None:
    """Run `citypark billing` until it has taken in that many rows, then send the signal."""
    environment = {**os.environ, "CITYPARK_DATABASE_URL": url, "CITYPARK_CITY": str(SUIZHOU)}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.main", "billing"], cwd=ROOT, env=environment, stderr=output
        )
    try:
        until = time.monotonic() + 60
        while not is_reached(connection, reached):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)
    finally:
        process.send_signal(last_signal)
        code = process.wait(20)
    assert code == (-signal.SIGKILL if last_signal is signal.SIGKILL else 0)


def is_reached(connection: Connection, count: int) -> bool:
    row = connection.execute("SELECT coalesce(sum(seq), 0) >= %s FROM billing_positions", (count,)).fetchone()
    return row is not None and bool(row[0])
