"""Prepaid accounts in the database: events and top-ups from the desk, debits by billing; all append only."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from billing.prepaid import Debit, Event, EventKind, Refusal
from parking.ids import ChargeId, Plate, StayId
from parking.money import Fen
from parking.plumbing.database import Connection, notify

# Numbers must become visible in their order, and a plate belongs to one account: one writer at a time.
LOCK_EVENTS = "LOCK TABLE prepaid_events IN EXCLUSIVE MODE"
LOCK_TOPUPS = "LOCK TABLE prepaid_topups IN EXCLUSIVE MODE"
ADD_EVENT = """
INSERT INTO prepaid_events (event_no, account_id, event, plate, remark, recorded_by, recorded_at)
SELECT coalesce(max(event_no), 0) + 1, %s, %s, %s, %s, %s, %s FROM prepaid_events"""
ADD_TOPUP = """
INSERT INTO prepaid_topups (topup_no, topup_id, account_id, amount_fen, channel, recorded_by, recorded_at)
SELECT coalesce(max(topup_no), 0) + 1, %s, %s, %s, %s, %s, %s FROM prepaid_topups"""
FIND_TOPUP = "SELECT account_id, amount_fen, channel FROM prepaid_topups WHERE topup_id = %s"
# Closing an account says nothing of its plates, so all events of accounts that ever had them are wanted.
LIST_EVENTS = """
SELECT account_id, event, plate, recorded_at FROM prepaid_events
WHERE account_id IN (SELECT account_id FROM prepaid_events WHERE plate = ANY(%s))
ORDER BY event_no"""
LIST_OF_ACCOUNT = """
SELECT account_id, event, plate, recorded_at FROM prepaid_events WHERE account_id = %s ORDER BY event_no"""
LIST_TOPUPS = """
SELECT topup_no, topup_id, account_id, amount_fen, channel FROM prepaid_topups
WHERE topup_no > coalesce((SELECT value FROM billing_marks WHERE name = 'topups'), 0)
ORDER BY topup_no LIMIT %s"""
MOVE_MARK = """
INSERT INTO billing_marks (name, value) VALUES ('topups', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
SUM_BALANCES = """
SELECT account, -sum(amount_fen)::bigint FROM ledger_entries
WHERE account LIKE 'prepaid/%%' AND account = ANY(%s) GROUP BY account"""
LIST_DEBITS = """
SELECT debit_no, stay_id, charge_id, account_id, amount_fen, refused, decided_at
FROM prepaid_debits WHERE stay_id = ANY(%s) ORDER BY debit_no"""
LIST_DEBITS_OF_ACCOUNT = """
SELECT debit_no, stay_id, charge_id, account_id, amount_fen, refused, decided_at
FROM prepaid_debits WHERE account_id = %s ORDER BY debit_no DESC LIMIT %s"""
LAST_DEBIT = "SELECT coalesce(max(debit_no), 0) FROM prepaid_debits"
ADD_DEBIT = """
INSERT INTO prepaid_debits (debit_no, stay_id, charge_id, account_id, amount_fen, refused, decided_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)"""
# Stays that wait for these accounts to be topped up, the oldest first.
LIST_WAITING = """
SELECT d.stay_id FROM prepaid_debits AS d
WHERE d.account_id = ANY(%s) AND d.refused = 'balance'
  AND NOT EXISTS (SELECT 1 FROM prepaid_debits AS n WHERE n.stay_id = d.stay_id AND n.debit_no > d.debit_no)
ORDER BY d.debit_no"""


class Topup(NamedTuple):
    """Money that came in, under the payment channel's own reference."""

    topup_no: int
    topup_id: str
    account_id: str
    amount_fen: Fen
    channel: str


def add_event(connection: Connection, event: Event, remark: str, by: str) -> None:
    """Record an event; the caller holds the lock."""
    values = (event.account_id, event.kind.value, event.plate, remark, by, event.recorded_at)
    connection.execute(ADD_EVENT, values)


def add_topup(connection: Connection, topup: Topup, by: str, now: datetime) -> None:
    """Record what came in, and wake billing, which books it; the caller holds the lock."""
    values = (topup.topup_id, topup.account_id, topup.amount_fen, topup.channel, by, now)
    connection.execute(ADD_TOPUP, values)
    notify(connection, "prepaid_topups")


def find_topup(connection: Connection, topup_id: str) -> tuple[str, int, str] | None:
    """Account, amount and channel under a reference."""
    return connection.execute(FIND_TOPUP, (topup_id,)).fetchone()


def events_about(connection: Connection, plates: Iterable[Plate]) -> list[Event]:
    """Events of every account that has or had one of these plates."""
    return [_event(row) for row in connection.execute(LIST_EVENTS, (sorted(set(plates)),))]


def events_of(connection: Connection, account_id: str) -> list[Event]:
    """Events of an account."""
    return [_event(row) for row in connection.execute(LIST_OF_ACCOUNT, (account_id,))]


def list_topups(connection: Connection, limit: int) -> list[Topup]:
    """Top-ups that are not booked yet."""
    return [
        Topup(number, topup_id, account_id, Fen(fen), channel)
        for number, topup_id, account_id, fen, channel in connection.execute(LIST_TOPUPS, (limit,))
    ]


def save_mark(connection: Connection, topup_no: int) -> None:
    """Note how far top-ups are booked."""
    connection.execute(MOVE_MARK, (topup_no,))


def balances_of(connection: Connection, accounts: Iterable[str]) -> dict[str, int]:
    """What the ledger owes the holders of these accounts (by their names in the ledger)."""
    return dict(connection.execute(SUM_BALANCES, (sorted(set(accounts)),)).fetchall())


def debits_of(connection: Connection, stay_ids: Sequence[StayId]) -> list[Debit]:
    """Everything that was decided about paying for these stays, in order."""
    return [_debit(row) for row in connection.execute(LIST_DEBITS, (list(stay_ids),))]


def debits_of_account(connection: Connection, account_id: str, limit: int) -> list[Debit]:
    """What was last decided for an account, the newest first."""
    return [_debit(row) for row in connection.execute(LIST_DEBITS_OF_ACCOUNT, (account_id, limit))]


def last_debit_no(connection: Connection) -> int:
    """The number of the newest debit."""
    row = connection.execute(LAST_DEBIT).fetchone()
    return int(row[0]) if row else 0


def save_debits(connection: Connection, debits: Iterable[Debit]) -> None:
    """Append debits."""
    for debit in debits:
        connection.execute(
            ADD_DEBIT,
            (
                debit.debit_no, debit.stay_id, debit.charge_id, debit.account_id, debit.amount_fen,
                debit.refused.value if debit.refused else "", debit.decided_at,
            ),
        )  # fmt: skip


def list_waiting(connection: Connection, account_ids: Iterable[str]) -> list[StayId]:
    """Stays that these accounts could not pay for want of balance."""
    return [StayId(row[0]) for row in connection.execute(LIST_WAITING, (sorted(set(account_ids)),))]


def _event(row: Sequence[Any]) -> Event:
    account_id, kind, plate, recorded_at = row
    return Event(
        account_id=account_id,
        kind=EventKind(kind),
        plate=Plate(plate) if plate else None,
        recorded_at=recorded_at,
    )


def _debit(row: Sequence[Any]) -> Debit:
    debit_no, stay_id, charge_id, account_id, amount_fen, refused, decided_at = row
    return Debit(
        debit_no=debit_no,
        stay_id=StayId(stay_id),
        charge_id=ChargeId(charge_id),
        account_id=account_id,
        amount_fen=Fen(amount_fen),
        refused=Refusal(refused) if refused else None,
        decided_at=decided_at,
    )
