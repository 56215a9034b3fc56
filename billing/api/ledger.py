"""The routes of charges, credit notes and ledger entries: what was booked, and by which cause."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query

from billing.api.asking import instant
from billing.api.ledgerbodies import (
    AccountBody,
    ChargesBody,
    CreditNotesBody,
    EntriesBody,
    EntryBody,
    IssuedNoteBody,
    LedgerBody,
)
from billing.ledger import BOOK, FIRST_HASH
from billing.ledgerreading import has_charge, list_credit_notes, list_entries, list_entries_of
from billing.reading import Loans, find_last_entry, find_stay, list_charges, sum_accounts
from parking.money import Fen, format_yuan

PAGE_SIZE: Final = 100
LARGEST_PAGE: Final = 1000
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class LedgerRoutes:
    """Handlers of the routes; each borrows a connection for one read."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans

    def list_charges(self, stay_id: str) -> ChargesBody:
        """Every version of what a stay owed, with lines, credit notes and ledger entries."""
        with self._loans() as connection:
            listed = find_stay(connection, stay_id)
            if listed is None:
                raise HTTPException(404, f"there is no stay {stay_id!r}")
            charges = list_charges(connection, listed.stay.stay_id)
            links = list_entries_of(connection, listed.stay.stay_id)
        return ChargesBody.of(stay_id, charges, links)

    def list_credit_notes(
        self,
        since: Annotated[datetime | None, Query(description="issued at or after")] = None,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
        limit: Limit = PAGE_SIZE,
    ) -> CreditNotesBody:
        """What corrections gave back to drivers, the newest first."""
        with self._loans() as connection:
            if cursor is not None and not has_charge(connection, cursor):
                raise HTTPException(422, "cursor: pass `next_cursor` of the page before as it was")
            rows = list_credit_notes(connection, instant(since), cursor, limit + 1)
        notes = [
            IssuedNoteBody(
                number=f"{charge_id}/credit",
                stay_id=stay_id,
                credits=credited,
                amount_fen=fen,
                amount=format_yuan(Fen(fen)),
                issued_at=at,
            )
            for charge_id, stay_id, credited, fen, at in rows[:limit]
        ]
        return CreditNotesBody(
            credit_notes=notes, next_cursor=rows[limit - 1][0] if len(rows) > limit else None
        )

    def list_entries(
        self,
        after: Annotated[int, Query(ge=0, description="behind this number")] = 0,
        account: Annotated[str | None, Query(examples=["receivable"])] = None,
        limit: Limit = PAGE_SIZE,
    ) -> EntriesBody:
        """Ledger entries in the order of booking, in pages."""
        with self._loans() as connection:
            links = list_entries(connection, after, account, limit + 1)
        page = [EntryBody.of(link) for link in links[:limit]]
        return EntriesBody(entries=page, next_after=page[-1].entry_no if len(links) > limit else None)

    def sum_ledger(
        self,
        since: Annotated[datetime | None, Query(description="booked at or after")] = None,
        until: Annotated[datetime | None, Query(description="booked before")] = None,
    ) -> LedgerBody:
        """Balances of the accounts of the parking-fee ledger."""
        with self._loans() as connection:
            sums = sum_accounts(connection, instant(since), instant(until))
            last_no, last_hash = find_last_entry(connection) or (0, FIRST_HASH)
        accounts = [
            AccountBody(account=account, entry_count=count, balance_fen=fen, balance=format_yuan(Fen(fen)))
            for account, count, fen in sums
        ]
        return LedgerBody(
            book=BOOK,
            since=instant(since),
            until=instant(until),
            accounts=accounts,
            last_entry_no=last_no,
            last_hash=last_hash.hex(),
        )


def ledger_router(loans: Loans) -> APIRouter:
    """Build the routes. `loans` lends a database connection for one read."""
    router, routes = APIRouter(), LedgerRoutes(loans)
    router.get("/stays/{stay_id}/charges")(routes.list_charges)
    router.get("/credit-notes")(routes.list_credit_notes)
    router.get("/ledger/entries")(routes.list_entries)
    router.get("/ledger/summary")(routes.sum_ledger)
    return router
