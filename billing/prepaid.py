"""Balances that are paid in before, and taken from when a stay of one of their plates is charged. Pure.

Nothing is taken while it is in doubt whose vehicle it was: the reading must be sure, and neither another
reading of the stay nor a plate that cameras confuse with it may belong to another account. What is not
taken stays payable, with the reason on record; what was taken is given back as soon as it is not owed, not
by this account, or doubt comes late.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from billing.ledger import RECEIVABLE, Entry, EntryCause
from billing.tariff import Words
from parking.ids import ChargeId, Plate, StayId
from parking.money import Fen


class Refusal(StrEnum):
    """Why nothing was taken."""

    UNSURE_PLATE = "unsure_plate"
    SECOND_READING = "second_reading"
    CONFUSABLE_PLATE = "confusable_plate"
    BALANCE = "balance"


REFUSALS: Final = {
    Refusal.UNSURE_PLATE: Words("车牌识别不够确定，未自动扣款", "the plate was not read surely enough"),
    Refusal.SECOND_READING: Words(
        "本次停车的另一识别结果属于其他账户，未自动扣款",
        "another reading of this stay belongs to another account",
    ),
    Refusal.CONFUSABLE_PLATE: Words(
        "相近易混的车牌属于其他账户，未自动扣款",
        "a plate that cameras confuse with this one belongs to another account",
    ),
    Refusal.BALANCE: Words("余额不足，未自动扣款", "the balance does not cover it"),
}


class EventKind(StrEnum):
    """What can happen to an account."""

    OPENED = "opened"
    BOUND = "bound"
    RELEASED = "released"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of an account."""

    account_id: str
    kind: EventKind
    plate: Plate | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """What was decided about a charge: taken (positive), given back (negative), or refused and why."""

    debit_no: int
    stay_id: StayId
    charge_id: ChargeId
    account_id: str
    amount_fen: Fen
    refused: Refusal | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """A stay as paying for it sees it: what it owes, what accounts paid, and the account of its plate."""

    stay_id: StayId
    charge_id: ChargeId
    owed_fen: Fen
    paid: Mapping[str, int]
    account_id: str | None
    doubt: Refusal | None
    last_refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Money to take (positive) or give back (negative), or nothing and why."""

    account_id: str
    amount_fen: int
    refused: Refusal | None = None


def accounts_at(events: Iterable[Event], at: datetime) -> dict[Plate, str]:
    """The account of each plate that one pays for at a moment; events come in their order."""
    bound: dict[Plate, str] = {}
    for event in events:
        if event.recorded_at > at:
            continue
        if event.kind is EventKind.BOUND and event.plate is not None:
            bound[event.plate] = event.account_id
        elif event.kind is EventKind.RELEASED and event.plate is not None:
            bound.pop(event.plate, None)
        elif event.kind is EventKind.CLOSED:
            bound = {plate: owner for plate, owner in bound.items() if owner != event.account_id}
    return bound


def moves_for(owing: Owing, balance_fen: int) -> list[Move]:
    """What must move between the stay and accounts; `balance_fen` is that of the account of its plate."""
    own, doubt = owing.account_id, owing.doubt
    moves = [
        Move(account_id=account_id, amount_fen=-fen)
        for account_id, fen in sorted(owing.paid.items())
        if fen and (account_id != own or doubt is not None)
    ]
    if own is None:
        return moves
    missing_fen = owing.owed_fen - (owing.paid.get(own, 0) if doubt is None else 0)
    if missing_fen < 0:
        moves.append(Move(account_id=own, amount_fen=missing_fen))
    elif missing_fen:
        refused = doubt or (Refusal.BALANCE if balance_fen < missing_fen else None)
        if refused is None:
            moves.append(Move(account_id=own, amount_fen=missing_fen))
        elif refused is not owing.last_refusal:
            moves.append(Move(account_id=own, amount_fen=0, refused=refused))
    return moves


def prepaid_account(account_id: str) -> str:
    """The ledger's name of a balance; what the operator owes its holder is a credit."""
    return f"prepaid/{account_id}"


def entries_of_debit(debit: Debit) -> list[Entry]:
    """Book what was taken or given back."""
    cause = EntryCause.PREPAID if debit.amount_fen > 0 else EntryCause.REFUND
    sides = (
        (prepaid_account(debit.account_id), debit.amount_fen),
        (RECEIVABLE, Fen(-debit.amount_fen)),
    )
    return [
        Entry(
            transaction_id=f"{debit.charge_id}/{cause}/{debit.debit_no}",
            account=account,
            amount_fen=amount_fen,
            cause=cause,
            charge_id=debit.charge_id,
            booked_at=debit.decided_at,
        )
        for account, amount_fen in sides
        if amount_fen
    ]


def entries_of_topup(
    topup_id: str, account_id: str, amount_fen: Fen, channel: str, booked_at: datetime
) -> list[Entry]:
    """Book what came in."""
    sides = ((f"cash/{channel}", amount_fen), (prepaid_account(account_id), Fen(-amount_fen)))
    return [
        Entry(
            transaction_id=f"topup/{topup_id}",
            account=account,
            amount_fen=fen,
            cause=EntryCause.TOPUP,
            charge_id=None,
            booked_at=booked_at,
        )
        for account, fen in sides
    ]
