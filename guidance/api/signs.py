"""Routes of the signs: what each should show beside what it shows, and the log of its frames."""

from typing import Annotated

from fastapi import APIRouter, Query

from guidance.api.bodies import freshness, sign_body
from guidance.api.models import FrameLogBody, FrameLogEntry, SignBody, SignsBody
from guidance.api.problems import not_found, problems
from guidance.desk import Desk
from guidance.signs import SignTotals, compose
from guidance.store.loans import Loans
from guidance.store.signlog import list_frames
from parking.city import Sign
from parking.ids import SignId

LARGEST_PAGE = 500
_NEWEST = 2**62


class Signs:
    """Handlers of the signs. `loans` lends database connections."""

    def __init__(self, desk: Desk, loans: Loans) -> None:
        self._desk = desk
        self._loans = loans
        self._totals = SignTotals(desk.city.signs.values(), desk.board.section_no)

    async def list_signs(self) -> SignsBody:
        """All signs: what each should show beside what it was given and has confirmed."""
        desk = self._desk
        signs = self._bodies(list(desk.city.signs.values()))
        return SignsBody(signs=signs, freshness=freshness(desk.latest.view, desk.clock.now()))

    async def show_sign(self, sign_id: str) -> SignBody:
        """One sign: what it should show beside what it was given and has confirmed."""
        return self._bodies([self._get(sign_id)])[0]

    def list_log(
        self,
        sign_id: str,
        cursor: Annotated[int, Query(description="`next_cursor` of the page before", ge=1)] = _NEWEST,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> FrameLogBody:
        """What a sign was told to show, newest first.

        A frame stood from `published_at` until the next one, at most until `expires_at`.
        """
        sign = self._get(sign_id)
        with self._loans() as connection:
            rows = list_frames(connection, sign.sign_id, cursor, limit + 1)
        frames = [FrameLogEntry.model_validate(row) for row in rows[:limit]]
        following = str(frames[-1].frame_no) if len(rows) > limit else None
        return FrameLogBody(frames=frames, next_cursor=following)

    def _get(self, sign_id: str) -> Sign:
        sign = self._desk.city.signs.get(SignId(sign_id))
        if sign is None:
            raise not_found("sign", sign_id)
        return sign

    def _bodies(self, signs: list[Sign]) -> list[SignBody]:
        view, now = self._desk.latest.view, self._desk.clock.now()
        totals = self._totals.add_up(view.sections)
        bodies = []
        for sign in signs:
            status = self._desk.signs.find(sign.sign_id)
            before = status.frame.rows if status else ()
            counts = self._totals.rows_of(sign.sign_id, totals)
            should_show = compose(sign, counts, fresh=view.fresh, before=before)
            bodies.append(sign_body(sign, should_show, status, now))
        return bodies


def signs_router(desk: Desk, loans: Loans) -> APIRouter:
    """Routes of the signs."""
    router, signs = APIRouter(tags=["signs"]), Signs(desk, loans)
    router.get("/signs")(signs.list_signs)
    router.get("/signs/{sign_id}", responses=problems(404))(signs.show_sign)
    router.get("/signs/{sign_id}/frames", responses=problems(404, 422, 503))(signs.list_log)
    return router
