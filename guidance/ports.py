"""What guidance needs from other rooms; `app/` passes it in."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from parking.ids import SectionId
from parking.money import Fen
from parking.rights import Energy


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a stay would cost, and by which tariff."""

    amount: Fen
    tariff: str
    document_no: str


class Quotes(Protocol):
    """Prices a stay that has not happened yet, of a small vehicle without passes or exemptions."""

    def group(self, section_id: SectionId) -> Hashable:
        """Name what decides the price of a section: two sections of one group always cost the same."""
        ...

    def quote(
        self, section_id: SectionId, arrive_at: datetime, stay: timedelta, energy: Energy
    ) -> Quote | None:
        """Price of one stay there, None where no tariff is in force."""
        ...
