"""Cases and their log in the database; the only writer of both, always in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from enforcement.cases.words import Case, CaseState
from enforcement.evidence.chain import GENESIS, ChainedEntry, Entry, append
from enforcement.kinds import ViolationState
from enforcement.rule import Addressee
from parking.ids import BerthId, Plate, SectionId, ViolationId
from parking.plumbing.database import Connection

NEXT_NUMBER = "SELECT nextval('case_numbers')"
ADD_CASE = """
INSERT INTO cases (case_id, violation_id, version, state, plate, outcome, opened_at, updated_at, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
SAVE_CASE = """
UPDATE cases SET version = %s, state = %s, outcome = %s, updated_at = %s, body = %s WHERE case_id = %s"""
FIND_CASE = "SELECT body FROM cases WHERE case_id = %s"
LOCK_CASE = FIND_CASE + " FOR UPDATE"
FIND_STANDING = """
SELECT case_id FROM cases WHERE violation_id = %s AND state NOT IN ('dismissed', 'withdrawn')"""
LIST_CASES = """
SELECT body FROM cases
WHERE (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(before_id)s::text IS NULL OR (opened_at, case_id) < (%(before_at)s::timestamptz, %(before_id)s))
ORDER BY opened_at DESC, case_id DESC LIMIT %(limit)s"""
LIST_RUNNING = """
SELECT body FROM cases
WHERE state NOT IN ('closed', 'dismissed', 'withdrawn') OR (state = 'withdrawn' AND outcome IS NOT NULL)
ORDER BY case_id"""
LIST_FALLEN = """
SELECT c.case_id, e.body->>'reason'
FROM cases AS c JOIN violations AS v USING (violation_id)
CROSS JOIN LATERAL (SELECT body FROM violation_events AS e
                    WHERE e.violation_id = v.violation_id ORDER BY e.event_no DESC LIMIT 1) AS e
WHERE v.state = 'withdrawn' AND c.state NOT IN ('dismissed', 'withdrawn') ORDER BY c.case_id"""
COUNT_DECIDED = """
SELECT count(*) FROM cases
WHERE plate = %s AND outcome IS NOT NULL AND state NOT IN ('dismissed', 'withdrawn') AND case_id <> %s"""
ADD_ENTRY = """
INSERT INTO case_log (case_id, seq, at, actor_id, role, action, body, action_key, previous, digest)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
LIST_LOG = """
SELECT case_id, seq, at, actor_id, role, action, body, previous, digest FROM case_log
WHERE case_id = %s ORDER BY seq"""
LAST_DIGEST = "SELECT digest FROM case_log WHERE case_id = %s ORDER BY seq DESC LIMIT 1"
FIND_KEY = "SELECT case_id, action FROM case_log WHERE action_key = %s"
# A withdrawal has to wait until the step that relies on the violation is stored.
HOLD_VIOLATION = """
SELECT state, rule, plate, since_at, berth_id, addressee, section_id FROM violations
WHERE violation_id = %s FOR SHARE"""
# Two requests may want to open a case of one act at the same time.
QUEUE_UP = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 4116207005))"


class HeldViolation(msgspec.Struct, frozen=True):
    """What a case needs of its violation, unchanged until the transaction ends."""

    state: ViolationState
    rule_id: str
    plate: Plate | None
    since_at: datetime
    berth_id: BerthId | None
    addressee: Addressee
    section_id: SectionId


def queue_up(connection: Connection, violation_id: ViolationId) -> None:
    """Wait until nobody else opens a case of this act."""
    connection.execute(QUEUE_UP, (violation_id,))


def next_case_id(connection: Connection, year: int) -> str:
    """Number of a new case: unique, ascending, with gaps where a transaction failed."""
    row = connection.execute(NEXT_NUMBER).fetchone()
    return f"C{year}-{row[0] if row else 0:06d}"


def hold_violation(connection: Connection, violation_id: ViolationId) -> HeldViolation | None:
    """Read a violation and keep others from changing it until the transaction ends."""
    row = connection.execute(HOLD_VIOLATION, (violation_id,)).fetchone()
    if row is None:
        return None
    return HeldViolation(
        state=ViolationState(row[0]),
        rule_id=row[1],
        plate=row[2],
        since_at=row[3],
        berth_id=row[4],
        addressee=Addressee(row[5]),
        section_id=SectionId(row[6]),
    )


def find_case(connection: Connection, case_id: str, *, lock: bool = False) -> Case | None:
    """Return the case; with `lock` nobody else can change it until the transaction ends."""
    row = connection.execute(LOCK_CASE if lock else FIND_CASE, (case_id,)).fetchone()
    return None if row is None else _case(row[0])


def find_standing(connection: Connection, violation_id: ViolationId) -> str | None:
    """Return the case that an act already led to, if it was not dismissed or withdrawn."""
    row = connection.execute(FIND_STANDING, (violation_id,)).fetchone()
    return None if row is None else str(row[0])


def list_cases(
    connection: Connection, state: CaseState | None, before: tuple[datetime, str] | None, limit: int
) -> list[Case]:
    """Cases, newest first."""
    before_at, before_id = before or (None, None)
    arguments = {
        "state": state.value if state else None,
        "before_at": before_at,
        "before_id": before_id,
        "limit": limit,
    }
    return [_case(body) for (body,) in connection.execute(LIST_CASES, arguments)]


def list_running(connection: Connection) -> list[Case]:
    """Cases that still owe a step."""
    return [_case(body) for (body,) in connection.execute(LIST_RUNNING)]


def list_fallen(connection: Connection) -> list[tuple[str, str]]:
    """Cases whose violation was withdrawn since, with the reason."""
    return [(case_id, reason or "not_proven") for case_id, reason in connection.execute(LIST_FALLEN)]


def count_decided(connection: Connection, plate: Plate | None, case_id: str) -> int:
    """Other cases of the plate that were decided and stand."""
    row = connection.execute(COUNT_DECIDED, (plate, case_id)).fetchone() if plate else None
    return 0 if row is None else int(row[0])


def find_key(connection: Connection, action_key: str) -> tuple[str, str] | None:
    """Return case and action of a request that was already carried out under this key."""
    row = connection.execute(FIND_KEY, (action_key,)).fetchone()
    return None if row is None else (row[0], row[1])


def add_case(connection: Connection, case: Case, entry: Entry, action_key: str | None) -> None:
    """Store a new case with its first entry."""
    connection.execute(
        ADD_CASE,
        (
            case.case_id, case.violation_id, case.version, case.state.value, case.plate, None, case.opened_at,
            case.opened_at, Jsonb(msgspec.to_builtins(case)),
        ),
    )  # fmt: skip
    _add_entry(connection, append(entry, GENESIS), action_key)


def save_step(connection: Connection, case: Case, entry: Entry, action_key: str | None) -> None:
    """Store the case after a step, and the step in its log."""
    connection.execute(
        SAVE_CASE,
        (
            case.version, case.state.value, case.outcome.value if case.outcome else None, entry.at,
            Jsonb(msgspec.to_builtins(case)), case.case_id,
        ),
    )  # fmt: skip
    row = connection.execute(LAST_DIGEST, (case.case_id,)).fetchone()
    _add_entry(connection, append(entry, row[0] if row else GENESIS), action_key)


def list_log(connection: Connection, case_id: str) -> list[ChainedEntry]:
    """All entries of a case, in order."""
    return [
        ChainedEntry(
            entry=Entry(
                file_id=row[0],
                seq=row[1],
                at=row[2],
                actor_id=row[3],
                role=row[4],
                action=row[5],
                body=row[6],
            ),
            previous=row[7],
            digest=row[8],
        )
        for row in connection.execute(LIST_LOG, (case_id,))
    ]


def _add_entry(connection: Connection, chained: ChainedEntry, action_key: str | None) -> None:
    entry = chained.entry
    connection.execute(
        ADD_ENTRY,
        (
            entry.file_id, entry.seq, entry.at, entry.actor_id, entry.role, entry.action,
            Jsonb(dict(entry.body)), action_key, chained.previous, chained.digest,
        ),
    )  # fmt: skip


def _case(body: Mapping[str, Any]) -> Case:
    return msgspec.convert(body, Case)
