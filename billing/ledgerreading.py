"""What the API reads of ledger entries and credit notes; nothing here writes."""

from datetime import datetime

from billing.ledger import ChainedEntry
from billing.records import chained_of
from parking.ids import StayId
from parking.plumbing.database import Connection

LIST_ENTRIES = """
SELECT entry_no, transaction_id, book, account, amount_fen, cause, charge_id, booked_at, hash
FROM ledger_entries
WHERE entry_no > %s AND (%s::text IS NULL OR account = %s)
ORDER BY entry_no LIMIT %s"""
LIST_OF_STAY = """
SELECT e.entry_no, e.transaction_id, e.book, e.account, e.amount_fen, e.cause, e.charge_id, e.booked_at,
       e.hash
FROM charges AS c JOIN ledger_entries AS e ON e.charge_id = c.charge_id
WHERE c.stay_id = %s ORDER BY e.entry_no"""
# A credit note is a version that owes less than the one that it replaces.
LIST_NOTES = """
SELECT n.charge_id, n.stay_id, o.charge_id, o.amount_fen - n.amount_fen, n.rated_at
FROM charges AS n JOIN charges AS o ON o.charge_id = n.replaces
WHERE n.amount_fen < o.amount_fen
  AND (%(since)s::timestamptz IS NULL OR n.rated_at >= %(since)s)
  AND (%(before)s::text IS NULL
       OR (n.rated_at, n.charge_id) < (SELECT rated_at, charge_id FROM charges WHERE charge_id = %(before)s))
ORDER BY n.rated_at DESC, n.charge_id DESC LIMIT %(limit)s"""

HAS_CHARGE = "SELECT 1 FROM charges WHERE charge_id = %s"


def list_entries(connection: Connection, after: int, account: str | None, limit: int) -> list[ChainedEntry]:
    """Entries behind a number, in the order of booking."""
    return [chained_of(row) for row in connection.execute(LIST_ENTRIES, (after, account, account, limit))]


def list_entries_of(connection: Connection, stay_id: StayId) -> list[ChainedEntry]:
    """Every entry that books or reverses a charge of the stay."""
    return [chained_of(row) for row in connection.execute(LIST_OF_STAY, (stay_id,))]


def list_credit_notes(
    connection: Connection, since: datetime | None, before: str | None, limit: int
) -> list[tuple[str, str, str, int, datetime]]:
    """Charge, stay, charge that was too high, fen given back, and when; the newest first."""
    arguments = {"since": since, "before": before, "limit": limit}
    return connection.execute(LIST_NOTES, arguments).fetchall()


def has_charge(connection: Connection, charge_id: str) -> bool:
    """Whether there is such a charge."""
    return connection.execute(HAS_CHARGE, (charge_id,)).fetchone() is not None
