"""Takes what stays owe from prepaid balances and gives back what they do not; the caller commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from billing.charges import ChargeCause
from billing.desk import plates_in
from billing.ledger import Entry
from billing.prepaid import (
    Debit,
    Owing,
    Refusal,
    accounts_at,
    entries_of_debit,
    moves_for,
    prepaid_account,
)
from billing.prepaidlog import balances_of, debits_of, events_about, last_debit_no, save_debits
from billing.records import stay_of
from billing.sightings import SURE
from billing.stays import Stay, StayState
from parking.ids import ChargeId, Plate, StayId
from parking.money import Fen
from parking.plates import confusable_plates
from parking.plumbing.database import Connection

HAS_ACCOUNTS = "SELECT 1 FROM prepaid_events LIMIT 1"
# Charged stays of plates that ever had an account, or that an account has paid for.
LIST_CONCERNED = """
SELECT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at,
       s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence, s.arrival_seq, s.departure_seq,
       s.note, s.witnessed_from_at, s.witnessed_until_at, c.charge_id, c.amount_fen, c.cause
FROM stays AS s
CROSS JOIN LATERAL (SELECT * FROM charges WHERE stay_id = s.stay_id ORDER BY version DESC LIMIT 1) AS c
WHERE s.stay_id = ANY(%s)
  AND (EXISTS (SELECT 1 FROM prepaid_events AS e WHERE e.plate = s.plate)
       OR EXISTS (SELECT 1 FROM prepaid_debits AS d WHERE d.stay_id = s.stay_id))
ORDER BY s.arrived_latest_at, s.stay_id"""


def settle(connection: Connection, stay_ids: Iterable[StayId], now: datetime) -> list[Entry]:
    """Move money for these stays as they are now; returns what the ledger must book.

    Charges must be stored before; doing it again moves nothing.
    """
    if connection.execute(HAS_ACCOUNTS).fetchone() is None:
        return []
    rows = connection.execute(LIST_CONCERNED, (sorted(set(stay_ids)),)).fetchall()
    number, spent = last_debit_no(connection), dict[str, int]()
    debits: list[Debit] = []
    for row in rows:
        owing = _owing(connection, row)
        balance_fen = 0
        if owing.account_id is not None:
            account = prepaid_account(owing.account_id)
            balance_fen = balances_of(connection, [account]).get(account, 0) - spent.get(owing.account_id, 0)
        for move in moves_for(owing, balance_fen):
            number += 1
            spent[move.account_id] = spent.get(move.account_id, 0) + move.amount_fen
            debits.append(
                Debit(
                    debit_no=number,
                    stay_id=owing.stay_id,
                    charge_id=owing.charge_id,
                    account_id=move.account_id,
                    amount_fen=Fen(move.amount_fen),
                    refused=move.refused,
                    decided_at=now,
                )
            )
    save_debits(connection, debits)
    return [entry for debit in debits for entry in entries_of_debit(debit)]


def _owing(connection: Connection, row: Sequence[Any]) -> Owing:
    *columns, charge_id, amount_fen, cause = row
    stay = stay_of(columns)
    before = debits_of(connection, [stay.stay_id])
    paid: dict[str, int] = {}
    for debit in before:
        paid[debit.account_id] = paid.get(debit.account_id, 0) + debit.amount_fen
    is_owed = stay.state is StayState.CLOSED and cause != ChargeCause.WITHDRAWN.value
    account_id, doubt = _account(connection, stay) if is_owed else (None, None)
    return Owing(
        stay_id=stay.stay_id,
        charge_id=ChargeId(charge_id),
        owed_fen=Fen(amount_fen),
        paid=paid,
        account_id=account_id,
        doubt=doubt,
        last_refusal=before[-1].refused if before else None,
    )


def _account(connection: Connection, stay: Stay) -> tuple[str | None, Refusal | None]:
    """The account of the stay's plate when it departed, and why nothing may be taken from it."""
    if stay.read is None or stay.departed_latest_at is None:
        return None, None
    plate, read = stay.read.plate, set(plates_in(connection, stay))
    alike = set(confusable_plates(plate))
    accounts = accounts_at(events_about(connection, {plate} | read | alike), stay.departed_latest_at)
    own = accounts.get(plate)
    if own is None:
        return None, None
    if stay.read.confidence < SURE:
        return own, Refusal.UNSURE_PLATE
    if _of_another(accounts, read, own):
        return own, Refusal.SECOND_READING
    return own, Refusal.CONFUSABLE_PLATE if _of_another(accounts, alike, own) else None


def _of_another(accounts: dict[Plate, str], plates: Iterable[Plate], own: str) -> bool:
    return any(accounts.get(plate, own) != own for plate in plates)
