"""What reports count. Reads only."""

from datetime import datetime

import msgspec

from enforcement.cases.words import Case
from enforcement.kinds import ViolationState
from enforcement.reporting import Found
from parking.ids import SectionId, ViolationId
from parking.plumbing.database import Connection

LIST_FOUND = """
SELECT v.violation_id, v.rule, v.section_id, v.state, e.body->>'reason'
FROM violations AS v
LEFT JOIN LATERAL (SELECT body FROM violation_events AS e
                   WHERE e.violation_id = v.violation_id AND e.event = 'withdrawn'
                   ORDER BY e.event_no DESC LIMIT 1) AS e ON v.state = 'withdrawn'
WHERE v.detected_at >= %s AND v.detected_at < %s ORDER BY v.violation_id"""
LIST_CASES = """
SELECT c.body FROM cases AS c JOIN violations AS v USING (violation_id)
WHERE v.detected_at >= %s AND v.detected_at < %s ORDER BY c.case_id"""


def list_found(connection: Connection, since: datetime, until: datetime) -> list[Found]:
    """Violations that were detected in the period."""
    return [
        Found(
            violation_id=ViolationId(row[0]),
            rule_id=row[1],
            section_id=SectionId(row[2]),
            state=ViolationState(row[3]),
            reason=row[4],
        )
        for row in connection.execute(LIST_FOUND, (since, until))
    ]


def list_made(connection: Connection, since: datetime, until: datetime) -> list[Case]:
    """Cases that were made of them, whenever that was."""
    return [msgspec.convert(body, Case) for (body,) in connection.execute(LIST_CASES, (since, until))]
