"""The database that tests get: migrated, and nobody else's."""

import pytest

from parking.plumbing.database import Connection

pytestmark = pytest.mark.database


@pytest.mark.parametrize("mark", ["one", "two"])
def test_every_test_has_a_fresh_migrated_database(connection: Connection, mark: str) -> None:
    assert connection.execute("SELECT to_regclass('marks')").fetchone() == (None,)
    connection.execute("CREATE TABLE marks AS SELECT %s AS mark", (mark,))
    applied = connection.execute("SELECT name FROM migrations").fetchall()
    assert ("occupancy/0001_belief.sql",) in applied
