"""Routes of the signs: what each should show beside what it shows, and the log of its frames."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from guidance.access import ANYBODY, Principal
from guidance.api.bodies import freshness, override_body, sign_body
from guidance.api.models.signs import (
    FrameLogBody,
    FrameLogEntry,
    OverrideBody,
    OverrideRequest,
    SignBody,
    SignsBody,
)
from guidance.api.problems import not_found, problems, refuse
from guidance.api.static import StaticAnswer
from guidance.desk import Desk
from guidance.led import LARGEST_SCALE, draw, encode_png
from guidance.overrides import Line
from guidance.signs import FrameRow
from guidance.store.loans import Loans
from guidance.store.overrides import add_override, lift_override
from guidance.store.signlog import list_frames
from parking.city import Sign
from parking.ids import SignId

LARGEST_PAGE = 500
PREVIEWS_KEPT = 256
_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "a PNG"}}
_NEWEST = 2**62


class Signs:
    """Handlers of the signs. `loans` lends database connections."""

    def __init__(self, desk: Desk, loans: Loans) -> None:
        self._desk = desk
        self._loans = loans

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

    async def show_preview(
        self,
        request: Request,
        sign_id: str,
        what: Annotated[Literal["should_show", "given"], Query()] = "should_show",
        lang: Annotated[Literal["zh", "en"], Query()] = "zh",
        scale: Annotated[int, Query(ge=1, le=LARGEST_SCALE, description="pixels a LED")] = 4,
    ) -> Response:
        """The sign's LED matrix as a PNG; where its frame has expired, it is dark."""
        sign, now = self._get(sign_id), self._desk.clock.now()
        rows: tuple[FrameRow, ...] = ()
        if what == "should_show":
            rows = self._should_show(sign, now)
        elif (status := self._desk.signs.find(sign.sign_id)) and status.frame.expires_at > now:
            rows = status.frame.rows
        return _png(rows, lang == "en", scale).respond(request)

    def put_override(self, request: Request, sign_id: str, wanted: OverrideRequest) -> OverrideBody:
        """Let lines by hand stand on a sign for some minutes, in place of an earlier override."""
        sign, now = self._get(sign_id), self._desk.clock.now()
        if len(wanted.lines) > len(sign.rows):
            detail = f"sign {sign_id} has {len(sign.rows)} lines, not {len(wanted.lines)}"
            raise refuse(422, "too-many-lines", "Too many lines", detail)
        lines = [Line(text=line.text, text_en=line.text_en) for line in wanted.lines]
        until_at = now + timedelta(minutes=wanted.minutes)
        with self._loans() as connection:
            override = add_override(
                connection, sign.sign_id, lines, wanted.reason, _who(request), now, until_at
            )
        self._desk.overrides.put(override)
        self._desk.latest.put(self._desk.latest.view)  # wakes the sign loop
        return override_body(override)

    def lift_override(self, request: Request, sign_id: str) -> None:
        """Let the sign show again what is counted."""
        sign = self._get(sign_id)
        with self._loans() as connection:
            was_standing = lift_override(connection, sign.sign_id, _who(request), self._desk.clock.now())
        if not was_standing:
            raise refuse(404, "no-override", "No override", f"nothing stands on sign {sign_id} by hand")
        self._desk.overrides.lift(sign.sign_id)
        self._desk.latest.put(self._desk.latest.view)

    def _get(self, sign_id: str) -> Sign:
        sign = self._desk.city.signs.get(SignId(sign_id))
        if sign is None:
            raise not_found("sign", sign_id)
        return sign

    def _should_show(self, sign: Sign, now: datetime) -> tuple[FrameRow, ...]:
        plan, view = self._desk.plan, self._desk.latest.view
        return plan.rows(sign.sign_id, plan.add_up(view, self._desk.outlook), now, fresh=view.fresh)

    def _bodies(self, signs: list[Sign]) -> list[SignBody]:
        desk, view, now = self._desk, self._desk.latest.view, self._desk.clock.now()
        sums = desk.plan.add_up(view, desk.outlook)
        return [
            sign_body(
                sign,
                desk.plan.rows(sign.sign_id, sums, now, fresh=view.fresh),
                desk.signs.find(sign.sign_id),
                desk.overrides.find(sign.sign_id, now),
                now,
            )
            for sign in signs
        ]


def _who(request: Request) -> str:
    principal: Principal = getattr(request.state, "principal", ANYBODY)
    return principal.name


@lru_cache(PREVIEWS_KEPT)
def _png(rows: tuple[FrameRow, ...], english: bool, scale: int) -> StaticAnswer:  # noqa: FBT001  a cache key
    return StaticAnswer(encode_png(draw(rows, english=english), scale), "image/png")


def signs_router(desk: Desk, loans: Loans) -> APIRouter:
    """Routes of the signs."""
    router, signs = APIRouter(tags=["signs"]), Signs(desk, loans)
    router.get("/signs")(signs.list_signs)
    router.get("/signs/{sign_id}", responses=problems(404))(signs.show_sign)
    router.get("/signs/{sign_id}/frames", responses=problems(404, 422, 503))(signs.list_log)
    router.get("/signs/{sign_id}/preview.png", response_class=Response, responses=_PNG | problems(404))(
        signs.show_preview
    )
    router.put("/signs/{sign_id}/override", responses=problems(404, 422, 503))(signs.put_override)
    router.delete("/signs/{sign_id}/override", status_code=204, responses=problems(404, 503))(
        signs.lift_override
    )
    return router
