"""The routes of stays, bills and the ledger, to be mounted under the API's prefix."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query

from billing.api.asking import instant
from billing.api.desk import desk_router
from billing.api.ledger import LARGEST_PAGE, PAGE_SIZE, ledger_router
from billing.api.prepaid import prepaid_router
from billing.api.rights import rights_router
from billing.bodies import (
    BillBody,
    BillStanding,
    PaymentBody,
    StayBody,
    StaysBody,
    VersionBody,
    WordsBody,
    line_bodies,
)
from billing.charges import Charge, Rating, next_charge
from billing.prepaidlog import debits_of
from billing.rating import Rights, Site, rate, rule_in_words
from billing.reading import (
    ListedStay,
    Loans,
    StayFilter,
    find_proof,
    find_stay,
    list_charges,
    list_stays,
)
from billing.register import rights_of
from billing.runloading import load_earlier
from billing.stays import StayState
from billing.tariff import EarlierStay, TariffBook, UnpricedError
from parking.clock import Clock
from parking.ids import BerthId
from parking.money import Fen, format_yuan
from parking.plumbing.database import Connection

_STANDING: Final = {
    StayState.OPEN: BillStanding.SO_FAR,
    StayState.CLOSED: BillStanding.FINAL,
    StayState.HELD: BillStanding.HELD,
    StayState.VOID: BillStanding.VOID,
}


class BillingRoutes:
    """Handlers of the routes; each borrows a connection for one read."""

    def __init__(self, loans: Loans, book: TariffBook, sites: Mapping[BerthId, Site], clock: Clock) -> None:
        self._loans = loans
        self._book = book
        self._sites = sites
        self._clock = clock

    def list_stays(
        self,
        berth: Annotated[str | None, Query(examples=["SZ1-0001"])] = None,
        section: Annotated[str | None, Query(examples=["S001"])] = None,
        state: Annotated[StayState | None, Query(description="only in this state")] = None,
        since: Annotated[datetime | None, Query(description="arrived at or after")] = None,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
    ) -> StaysBody:
        """Stays, the latest arrival first, in pages."""
        with self._loans() as connection:
            wanted = StayFilter(
                berth_id=berth,
                section_id=section,
                state=state.value if state else None,
                since=instant(since),
                before=_last_of_page(connection, cursor) if cursor is not None else None,
            )
            rows = list_stays(connection, wanted, limit + 1)
        page = [StayBody.of(row) for row in rows[:limit]]
        return StaysBody(stays=page, next_cursor=page[-1].stay_id if len(rows) > limit else None)

    def show_stay(self, stay_id: str) -> StayBody:
        """One stay."""
        with self._loans() as connection:
            return StayBody.of(_get_stay(connection, stay_id))

    def show_bill(self, stay_id: str) -> BillBody:
        """What a stay owes, line by line; of a running one, what it owes so far."""
        with self._loans() as connection:
            listed = _get_stay(connection, stay_id)
            charges = list_charges(connection, listed.stay.stay_id)
            debits = debits_of(connection, [listed.stay.stay_id])
            proof_at = find_proof(connection, listed.stay.berth_id)
            earlier = self._earlier(connection, listed)
            rights = rights_of(connection, [listed.stay.read.plate] if listed.stay.read else [])
        shown = charges[-1] if charges else None
        if listed.stay.state is StayState.OPEN:
            shown = self._so_far(listed, rights, proof_at, earlier)
        payment = PaymentBody.of(charges[-1].amount_fen, debits) if charges else None
        return _bill_body(listed, shown, charges, self._rule(listed), payment)

    def _earlier(self, connection: Connection, listed: ListedStay) -> tuple[EarlierStay, ...]:
        is_asked = self._book.sums_stays and listed.stay.state is StayState.OPEN
        return load_earlier(connection, listed.stay, self._sites) if is_asked else ()

    def _so_far(
        self,
        listed: ListedStay,
        rights: Rights,
        proof_at: datetime | None,
        earlier: tuple[EarlierStay, ...],
    ) -> Charge | None:
        """Price a running stay as far as it is proven: the same rating, booked nowhere."""
        stay, site = listed.stay, self._sites.get(listed.stay.berth_id)
        if site is None:
            return None
        try:
            bill = rate(self._book, stay, site, rights, proof_at, earlier)
        except UnpricedError:
            return None
        now = self._clock.now()
        return next_charge(
            stay.stay_id, bill, None, Rating(zone_class=site.zone_class, rated_at=now, book_digest="")
        )

    def _rule(self, listed: ListedStay) -> list[WordsBody]:
        site = self._sites.get(listed.stay.berth_id)
        if site is None:
            return []
        return [WordsBody.of(words) for words in rule_in_words(self._book, listed.stay, site)]


def billing_router(loans: Loans, book: TariffBook, sites: Mapping[BerthId, Site], clock: Clock) -> APIRouter:
    """Build the routes. `loans` lends a database connection for one read."""
    router, routes = APIRouter(tags=["billing"]), BillingRoutes(loans, book, sites, clock)
    router.get("/stays")(routes.list_stays)
    router.get("/stays/{stay_id}")(routes.show_stay)
    router.get("/stays/{stay_id}/bill")(routes.show_bill)
    router.include_router(ledger_router(loans))
    router.include_router(desk_router(loans, clock))
    router.include_router(rights_router(loans, book, sites, clock))
    router.include_router(prepaid_router(loans, clock))
    return router


def _get_stay(connection: Connection, stay_id: str) -> ListedStay:
    listed = find_stay(connection, stay_id)
    if listed is None:
        raise HTTPException(404, f"there is no stay {stay_id!r}")
    return listed


def _last_of_page(connection: Connection, cursor: str) -> tuple[datetime, str]:
    listed = find_stay(connection, cursor)
    if listed is None:
        raise HTTPException(422, "cursor: pass `next_cursor` of the page before as it was")
    return listed.stay.arrived.latest_at, listed.stay.stay_id


def _bill_body(
    listed: ListedStay,
    shown: Charge | None,
    charges: list[Charge],
    rule: list[WordsBody],
    payment: PaymentBody | None,
) -> BillBody:
    """Put a bill together; where nothing is charged it has no lines and no amount."""
    amount = shown.amount_fen if shown else Fen(0)
    return BillBody(
        stay=StayBody.of(listed),
        standing=_STANDING[listed.stay.state],
        charged_from_at=shown.charged_from_at if shown else None,
        charged_to_at=shown.charged_to_at if shown else None,
        minutes=shown.minutes if shown else 0,
        amount_fen=amount,
        amount=format_yuan(amount),
        tariff=shown.tariff if shown else "",
        document_no=shown.document_no if shown else "",
        lines=line_bodies(shown.lines if shown else []),
        notes=[WordsBody(**note) for note in shown.notes] if shown else [],
        rule=rule,
        payment=payment,
        versions=[
            VersionBody.of(charge, before) for before, charge in zip([None, *charges], charges, strict=False)
        ],
    )
