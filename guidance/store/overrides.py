"""The only writer of `sign_overrides`."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from guidance.overrides import Line, Override
from parking.ids import SignId
from parking.plumbing.database import Connection

ADD = """
INSERT INTO sign_overrides (sign_id, lines, reason, set_by, set_at, until_at)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING override_no"""
LIFT = """
UPDATE sign_overrides SET lifted_by = %s, lifted_at = %s
 WHERE sign_id = %s AND lifted_at IS NULL AND until_at > %s"""
LIST_STANDING = """
SELECT DISTINCT ON (sign_id) override_no, sign_id, lines, reason, set_by, set_at, until_at
  FROM sign_overrides WHERE lifted_at IS NULL AND until_at > %s ORDER BY sign_id, override_no DESC"""


def add_override(
    connection: Connection,
    sign_id: SignId,
    lines: Sequence[Line],
    reason: str,
    set_by: str,
    set_at: datetime,
    until_at: datetime,
) -> Override:
    """Put an override on a sign; an earlier one that still stands is lifted by it."""
    lift_override(connection, sign_id, set_by, set_at)
    body = msgspec.json.encode(lines).decode()
    row = connection.execute(ADD, (sign_id, body, reason, set_by, set_at, until_at)).fetchone()
    return Override(
        override_no=row[0] if row else 0,
        sign_id=sign_id,
        lines=tuple(lines),
        reason=reason,
        set_by=set_by,
        set_at=set_at,
        until_at=until_at,
    )


def lift_override(connection: Connection, sign_id: SignId, lifted_by: str, now: datetime) -> bool:
    """Take off what stands on a sign; returns whether anything did."""
    return connection.execute(LIFT, (lifted_by, now, sign_id, now)).rowcount > 0


def list_standing(connection: Connection, now: datetime) -> list[Override]:
    """Return the override that stands on each sign that has one."""
    return [
        Override(
            override_no=number,
            sign_id=SignId(sign_id),
            lines=msgspec.convert(lines, tuple[Line, ...]),
            reason=reason,
            set_by=set_by,
            set_at=set_at,
            until_at=until_at,
        )
        for number, sign_id, lines, reason, set_by, set_at, until_at in connection.execute(
            LIST_STANDING, (now,)
        )
    ]
