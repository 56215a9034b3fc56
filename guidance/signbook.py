"""What every sign was given and has confirmed, as this process knows it."""

from dataclasses import dataclass
from datetime import datetime

from guidance.signs import Frame
from parking.ids import SignId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignStatus:
    """What one sign was given, and when it said that it shows it; `heard_at` is its last sign of life."""

    frame: Frame
    shown_at: datetime | None = None
    heard_at: datetime | None = None


class SignBook:
    """The statuses of all signs, written by the service's thread and read by the API's."""

    def __init__(self) -> None:
        self._statuses: dict[SignId, SignStatus] = {}

    def find(self, sign_id: SignId) -> SignStatus | None:
        """Return what a sign was given, None before its first frame."""
        return self._statuses.get(sign_id)

    def put(self, status: SignStatus) -> None:
        """Replace the status of one sign."""
        self._statuses[status.frame.sign_id] = status

    def list_all(self) -> list[SignStatus]:
        """Return every status, in no order."""
        return list(self._statuses.values())
