"""What guidance needs from other rooms; `app/` passes it in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from parking.city import Zone
from parking.money import Fen
from parking.rights import Energy


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a stay would cost, and by which tariff."""

    amount: Fen
    tariff: str
    document_no: str


class Quotes(Protocol):
    """Prices a stay that has not happened yet."""

    def quote(self, zone: Zone, arrive_at: datetime, stay: timedelta, energy: Energy) -> Quote:
        """Price of one stay of a small vehicle in this zone; the same arguments give the same price."""
        ...
