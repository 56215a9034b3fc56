"""The database that tests get: migrated, and nobody else's."""

import pytest

from parking.plumbing.database import Connection

pytestmark = pytest.mark.database

INSERT_BATCH = "INSERT INTO batches (batch_no, now_at) VALUES (%s, now())"


@pytest.mark.parametrize("batch_no", [1, 2])
def test_every_test_has_an_empty_migrated_database(connection: Connection, batch_no: int) -> None:
    assert connection.execute("SELECT count(*) FROM batches").fetchone() == (0,)
    connection.execute(INSERT_BATCH, (batch_no,))
