"""The feed of events as loops follow it. Reads only."""

from typing import Any

from parking.plumbing.database import Connection

LIST_AFTER = """
SELECT event_no, violation_id, event, at, body FROM violation_events
WHERE event_no > %s ORDER BY event_no LIMIT %s"""
_NAMES = ("event_no", "violation_id", "event", "at", "body")


def list_after(connection: Connection, event_no: int, limit: int) -> list[dict[str, Any]]:
    """Events after a number, in order."""
    rows = connection.execute(LIST_AFTER, (event_no, limit))
    return [dict(zip(_NAMES, row, strict=True)) for row in rows]
