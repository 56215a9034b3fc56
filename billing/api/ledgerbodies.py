"""What the routes of charges, credit notes and ledger entries answer with."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from billing.bodies import CreditNoteBody, LineBody, VersionBody, WordsBody, line_bodies
from billing.charges import Charge
from billing.ledger import ChainedEntry, EntryCause
from parking.money import Fen, format_yuan


class AccountBody(BaseModel):
    """Balance of an account: debits are positive."""

    account: str = Field(examples=["receivable"])
    entry_count: int
    balance_fen: int
    balance: str


class LedgerBody(BaseModel):
    """The parking-fee ledger in sums; all balances together are zero."""

    book: str
    since: datetime | None
    until: datetime | None
    accounts: list[AccountBody]
    last_entry_no: int
    last_hash: str = Field(description="SHA-256 that seals every entry up to the last, in hex")


class EntryBody(BaseModel):
    """One side of a ledger transaction: a debit is positive."""

    entry_no: int
    transaction_id: str = Field(examples=["SZ1-0001-20261123T091500123Z#2/reversal"])
    account: str = Field(examples=["receivable"])
    amount_fen: int
    amount: str = Field(description="in yuan", examples=["-7.00"])
    cause: EntryCause
    charge_id: str | None = Field(description="the charge that this entry books or reverses")
    booked_at: datetime
    hash: str = Field(description="SHA-256 over the hash before it and this entry, in hex")

    @classmethod
    def of(cls, link: ChainedEntry) -> Self:
        """Build from an entry in its place."""
        entry = link.entry
        return cls(
            entry_no=link.entry_no,
            transaction_id=entry.transaction_id,
            account=entry.account,
            amount_fen=entry.amount_fen,
            amount=format_yuan(entry.amount_fen),
            cause=entry.cause,
            charge_id=entry.charge_id,
            booked_at=entry.booked_at,
            hash=link.hash.hex(),
        )


class EntriesBody(BaseModel):
    """Ledger entries in the order of booking."""

    entries: list[EntryBody]
    next_after: int | None = Field(description="pass as `after` for the next page; null on the last")


class ChargeBody(VersionBody):
    """One version with its lines and its ledger entries."""

    charged_from_at: datetime | None
    charged_to_at: datetime | None
    tariff: str
    document_no: str
    replaces: str | None = Field(description="the version that this one corrects")
    lines: list[LineBody]
    notes: list[WordsBody]
    entries: list[EntryBody]

    @classmethod
    def with_entries(cls, charge: Charge, before: Charge | None, links: list[ChainedEntry]) -> Self:
        """Build from a charge, the one that it replaces, and all entries of the stay."""
        prefix = f"{charge.charge_id}/"
        return cls(
            **VersionBody.of(charge, before).model_dump(),
            charged_from_at=charge.charged_from_at,
            charged_to_at=charge.charged_to_at,
            tariff=charge.tariff,
            document_no=charge.document_no,
            replaces=charge.replaces,
            lines=line_bodies(charge.lines),
            notes=[WordsBody(**note) for note in charge.notes],
            entries=[EntryBody.of(link) for link in links if link.entry.transaction_id.startswith(prefix)],
        )


class ChargesBody(BaseModel):
    """Every version of what a stay owed, the newest last."""

    stay_id: str
    owed_fen: int
    owed: str = Field(description="in yuan, by the newest version", examples=["3.00"])
    charges: list[ChargeBody]

    @classmethod
    def of(cls, stay_id: str, charges: list[Charge], links: list[ChainedEntry]) -> Self:
        """Build from all versions and all entries of a stay."""
        owed = charges[-1].amount_fen if charges else Fen(0)
        return cls(
            stay_id=stay_id,
            owed_fen=owed,
            owed=format_yuan(owed),
            charges=[
                ChargeBody.with_entries(charge, before, links)
                for before, charge in zip([None, *charges], charges, strict=False)
            ],
        )


class IssuedNoteBody(CreditNoteBody):
    """A credit note with its stay."""

    stay_id: str


class CreditNotesBody(BaseModel):
    """Credit notes, the newest first."""

    credit_notes: list[IssuedNoteBody]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")
