"""Violations as enforcement wrote them, followed for the live stream and the figures."""

from dataclasses import dataclass
from datetime import datetime

from parking.plumbing.database import Connection

_EVENT = """
SELECT e.event_no, e.event, e.at, e.violation_id, v.rule, v.state, v.berth_id, v.section_id, v.plate,
       v.since_at
  FROM violation_events AS e JOIN violations AS v USING (violation_id)"""
LIST_EVENTS_AFTER = _EVENT + " WHERE e.event_no > %s ORDER BY e.event_no LIMIT %s"
LIST_NEWEST_EVENTS = _EVENT + " ORDER BY e.event_no DESC LIMIT %s"
COUNT_STANDING = "SELECT count(*) FROM violations WHERE detected_at >= %s AND state <> 'withdrawn'"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationEvent:
    """One step of a violation, with the violation as it stands now."""

    event_no: int
    event: str
    at: datetime
    violation_id: str
    rule: str
    state: str
    berth_id: str | None
    section_id: str
    plate: str | None
    since_at: datetime


_FIELDS = tuple(ViolationEvent.__dataclass_fields__)


def list_events_after(connection: Connection, event_no: int, limit: int) -> list[ViolationEvent]:
    """Steps after a number, in order."""
    return [_event(row) for row in connection.execute(LIST_EVENTS_AFTER, (event_no, limit))]


def list_newest_events(connection: Connection, limit: int) -> list[ViolationEvent]:
    """The newest steps, oldest of them first."""
    return [_event(row) for row in connection.execute(LIST_NEWEST_EVENTS, (limit,))][::-1]


def count_standing(connection: Connection, since: datetime) -> int:
    """Violations found since then and not withdrawn."""
    row = connection.execute(COUNT_STANDING, (since,)).fetchone()
    return int(row[0]) if row else 0


def _event(row: tuple[object, ...]) -> ViolationEvent:
    return ViolationEvent(**dict(zip(_FIELDS, row, strict=True)))  # type: ignore[arg-type]  # columns in field order
