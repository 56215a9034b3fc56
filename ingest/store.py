"""The only writer of `readings` and `rejects`, and the keeper of their days."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, LiteralString, cast

from psycopg import sql

from ingest.copyrows import Instants, encode_readings
from ingest.intake import Accepted
from ingest.retention import day_bounds, days_to_drop, days_to_make, partition_name
from parking.ids import ReadingId
from parking.plumbing.database import Connection
from parking.readings import Rejected, RejectReason
from parking.topics import parse_up

COPY_READINGS = """
COPY readings (reading_id, received_at, observed_at, device_id, berth_id, family, kind, boot, seq, occupied,
               plate, plate_colour, plate_confidence, quality, battery_v, payload)
FROM STDIN (FORMAT BINARY)"""
COPY_REJECTS = """
COPY rejects (received_at, topic, payload, reason, detail, device_id, size) FROM STDIN (FORMAT BINARY)"""
REJECT_TYPES = ("timestamptz", "text", "bytea", "text", "text", "text", "int4")
LEASE_IDS = "SELECT nextval('reading_blocks')"
LIST_SINCE = """
SELECT reading_id, received_at, observed_at, berth_id, kind, occupied, device_id, boot, seq, plate,
       plate_colour, plate_confidence, family, quality, battery_v
FROM readings WHERE reading_id > %s ORDER BY reading_id"""

IS_HYPERTABLE = "SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL"
LIST_PARTITIONS = """
SELECT relid::text FROM pg_partition_tree('readings') WHERE isleaf ORDER BY 1"""
HAS_STRAYS = "SELECT EXISTS (SELECT FROM readings_without_day WHERE received_at >= %s AND received_at < %s)"
DROP_CHUNKS = "SELECT drop_chunks('readings', older_than => %s::timestamptz)::text"
DROP_STRAYS = "DELETE FROM readings_without_day WHERE received_at < %s"

# Size of the blocks in which `reading_blocks` counts.
BLOCK = 10_000
# A name that is longer is noise, and would not fit into the index.
LONGEST_NAME = 200
# A reject keeps enough of the message to see what it was; of what may still come good it keeps all.
KEPT_BYTES = 4_096
MENDABLE = frozenset({
    RejectReason.MALFORMED, RejectReason.UNKNOWN_DEVICE, RejectReason.UNKNOWN_BERTH,
    RejectReason.NO_BERTH_MAPPING, RejectReason.CLOSED_BERTH, RejectReason.FUTURE, RejectReason.TOO_OLD,
})  # fmt: skip


class ReadingIds:
    """Hands out reading ids in order, from blocks leased from the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next = 0
        self._end = 0

    def take(self, count: int) -> list[ReadingId]:
        """Return `count` new ids, ascending; they may skip where a block ends."""
        ids: list[ReadingId] = []
        while len(ids) < count:
            if self._next == self._end:
                row = self._connection.execute(LEASE_IDS).fetchone()
                assert row is not None  # noqa: S101  a sequence always answers
                self._next, self._end = row[0], row[0] + BLOCK
            stop = min(self._end, self._next + count - len(ids))
            ids += cast("Iterable[ReadingId]", range(self._next, stop))
            self._next = stop
        return ids


def save_readings(
    connection: Connection,
    ids: Sequence[ReadingId],
    accepted: Sequence[Accepted],
    instants: Instants | None = None,
) -> None:
    """Append the readings under their ids, in the caller's transaction; `instants` as for encoding."""
    if not accepted:
        return
    with connection.cursor() as cursor, cursor.copy(COPY_READINGS) as copy:
        copy.write(encode_readings(ids, accepted, instants))


def save_rejects(connection: Connection, rejected: Sequence[Rejected]) -> None:
    """Append what was refused, in the caller's transaction."""
    if not rejected:
        return
    with connection.cursor() as cursor, cursor.copy(COPY_REJECTS) as copy:
        copy.set_types(REJECT_TYPES)
        for each in rejected:
            copy.write_row((
                each.raw.received_at, _text(each.raw.topic), _kept(each), each.reason.value,
                _text(each.detail), _device_of(each), len(each.raw.payload),
            ))  # fmt: skip


def list_since(connection: Connection, reading_id: ReadingId) -> Iterator[tuple[Any, ...]]:
    """Readings after an id, in order, as rows of `LIST_SINCE`; streamed."""
    with connection.transaction(), connection.cursor("readings_since") as cursor:
        cursor.itersize = 20_000
        yield from cursor.execute(LIST_SINCE, (reading_id,))


def _kept(rejected: Rejected) -> bytes:
    payload = rejected.raw.payload
    return payload if rejected.reason in MENDABLE else payload[:KEPT_BYTES]


def _device_of(rejected: Rejected) -> str | None:
    if rejected.device_id is not None:
        return _text(rejected.device_id)[:LONGEST_NAME]
    parsed = parse_up(rejected.raw.topic)
    return _text(parsed.device_id)[:LONGEST_NAME] if parsed else None


def _text(text: str) -> str:
    # PostgreSQL text holds no NUL, but a topic or an error may.
    return text.replace("\0", "\\0")


def make_days(connection: Connection, now: datetime) -> list[str]:
    """Make the partitions of the days to come, where the server has no chunks of its own; return the new."""
    if _is_hypertable(connection):
        return []
    there = _partitions(connection)
    made = []
    for on in days_to_make(now):
        name, bounds = partition_name(on), day_bounds(on)
        if name in there or _holds(connection, HAS_STRAYS, bounds):
            continue
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF readings FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(name), *(sql.Literal(bound.isoformat()) for bound in bounds)
            )
        )
        made.append(name)
    return made


def drop_before(connection: Connection, oldest: date) -> dict[str, int]:
    """Delete readings received before a UTC day; returns each part that went, with its rows (-1 unknown)."""
    start, _ = day_bounds(oldest)
    gone: dict[str, int] = {}
    if _is_hypertable(connection):
        for (chunk,) in connection.execute(DROP_CHUNKS, (start,)).fetchall():
            gone[chunk] = -1
    else:
        for name in days_to_drop(_partitions(connection), oldest):
            table = sql.Identifier(name)
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
            connection.execute(sql.SQL("DROP TABLE {}").format(table))
            gone[name] = row[0] if row else 0
        gone["readings_without_day"] = connection.execute(DROP_STRAYS, (start,)).rowcount
    return gone


def _partitions(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute(LIST_PARTITIONS)}


def _is_hypertable(connection: Connection) -> bool:
    return _holds(connection, IS_HYPERTABLE, ())


def _holds(connection: Connection, query: LiteralString, arguments: Sequence[object]) -> bool:
    row = connection.execute(query, arguments).fetchone()
    return bool(row and row[0])
