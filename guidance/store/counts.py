"""Counts of road sections as the street stored them, for forecasts and for whoever asks how it was."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from parking.ids import SectionId
from parking.plumbing.database import Connection

ROWS_AT_ONCE = 20_000

LIST_SINCE = """
SELECT c.section_id, c.as_of, c.free, c.occupied
  FROM unnest(%s::text[]) AS s(section_id)
 CROSS JOIN LATERAL (SELECT * FROM section_counts
                      WHERE section_counts.section_id = s.section_id AND as_of >= %s
                      ORDER BY batch_no) AS c"""
LIST_PAGE = """
SELECT batch_no, as_of, free, occupied, unknown, closed FROM section_counts
 WHERE section_id = %s AND batch_no < %s AND as_of >= %s AND as_of < %s
 ORDER BY batch_no DESC LIMIT %s"""


class StoredCount(NamedTuple):
    """Counts of a section from `as_of` until the next one."""

    batch_no: int
    as_of: datetime
    free: int
    occupied: int
    unknown: int
    closed: int


def list_since(
    connection: Connection, section_ids: Sequence[SectionId], since: datetime
) -> Iterator[tuple[str, datetime, int, int]]:
    """(section, as_of, free, occupied) of these sections, each in the order of storage; never all at once."""
    with connection.cursor("guidance_counts") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        yield from cursor.execute(LIST_SINCE, (list(section_ids), since))


def list_page(
    connection: Connection,
    section_id: SectionId,
    before_no: int,
    span: tuple[datetime, datetime],
    limit: int,
) -> list[StoredCount]:
    """Counts of one section within a half-open span, newest first."""
    rows = connection.execute(LIST_PAGE, (section_id, before_no, *span, limit))
    return [StoredCount._make(row) for row in rows]
