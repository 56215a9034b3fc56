"""Who asks the API: roles, and the keys by which they are known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from parking.ids import Plate

TOKEN_PREFIX = "ck"  # noqa: S105  the part of every token that is no secret
SESSION_PREFIX = "cu"
KEY_LIFE = timedelta(days=365)
# After a rotation the old token goes on for this long, so that its users can change over.
ROTATION_OVERLAP = timedelta(hours=24)


class Role(StrEnum):
    """What somebody is to the platform."""

    ANONYMOUS = "anonymous"  # any driver
    DRIVER = "driver"  # a driver who owns a plate
    OPERATOR = "operator"
    OFFICER = "officer"
    SIGN = "sign"  # a sign controller
    GATEWAY = "gateway"  # a device gateway
    ADMIN = "admin"


EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.OPERATOR, Role.OFFICER, Role.ADMIN})
OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who asks. `plate` is set for drivers who own one."""

    name: str
    role: Role
    plate: Plate | None = None


ANYBODY = Principal(name="anybody", role=Role.ANONYMOUS)
# Whoever reaches a process that serves this machine only, and asks for no keys.
LOCAL = Principal(name="local", role=Role.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key as it is on record; the token itself is kept nowhere."""

    key_id: str
    principal: Principal
    token_sha256: bytes
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the key opens anything at this moment."""
        return self.revoked_at is None and now < self.expires_at


def write_token(key_id: str, secret: str) -> str:
    """Token of a key, given 256 random bits as text."""
    return f"{TOKEN_PREFIX}_{key_id}_{secret}"


def is_token(text: str) -> bool:
    """Whether a bearer token claims to be one of these keys or of a session; others are the rooms' own."""
    return text.startswith((f"{TOKEN_PREFIX}_", f"{SESSION_PREFIX}_"))


def is_of_session(token: str) -> bool:
    """Whether a token came from signing in."""
    return token.startswith(f"{SESSION_PREFIX}_")


def hash_token(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode()).digest()
