"""What the API reads of stays, charges and ledger; nothing here writes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.charges import Charge
from billing.records import charge_of, stay_of
from billing.stays import Stay
from parking.ids import BerthId, StayId
from parking.plumbing.database import Connection
from parking.states import BerthState

# Lends a database connection for one read; raises UnavailableError when none answers.
Loans = Callable[[], AbstractContextManager[Connection]]

LIST_STAYS = """
SELECT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at,
       s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence, s.arrival_seq, s.departure_seq,
       s.note, s.witnessed_from_at, s.witnessed_until_at,
       s.section_id, s.zone_id, s.zone_class, s.updated_at, c.amount_fen
FROM stays AS s
LEFT JOIN LATERAL (SELECT amount_fen FROM charges WHERE stay_id = s.stay_id
                   ORDER BY version DESC LIMIT 1) AS c ON true
WHERE (%(berth)s::text IS NULL OR s.berth_id = %(berth)s)
  AND (%(section)s::text IS NULL OR s.section_id = %(section)s)
  AND (%(state)s::text IS NULL OR s.state = %(state)s)
  AND (%(since)s::timestamptz IS NULL OR s.arrived_latest_at >= %(since)s)
  AND (%(before_at)s::timestamptz IS NULL
       OR (s.arrived_latest_at, s.stay_id) < (%(before_at)s, %(before_id)s))
ORDER BY s.arrived_latest_at DESC, s.stay_id DESC LIMIT %(limit)s"""
FIND_STAY = """
SELECT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at,
       s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence, s.arrival_seq, s.departure_seq,
       s.note, s.witnessed_from_at, s.witnessed_until_at,
       s.section_id, s.zone_id, s.zone_class, s.updated_at, c.amount_fen
FROM stays AS s
LEFT JOIN LATERAL (SELECT amount_fen FROM charges WHERE stay_id = s.stay_id
                   ORDER BY version DESC LIMIT 1) AS c ON true
WHERE s.stay_id = %s"""
LIST_CHARGES = """
SELECT charge_id, stay_id, version, amount_fen, zone_class, tariff, document_no, lines, notes,
       charged_from_at, charged_to_at, minutes, cause, replaces, rated_at, book_digest
FROM charges WHERE stay_id = %s ORDER BY version"""
FIND_PROOF = "SELECT heard_until FROM berth_states WHERE berth_id = %s AND state = %s"
SUM_ACCOUNTS = """
SELECT account, count(*), sum(amount_fen)::bigint FROM ledger_entries
WHERE (%(since)s::timestamptz IS NULL OR booked_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR booked_at < %(until)s)
GROUP BY account ORDER BY account"""
FIND_LAST_ENTRY = "SELECT entry_no, hash FROM ledger_entries ORDER BY entry_no DESC LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedStay:
    """A stay with its place and what it owes at present, None where nothing was ever charged."""

    stay: Stay
    section_id: str
    zone_id: str
    zone_class: str
    updated_at: datetime
    amount_fen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StayFilter:
    """Which stays to list; None asks nothing. `before` is the last one of the page before."""

    berth_id: str | None = None
    section_id: str | None = None
    state: str | None = None
    since: datetime | None = None
    before: tuple[datetime, str] | None = None


def list_stays(connection: Connection, wanted: StayFilter, limit: int) -> list[ListedStay]:
    """List stays, the latest arrival first."""
    before_at, before_id = wanted.before or (None, None)
    arguments = {
        "berth": wanted.berth_id,
        "section": wanted.section_id,
        "state": wanted.state,
        "since": wanted.since,
        "before_at": before_at,
        "before_id": before_id,
        "limit": limit,
    }
    return [_listed(row) for row in connection.execute(LIST_STAYS, arguments)]


def find_stay(connection: Connection, stay_id: str) -> ListedStay | None:
    """One stay."""
    row = connection.execute(FIND_STAY, (stay_id,)).fetchone()
    return None if row is None else _listed(row)


def list_charges(connection: Connection, stay_id: StayId) -> list[Charge]:
    """Every version of what a stay owed, the newest last."""
    return [charge_of(row) for row in connection.execute(LIST_CHARGES, (stay_id,))]


def find_proof(connection: Connection, berth_id: BerthId) -> datetime | None:
    """When the berth was last heard to be occupied; None where it is not believed to be."""
    row = connection.execute(FIND_PROOF, (berth_id, int(BerthState.OCCUPIED))).fetchone()
    return None if row is None else row[0]


def sum_accounts(
    connection: Connection, since: datetime | None, until: datetime | None
) -> list[tuple[str, int, int]]:
    """Number of entries and balance of each account, of what was booked in [since, until)."""
    return connection.execute(SUM_ACCOUNTS, {"since": since, "until": until}).fetchall()


def find_last_entry(connection: Connection) -> tuple[int, bytes] | None:
    """Number and hash of the newest entry."""
    return connection.execute(FIND_LAST_ENTRY).fetchone()


def _listed(row: Sequence[Any]) -> ListedStay:
    *columns, section_id, zone_id, zone_class, updated_at, amount_fen = row
    return ListedStay(
        stay=stay_of(columns),
        section_id=section_id,
        zone_id=zone_id,
        zone_class=zone_class,
        updated_at=updated_at,
        amount_fen=amount_fen,
    )
