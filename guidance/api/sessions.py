"""Routes of people: signing in and out, who one is, and a driver's own stays."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from guidance.access import ANYBODY, Principal, Role
from guidance.api.models.sessions import (
    MeBody,
    OwnStayBody,
    OwnStaysBody,
    RefreshRequest,
    SessionBody,
    SessionsBody,
    SignInRequest,
    TokensBody,
)
from guidance.api.problems import not_found, problems, refuse
from guidance.service.accounts import Accounts, Locked, Tokens
from guidance.store.loans import Loans
from guidance.store.ownstays import list_own_stays
from guidance.store.users import list_sessions, owner_of, revoke_family
from parking.clock import Clock

LARGEST_PAGE = 500
_LAST = (datetime.max.replace(tzinfo=UTC), "")


class Sessions:
    """Handlers of people. `loans` lends database connections."""

    def __init__(self, accounts: Accounts, loans: Loans, clock: Clock) -> None:
        self._accounts, self._loans, self._clock = accounts, loans, clock

    def sign_in(self, request: Request, wanted: SignInRequest) -> TokensBody:
        """Open a session. Five wrong passwords within a quarter of an hour lock the name for as long."""
        now = self._clock.now()
        signed = self._accounts.sign_in(wanted.name, wanted.password, _address(request), now)
        if isinstance(signed, Locked):
            detail = f"too many wrong passwords: try again at {signed.until.astimezone(UTC):%H:%M:%S} UTC"
            refusal = refuse(429, "locked-out", "Locked out", detail)
            refusal.headers = {"Retry-After": str(int((signed.until - now).total_seconds()) + 1)}
            raise refusal
        if signed is None:
            raise refuse(401, "wrong-password", "Wrong name or password", "name and password do not fit")
        return _tokens(signed)

    def refresh(self, request: Request, shown: RefreshRequest) -> TokensBody:
        """Exchange a refresh token for a new pair. One used twice ends the session: it may be stolen."""
        renewed = self._accounts.refresh(shown.refresh_token, _address(request), self._clock.now())
        if renewed is None:
            self._accounts.forget()
            raise refuse(
                401, "session-over", "Session over", "the token is unknown, used or over: sign in again"
            )
        return _tokens(renewed)

    def list_own(self, request: Request) -> SessionsBody:
        """Open sessions of whoever asks."""
        with self._loans() as connection:
            rows = list_sessions(connection, _who(request).name, self._clock.now())
        names = tuple(SessionBody.model_fields)
        return SessionsBody(sessions=[SessionBody(**dict(zip(names, row, strict=True))) for row in rows])

    def sign_out(self, request: Request, session_id: str) -> None:
        """End a session; one's own, or as administrator anybody's."""
        who = _who(request)
        with self._loans() as connection:
            owner = owner_of(connection, session_id)
            is_theirs = owner is not None and (who.role is Role.ADMIN or owner == who.name)
            if not is_theirs or not revoke_family(connection, session_id, self._clock.now()):
                raise not_found("session", session_id)
        self._accounts.forget()

    def show_me(self, request: Request) -> MeBody:
        """Who asks, as the key or the session says."""
        who = _who(request)
        return MeBody(name=who.name, role=who.role.value, plate=who.plate)

    def list_stays(
        self,
        request: Request,
        cursor: Annotated[
            str | None, Query(description="`next_cursor` of the page before", max_length=200)
        ] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> OwnStaysBody:
        """Stays of the plate that whoever asks owns, in full, newest first; nobody else's."""
        who = _who(request)
        if who.plate is None:
            raise refuse(403, "no-plate", "No plate", "only a driver's key or session owns a plate")
        with self._loans() as connection:
            rows = list_own_stays(connection, who.plate, _position(cursor), limit + 1)
        stays = [OwnStayBody(**row) for row in rows[:limit]]
        last = stays[-1] if len(rows) > limit else None
        following = f"{last.arrived_at.astimezone(UTC).isoformat()}~{last.stay_id}" if last else None
        return OwnStaysBody(stays=stays, next_cursor=following)


def _position(cursor: str | None) -> tuple[datetime, str]:
    if cursor is None:
        return _LAST
    at, _, stay_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), stay_id.replace("\0", "")
    except (ValueError, OverflowError) as error:
        detail = "pass `next_cursor` of the page before as it was"
        raise refuse(422, "bad-cursor", "Bad cursor", detail) from error


def _who(request: Request) -> Principal:
    who: Principal = getattr(request.state, "principal", ANYBODY)
    return who


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _tokens(signed: Tokens) -> TokensBody:
    return TokensBody(
        access_token=signed.access,
        access_until=signed.access_until,
        refresh_token=signed.refresh,
        refresh_until=signed.refresh_until,
        session_id=signed.family_id,
        name=signed.principal.name,
        role=signed.principal.role.value,
    )


def sessions_router(accounts: Accounts, loans: Loans, clock: Clock) -> APIRouter:
    """Routes of people."""
    router, sessions = APIRouter(tags=["people"]), Sessions(accounts, loans, clock)
    router.post("/sessions", status_code=201, responses=problems(401, 422, 429, 503))(sessions.sign_in)
    router.post("/sessions/refresh", responses=problems(401, 422, 503))(sessions.refresh)
    router.get("/sessions", responses=problems(503))(sessions.list_own)
    router.delete("/sessions/{session_id}", status_code=204, responses=problems(404, 503))(sessions.sign_out)
    router.get("/me")(sessions.show_me)
    router.get("/me/stays", responses=problems(403, 422, 503))(sessions.list_stays)
    return router
