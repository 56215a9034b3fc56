"""Cursors of pages that are ordered by a moment and an id."""

from datetime import datetime

from enforcement.api.problems import refuse
from parking.span import require_utc


def format_cursor(at: datetime, name: str) -> str:
    """Write the place of the last row of a page; free of characters that a URL would change."""
    moment = require_utc(at).isoformat().replace("+00:00", "Z")
    return f"{moment}~{name}"


def parse_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """Read a cursor; refuses what `format_cursor` did not write."""
    if cursor is None:
        return None
    at, _, name = cursor.partition("~")
    try:
        return require_utc(datetime.fromisoformat(at)), name
    except ValueError:
        raise refuse(
            422, "bad-cursor", "Bad cursor", "pass `next_cursor` of the page before as it was"
        ) from None
