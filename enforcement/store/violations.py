"""The only writer of positions, violations and their events; everything in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from enforcement.changes import Change
from enforcement.kinds import Doubt, Violation, ViolationState
from enforcement.rule import Addressee
from enforcement.store.facts import Docket
from parking.city import Position
from parking.ids import BerthId, Partition, Plate, SectionId, StayId, ViolationId
from parking.plates import mask_plate
from parking.plumbing.database import Connection, notify
from parking.plumbing.feed import Positions, start_positions
from parking.span import require_utc

LOAD_POSITIONS = "SELECT partition, seq FROM enforcement_positions WHERE feed = %s"
SAVE_POSITIONS = """
INSERT INTO enforcement_positions (feed, partition, seq)
SELECT %s, v.* FROM unnest(%s::int[], %s::bigint[]) AS v(partition, seq)
ON CONFLICT (feed, partition) DO UPDATE SET seq = excluded.seq"""
LIST_VIOLATIONS = """
SELECT violation_id, rule, state, berth_id, section_id, stay_id, plate, plate_colour, since_at, until_at,
       detected_at, doubts, evidence, addressee, observed, lon, lat
FROM violations
WHERE violation_id = ANY(%(found)s) OR stay_id = ANY(%(stays)s) OR violation_id IN (
    SELECT v.violation_id
    FROM unnest(%(berths)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
         AS w(berth_id, start_at, end_at)
    JOIN violations AS v ON v.berth_id = w.berth_id AND v.stay_id IS NULL AND NOT v.observed
         AND v.since_at >= w.start_at AND v.since_at < w.end_at
    UNION ALL
    SELECT v.violation_id
    FROM unnest(%(sections)s::text[], %(from)s::timestamptz[], %(to)s::timestamptz[])
         AS w(section_id, start_at, end_at)
    JOIN violations AS v ON v.section_id = w.section_id AND v.observed
         AND v.since_at >= w.start_at AND v.since_at <= w.end_at)"""
LIST_LOOSE_UNDER = """
SELECT v.berth_id, v.since_at FROM stays AS s JOIN violations AS v ON v.berth_id = s.berth_id
WHERE s.stay_id = ANY(%(stays)s) AND v.stay_id IS NULL AND NOT v.observed AND v.state <> 'withdrawn'
  AND v.until_at >= s.arrived_earliest_at - %(slack)s
  AND v.since_at <= coalesce(s.departed_latest_at, 'infinity') + %(slack)s"""
LIST_PROVEN = """
SELECT stay_id, max(until_at) FROM violations
WHERE stay_id = ANY(%s) AND state <> 'withdrawn' GROUP BY stay_id"""
SAVE_VIOLATION = """
INSERT INTO violations (violation_id, rule, state, berth_id, section_id, stay_id, plate, plate_colour,
                        since_at, until_at, detected_at, doubts, evidence, addressee, observed, lon, lat)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (violation_id) DO UPDATE SET state = excluded.state, stay_id = excluded.stay_id,
    plate = excluded.plate, plate_colour = excluded.plate_colour, since_at = excluded.since_at,
    until_at = excluded.until_at, doubts = excluded.doubts, evidence = excluded.evidence,
    addressee = excluded.addressee, lon = excluded.lon, lat = excluded.lat"""
ADD_EVENT = "INSERT INTO violation_events (violation_id, event, at, body) VALUES (%s, %s, %s, %s)"


def load_positions(connection: Connection, feed: str) -> Positions:
    """Positions of one feed; the start for partitions never read."""
    positions = start_positions()
    for partition, seq in connection.execute(LOAD_POSITIONS, (feed,)):
        positions[Partition(partition)] = seq
    return positions


def save_positions(connection: Connection, feed: str, before: Positions, after: Positions) -> None:
    """Store the positions that moved."""
    moved = [partition for partition, seq in after.items() if seq != before[partition]]
    if moved:
        connection.execute(SAVE_POSITIONS, (feed, moved, [after[partition] for partition in moved]))


def list_stored(
    connection: Connection, dockets: Sequence[Docket], found: Collection[ViolationId]
) -> dict[ViolationId, Violation]:
    """Violations that these dockets answer for, and those of the given ids."""
    days = [docket for docket in dockets if docket.stay_id is None and not docket.is_scene]
    scenes = [docket for docket in dockets if docket.is_scene]
    arguments = {
        "found": list(found),
        "stays": [docket.stay_id for docket in dockets if docket.stay_id is not None],
        "berths": [docket.berth_id for docket in days],
        "starts": [docket.span.start_at for docket in days],
        "ends": [docket.span.end_at for docket in days],
        "sections": [docket.section_id for docket in scenes],
        "from": [docket.span.start_at for docket in scenes],
        "to": [docket.span.end_at for docket in scenes],
    }
    rows = map(_violation, connection.execute(LIST_VIOLATIONS, arguments))
    return {each.violation_id: each for each in rows}


def list_loose_under(
    connection: Connection, stay_ids: Collection[StayId], slack: timedelta
) -> list[tuple[BerthId, datetime]]:
    """Berth and moment of standing violations without a stay which these stays may come to hold."""
    rows = connection.execute(LIST_LOOSE_UNDER, {"stays": list(stay_ids), "slack": slack})
    return [(BerthId(berth_id), since_at) for berth_id, since_at in rows]


def list_proven(connection: Connection, stay_ids: Collection[StayId]) -> dict[StayId, datetime]:
    """Until when stays were proven to last when they were last judged and found wanting."""
    rows = connection.execute(LIST_PROVEN, (list(stay_ids),))
    return {StayId(stay_id): until_at for stay_id, until_at in rows}


def save_changes(connection: Connection, changes: Iterable[Change], at: datetime) -> int:
    """Store violations and tell the feed of each step; returns the number of steps told."""
    told = 0
    for change in changes:
        connection.execute(SAVE_VIOLATION, _row(change.violation))
        if change.event is not None:
            connection.execute(
                ADD_EVENT, (change.violation.violation_id, change.event.value, at, Jsonb(_body(change)))
            )
            told += 1
    if told:
        notify(connection, "violation_events")
    return told


def _body(change: Change) -> dict[str, Any]:
    """State after the step, complete enough for a reader that follows the feed alone; the plate masked."""
    violation = change.violation
    return {
        "rule": violation.rule_id,
        "addressee": violation.addressee.value,
        "state": violation.state.value,
        "berth_id": violation.berth_id,
        "section_id": violation.section_id,
        "stay_id": violation.stay_id,
        "lon": violation.position.lon if violation.position else None,
        "lat": violation.position.lat if violation.position else None,
        "plate": mask_plate(violation.plate) if violation.plate else None,
        "since_at": require_utc(violation.since_at).isoformat(),
        "doubts": [doubt.value for doubt in violation.doubts],
        "reason": change.reason.value if change.reason else None,
    }


def _row(violation: Violation) -> tuple[Any, ...]:
    return (
        violation.violation_id, violation.rule_id, violation.state.value, violation.berth_id,
        violation.section_id, violation.stay_id, violation.plate, violation.plate_colour, violation.since_at,
        violation.until_at, violation.detected_at, [doubt.value for doubt in violation.doubts],
        Jsonb(violation.evidence), violation.addressee.value, violation.observed,
        violation.position.lon if violation.position else None,
        violation.position.lat if violation.position else None,
    )  # fmt: skip


def _violation(row: tuple[Any, ...]) -> Violation:
    return Violation(
        violation_id=ViolationId(row[0]),
        rule_id=row[1],
        state=ViolationState(row[2]),
        berth_id=None if row[3] is None else BerthId(row[3]),
        section_id=SectionId(row[4]),
        addressee=Addressee(row[13]),
        observed=row[14],
        position=None if row[15] is None else Position(lon=row[15], lat=row[16]),
        stay_id=None if row[5] is None else StayId(row[5]),
        plate=None if row[6] is None else Plate(row[6]),
        plate_colour=row[7],
        since_at=row[8],
        until_at=row[9],
        detected_at=row[10],
        doubts=tuple(map(Doubt, row[11])),
        evidence=row[12],
    )
