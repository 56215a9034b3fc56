"""The routes by which staff decide about stays in doubt."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field

from billing.api.asking import instant, who_asks
from billing.bodies import StayBody
from billing.decisionlog import decisions_of
from billing.decisions import Decision, Verb
from billing.desk import DecisionRefusedError, NoStayError, Wish, decide, plates_in
from billing.presence import Note
from billing.reading import Loans, StayFilter, find_stay, list_stays
from billing.stays import StayState
from parking.clock import Clock
from parking.plates import mask_plate


class HeldBody(StayBody):
    """A held stay with the plates that were read in it."""

    plates_read: dict[str, int] = Field(description="masked plates and how often each was read")


class HeldStaysBody(BaseModel):
    """Stays that wait for a decision, the latest arrival first."""

    stays: list[HeldBody]


class WishBody(BaseModel):
    """What is to be decided."""

    verb: Verb = Field(description="`release`, `void` or `split`; `lapse` is billing's own")
    reason: str = Field(min_length=3, max_length=500, description="why; it stays on record")
    at: datetime | None = Field(default=None, description="of a split: when the vehicles changed")
    plate: str | None = Field(default=None, description="of a release: which of the plates read")


class DecisionBody(BaseModel):
    """A decision on record."""

    verb: Verb
    at: datetime | None
    plate: str | None = Field(description="masked")
    holds: list[Note] = Field(description="the doubts that it settles")
    reason: str
    decided_by: str
    decided_at: datetime

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Build from a decision."""
        return cls(
            verb=decision.verb,
            at=decision.at,
            plate=mask_plate(decision.plate) if decision.plate else None,
            holds=sorted(decision.holds),
            reason=decision.reason,
            decided_by=decision.decided_by,
            decided_at=decision.decided_at,
        )


class DecisionsBody(BaseModel):
    """Everything that was decided about a stay, the newest last."""

    stay_id: str
    decisions: list[DecisionBody]


class DeskRoutes:
    """Handlers of the routes; each borrows a connection."""

    def __init__(self, loans: Loans, clock: Clock) -> None:
        self._loans, self._clock = loans, clock

    def list_held(self, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> HeldStaysBody:
        """Stays that wait for a person, with what was read in them."""
        with self._loans() as connection:
            rows = list_stays(connection, StayFilter(state=StayState.HELD.value), limit)
            read = [plates_in(connection, row.stay) for row in rows]
        return HeldStaysBody(
            stays=[
                HeldBody(
                    **StayBody.of(row).model_dump(),
                    plates_read={mask_plate(plate): times for plate, times in plates.items()},
                )
                for row, plates in zip(rows, read, strict=True)
            ]
        )

    def list_decisions(self, stay_id: str) -> DecisionsBody:
        """What was decided about a stay."""
        with self._loans() as connection:
            listed = find_stay(connection, stay_id)
            if listed is None:
                raise HTTPException(404, f"there is no stay {stay_id!r}")
            found = decisions_of(connection, listed.stay.stay_id)
        return DecisionsBody(stay_id=stay_id, decisions=[DecisionBody.of(each) for each in found])

    def decide(self, stay_id: str, wanted: WishBody, request: Request) -> DecisionBody:
        """Decide about a held stay; billing works it out again within seconds."""
        if wanted.verb is Verb.LAPSE:
            raise HTTPException(422, "verb: release, void or split")
        wish = Wish(verb=wanted.verb, reason=wanted.reason, at=instant(wanted.at), plate=wanted.plate)
        try:
            with self._loans() as connection:
                made = decide(connection, stay_id, wish, who_asks(request), self._clock.now())
        except NoStayError as error:
            raise HTTPException(404, str(error)) from error
        except DecisionRefusedError as error:
            raise HTTPException(409, str(error)) from error
        return DecisionBody.of(made)


def desk_router(loans: Loans, clock: Clock) -> APIRouter:
    """Build the routes."""
    router, routes = APIRouter(), DeskRoutes(loans, clock)
    router.get("/held")(routes.list_held)
    router.get("/stays/{stay_id}/decisions")(routes.list_decisions)
    router.post("/stays/{stay_id}/decisions", status_code=201)(routes.decide)
    return router
