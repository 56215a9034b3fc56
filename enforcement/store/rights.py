"""Rights as the register holds them, and the stays that a changed right concerns. Reads only."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from enforcement.rightslist import ListedRights
from parking.ids import BerthId, Plate, SectionId, StayId
from parking.plumbing.database import Connection
from parking.rights import Right, RightKind
from parking.span import Span

LIST_KINDS = "SELECT DISTINCT kind FROM rights"
LIST_RIGHTS = """
SELECT r.right_id, r.kind, r.plate, r.from_at, r.to_at, r.section_ids, r.reason FROM rights AS r
WHERE r.plate = ANY(%s)
  AND NOT EXISTS (SELECT FROM rights AS n WHERE n.right_id = r.right_id AND n.version > r.version)
ORDER BY r.right_id"""
# A changed right concerns what it covers now and what it covered before.
LIST_CHANGED = """
SELECT c.change_no, r.plate, r.from_at, r.to_at
FROM (SELECT right_id, version, change_no FROM rights WHERE change_no > %s ORDER BY change_no LIMIT %s) AS c
JOIN rights AS r ON r.right_id = c.right_id AND r.version IN (c.version, c.version - 1)
ORDER BY c.change_no"""
LIST_CONCERNED = """
SELECT s.stay_id, s.berth_id
FROM unnest(%(plates)s::text[], %(from)s::timestamptz[], %(to)s::timestamptz[]) AS c(plate, from_at, to_at)
JOIN stays AS s ON s.plate = c.plate AND s.arrived_latest_at < c.to_at
     AND coalesce(s.departed_latest_at, 'infinity') >= c.from_at
UNION
SELECT v.stay_id, v.berth_id
FROM unnest(%(plates)s::text[], %(from)s::timestamptz[], %(to)s::timestamptz[]) AS c(plate, from_at, to_at)
JOIN violations AS v ON v.plate = c.plate AND v.stay_id IS NOT NULL
     AND v.since_at < c.to_at AND v.until_at >= c.from_at"""
LIST_CONCERNED_SCENES = """
SELECT DISTINCT v.section_id, v.since_at
FROM unnest(%(plates)s::text[], %(from)s::timestamptz[], %(to)s::timestamptz[]) AS c(plate, from_at, to_at)
JOIN violations AS v ON v.plate = c.plate AND v.observed
     AND v.since_at < c.to_at AND v.until_at >= c.from_at"""

# Kinds of which the first right is among the changes.
LIST_NEW_KINDS = """
SELECT kind FROM rights GROUP BY kind HAVING min(change_no) > %s AND min(change_no) <= %s ORDER BY kind"""
LIST_LATELY = """
SELECT stay_id, berth_id FROM stays
WHERE berth_id = ANY(%s)
  AND arrived_latest_at > (SELECT max(arrived_latest_at) FROM stays) - interval '7 days'"""

# Changes in one transaction: a register is imported in one go.
LIMIT = 500


def load_rights(connection: Connection, plates: Collection[Plate]) -> ListedRights:
    """Rights of these plates. A kind is known once the register holds any right of it."""
    kinds = [RightKind(kind) for (kind,) in connection.execute(LIST_KINDS)]
    rows = connection.execute(LIST_RIGHTS, (sorted(plates),)) if plates else ()
    return ListedRights(map(_right, rows), kinds)


def list_changed(connection: Connection, change_no: int) -> list[tuple[Any, ...]]:
    """Changes of rights after a number: (change_no, plate, from_at, to_at), as it is and as it was."""
    return connection.execute(LIST_CHANGED, (change_no, LIMIT)).fetchall()


def list_concerned(connection: Connection, changed: Sequence[tuple[Any, ...]]) -> list[tuple[StayId, str]]:
    """Stays, with their berths, that the changes may excuse or accuse."""
    if not changed:
        return []
    rows = connection.execute(LIST_CONCERNED, _changes(changed))
    return [(StayId(stay_id), berth_id) for stay_id, berth_id in rows]


def list_concerned_scenes(
    connection: Connection, changed: Sequence[tuple[Any, ...]]
) -> list[tuple[SectionId, datetime]]:
    """Sections and moments of what was observed of the plates whose rights changed."""
    if not changed:
        return []
    return [
        (SectionId(name), at) for name, at in connection.execute(LIST_CONCERNED_SCENES, _changes(changed))
    ]


def list_new_kinds(connection: Connection, after: int, until: int) -> list[RightKind]:
    """Kinds that became known between two change numbers."""
    return [RightKind(kind) for (kind,) in connection.execute(LIST_NEW_KINDS, (after, until))]


def list_lately(connection: Connection, berths: Collection[BerthId]) -> list[tuple[StayId, str]]:
    """Stays of the last seven days in these berths: nobody could judge them before."""
    return [(StayId(row[0]), row[1]) for row in connection.execute(LIST_LATELY, (sorted(berths),))]


def _changes(changed: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {
        "plates": [row[1] for row in changed],
        "from": [row[2] for row in changed],
        "to": [row[3] for row in changed],
    }


def _right(row: tuple[Any, ...]) -> Right:
    return Right(
        right_id=row[0],
        kind=RightKind(row[1]),
        plate=Plate(row[2]),
        span=Span(start_at=row[3], end_at=row[4]),
        section_ids=frozenset(map(SectionId, row[5])),
        reason=row[6],
    )
