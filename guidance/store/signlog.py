"""The only writer of `sign_frames`: every frame a row, before the sign hears of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from guidance.honesty import ShownFrame
from guidance.signs import Frame, FrameRow
from parking.ids import SignId
from parking.plumbing.database import Connection
from parking.span import Span

# Any fixed number: the lock that lets one process at a time drive the signs.
_LOCK_KEY = 4_116_207_002

TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"
LAST_NUMBER = "SELECT coalesce(max(frame_no), 0) FROM sign_frames"
LIST_NEWEST = """
SELECT f.sign_id, f.frame_no, f.body, f.as_of, f.renewed_at, f.expires_at, f.cause, f.shown_at
  FROM unnest(%s::text[]) AS s(sign_id)
 CROSS JOIN LATERAL (SELECT * FROM sign_frames WHERE sign_frames.sign_id = s.sign_id
                      ORDER BY frame_no DESC LIMIT 1) AS f"""
ADD_FRAME = """
INSERT INTO sign_frames (frame_no, sign_id, body, text, as_of, published_at, renewed_at, expires_at, cause)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
RENEW = """
UPDATE sign_frames AS f SET renewed_at = %s, expires_at = v.expires_at
  FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(frame_no, expires_at)
 WHERE f.frame_no = v.frame_no"""
CONFIRM = """
UPDATE sign_frames AS f SET shown_at = v.shown_at
  FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS v(frame_no, sign_id, shown_at)
 WHERE f.frame_no = v.frame_no AND f.sign_id = v.sign_id AND f.shown_at IS NULL"""
LIST_FRAMES = """
SELECT frame_no, body, as_of, published_at, renewed_at, expires_at, cause, shown_at FROM sign_frames
 WHERE sign_id = %s AND frame_no < %s ORDER BY frame_no DESC LIMIT %s"""
LIST_SHOWN = """
SELECT sign_id, body, shown_at,
       least(expires_at, lead(shown_at) OVER (PARTITION BY sign_id ORDER BY shown_at, frame_no))
  FROM sign_frames WHERE shown_at IS NOT NULL AND expires_at > %s AND shown_at < %s"""

Confirmation = tuple[int, SignId, datetime]


def try_lock(connection: Connection) -> bool:
    """Become the one who drives the signs, for as long as this connection lives."""
    row = connection.execute(TRY_LOCK, (_LOCK_KEY,)).fetchone()
    return row is not None and bool(row[0])


def last_number(connection: Connection) -> int:
    """Return the highest frame number so far."""
    row = connection.execute(LAST_NUMBER).fetchone()
    return int(row[0]) if row else 0


def list_newest(connection: Connection, sign_ids: Sequence[SignId]) -> list[tuple[Frame, datetime | None]]:
    """Return the newest frame of each sign that has one, with the moment at which the sign showed it."""
    return [
        (
            Frame(
                sign_id=SignId(sign_id),
                frame_no=frame_no,
                rows=_rows(body),
                as_of=as_of,
                published_at=renewed_at,
                expires_at=expires_at,
                cause=cause,
            ),
            shown_at,
        )
        for sign_id, frame_no, body, as_of, renewed_at, expires_at, cause, shown_at in connection.execute(
            LIST_NEWEST, (list(sign_ids),)
        )
    ]


def save_frames(connection: Connection, frames: Sequence[Frame]) -> None:
    """Append frames that were not published before."""
    rows = [
        (
            frame.frame_no,
            frame.sign_id,
            msgspec.json.encode(frame.rows).decode(),
            frame.text,
            frame.as_of,
            frame.published_at,
            frame.published_at,
            frame.expires_at,
            frame.cause,
        )
        for frame in frames
    ]
    with connection.cursor() as cursor:
        cursor.executemany(ADD_FRAME, rows)


def renew_frames(connection: Connection, frames: Sequence[Frame], now: datetime) -> None:
    """Move the expiry of frames that are about to be sent again."""
    if frames:
        numbers = [frame.frame_no for frame in frames]
        connection.execute(RENEW, (now, numbers, [frame.expires_at for frame in frames]))


def confirm_frames(connection: Connection, confirmations: Sequence[Confirmation]) -> None:
    """Note when signs first showed frames; a later confirmation of the same frame changes nothing."""
    if confirmations:
        numbers, sign_ids, shown = zip(*confirmations, strict=True)
        connection.execute(CONFIRM, (list(numbers), list(sign_ids), list(shown)))


def list_shown(connection: Connection, window: Span) -> list[ShownFrame]:
    """Return every frame that a sign confirmed and showed within the window, with the time that it stood."""
    found = []
    for sign_id, body, shown_at, until_at in connection.execute(LIST_SHOWN, (window.start_at, window.end_at)):
        rows = _rows(body)
        frame = ShownFrame(
            sign_id=SignId(sign_id),
            shown=Span(start_at=shown_at, end_at=max(shown_at, until_at)),
            words=tuple(row.word for row in rows),
            frees=tuple(row.free for row in rows),
        )
        found.append(frame)
    return found


def list_frames(connection: Connection, sign_id: SignId, before_no: int, limit: int) -> list[dict[str, Any]]:
    """Return frames of one sign, newest first, as rows of the log."""
    names = (
        "frame_no", "rows", "as_of", "published_at", "renewed_at", "expires_at", "cause", "shown_at",
    )  # fmt: skip
    found = connection.execute(LIST_FRAMES, (sign_id, before_no, limit)).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _rows(body: object) -> tuple[FrameRow, ...]:
    return msgspec.convert(body, tuple[FrameRow, ...])
