"""Routes of squads: what is near, claims, and findings that may arrive hours late."""

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from enforcement.api.gate import Gate, Token
from enforcement.api.problems import refused
from enforcement.api.stepbodies import Text
from enforcement.cases.words import Refusal, Role
from enforcement.fielddesk import Acted, FieldDesk, Nearby
from enforcement.fieldwork import FieldAction, Report
from enforcement.kinds import Doubt, ViolationState
from parking.city import Position
from parking.ids import ViolationId
from parking.plates import mask_plate

LARGEST_BATCH: Final = 200
Degrees = Annotated[float, Field(ge=-180, le=180)]


class ActionBody(BaseModel):
    """One action of a squad; `key` is the hand-held's own and the same at every try."""

    violation_id: Text
    key: Annotated[str, Field(min_length=8, max_length=100)]
    action: FieldAction
    acted_at: AwareDatetime
    to_actor_id: str | None = None
    note: str = Field(default="", max_length=1000)

    def report(self) -> Report:
        """Build what the desk takes."""
        return Report(
            key=self.key,
            action=self.action,
            acted_at=self.acted_at,
            to_actor_id=self.to_actor_id,
            note=self.note,
        )


class ActionAnswer(BaseModel):
    """What became of an action."""

    key: str
    refusal: str | None = Field(description="why it was refused; null where it was carried out")
    detail: str = ""
    claimed_by: str | None = None
    claimed_until: datetime | None = None

    @classmethod
    def of(cls, key: str, result: Acted | Refusal) -> Self:
        """Build from the desk's answer."""
        if isinstance(result, Refusal):
            return cls(key=key, refusal=result.reason, detail=result.detail)
        claim = result.claim
        return cls(
            key=key,
            refusal=None,
            claimed_by=claim.actor_id if claim else None,
            claimed_until=claim.until_at if claim else None,
        )


class NearbyQuery(BaseModel):
    """Where the squad is. Sent as a body, since addresses of requests are logged; kept nowhere."""

    lon: Degrees
    lat: Degrees
    limit: int = Field(default=20, ge=1, le=100)


class NearbyBody(BaseModel):
    """A violation that goes on."""

    violation_id: str
    rule: str
    state: ViolationState
    berth_id: str | None
    section_id: str
    plate: str | None = Field(description="in full to officers, else masked")
    since_at: datetime
    doubts: list[Doubt]
    lon: float
    lat: float
    distance_m: int

    @classmethod
    def of(cls, nearby: Nearby, *, in_full: bool) -> Self:
        """Build from what the desk found."""
        plate = nearby.plate if in_full or nearby.plate is None else mask_plate(nearby.plate)
        return cls(
            violation_id=nearby.violation_id,
            rule=nearby.rule_id,
            state=nearby.state,
            berth_id=nearby.berth_id,
            section_id=nearby.section_id,
            plate=plate,
            since_at=nearby.since_at,
            doubts=list(nearby.doubts),
            lon=nearby.position.lon,
            lat=nearby.position.lat,
            distance_m=round(nearby.distance_m),
        )


class Fieldwork:
    """Handlers of the routes."""

    def __init__(self, desk: FieldDesk) -> None:
        self._desk, self._who = desk, Gate(desk.loans)

    def act(
        self, token: Token, body: Annotated[list[ActionBody], Field(min_length=1, max_length=LARGEST_BATCH)]
    ) -> list[ActionAnswer]:
        """Carry out actions in the order given, each on its own: a refusal does not stop the next."""
        actor = self._who(token)
        return [
            ActionAnswer.of(each.key, self._desk.act(actor, ViolationId(each.violation_id), each.report()))
            for each in body
        ]

    def list_nearby(self, token: Token, body: NearbyQuery) -> list[NearbyBody]:
        """What goes on and nobody else is on the way to: actionable first, then the nearest."""
        actor = self._who(token)
        if actor.role is Role.TREASURY:
            raise refused(Refusal(reason="wrong_role", detail="the treasury does no field work"))
        found = self._desk.list_nearby(actor, Position(lon=body.lon, lat=body.lat), body.limit)
        return [NearbyBody.of(each, in_full=actor.role is Role.OFFICER) for each in found]


def fieldwork_router(desk: FieldDesk) -> APIRouter:
    """Build the routes of squads."""
    router, handlers = APIRouter(prefix="/field", tags=["field"]), Fieldwork(desk)
    router.post("/actions")(handlers.act)
    router.post("/nearby")(handlers.list_nearby)
    return router
