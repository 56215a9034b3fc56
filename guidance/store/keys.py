"""The only writer of `api_keys` and `audit_log`."""

from dataclasses import dataclass
from datetime import datetime

from guidance.access import ApiKey, Principal, Role
from parking.ids import Plate
from parking.plumbing.database import Connection

ADD_KEY = """
INSERT INTO api_keys (key_id, name, role, plate, token_sha256, created_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)"""
REVOKE_KEY = "UPDATE api_keys SET revoked_at = %s WHERE key_id = %s AND revoked_at IS NULL"
SHORTEN_KEY = """
UPDATE api_keys SET expires_at = least(expires_at, %s) WHERE key_id = %s AND revoked_at IS NULL"""
LIST_KEYS = """
SELECT key_id, name, role, plate, token_sha256, created_at, expires_at, revoked_at
  FROM api_keys ORDER BY created_at, key_id"""
ADD_AUDIT = """
INSERT INTO audit_log (at, who, role, address, method, path, status) VALUES (%s, %s, %s, %s, %s, %s, %s)"""
LIST_AUDIT = """
SELECT entry_no, at, who, role, address, method, path, status FROM audit_log
 WHERE entry_no < %s ORDER BY entry_no DESC LIMIT %s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One request that changed something or was not allowed. `entry_no` is 0 before it is stored."""

    at: datetime
    who: str
    role: str
    address: str
    method: str
    path: str
    status: int
    entry_no: int = 0


def add_key(connection: Connection, key: ApiKey) -> None:
    """Put a key on record; a key id or token that is taken is a UniqueViolation."""
    who = key.principal
    values = (
        key.key_id, who.name, who.role.value, who.plate, key.token_sha256, key.created_at, key.expires_at,
    )  # fmt: skip
    connection.execute(ADD_KEY, values)


def revoke_key(connection: Connection, key_id: str, now: datetime) -> bool:
    """Make a key worthless; returns whether there was one that was not."""
    return connection.execute(REVOKE_KEY, (now, key_id)).rowcount > 0


def shorten_key(connection: Connection, key_id: str, until_at: datetime) -> bool:
    """Let a key end at this moment at the latest; returns whether there was one to end."""
    return connection.execute(SHORTEN_KEY, (until_at, key_id)).rowcount > 0


def list_keys(connection: Connection) -> list[ApiKey]:
    """Return every key ever made, oldest first."""
    return [
        ApiKey(
            key_id=key_id,
            principal=Principal(name=name, role=Role(role), plate=None if plate is None else Plate(plate)),
            token_sha256=bytes(token_sha256),
            created_at=created_at,
            expires_at=expires_at,
            revoked_at=revoked_at,
        )
        for key_id, name, role, plate, token_sha256, created_at, expires_at, revoked_at in connection.execute(
            LIST_KEYS
        )
    ]


def add_audit(connection: Connection, entry: AuditEntry) -> None:
    """Append an entry."""
    values = (entry.at, entry.who, entry.role, entry.address, entry.method, entry.path, entry.status)
    connection.execute(ADD_AUDIT, values)


def list_audit(connection: Connection, before_no: int, limit: int) -> list[AuditEntry]:
    """Return entries before a number, newest first."""
    names = ("entry_no", "at", "who", "role", "address", "method", "path", "status")
    rows = connection.execute(LIST_AUDIT, (before_no, limit)).fetchall()
    return [AuditEntry(**dict(zip(names, row, strict=True))) for row in rows]
