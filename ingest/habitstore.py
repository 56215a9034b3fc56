"""Devices' habits and the berths' limits of silence in the database, and the only writer of both."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from ingest.habits import Habit
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection

LIST_HABITS = "SELECT device_id, heard_at, gaps_s, delays_s FROM device_habits"
FIND_HABIT = LIST_HABITS + " WHERE device_id = %s"
SAVE_HABIT = """
INSERT INTO device_habits (device_id, heard_at, gaps_s, delays_s, interval_s, offset_s)
SELECT device_id, heard_at, gaps_s::real[], delays_s::float8[], interval_s, offset_s
FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::real[], %s::float8[])
     AS v(device_id, heard_at, gaps_s, delays_s, interval_s, offset_s)
ON CONFLICT (device_id) DO UPDATE SET heard_at = excluded.heard_at, gaps_s = excluded.gaps_s,
    delays_s = excluded.delays_s, interval_s = excluded.interval_s, offset_s = excluded.offset_s"""
ADD_LIMITS = """
INSERT INTO silence_limits (batch_no, berth_id, silence)
SELECT %s, * FROM unnest(%s::text[], %s::interval[])"""
LIMITS_AT = """
SELECT DISTINCT ON (berth_id) berth_id, silence FROM silence_limits
WHERE batch_no <= %s ORDER BY berth_id, batch_no DESC"""
LIMITS_SINCE = "SELECT batch_no, berth_id, silence FROM silence_limits WHERE batch_no > %s ORDER BY batch_no"
# What a restart begins with stays, whatever its age.
DROP_LIMITS = """
DELETE FROM silence_limits AS l
WHERE NOT EXISTS (SELECT 1 FROM batches AS b WHERE b.batch_no = l.batch_no AND b.committed_at >= %s)
  AND EXISTS (
    SELECT 1 FROM silence_limits AS n
    WHERE n.berth_id = l.berth_id AND n.batch_no > l.batch_no
      AND n.batch_no <= (SELECT min(batch_no) FROM grid_snapshots))"""


def list_habits(connection: Connection) -> Iterator[tuple[DeviceId, Habit]]:
    """Habits of all devices as last stored."""
    for row in connection.execute(LIST_HABITS):
        yield _habit(row)


def find_habit(connection: Connection, device_id: DeviceId) -> Habit | None:
    """Habits of one device, None before they were first stored."""
    row = connection.execute(FIND_HABIT, (device_id,)).fetchone()
    return None if row is None else _habit(row)[1]


def save_habits(connection: Connection, habits: Sequence[tuple[DeviceId, Habit]]) -> None:
    """Store these habits in place of what was known."""
    rows = [
        (
            device_id, habit.heard_at, _array(habit.gaps_s), _array(habit.delays_s),
            habit.interval.total_seconds() if habit.interval else None,
            habit.offset.total_seconds() if habit.offset is not None else None,
        )
        for device_id, habit in habits
    ]  # fmt: skip
    if rows:
        connection.execute(SAVE_HABIT, [list(column) for column in zip(*rows, strict=True)])


def save_limits(connection: Connection, batch_no: int, limits: Mapping[BerthId, timedelta]) -> None:
    """Let these limits hold from the batch on."""
    if limits:
        connection.execute(ADD_LIMITS, (batch_no, list(limits), list(limits.values())))


def limits_at(connection: Connection, batch_no: int) -> dict[BerthId, timedelta]:
    """Limits in force at a batch, where they were ever other than the city's files say."""
    return dict(connection.execute(LIMITS_AT, (batch_no,)).fetchall())


def limits_since(connection: Connection, batch_no: int) -> dict[int, dict[BerthId, timedelta]]:
    """Limits that came into force after a batch, by the number of the batch before which they did."""
    found: dict[int, dict[BerthId, timedelta]] = {}
    for number, berth_id, silence in connection.execute(LIMITS_SINCE, (batch_no,)):
        found.setdefault(number, {})[berth_id] = silence
    return found


def drop_limits(connection: Connection, before: datetime) -> int:
    """Delete limits that others have replaced for every possible restart; returns how many."""
    return connection.execute(DROP_LIMITS, (before,)).rowcount


def _array(numbers: Sequence[float]) -> str:
    # Arrays of different lengths are no columns, so they travel as text.
    return "{" + ",".join(map(repr, numbers)) + "}"


def _habit(row: tuple[str, datetime, list[float], list[float]]) -> tuple[DeviceId, Habit]:
    return DeviceId(row[0]), Habit(heard_at=row[1], gaps_s=row[2], delays_s=row[3])
