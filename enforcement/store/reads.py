"""Violations and their events as the API gives them. Reads only, on threads beside the server's loop."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from psycopg.rows import dict_row
from starlette.concurrency import run_in_threadpool

from parking.plumbing.database import Connection

Row = dict[str, Any]


class Loans(Protocol):
    """Lends a database connection for one transaction; raises UnavailableError when none answers."""

    def __call__(self) -> AbstractContextManager[Connection]:
        """Open the loan."""
        ...


LIST_VIOLATIONS = """
SELECT violation_id, rule, state, berth_id, section_id, stay_id, plate, plate_colour, since_at, until_at,
       detected_at, doubts, addressee, lon, lat
FROM violations
WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(rule)s::text IS NULL OR rule = %(rule)s)
  AND (%(section)s::text IS NULL OR section_id = %(section)s)
  AND (%(addressee)s::text IS NULL OR addressee = %(addressee)s)
  AND (%(before_at)s::timestamptz IS NULL
       OR (detected_at, violation_id) < (%(before_at)s::timestamptz, %(before_id)s::text))
ORDER BY detected_at DESC, violation_id DESC LIMIT %(limit)s"""
FIND_VIOLATION = """
SELECT violation_id, rule, state, berth_id, section_id, stay_id, plate, plate_colour, since_at, until_at,
       detected_at, doubts, evidence, addressee, lon, lat
FROM violations WHERE violation_id = %s"""
LIST_EVENTS = """
SELECT event_no, violation_id, event, at, body FROM violation_events
WHERE event_no > %s ORDER BY event_no LIMIT %s"""
LIST_EVENTS_OF = """
SELECT event_no, violation_id, event, at, body FROM violation_events
WHERE violation_id = %s ORDER BY event_no"""
NEWEST_EVENT = "SELECT coalesce(max(event_no), 0) AS event_no FROM violation_events"


class ViolationReads:
    """What the routes ask; raises UnavailableError where the database does not answer."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans

    async def list_violations(
        self,
        filters: dict[str, str | None],
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Row]:
        """Violations, newest detection first; `filters` has state, rule, section, addressee; None for any."""
        before_at, before_id = before or (None, None)
        arguments = {**filters, "before_at": before_at, "before_id": before_id, "limit": limit}
        return await self._rows(LIST_VIOLATIONS, arguments)

    async def find_violation(self, violation_id: str) -> Row | None:
        """One violation with its evidence, or None."""
        rows = await self._rows(FIND_VIOLATION, (violation_id,))
        return rows[0] if rows else None

    async def list_events(self, after: int, limit: int) -> list[Row]:
        """Events after a number, in order."""
        return await self._rows(LIST_EVENTS, (after, limit))

    async def list_events_of(self, violation_id: str) -> list[Row]:
        """All steps of one violation, in order."""
        return await self._rows(LIST_EVENTS_OF, (violation_id,))

    async def newest_event(self) -> int:
        """Number of the newest event, 0 before the first."""
        return int((await self._rows(NEWEST_EVENT, ()))[0]["event_no"])

    async def _rows(self, query: str, arguments: dict[str, Any] | tuple[Any, ...]) -> list[Row]:
        return await run_in_threadpool(self._read, query, arguments)

    def _read(self, query: str, arguments: dict[str, Any] | tuple[Any, ...]) -> list[Row]:
        with self._loans() as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), arguments).fetchall()
