"""Which rows of belief's history go, in the caller's transaction; each returns how many went."""

from datetime import datetime

from parking.plumbing.database import Connection

# A restart goes on from the older of the two snapshots at the earliest.
DROP_BATCHES = """
DELETE FROM batches WHERE committed_at < %s AND batch_no < (SELECT min(batch_no) FROM grid_snapshots)"""
DROP_COUNTS = """
DELETE FROM section_counts AS c WHERE as_of < %s
   AND batch_no < (SELECT max(n.batch_no) FROM section_counts AS n WHERE n.section_id = c.section_id)"""
DROP_HEALTH = """
DELETE FROM device_health AS h WHERE as_of < %s
   AND as_of < (SELECT max(n.as_of) FROM device_health AS n WHERE n.device_id = h.device_id)"""


def drop_batches(connection: Connection, before: datetime) -> int:
    """Delete what no restart replays any more."""
    return connection.execute(DROP_BATCHES, (before,)).rowcount


def drop_counts(connection: Connection, before: datetime) -> int:
    """Delete old counts, but for the newest of each section."""
    return connection.execute(DROP_COUNTS, (before,)).rowcount


def drop_health(connection: Connection, before: datetime) -> int:
    """Delete old health, but for the newest of each device."""
    return connection.execute(DROP_HEALTH, (before,)).rowcount
