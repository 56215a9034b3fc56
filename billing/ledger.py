"""The operator's ledger of parking fees: double entry, integer fen, append only, chained by hashes. Pure.

Fines and concession payments never enter this book; they have tables of their own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from billing.charges import Charge
from parking.ids import ChargeId
from parking.money import Fen

BOOK: Final = "parking"
RECEIVABLE: Final = "receivable"
# The chain begins at nothing.
FIRST_HASH: Final = bytes(32)


class EntryCause(StrEnum):
    """Why an entry was booked."""

    DUE = "due"
    REVERSAL = "reversal"
    TOPUP = "topup"  # money came in for a prepaid balance
    PREPAID = "prepaid"  # a balance paid for a charge
    REFUND = "refund"  # what a balance had paid came back to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One side of a transaction: a debit is positive, a credit negative."""

    transaction_id: str
    account: str
    amount_fen: Fen
    cause: EntryCause
    charge_id: ChargeId | None  # None for money that came in: its transaction names the payment
    booked_at: datetime
    book: str = BOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEntry:
    """An entry in its place in the book."""

    entry_no: int
    entry: Entry
    hash: bytes


def revenue_account(zone_class: str) -> str:
    """Account that is credited for berths of a zone class."""
    return f"revenue/{zone_class}"


def entries_for(charge: Charge, replaced: Charge | None, booked_at: datetime) -> list[Entry]:
    """Reverse what the replaced charge had booked, then book what is due now.

    A charge of nothing books nothing: its row alone says that the stay was free, and why.
    """
    entries = []
    if replaced is not None:
        entries += _pair(charge, EntryCause.REVERSAL, replaced, Fen(-replaced.amount_fen), booked_at)
    entries += _pair(charge, EntryCause.DUE, charge, charge.amount_fen, booked_at)
    return entries


def chain(entries: Iterable[Entry], last_no: int, last_hash: bytes) -> Iterator[ChainedEntry]:
    """Number the entries on from the last one booked and seal each with the hash of all before it."""
    for number, entry in enumerate(entries, start=last_no + 1):
        last_hash = _seal(last_hash, number, entry)
        yield ChainedEntry(entry_no=number, entry=entry, hash=last_hash)


def first_break(entries: Sequence[ChainedEntry], last_no: int, last_hash: bytes) -> int | None:
    """Number of the first entry that is missing or not as it was booked, None where the chain holds."""
    for expected, found in zip(
        chain((each.entry for each in entries), last_no, last_hash), entries, strict=True
    ):
        if expected != found:
            return expected.entry_no
    return None


def _pair(
    charge: Charge, cause: EntryCause, booked: Charge, amount_fen: Fen, booked_at: datetime
) -> list[Entry]:
    if not amount_fen:
        return []
    sides = ((RECEIVABLE, amount_fen), (revenue_account(booked.zone_class), Fen(-amount_fen)))
    return [
        Entry(
            transaction_id=f"{charge.charge_id}/{cause}",
            account=account,
            amount_fen=amount,
            cause=cause,
            charge_id=booked.charge_id,
            booked_at=booked_at,
        )
        for account, amount in sides
    ]


def _seal(last_hash: bytes, number: int, entry: Entry) -> bytes:
    fields = (
        last_hash.hex(),
        str(number),
        entry.transaction_id,
        entry.book,
        entry.account,
        str(entry.amount_fen),
        entry.cause.value,
        entry.charge_id or "",
        entry.booked_at.astimezone(UTC).isoformat(timespec="microseconds"),
    )
    return sha256("\n".join(fields).encode()).digest()
