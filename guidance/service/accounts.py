"""Signing in: passwords, tokens that are exchanged at every refresh, and a stop to guessing."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guidance.access import SESSION_PREFIX, Principal, hash_token
from guidance.accounts import (
    ACCESS_LIFE,
    GUESS_WINDOW,
    GUESSES_OF_ADDRESS,
    GUESSES_OF_NAME,
    REFRESH_LIFE,
    Refreshing,
    Session,
    User,
    judge_refresh,
    locked_until,
)
from guidance.store.loans import Loans
from guidance.store.users import (
    add_attempt,
    add_session,
    find_access,
    find_user,
    list_failures,
    lock_refreshed,
    replace_session,
    revoke_family,
)

REFRESH_PREFIX = "cr"
# What is revoked opens nothing after this long at the latest.
BELIEVED_FOR = timedelta(seconds=5)
TOKENS_KEPT = 10_000
# Each hash takes 64 MB for a moment: no more at a time, whoever asks.
HASHES_AT_ONCE = 2

# argon2id with the parameters of RFC 9106's second recommendation, as the library has them.
_HASHER = PasswordHasher()
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A pair of tokens, told once."""

    access: str
    refresh: str
    access_until: datetime
    refresh_until: datetime
    family_id: str
    principal: Principal


@dataclass(frozen=True, slots=True)
class Locked:
    """Too many guesses: nobody may try before."""

    until: datetime


def hash_password(password: str) -> str:
    """What is kept of a password."""
    with _hashing:
        return _HASHER.hash(password)


class Accounts:
    """Signs people in and out, and tells whose token it is. Waits for the database; safe between threads."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans
        self._known: OrderedDict[bytes, tuple[datetime, Principal, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def sign_in(self, name: str, password: str, address: str, now: datetime) -> Tokens | Locked | None:
        """Open a session; None where name and password do not fit, whichever of them is wrong."""
        with self._loans() as connection:
            of_name, of_address = list_failures(connection, name, address, now - GUESS_WINDOW)
            user = find_user(connection, name)
        until = (
            locked_until(of_name, GUESSES_OF_NAME, now),
            locked_until(of_address, GUESSES_OF_ADDRESS, now),
        )
        if any(until):
            return Locked(max(each for each in until if each))
        is_right = self._fits(user, password)
        with self._loans() as connection:
            add_attempt(connection, name, address, now, succeeded=is_right)
            if user is None or not is_right:
                return None
            tokens, session = _make(user, secrets.token_hex(8), address, now)
            add_session(connection, session)
        return tokens

    def refresh(self, token: str, address: str, now: datetime) -> Tokens | None:
        """Exchange a refresh token; one that was used before ends all that followed that sign-in."""
        with self._loans() as connection:
            session = lock_refreshed(connection, hash_token(token))
            if session is None:
                return None
            verdict = judge_refresh(session, now)
            if verdict is Refreshing.STOLEN:
                revoke_family(connection, session.family_id, now)
            user = find_user(connection, session.name)
            if verdict is not Refreshing.RENEWED or user is None or user.disabled_at is not None:
                return None
            replace_session(connection, session.refresh_sha256, now)
            tokens, following = _make(user, session.family_id, address, now)
            add_session(connection, following)
        return tokens

    def find(self, token: str, now: datetime) -> Principal | None:
        """Whose access token this is, None where it opens nothing."""
        key = hash_token(token)
        with self._lock:
            known = self._known.get(key)
        if known is None or now - known[0] > BELIEVED_FOR:
            known = self._read(key, now)
        return known[1] if known is not None and now < known[2] else None

    def forget(self) -> None:
        """Believe nothing that was read before; what was revoked opens nothing from now on."""
        with self._lock:
            self._known.clear()

    def _read(self, key: bytes, now: datetime) -> tuple[datetime, Principal, datetime] | None:
        with self._loans() as connection:
            found = find_access(connection, key)
        if found is None or found[0].disabled_at is not None:
            return None
        known = now, found[0].principal, found[2]
        with self._lock:
            self._known[key] = known
            if len(self._known) > TOKENS_KEPT:
                self._known.popitem(last=False)
        return known

    @cached_property
    def _nobody(self) -> str:
        return hash_password(secrets.token_urlsafe())

    def _fits(self, user: User | None, password: str) -> bool:
        """Take as long for names that nobody has."""
        kept = user.password_hash if user is not None else self._nobody
        try:
            with _hashing:
                _HASHER.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
        return user is not None and user.disabled_at is None


def _make(user: User, family_id: str, address: str, now: datetime) -> tuple[Tokens, Session]:
    access, refresh = (f"{prefix}_{secrets.token_urlsafe(32)}" for prefix in (SESSION_PREFIX, REFRESH_PREFIX))
    tokens = Tokens(
        access=access,
        refresh=refresh,
        access_until=now + ACCESS_LIFE,
        refresh_until=now + REFRESH_LIFE,
        family_id=family_id,
        principal=user.principal,
    )
    session = Session(
        family_id=family_id,
        name=user.name,
        address=address,
        access_sha256=hash_token(access),
        refresh_sha256=hash_token(refresh),
        created_at=now,
        access_until=tokens.access_until,
        refresh_until=tokens.refresh_until,
    )
    return tokens, session
