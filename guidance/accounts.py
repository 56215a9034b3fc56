"""People who sign in: their sessions, when a refresh is theft, and when guessing locks out (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from guidance.access import Principal, Role
from parking.ids import Plate

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200

# So many wrong passwords within this time lock a name, and an address, until the oldest of them is past it.
GUESS_WINDOW = timedelta(minutes=15)
GUESSES_OF_NAME = 5
GUESSES_OF_ADDRESS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. `plate` is set for drivers."""

    name: str
    role: Role
    plate: Plate | None
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        """As the API knows them."""
        return Principal(name=self.name, role=self.role, plate=self.plate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One pair of tokens, of which only hashes are kept; `family_id` names all that followed one sign-in."""

    family_id: str
    name: str
    address: str
    access_sha256: bytes
    refresh_sha256: bytes
    created_at: datetime
    access_until: datetime
    refresh_until: datetime
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Whether its access token opens anything. One that was refreshed goes on until its own end."""
        return self.revoked_at is None and now < self.access_until


class Refreshing(Enum):
    """What becomes of a refresh token that somebody shows."""

    RENEWED = auto()
    OVER = auto()
    STOLEN = auto()  # it was used before: either this one or the one who used it is a thief


def judge_refresh(session: Session, now: datetime) -> Refreshing:
    """Decide on a refresh token that belongs to this session."""
    if session.revoked_at is not None or now >= session.refresh_until:
        return Refreshing.OVER
    return Refreshing.RENEWED if session.replaced_at is None else Refreshing.STOLEN


def locked_until(failures: Sequence[datetime], most: int, now: datetime) -> datetime | None:
    """Until when nobody may try, given the instants of failures; None where one may."""
    recent = sorted(at for at in failures if at > now - GUESS_WINDOW)
    return recent[-most] + GUESS_WINDOW if len(recent) >= most else None
