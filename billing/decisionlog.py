"""Decisions about stays in the database: append only, taken in by billing as another feed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from billing.decisions import Decision, Verb
from billing.presence import Note
from parking.ids import BerthId, Plate, StayId
from parking.plumbing.database import Connection, notify

# Decision numbers must become visible in their order: one writer at a time.
LOCK = "LOCK TABLE stay_decisions IN EXCLUSIVE MODE"
ADD = """
INSERT INTO stay_decisions (decision_no, berth_id, stay_id, verb, at, plate, holds, reason, decided_by,
                            decided_at)
SELECT coalesce(max(decision_no), 0) + 1, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM stay_decisions
RETURNING decision_no"""
LIST_TAKEN = """
SELECT decision_no, berth_id, stay_id, verb, at, plate, holds, reason, decided_by, decided_at
FROM stay_decisions
WHERE berth_id = ANY(%s)
  AND decision_no <= coalesce((SELECT value FROM billing_marks WHERE name = 'decisions'), 0)
ORDER BY decision_no"""
LIST_OF_STAY = """
SELECT decision_no, berth_id, stay_id, verb, at, plate, holds, reason, decided_by, decided_at
FROM stay_decisions WHERE stay_id = %s ORDER BY decision_no"""
# From where the berth must be looked at again: before its stay that was decided upon.
LIST_NEW = """
SELECT d.decision_no, s.berth_id, s.arrival_seq, s.arrived_earliest_at
FROM stay_decisions AS d JOIN stays AS s ON s.stay_id = d.stay_id
WHERE d.decision_no > coalesce((SELECT value FROM billing_marks WHERE name = 'decisions'), 0)
ORDER BY d.decision_no LIMIT %s"""
MOVE_MARK = """
INSERT INTO billing_marks (name, value) VALUES ('decisions', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
FIND_NEWEST = "SELECT max(heard_until) FROM berth_states"
LIST_SILENT = """
SELECT stay_id, berth_id FROM stays
WHERE state IN ('open', 'held') AND departed_latest_at IS NULL AND departed_earliest_at < %s
ORDER BY departed_earliest_at LIMIT %s"""


def add_decision(connection: Connection, decision: Decision) -> int:
    """Record a decision in the caller's transaction, under the next number, which is returned."""
    connection.execute(LOCK)
    row = connection.execute(
        ADD,
        (
            decision.berth_id, decision.stay_id, decision.verb.value, decision.at, decision.plate,
            " ".join(sorted(decision.holds)), decision.reason, decision.decided_by, decision.decided_at,
        ),
    ).fetchone()  # fmt: skip
    notify(connection, "stay_decisions")
    return int(row[0]) if row else 0


def decisions_taken(connection: Connection, berth_ids: Sequence[BerthId]) -> Mapping[BerthId, list[Decision]]:
    """Decisions of these berths that billing has taken in, in their order."""
    found: dict[BerthId, list[Decision]] = {}
    for row in connection.execute(LIST_TAKEN, (list(berth_ids),)):
        decision = _decision(row)
        found.setdefault(decision.berth_id, []).append(decision)
    return found


def decisions_of(connection: Connection, stay_id: StayId) -> list[Decision]:
    """Everything that was decided about a stay."""
    return [_decision(row) for row in connection.execute(LIST_OF_STAY, (stay_id,))]


def list_new(connection: Connection, limit: int) -> list[tuple[int, BerthId, int, datetime]]:
    """Decisions behind the mark: number, berth, and the arrival from which it must be derived again."""
    return connection.execute(LIST_NEW, (limit,)).fetchall()


def save_mark(connection: Connection, decision_no: int) -> None:
    """Note how far decisions are taken in."""
    connection.execute(MOVE_MARK, (decision_no,))


def list_silent(connection: Connection, before: datetime, limit: int) -> list[tuple[StayId, BerthId]]:
    """Stays that run and were last proven before this moment."""
    return connection.execute(LIST_SILENT, (before, limit)).fetchall()


def find_newest_evidence(connection: Connection) -> datetime | None:
    """How far the street's own time has come; None before anything was heard."""
    row = connection.execute(FIND_NEWEST).fetchone()
    return row[0] if row else None


def _decision(row: Sequence[Any]) -> Decision:
    decision_no, berth_id, stay_id, verb, at, plate, holds, reason, decided_by, decided_at = row
    return Decision(
        decision_no=decision_no,
        berth_id=BerthId(berth_id),
        stay_id=StayId(stay_id),
        verb=Verb(verb),
        at=at,
        plate=Plate(plate) if plate else None,
        holds=frozenset(Note(word) for word in holds.split()),
        reason=reason,
        decided_by=decided_by,
        decided_at=decided_at,
    )
