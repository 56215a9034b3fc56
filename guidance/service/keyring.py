"""The keys that open the API now, read again every few seconds so that a revoked one soon opens nothing."""

from datetime import datetime, timedelta

from guidance.access import ApiKey, Principal, hash_token
from guidance.store.keys import list_keys
from guidance.store.loans import Loans
from parking.errors import UnavailableError

REREAD_AFTER = timedelta(seconds=5)
# While the database is lost, keys are believed for this long.
BELIEVED_FOR = timedelta(minutes=10)


class Keyring:
    """Finds out whose token it is."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans
        self._keys: dict[bytes, ApiKey] = {}
        self._read_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether the keys should be read again before the next question."""
        return self._read_at is None or now - self._read_at > REREAD_AFTER

    def reread(self, now: datetime) -> None:
        """Read the keys; raises UnavailableError only where those known have become too old to believe."""
        try:
            with self._loans() as connection:
                self._keys = {key.token_sha256: key for key in list_keys(connection)}
        except UnavailableError:
            if self._read_at is None or now - self._read_at > BELIEVED_FOR:
                raise
        else:
            self._read_at = now

    def find(self, token: str, now: datetime) -> Principal | None:
        """Whose token this is, None where it opens nothing."""
        key = self._keys.get(hash_token(token))
        return key.principal if key is not None and key.holds(now) else None
