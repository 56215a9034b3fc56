"""Routes of cases for staff, each known by a token."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool

from enforcement.api.casebodies import CaseBody, CaseDetail, CasesBody, LogBody
from enforcement.api.gate import Gate, Token
from enforcement.api.paging import format_cursor, parse_cursor
from enforcement.api.problems import refuse, refused
from enforcement.api.stepbodies import OpenBody, PictureQuery, StepBody
from enforcement.cases.words import Actor, Case, CaseState, Refusal, Role
from enforcement.desk import CaseDesk, Wish
from enforcement.evidence.pictures import LARGEST_BYTES
from enforcement.ports import Digest
from enforcement.store import cases
from parking.clock import local_day
from parking.ids import ViolationId

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 500
# A term is called pressing from this many days before its last day.
PRESSING: Final = timedelta(days=3)
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]
Seen = Annotated[int | None, Header(alias="If-Match", description="version of the case that was seen")]


class Cases:
    """Handlers of the staff's routes."""

    def __init__(self, desk: CaseDesk) -> None:
        self._desk, self._who = desk, Gate(desk.loans)

    def open_case(self, token: Token, body: OpenBody, key: Key = None) -> CaseBody:
        """Make a case of a violation; a second request for the same act answers with the same case."""
        actor = self._who(token)
        result = self._desk.open_case(actor, ViolationId(body.violation_id), body.note, Wish(key=key))
        return self._answer(result, actor)

    def take_step(
        self, token: Token, case_id: str, body: StepBody, key: Key = None, seen: Seen = None
    ) -> CaseBody:
        """Take a step on a case."""
        actor = self._who(token)
        particulars = body.model_dump(mode="json", exclude={"action"})
        wish = Wish(key=key, version=seen)
        return self._answer(self._desk.take_step(actor, case_id, body.action, particulars, wish), actor)

    async def add_picture(
        self,
        token: Token,
        case_id: str,
        request: Request,
        facts: Annotated[PictureQuery, Query()],
        key: Key = None,
    ) -> CaseBody:
        """Enter a picture, sent as the body of the request; it must have the digest that is claimed."""
        actor = await run_in_threadpool(self._who, token)
        content = await _read_body(request)
        result = await run_in_threadpool(
            self._desk.add_picture,
            actor,
            case_id,
            content,
            Digest(facts.sha256),
            facts.facts(),
            Wish(key=key),
        )
        return self._answer(result, actor)

    def list_cases(
        self,
        token: Token,
        state: Annotated[CaseState | None, Query(description="only in this state")] = None,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
    ) -> CasesBody:
        """Cases, newest first, in pages."""
        actor = self._officer(token)
        before = parse_cursor(cursor)
        with self._desk.loans() as connection:
            found = cases.list_cases(connection, state, before, limit + 1)
        page = found[:limit]
        return CasesBody(
            cases=[self._body(case, actor) for case in page],
            next_cursor=format_cursor(page[-1].opened_at, page[-1].case_id) if len(found) > limit else None,
        )

    def list_pressing(self, token: Token) -> CasesBody:
        """Cases with a term that is over, or ends within three days."""
        actor = self._officer(token)
        with self._desk.loans() as connection:
            running = [self._body(case, actor) for case in cases.list_running(connection)]
        last = self._today() + PRESSING
        pressing = [
            body
            for body in running
            if any(each.done_at is None and each.due_on <= last for each in body.deadlines)
        ]
        return CasesBody(cases=pressing, next_cursor=None)

    def show_case(self, token: Token, case_id: str) -> CaseDetail:
        """One case with its whole log."""
        actor = self._officer(token)
        with self._desk.loans() as connection:
            case = cases.find_case(connection, case_id)
            log = cases.list_log(connection, case_id)
        if case is None:
            raise refused(Refusal(reason="unknown_case", detail=f"there is no case {case_id}"))
        return CaseDetail(**self._body(case, actor).model_dump(), log=[LogBody.of(each) for each in log])

    def _officer(self, token: Token) -> Actor:
        actor = self._who(token)
        if actor.role is not Role.OFFICER:
            raise refused(Refusal(reason="wrong_role", detail=f"{actor.role} may not read cases"))
        return actor

    def _answer(self, result: Case | Refusal, actor: Actor) -> CaseBody:
        if isinstance(result, Refusal):
            raise refused(result)
        return self._body(result, actor)

    def _body(self, case: Case, actor: Actor) -> CaseBody:
        in_full = actor.role is Role.OFFICER
        return CaseBody.of(case, self._desk.calendar, self._today(), in_full=in_full)

    def _today(self) -> date:
        return local_day(self._desk.clock.now(), self._desk.calendar.zone)


def cases_router(desk: CaseDesk) -> APIRouter:
    """Build the routes of the staff."""
    router, handlers = APIRouter(prefix="/cases", tags=["cases"]), Cases(desk)
    router.post("")(handlers.open_case)
    router.get("")(handlers.list_cases)
    router.get("/pressing")(handlers.list_pressing)
    router.get("/{case_id}")(handlers.show_case)
    router.post("/{case_id}/steps")(handlers.take_step)
    router.post("/{case_id}/pictures")(handlers.add_picture)
    return router


async def _read_body(request: Request) -> bytes:
    """Read the body, but no further than a picture may be long."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BYTES:
            raise refuse(413, "too-large", "Too large", f"a picture has at most {LARGEST_BYTES} bytes")
    return bytes(content)
