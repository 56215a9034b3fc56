"""People who may act on cases, known by the hash of the token that each was given."""

import hashlib
from datetime import datetime

from enforcement.cases.words import Actor, Role
from parking.plumbing.database import Connection

FIND_ACTOR = """
SELECT actor_id, role, certificate_no FROM enforcement_staff WHERE token_sha256 = %s AND left_at IS NULL"""
ADD_STAFF = """
INSERT INTO enforcement_staff (actor_id, name, role, certificate_no, token_sha256, added_at)
VALUES (%s, %s, %s, %s, %s, %s)"""
LET_GO = "UPDATE enforcement_staff SET left_at = %s WHERE actor_id = %s AND left_at IS NULL"
LIST_STAFF = """
SELECT actor_id, name, role, certificate_no, left_at FROM enforcement_staff ORDER BY actor_id"""


def find_by_token(connection: Connection, token: str) -> Actor | None:
    """Return whose token this is, None where nobody's or of somebody who left."""
    row = connection.execute(FIND_ACTOR, (_hash(token),)).fetchone()
    return None if row is None else Actor(actor_id=row[0], role=Role(row[1]), certificate_no=row[2])


def add_staff(connection: Connection, actor: Actor, name: str, token: str, at: datetime) -> None:
    """Let somebody act from now on."""
    connection.execute(
        ADD_STAFF, (actor.actor_id, name, actor.role.value, actor.certificate_no, _hash(token), at)
    )


def list_staff(connection: Connection) -> list[tuple[Actor, str, datetime | None]]:
    """Everybody on record: who, name, and when they left."""
    return [
        (Actor(actor_id=row[0], role=Role(row[2]), certificate_no=row[3]), row[1], row[4])
        for row in connection.execute(LIST_STAFF)
    ]


def let_go(connection: Connection, actor_id: str, at: datetime) -> bool:
    """Let somebody act no more; False where nobody of that id acts."""
    return connection.execute(LET_GO, (at, actor_id)).rowcount == 1


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
