"""What a stay owes, as versions that are never changed: the newest one counts. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from billing.tariff import Bill, bill_to_json
from parking.ids import ChargeId, StayId
from parking.money import Fen


class ChargeCause(StrEnum):
    """Why a version was made."""

    DEPARTURE = "departure"
    CORRECTION = "correction"
    WITHDRAWN = "withdrawn"  # the stay is void, held or goes on: nothing is owed for it now


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One version of what a stay owes. `lines` and `notes` are JSON as `bill_to_json` writes them."""

    charge_id: ChargeId
    stay_id: StayId
    version: int
    amount_fen: Fen
    zone_class: str
    tariff: str
    document_no: str
    lines: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    charged_from_at: datetime | None
    charged_to_at: datetime | None
    minutes: int
    cause: ChargeCause
    replaces: ChargeId | None
    rated_at: datetime
    book_digest: str

    @property
    def substance(self) -> tuple[object, ...]:
        """What a driver would notice if it changed."""
        return self.amount_fen, self.zone_class, self.tariff, self.document_no, self.lines, self.notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """Where, when and by which book of tariffs a charge is made."""

    zone_class: str
    rated_at: datetime
    book_digest: str


def next_charge(stay_id: StayId, bill: Bill | None, last: Charge | None, rating: Rating) -> Charge | None:
    """Return the version that must follow `last`, None where nothing changes.

    No bill means that the stay owes nothing at present.
    """
    if bill is None:
        if last is None or last.cause is ChargeCause.WITHDRAWN:
            return None
        return _version(stay_id, bill, last, rating)
    charge = _version(stay_id, bill, last, rating)
    return None if last is not None and charge.substance == last.substance else charge


def _version(stay_id: StayId, bill: Bill | None, last: Charge | None, rating: Rating) -> Charge:
    version = 1 if last is None else last.version + 1
    body = {"lines": [], "notes": []} if bill is None else bill_to_json(bill)
    cause = ChargeCause.DEPARTURE if last is None else ChargeCause.CORRECTION
    return Charge(
        charge_id=ChargeId(f"{stay_id}#{version}"),
        stay_id=stay_id,
        version=version,
        amount_fen=bill.total_fen if bill else Fen(0),
        zone_class=rating.zone_class,
        tariff=bill.tariff if bill else "",
        document_no=bill.document if bill else "",
        lines=body["lines"],
        notes=body["notes"],
        charged_from_at=bill.arrive_at if bill else None,
        charged_to_at=bill.depart_at if bill else None,
        minutes=bill.minutes if bill else 0,
        cause=cause if bill else ChargeCause.WITHDRAWN,
        replaces=last.charge_id if last else None,
        rated_at=rating.rated_at,
        book_digest=rating.book_digest,
    )
