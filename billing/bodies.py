"""What the billing routes answer with. Money is integer fen beside its text in yuan; plates are masked."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, Field

from billing.charges import Charge, ChargeCause
from billing.prepaid import REFUSALS, Debit
from billing.presence import Note
from billing.reading import ListedStay
from billing.stays import StayState
from billing.tariff import Words
from parking.money import Fen, format_yuan
from parking.plates import mask_plate
from parking.span import Moment


class BoundsBody(BaseModel):
    """An instant that is known to lie between two others."""

    earliest_at: datetime
    latest_at: datetime

    @classmethod
    def of(cls, moment: Moment) -> Self:
        """Build from a moment."""
        return cls(earliest_at=moment.earliest_at, latest_at=moment.latest_at)


class StayBody(BaseModel):
    """One vehicle in one berth. It is charged from its latest arrival to its earliest departure."""

    stay_id: str = Field(examples=["SZ1-0001-20261123T091500123Z"])
    berth_id: str = Field(examples=["SZ1-0001"])
    section_id: str = Field(examples=["S001"])
    zone_id: str = Field(examples=["Z1"])
    zone_class: str = Field(examples=["I"])
    state: StayState
    arrived: BoundsBody
    departed: BoundsBody | None
    proven_until: datetime | None = Field(description="silence began then; null where nothing is in doubt")
    plate: str | None = Field(description="masked", examples=["鄂S·1**45"])
    plate_colour: str | None = Field(examples=["blue"])
    plate_confidence: float | None = Field(examples=[0.97])
    notes: list[Note]
    amount_fen: int | None = Field(description="owed at present; null: nothing charged yet", examples=[700])
    amount: str | None = Field(description="in yuan", examples=["7.00"])
    updated_at: datetime

    @classmethod
    def of(cls, listed: ListedStay) -> Self:
        """Build from a stay."""
        stay, read, amount = listed.stay, listed.stay.read, listed.amount_fen
        departed = None
        if stay.departed_earliest_at and stay.departed_latest_at:
            departed = BoundsBody(earliest_at=stay.departed_earliest_at, latest_at=stay.departed_latest_at)
        return cls(
            stay_id=stay.stay_id,
            berth_id=stay.berth_id,
            section_id=listed.section_id,
            zone_id=listed.zone_id,
            zone_class=listed.zone_class,
            state=stay.state,
            arrived=BoundsBody.of(stay.arrived),
            departed=departed,
            proven_until=None if departed else stay.departed_earliest_at,
            plate=mask_plate(read.plate) if read else None,
            plate_colour=read.colour if read else None,
            plate_confidence=read.confidence if read else None,
            notes=sorted(stay.notes),
            amount_fen=amount,
            amount=None if amount is None else format_yuan(Fen(amount)),
            updated_at=listed.updated_at,
        )


class StaysBody(BaseModel):
    """A page of stays, the latest arrival first."""

    stays: list[StayBody]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")


class WordsBody(BaseModel):
    """One text in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, words: Words) -> Self:
        """Build from words."""
        return cls(zh=words.zh, en=words.en)


class LineBody(BaseModel):
    """A line of a bill; the lines add up to its amount."""

    kind: str = Field(examples=["units"])
    name_zh: str
    name_en: str
    start_at: datetime
    end_at: datetime
    minutes: int
    units: int
    unit_min: int = Field(description="minutes of a unit; 0 for a flat price")
    unit_fen: int
    limit_fen: int = Field(description="the cap, or the amount before a discount or rounding")
    amount_fen: int
    amount: str = Field(description="in yuan", examples=["3.00"])
    zh: str
    en: str


class CreditNoteBody(BaseModel):
    """What a correction gives back to the driver."""

    number: str = Field(examples=["SZ1-0001-20261123T091500123Z#2/credit"])
    credits: str = Field(description="the charge that was too high")
    amount_fen: int = Field(examples=[400])
    amount: str = Field(description="in yuan", examples=["4.00"])
    issued_at: datetime

    @classmethod
    def of(cls, charge: Charge, before: Charge | None) -> Self | None:
        """Build from a charge and the one that it replaces; None where nothing is given back."""
        if before is None or before.amount_fen <= charge.amount_fen:
            return None
        amount = Fen(before.amount_fen - charge.amount_fen)
        return cls(
            number=f"{charge.charge_id}/credit",
            credits=before.charge_id,
            amount_fen=amount,
            amount=format_yuan(amount),
            issued_at=charge.rated_at,
        )


class VersionBody(BaseModel):
    """One version of what the stay owed. The newest counts; earlier ones were reversed in the ledger."""

    charge_id: str = Field(examples=["SZ1-0001-20261123T091500123Z#1"])
    version: int
    amount_fen: int
    amount: str
    cause: ChargeCause
    credit_note: CreditNoteBody | None = Field(description="what it gives back against the version before")
    rated_at: datetime

    @classmethod
    def of(cls, charge: Charge, before: Charge | None) -> Self:
        """Build from a charge and the one that it replaces."""
        return cls(
            charge_id=charge.charge_id,
            version=charge.version,
            amount_fen=charge.amount_fen,
            amount=format_yuan(charge.amount_fen),
            cause=charge.cause,
            credit_note=CreditNoteBody.of(charge, before),
            rated_at=charge.rated_at,
        )


class BillStanding(StrEnum):
    """What the amount means."""

    FINAL = "final"
    SO_FAR = "so_far"  # the vehicle is still there
    HELD = "held"  # evidence is in doubt: nothing is charged until it is resolved
    VOID = "void"  # the stay did not happen


class PaymentBody(BaseModel):
    """How far a bill is paid from a prepaid balance, and why it was not where it could have been."""

    paid_fen: int
    payable_fen: int
    payable: str = Field(description="in yuan", examples=["7.00"])
    refused: WordsBody | None = Field(description="why nothing was taken from the balance")

    @classmethod
    def of(cls, owed_fen: Fen, debits: list[Debit]) -> Self:
        """Build from what is owed and everything that was decided about paying it."""
        paid = sum(each.amount_fen for each in debits)
        refused = debits[-1].refused if debits else None
        payable = Fen(owed_fen - paid)
        return cls(
            paid_fen=paid,
            payable_fen=payable,
            payable=format_yuan(payable),
            refused=WordsBody.of(REFUSALS[refused]) if refused and payable else None,
        )


class BillBody(BaseModel):
    """What a stay owes and why."""

    stay: StayBody
    standing: BillStanding
    charged_from_at: datetime | None
    charged_to_at: datetime | None = Field(description="of a running stay: when it was last proven")
    minutes: int
    amount_fen: int
    amount: str = Field(description="in yuan", examples=["7.00"])
    tariff: str = Field(examples=["suizhou-2021"])
    document_no: str = Field(examples=["随发改价格〔2020〕16号"])
    lines: list[LineBody]
    notes: list[WordsBody]
    rule: list[WordsBody] = Field(description="the tariff in words")
    versions: list[VersionBody]
    payment: PaymentBody | None = Field(default=None, description="null where nothing was ever charged")


def line_bodies(lines: list[dict[str, Any]]) -> list[LineBody]:
    """Build from lines as charges store them."""
    return [LineBody(**line, amount=format_yuan(Fen(line["amount_fen"]))) for line in lines]
