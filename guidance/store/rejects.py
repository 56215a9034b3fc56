"""Refused messages, as operators look at them."""

from datetime import datetime
from typing import Any

from parking.plumbing.database import Connection
from parking.readings import RejectReason

PAYLOAD_SHOWN = 500

LIST_REJECTS = """
SELECT reject_id, received_at, topic, reason, detail, device_id, substr(payload, 1, %(shown)s) FROM rejects
 WHERE reject_id < %(before)s AND (%(reason)s::text IS NULL OR reason = %(reason)s)
   AND (%(device)s::text IS NULL OR device_id = %(device)s)
   AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
 ORDER BY reject_id DESC LIMIT %(limit)s"""

COUNT_BY_REASON = """
SELECT reason, count(*), max(reject_id) FROM rejects
 WHERE reject_id > %s AND received_at >= %s GROUP BY reason"""


def count_by_reason(connection: Connection, after_id: int, since: datetime) -> tuple[dict[str, int], int]:
    """Rejects by reason behind an id and received since then, and the highest id counted."""
    rows = connection.execute(COUNT_BY_REASON, (after_id, since)).fetchall()
    return {reason: count for reason, count, _ in rows}, max((row[2] for row in rows), default=after_id)


def list_rejects(
    connection: Connection,
    reason: RejectReason | None,
    before_id: int,
    limit: int,
    *,
    device_id: str | None = None,
    since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Rejects before an id, newest first; the payload is cut short, and text where it is text."""
    names = ("reject_id", "received_at", "topic", "reason", "detail", "device_id", "payload")
    wanted = {
        "reason": reason.value if reason else None, "device": device_id, "since": since,
        "before": before_id, "limit": limit, "shown": PAYLOAD_SHOWN,
    }  # fmt: skip
    rows = connection.execute(LIST_REJECTS, wanted).fetchall()
    return [dict(zip(names, (*row[:-1], _text(row[-1])), strict=True)) for row in rows]


def _text(payload: bytes) -> str:
    return payload.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
