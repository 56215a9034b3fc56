"""Refused messages in the database: looked for, asked for again, and what became of them; and who sent them.

A replay is a mark on the row. The street sends marked messages through once more and notes what became of
each in the transaction that stores it, so that a kill in between neither loses nor doubles any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from ingest.discovery import Discovered
from ingest.intake import Accepted
from parking.ids import DeviceId, ReadingId
from parking.plumbing.database import Connection
from parking.readings import RawMessage, Rejected, RejectReason

_WANTED: Final[LiteralString] = """
WHERE (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(device)s::text IS NULL OR device_id = %(device)s)
  AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)"""
# Taken already, waiting already, or not kept whole: never sent through (again).
_REPLAYABLE: Final[LiteralString] = """
  AND reading_id IS NULL AND replay_requested_at IS NULL
  AND (replayed_at IS NULL OR replay_refused IS NOT NULL) AND octet_length(payload) = coalesce(size, 0)"""
_COLUMNS: Final[LiteralString] = """
SELECT reject_id, topic, payload, received_at, reason, detail, coalesce(device_id, ''), replay_requested_at,
       replayed_at, replay_refused, reading_id FROM rejects"""
LIST = _COLUMNS + _WANTED + " ORDER BY reject_id DESC LIMIT %(limit)s"
LIST_REPLAYABLE = _COLUMNS + _WANTED + _REPLAYABLE + " ORDER BY reject_id"
_COUNT: Final[LiteralString] = "SELECT count(*) FROM rejects"
COUNT_CUT = _COUNT + _WANTED + " AND octet_length(payload) <> coalesce(size, 0)"
_ASK: Final[LiteralString] = "UPDATE rejects SET replay_requested_at = %(now)s"
REQUEST = _ASK + _WANTED + _REPLAYABLE
LIST_REQUESTED = _COLUMNS + " WHERE replay_requested_at IS NOT NULL ORDER BY reject_id LIMIT %(limit)s"
COUNT_REQUESTED = "SELECT count(*) FROM rejects WHERE replay_requested_at IS NOT NULL"
MARK = """
UPDATE rejects AS r
SET replay_requested_at = NULL, replayed_at = %s, replay_refused = v.refused, reading_id = v.reading_id
FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS v(reject_id, refused, reading_id)
WHERE r.reject_id = v.reject_id"""

# A flood of made-up names must not fill the list in which people look for new devices.
MOST_DISCOVERED: Final = 10_000
SAVE_DISCOVERED = """
INSERT INTO discovered_devices AS d (device_id, families, topic, first_at, last_at, messages, last_payload)
SELECT v.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[],
                       %s::bigint[], %s::bytea[])
    AS v(device_id, families, topic, first_at, last_at, messages, last_payload)
WHERE (SELECT count(*) FROM discovered_devices) < %s
   OR EXISTS (SELECT 1 FROM discovered_devices AS k WHERE k.device_id = v.device_id)
