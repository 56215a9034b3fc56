"""The only writer of `users`, `user_sessions` and `sign_ins`."""

from datetime import datetime
from typing import Any

from guidance.access import Role
from guidance.accounts import Session, User
from parking.ids import Plate
from parking.plumbing.database import Connection

_USER = "name, role, plate, password_hash, created_at, disabled_at"
_SESSION = (
    "family_id, name, address, access_sha256, refresh_sha256, created_at, access_until, refresh_until, "
    "replaced_at, revoked_at"
)

ADD_USER = """
INSERT INTO users (name, role, plate, password_hash, created_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (name) DO NOTHING"""
SET_PASSWORD = "UPDATE users SET password_hash = %s WHERE name = %s"  # noqa: S105  a statement
DISABLE = "UPDATE users SET disabled_at = %s WHERE name = %s AND disabled_at IS NULL"
FIND_USER = f"SELECT {_USER} FROM users WHERE name = %s"  # noqa: S608  names of columns
LIST_USERS = f"SELECT {_USER} FROM users ORDER BY name"  # noqa: S608  as above
ADD_SESSION = """
INSERT INTO user_sessions (family_id, name, address, access_sha256, refresh_sha256, created_at, access_until,
                           refresh_until)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""
LOCK_REFRESHED = f"SELECT {_SESSION} FROM user_sessions WHERE refresh_sha256 = %s FOR UPDATE"  # noqa: S608  as above
REPLACE = "UPDATE user_sessions SET replaced_at = %s WHERE refresh_sha256 = %s"
REVOKE_FAMILY = "UPDATE user_sessions SET revoked_at = %s WHERE family_id = %s AND revoked_at IS NULL"
REVOKE_OF = "UPDATE user_sessions SET revoked_at = %s WHERE name = %s AND revoked_at IS NULL"
FIND_ACCESS = f"""
SELECT u.name, u.role, u.plate, u.password_hash, u.created_at, u.disabled_at, s.family_id, s.access_until
  FROM user_sessions AS s JOIN users AS u ON u.name = s.name
 WHERE s.access_sha256 = %s AND s.revoked_at IS NULL"""  # noqa: F541  as above
LIST_SESSIONS = """
SELECT family_id, min(created_at), max(created_at), (array_agg(address ORDER BY created_at DESC))[1],
       max(refresh_until)
  FROM user_sessions WHERE name = %s GROUP BY family_id
HAVING bool_and(revoked_at IS NULL) AND max(refresh_until) > %s ORDER BY max(created_at) DESC"""
OWNER_OF = "SELECT name FROM user_sessions WHERE family_id = %s LIMIT 1"
ADD_ATTEMPT = "INSERT INTO sign_ins (name, address, at, succeeded) VALUES (%s, %s, %s, %s)"
FAILURES_OF_NAME = """
SELECT at FROM sign_ins WHERE name = %(about)s AND at > %(since)s AND NOT succeeded
   AND at > coalesce((SELECT max(at) FROM sign_ins WHERE name = %(about)s AND succeeded), '-infinity')"""
FAILURES_OF_ADDRESS = "SELECT at FROM sign_ins WHERE address = %(about)s AND at > %(since)s AND NOT succeeded"


def add_user(connection: Connection, user: User) -> bool:
    """Put somebody on record; False where the name is taken."""
    values = (user.name, user.role.value, user.plate, user.password_hash, user.created_at)
    return connection.execute(ADD_USER, values).rowcount > 0


def set_password(connection: Connection, name: str, password_hash: str, now: datetime) -> bool:
    """Replace a password and end all sessions; False where nobody has that name."""
    connection.execute(REVOKE_OF, (now, name))
    return connection.execute(SET_PASSWORD, (password_hash, name)).rowcount > 0


def disable(connection: Connection, name: str, now: datetime) -> bool:
    """Let somebody in no more, and end all sessions; False where nobody of that name was let in."""
    connection.execute(REVOKE_OF, (now, name))
    return connection.execute(DISABLE, (now, name)).rowcount > 0


def find_user(connection: Connection, name: str) -> User | None:
    """Return who has that name."""
    row = connection.execute(FIND_USER, (name,)).fetchone()
    return None if row is None else _user(row)


def list_users(connection: Connection) -> list[User]:
    """Return everybody, by name."""
    return [_user(row) for row in connection.execute(LIST_USERS)]


def add_session(connection: Connection, session: Session) -> None:
    """Append a pair of tokens."""
    connection.execute(ADD_SESSION, (
        session.family_id, session.name, session.address, session.access_sha256, session.refresh_sha256,
        session.created_at, session.access_until, session.refresh_until,
    ))  # fmt: skip


def lock_refreshed(connection: Connection, refresh_sha256: bytes) -> Session | None:
    """Find the session of a refresh token; nobody else refreshes it until this transaction ends."""
    row = connection.execute(LOCK_REFRESHED, (refresh_sha256,)).fetchone()
    return None if row is None else Session(**dict(zip(_SESSION.split(", "), row, strict=True)))


def replace_session(connection: Connection, refresh_sha256: bytes, now: datetime) -> None:
    """Note that a refresh token was used."""
    connection.execute(REPLACE, (now, refresh_sha256))


def revoke_family(connection: Connection, family_id: str, now: datetime) -> bool:
    """End all that followed one sign-in; False where nothing of it was open."""
    return connection.execute(REVOKE_FAMILY, (now, family_id)).rowcount > 0


def revoke_all(connection: Connection, name: str, now: datetime) -> int:
    """End every session of somebody; returns how many pairs of tokens that were."""
    return connection.execute(REVOKE_OF, (now, name)).rowcount


def find_access(connection: Connection, access_sha256: bytes) -> tuple[User, str, datetime] | None:
    """Return whose access token it is, its family, and until when it opens; None where it was revoked."""
    row = connection.execute(FIND_ACCESS, (access_sha256,)).fetchone()
    return None if row is None else (_user(row[:6]), row[6], row[7])


def list_sessions(connection: Connection, name: str, now: datetime) -> list[tuple[Any, ...]]:
    """(family, signed in, last used, address, until) of somebody's open sessions, newest first."""
    return connection.execute(LIST_SESSIONS, (name, now)).fetchall()


def owner_of(connection: Connection, family_id: str) -> str | None:
    """Return whose session it is."""
    row = connection.execute(OWNER_OF, (family_id,)).fetchone()
    return None if row is None else str(row[0])


def add_attempt(connection: Connection, name: str, address: str, at: datetime, *, succeeded: bool) -> None:
    """Note an attempt to sign in."""
    connection.execute(ADD_ATTEMPT, (name, address, at, succeeded))


def list_failures(
    connection: Connection, name: str, address: str, since: datetime
) -> tuple[list[datetime], list[datetime]]:
    """Failures of a name since it last succeeded, and of an address."""
    return (
        [at for (at,) in connection.execute(FAILURES_OF_NAME, {"about": name, "since": since})],
        [at for (at,) in connection.execute(FAILURES_OF_ADDRESS, {"about": address, "since": since})],
    )


def _user(row: tuple[Any, ...]) -> User:
    name, role, plate, password_hash, created_at, disabled_at = row
    return User(
        name=name,
        role=Role(role),
        plate=Plate(plate) if plate else None,
        password_hash=password_hash,
        created_at=created_at,
        disabled_at=disabled_at,
    )
