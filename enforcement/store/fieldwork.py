"""Claims and field actions; the only writer of both, in the caller's transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from enforcement.cases.words import Actor, Refusal, Role
from enforcement.fieldwork import AGAINST, LEASE, Claim, FieldAction, Report
from parking.ids import ViolationId
from parking.plumbing.database import Connection, notify

# One at a time, so that action_no ascends by commit and readers of the feed miss none.
QUEUE_UP = "SELECT pg_advisory_xact_lock(4116207006)"
LIST_CLAIMS = """
SELECT actor_id, from_at, until_at FROM claims WHERE violation_id = %s ORDER BY from_at"""
ADD_CLAIM = "INSERT INTO claims (violation_id, actor_id, from_at, until_at) VALUES (%s, %s, %s, %s)"
END_CLAIM = """
UPDATE claims SET until_at = %s WHERE violation_id = %s AND from_at <= %s AND until_at > %s"""
FIND_ACTION = "SELECT violation_id, actor_id, action, refusal FROM field_actions WHERE action_key = %s"
ADD_ACTION = """
INSERT INTO field_actions (action_no, action_key, violation_id, actor_id, action, acted_at, received_at, body,
                           refusal)
SELECT coalesce(max(action_no), 0) + 1, %s, %s, %s, %s, %s, %s, %s, %s FROM field_actions"""
FIND_STAFF = "SELECT role FROM enforcement_staff WHERE actor_id = %s AND left_at IS NULL"
LIST_AGAINST = """
SELECT DISTINCT violation_id FROM field_actions
WHERE violation_id = ANY(%s) AND action = ANY(%s) AND refusal IS NULL"""
LIST_FINDINGS_AFTER = """
SELECT f.action_no, v.violation_id, v.stay_id, v.berth_id, v.until_at, v.section_id, v.since_at, v.observed
FROM field_actions AS f JOIN violations AS v USING (violation_id)
WHERE f.action_no > %s AND f.action = ANY(%s) AND f.refusal IS NULL ORDER BY f.action_no LIMIT 500"""
# What is observed goes on as long as it was observed lately; all else as long as its stay.
LIST_GOING_ON = """
SELECT v.violation_id, v.rule, v.state, v.berth_id, v.section_id, v.plate, v.since_at, v.doubts, v.lon, v.lat
FROM violations AS v LEFT JOIN stays AS s USING (stay_id)
WHERE v.state <> 'withdrawn' AND v.addressee = 'squad'
  AND (s.state = 'open' OR (v.stay_id IS NULL AND v.until_at > %(lately)s))
  AND NOT EXISTS (SELECT FROM claims AS c WHERE c.violation_id = v.violation_id AND c.actor_id <> %(actor)s
                  AND c.from_at <= %(now)s AND c.until_at > %(now)s)"""
LATELY = timedelta(minutes=30)

_AGAINST = sorted(AGAINST)
_FOR = [FieldAction.CONFIRMED.value]


def queue_up(connection: Connection) -> None:
    """Wait for the others who write field actions."""
    connection.execute(QUEUE_UP)


def find_action(connection: Connection, key: str) -> tuple[str, str, str, str | None] | None:
    """Return (violation_id, actor_id, action, refusal) of an action that came before under this key."""
    row = connection.execute(FIND_ACTION, (key,)).fetchone()
    return None if row is None else (row[0], row[1], row[2], row[3])


def list_claims(connection: Connection, violation_id: ViolationId) -> list[Claim]:
    """Every claim of a violation so far, in order."""
    rows = connection.execute(LIST_CLAIMS, (violation_id,))
    return [Claim(actor_id=row[0], from_at=row[1], until_at=row[2]) for row in rows]


def find_role(connection: Connection, actor_id: str) -> Role | None:
    """Return the role of somebody who may act, or None."""
    row = connection.execute(FIND_STAFF, (actor_id,)).fetchone()
    return None if row is None else Role(row[0])


def move_claim(
    connection: Connection, violation_id: ViolationId, holder: str | None, now: datetime
) -> Claim | None:
    """End the claim that holds now; begin one for the holder, if there is to be one."""
    connection.execute(END_CLAIM, (now, violation_id, now, now))
    if holder is None:
        return None
    claim = Claim(actor_id=holder, from_at=now, until_at=now + LEASE)
    connection.execute(ADD_CLAIM, (violation_id, holder, claim.from_at, claim.until_at))
    return claim


def add_action(
    connection: Connection,
    violation_id: ViolationId,
    actor: Actor,
    report: Report,
    refusal: Refusal | None,
    now: datetime,
) -> None:
    """Keep an action, accepted or not, and wake who follows them."""
    body = {"to_actor_id": report.to_actor_id, "note": report.note}
    connection.execute(
        ADD_ACTION,
        (
            report.key, violation_id, actor.actor_id, report.action.value, report.acted_at, now, Jsonb(body),
            refusal.reason if refusal else None,
        ),
    )  # fmt: skip
    notify(connection, "field_actions")


def list_against(connection: Connection, violation_ids: Collection[ViolationId]) -> frozenset[ViolationId]:
    """Those of the violations of which a squad found the opposite on the spot."""
    rows = connection.execute(LIST_AGAINST, (list(violation_ids), _AGAINST)) if violation_ids else ()
    return frozenset(ViolationId(name) for (name,) in rows)


def list_confirmed(connection: Connection, violation_ids: Collection[ViolationId]) -> frozenset[ViolationId]:
    """Those of the violations whose vehicle a squad found on the spot."""
    rows = connection.execute(LIST_AGAINST, (list(violation_ids), _FOR)) if violation_ids else ()
    return frozenset(ViolationId(name) for (name,) in rows)


def list_findings_after(connection: Connection, action_no: int) -> list[tuple[Any, ...]]:
    """Findings after a number, of what LIST_FINDINGS_AFTER names."""
    return connection.execute(LIST_FINDINGS_AFTER, (action_no, [*_AGAINST, *_FOR])).fetchall()


def list_going_on(connection: Connection, actor_id: str, now: datetime) -> list[tuple[Any, ...]]:
    """Violations whose stay still runs and which nobody else has claimed."""
    return connection.execute(
        LIST_GOING_ON, {"actor": actor_id, "now": now, "lately": now - LATELY}
    ).fetchall()