ON CONFLICT (device_id) DO UPDATE SET last_at = excluded.last_at, messages = d.messages + excluded.messages,
    families = excluded.families, topic = excluded.topic, last_payload = excluded.last_payload"""
LIST_DISCOVERED = """
SELECT device_id, families, topic, first_at, last_at, messages, last_payload FROM discovered_devices
ORDER BY last_at DESC, device_id LIMIT %s"""


DROP_REJECTS = "DELETE FROM rejects WHERE received_at < %s AND replay_requested_at IS NULL"
DROP_DISCOVERED = "DELETE FROM discovered_devices WHERE last_at < %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which refused messages are meant; None means any."""

    reason: RejectReason | None = None
    device_id: DeviceId | None = None
    since: datetime | None = None

    def arguments(self) -> dict[str, object]:
        """As arguments of the queries."""
        reason = self.reason.value if self.reason else None
        return {"reason": reason, "device": self.device_id, "since": self.since}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One refused message, and what came of sending it through again."""

    reject_id: int
    raw: RawMessage
    reason: RejectReason
    detail: str
    device_id: str
    requested_at: datetime | None
    replayed_at: datetime | None
    refused: str | None
    reading_id: ReadingId | None


def list_held(connection: Connection, wanted: Wanted, limit: int) -> Iterator[Held]:
    """Refused messages, newest first."""
    return _held(connection, LIST, {**wanted.arguments(), "limit": limit})


def list_replayable(connection: Connection, wanted: Wanted) -> Iterator[Held]:
    """Those that `request_replay` would mark, in the order in which they would go through."""
    return _held(connection, LIST_REPLAYABLE, wanted.arguments())


def count_cut(connection: Connection, wanted: Wanted) -> int:
    """How many of them were not kept whole, and so cannot go through again."""
    return _count(connection, COUNT_CUT, wanted.arguments())


def request_replay(connection: Connection, wanted: Wanted, now: datetime) -> int:
    """Ask the street to send them through again; returns how many."""
    return connection.execute(REQUEST, {**wanted.arguments(), "now": now}).rowcount


def count_requested(connection: Connection) -> int:
    """How many still wait for the street."""
    return _count(connection, COUNT_REQUESTED, {})


def list_requested(connection: Connection, limit: int) -> list[Held]:
    """The oldest that were asked for."""
    return list(_held(connection, LIST_REQUESTED, {"limit": limit}))


def mark_replayed(
    connection: Connection,
    held: Sequence[Held],
    taken: Sequence[tuple[ReadingId, Accepted]],
    rejected: Sequence[Rejected],
    now: datetime,
) -> None:
    """Note what became of these messages; they no longer wait."""
    refused = {id(each.raw): f"{each.reason.value}: {each.detail}".replace("\0", "\\0") for each in rejected}
    became: dict[int, ReadingId] = {}
    for reading_id, each in taken:
        became.setdefault(id(each.raw), reading_id)
    reading_ids = [became.get(id(each.raw)) for each in held]
    reasons = [
        None if reading_id else refused.get(id(each.raw))
        for each, reading_id in zip(held, reading_ids, strict=True)
    ]
    connection.execute(MARK, (now, [each.reject_id for each in held], reasons, reading_ids))


def save_discovered(connection: Connection, found: Sequence[Discovered]) -> None:
    """Add to what is known of devices that nobody has put on record."""
    if found:
        connection.execute(SAVE_DISCOVERED, (
            [each.device_id for each in found], [" ".join(each.families) for each in found],
            [each.topic for each in found], [each.first_at for each in found],
            [each.last_at for each in found], [each.messages for each in found],
            [each.last_payload for each in found], MOST_DISCOVERED,
        ))  # fmt: skip


def list_discovered(connection: Connection, limit: int = MOST_DISCOVERED) -> list[Discovered]:
    """Unknown devices, the last heard first."""
    return [
        Discovered(
            device_id=DeviceId(row[0]), families=tuple(row[1].split()), topic=row[2], first_at=row[3],
            last_at=row[4], messages=row[5], last_payload=row[6],
        )
        for row in connection.execute(LIST_DISCOVERED, (limit,))
    ]  # fmt: skip


def find_discovered(connection: Connection, device_id: DeviceId) -> Discovered | None:
    """What is known of one unknown device, None where it was never heard."""
    return next((each for each in list_discovered(connection) if each.device_id == device_id), None)


def drop_rejects(connection: Connection, before: datetime) -> int:
    """Delete what was refused before, but for what still waits for the street; returns how many."""
    return connection.execute(DROP_REJECTS, (before,)).rowcount


def drop_discovered(connection: Connection, before: datetime) -> int:
    """Forget unknown devices that were last heard before; returns how many."""
    return connection.execute(DROP_DISCOVERED, (before,)).rowcount


def _held(connection: Connection, query: LiteralString, arguments: dict[str, object]) -> Iterator[Held]:
    for row in connection.execute(query, arguments):
        yield Held(
            reject_id=row[0],
            raw=RawMessage(topic=row[1], payload=row[2], received_at=row[3]),
            reason=RejectReason(row[4]),
            detail=row[5],
            device_id=row[6],
            requested_at=row[7],
            replayed_at=row[8],
            refused=row[9],
            reading_id=row[10],
        )


def _count(connection: Connection, query: LiteralString, arguments: dict[str, object]) -> int:
    row = connection.execute(query, arguments).fetchone()
    return int(row[0]) if row else 0
