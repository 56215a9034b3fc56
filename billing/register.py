"""The register of rights in the database: append only, the highest version of a right counts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from billing.rightsfile import RecordedRight
from parking.ids import Plate, SectionId
from parking.plumbing.database import Connection, notify
from parking.rights import Right, RightKind
from parking.span import Span

# Change numbers must become visible in their order: one importer at a time.
LOCK = "LOCK TABLE rights IN EXCLUSIVE MODE"
_CURRENT = """
SELECT DISTINCT ON (right_id) right_id, version, kind, plate, from_at, to_at, section_ids, reason, document
FROM rights"""
LIST_CURRENT = _CURRENT + " ORDER BY right_id, version DESC"
LIST_CURRENT_OF = _CURRENT + " WHERE right_id = ANY(%s) ORDER BY right_id, version DESC"
LIST_OF_PLATES = """
SELECT r.right_id, r.version, r.kind, r.plate, r.from_at, r.to_at, r.section_ids, r.reason, r.document
FROM rights AS r
WHERE r.plate = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM rights AS n WHERE n.right_id = r.right_id AND n.version > r.version)"""
# Spans and plates of changed rights, as they are and as they were before.
LIST_CHANGES = """
SELECT c.change_no, r.plate, r.from_at, r.to_at
FROM (SELECT right_id, version, change_no FROM rights WHERE change_no > %s ORDER BY change_no LIMIT %s) AS c
JOIN rights AS r ON r.right_id = c.right_id AND r.version IN (c.version, c.version - 1)"""
READ_MARK = "SELECT value FROM billing_marks WHERE name = 'rights'"
MOVE_MARK = """
INSERT INTO billing_marks (name, value) VALUES ('rights', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
ADD = """
INSERT INTO rights (right_id, version, change_no, kind, plate, from_at, to_at, section_ids, reason, document,
                    recorded_at, recorded_by, remark)
SELECT %s, %s, coalesce(max(change_no), 0) + 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM rights"""


def save_rights(
    connection: Connection, rights: Sequence[RecordedRight], now: datetime, by: str = "", remark: str = ""
) -> int:
    """Record what is new or different, by whom and why, in the caller's transaction; returns how many."""
    connection.execute(LOCK)
    ids = [each.right.right_id for each in rights]
    current = {row[0]: (row[1], _recorded(row)) for row in connection.execute(LIST_CURRENT_OF, (ids,))}
    added = 0
    for recorded in rights:
        version, known = current.get(recorded.right.right_id, (0, None))
        if known != recorded:
            connection.execute(ADD, (*_values(recorded, version + 1, now), by, remark))
            added += 1
    if added:
        notify(connection, "rights")
    return added


def withdraw_right(connection: Connection, right_id: str, now: datetime) -> bool:
    """End a right as if it had never been; False where there is none."""
    known = find_right(connection, right_id)
    if known is None:
        return False
    start_at = known.right.span.start_at
    ended = replace(known.right, span=Span(start_at=start_at, end_at=start_at))
    return save_rights(connection, [replace(known, right=ended)], now) == 1


def find_right(connection: Connection, right_id: str) -> RecordedRight | None:
    """The right as it stands; a withdrawn one is there too, with an empty span."""
    row = connection.execute(LIST_CURRENT_OF, ([right_id],)).fetchone()
    return None if row is None else _recorded(row)


def list_rights(connection: Connection) -> list[RecordedRight]:
    """All rights that are not withdrawn."""
    rows = [_recorded(row) for row in connection.execute(LIST_CURRENT)]
    return [each for each in rows if each.right.span.length]


def rights_of(connection: Connection, plates: Iterable[Plate]) -> dict[Plate, list[Right]]:
    """The rights of these plates."""
    found: dict[Plate, list[Right]] = defaultdict(list)
    for row in connection.execute(LIST_OF_PLATES, (sorted(set(plates)),)):
        right = _recorded(row).right
        found[right.plate].append(right)
    return dict(found)


def list_changes(connection: Connection, limit: int) -> tuple[int, list[tuple[Plate, Span]]]:
    """Plates and spans that changed since the mark, and where the mark must move; none at its old place."""
    mark = connection.execute(READ_MARK).fetchone()
    last = mark[0] if mark else 0
    touched = []
    for change_no, plate, from_at, to_at in connection.execute(LIST_CHANGES, (last, limit)):
        last = max(last, change_no)
        touched.append((Plate(plate), Span(start_at=from_at, end_at=to_at)))
    return last, touched


def save_mark(connection: Connection, change_no: int) -> None:
    """Note how far changes are taken in."""
    connection.execute(MOVE_MARK, (change_no,))


def _recorded(row: Sequence[Any]) -> RecordedRight:
    right_id, _version, kind, plate, from_at, to_at, section_ids, reason, document = row
    right = Right(
        right_id=right_id,
        kind=RightKind(kind),
        plate=Plate(plate),
        span=Span(start_at=from_at, end_at=to_at),
        section_ids=frozenset(SectionId(each) for each in section_ids),
        reason=reason,
    )
    return RecordedRight(right=right, document=document)


def _values(recorded: RecordedRight, version: int, now: datetime) -> tuple[object, ...]:
    right = recorded.right
    return (
        right.right_id, version, right.kind.value, right.plate, right.span.start_at, right.span.end_at,
        sorted(right.section_ids), right.reason, recorded.document, now,
    )  # fmt: skip
