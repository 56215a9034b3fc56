"""A database from before area observations goes on: its violations stay, its indexes move to their owner."""

import psycopg
import pytest

from parking.plumbing.database import connect
from parking.plumbing.migrate import find_migrations, migrate
from tests.support.database import PACKAGES, ROOT, Cluster

pytestmark = pytest.mark.database

NEW = ("billing/0007", "enforcement/0007", "enforcement/0008", "enforcement/0009")
OLD_ROW = """
INSERT INTO violations (violation_id, rule, state, berth_id, section_id, since_at, until_at, detected_at,
                        doubts, evidence)
VALUES ('V-old', 'overstay', 'lead', 'A-1', 'S001', now(), now(), now(), '{second_key}', '{"keys": []}')"""
INDEXES = """
SELECT indexname FROM pg_indexes WHERE tablename = 'stays' AND indexname = ANY(%s) ORDER BY indexname"""
NAMES = ["stays_around", "stays_by_berth", "stays_open", "stays_running"]


def test_old_violations_and_indexes_come_along(postgres: Cluster) -> None:
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE before_observations TEMPLATE template1")
    everything = find_migrations(ROOT, PACKAGES)
    with connect(postgres.url_of("before_observations"), "tests") as connection:
        migrate(connection, [each for each in everything if not each.name.startswith(NEW)])
        connection.execute(OLD_ROW)
        assert [name for (name,) in connection.execute(INDEXES, (NAMES,))] == [
            "stays_around",
            "stays_running",
        ]
        migrate(connection, everything)
        row = connection.execute("SELECT addressee, observed, lon FROM violations").fetchall()
        assert row == [("squad", False, None)]
        assert connection.execute(INDEXES, (NAMES,)).fetchall() == [("stays_by_berth",), ("stays_open",)]
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE before_observations WITH (FORCE)")
