"""The routes of prepaid balances: accounts, their plates, and what comes in."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from billing.api.asking import who_asks
from billing.prepaid import REFUSALS, Debit, Event, EventKind, accounts_at, prepaid_account
from billing.prepaidlog import (
    LOCK_EVENTS,
    LOCK_TOPUPS,
    Topup,
    add_event,
    add_topup,
    balances_of,
    debits_of_account,
    events_about,
    events_of,
    find_topup,
)
from billing.reading import Loans
from parking.clock import Clock
from parking.ids import Plate
from parking.money import Fen, format_yuan
from parking.plates import ParsedPlate, mask_plate, parse_plate
from parking.plumbing.database import Connection

MOVES_SHOWN: Final = 50
LARGEST_TOPUP_FEN: Final = 10_000_00
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class OpeningBody(BaseModel):
    """An account to open."""

    account_id: Name = Field(examples=["P-0001"])
    plates: list[str] = Field(min_length=1, max_length=20, examples=[["鄂S12345"]])
    remark: str = Field(default="", max_length=500)


class PlateBody(BaseModel):
    """A plate to bind."""

    plate: str = Field(examples=["鄂S12345"])


class TopupBody(BaseModel):
    """Money that came in."""

    topup_id: Name = Field(description="the payment channel's own reference: told twice, booked once")
    amount_fen: int = Field(gt=0, le=LARGEST_TOPUP_FEN, examples=[10000])
    channel: Name = Field(examples=["wechat"])


class MoveBody(BaseModel):
    """What was decided about paying for a charge."""

    stay_id: str
    charge_id: str
    amount_fen: int = Field(description="taken is positive, given back negative, 0 where it was refused")
    amount: str
    refused_zh: str = Field(description="why nothing was taken; empty where something moved")
    refused_en: str
    at: datetime

    @classmethod
    def of(cls, debit: Debit) -> "MoveBody":
        """Build from a debit."""
        words = REFUSALS.get(debit.refused) if debit.refused else None
        return cls(
            stay_id=debit.stay_id,
            charge_id=debit.charge_id,
            amount_fen=debit.amount_fen,
            amount=format_yuan(debit.amount_fen),
            refused_zh=words.zh if words else "",
            refused_en=words.en if words else "",
            at=debit.decided_at,
        )


class AccountBody(BaseModel):
    """A prepaid account as it is now."""

    account_id: str
    is_open: bool
    plates: list[str] = Field(description="masked")
    balance_fen: int = Field(description="as booked; a top-up counts within seconds")
    balance: str
    moves: list[MoveBody] = Field(description="the last ones, the newest first")


class PrepaidRoutes:
    """Handlers of the routes; each borrows a connection for one transaction."""

    def __init__(self, loans: Loans, clock: Clock) -> None:
        self._loans, self._clock = loans, clock

    def open_account(self, wanted: OpeningBody, request: Request) -> AccountBody:
        """Open an account for one or more plates."""
        plates = [_plate(text) for text in wanted.plates]
        with self._loans() as connection:
            connection.execute(LOCK_EVENTS)
            if events_of(connection, wanted.account_id):
                raise HTTPException(409, f"there is an account {wanted.account_id!r} already")
            self._add(connection, wanted.account_id, EventKind.OPENED, None, wanted.remark, request)
            for plate in dict.fromkeys(plates):
                self._bind(connection, wanted.account_id, plate, request)
            return _account(connection, wanted.account_id, self._clock.now())

    def show_account(self, account_id: str) -> AccountBody:
        """Balance, plates and last moves."""
        with self._loans() as connection:
            return _account(connection, account_id, self._clock.now())

    def bind_plate(self, account_id: str, wanted: PlateBody, request: Request) -> AccountBody:
        """Let the account pay for one more plate, from now on."""
        plate = _plate(wanted.plate)
        with self._loans() as connection:
            connection.execute(LOCK_EVENTS)
            self._need_open(connection, account_id)
            self._bind(connection, account_id, plate, request)
            return _account(connection, account_id, self._clock.now())

    def release_plate(self, account_id: str, plate: str, request: Request) -> AccountBody:
        """Let the account pay for a plate no longer."""
        known = _plate(plate)
        with self._loans() as connection:
            connection.execute(LOCK_EVENTS)
            self._need_open(connection, account_id)
            if accounts_at(events_of(connection, account_id), self._clock.now()).get(known) != account_id:
                raise HTTPException(404, f"the account does not pay for {mask_plate(known)}")
            self._add(connection, account_id, EventKind.RELEASED, known, "", request)
            return _account(connection, account_id, self._clock.now())

    def top_up(self, account_id: str, wanted: TopupBody, request: Request) -> AccountBody:
        """Record money that came in; billing books it, and pays what waited for it."""
        with self._loans() as connection:
            connection.execute(LOCK_TOPUPS)
            self._need_open(connection, account_id)
            told = (account_id, wanted.amount_fen, wanted.channel)
            known = find_topup(connection, wanted.topup_id)
            if known is None:
                topup = Topup(0, wanted.topup_id, account_id, Fen(wanted.amount_fen), wanted.channel)
                add_topup(connection, topup, who_asks(request), self._clock.now())
            elif known != told:
                raise HTTPException(409, f"the payment {wanted.topup_id!r} is on record with other figures")
            return _account(connection, account_id, self._clock.now())

    def close_account(self, account_id: str, request: Request) -> AccountBody:
        """Close an account: its plates pay by themselves again, its balance stays owed to its holder."""
        with self._loans() as connection:
            connection.execute(LOCK_EVENTS)
            self._need_open(connection, account_id)
            self._add(connection, account_id, EventKind.CLOSED, None, "", request)
            return _account(connection, account_id, self._clock.now())

    def _need_open(self, connection: Connection, account_id: str) -> None:
        if not _account(connection, account_id, self._clock.now()).is_open:
            raise HTTPException(409, f"the account {account_id!r} is closed")

    def _bind(self, connection: Connection, account_id: str, plate: Plate, request: Request) -> None:
        owner = accounts_at(events_about(connection, [plate]), self._clock.now()).get(plate)
        if owner is not None:
            raise HTTPException(409, f"an account pays for {mask_plate(plate)} already")
        self._add(connection, account_id, EventKind.BOUND, plate, "", request)

    def _add(
        self,
        connection: Connection,
        account_id: str,
        kind: EventKind,
        plate: Plate | None,
        remark: str,
        request: Request,
    ) -> None:
        event = Event(account_id=account_id, kind=kind, plate=plate, recorded_at=self._clock.now())
        add_event(connection, event, remark, who_asks(request))


def prepaid_router(loans: Loans, clock: Clock) -> APIRouter:
    """Build the routes."""
    router, routes = APIRouter(prefix="/prepaid/accounts"), PrepaidRoutes(loans, clock)
    router.post("", status_code=201)(routes.open_account)
    router.get("/{account_id}")(routes.show_account)
    router.post("/{account_id}/plates", status_code=201)(routes.bind_plate)
    router.delete("/{account_id}/plates/{plate}")(routes.release_plate)
    router.post("/{account_id}/topups", status_code=202)(routes.top_up)
    router.post("/{account_id}/close")(routes.close_account)
    return router


def _plate(text: str) -> Plate:
    parsed = parse_plate(text)
    if not isinstance(parsed, ParsedPlate):
        raise HTTPException(422, f"plate: {parsed.text!r} is none: {parsed.detail}")
    return parsed.plate


def _account(connection: Connection, account_id: str, now: datetime) -> AccountBody:
    events = events_of(connection, account_id)
    if not events:
        raise HTTPException(404, f"there is no account {account_id!r}")
    account = prepaid_account(account_id)
    balance_fen = balances_of(connection, [account]).get(account, 0)
    return AccountBody(
        account_id=account_id,
        is_open=events[-1].kind is not EventKind.CLOSED,
        plates=[mask_plate(plate) for plate in sorted(accounts_at(events, now))],
        balance_fen=balance_fen,
        balance=format_yuan(Fen(balance_fen)),
        moves=[MoveBody.of(each) for each in debits_of_account(connection, account_id, MOVES_SHOWN)],
    )
