"""What the API answers with. Plates are masked; instants are UTC."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from enforcement.kinds import Doubt, ViolationEvent, ViolationState, WithdrawReason
from enforcement.rule import Addressee
from parking.plates import mask_plate


class ViolationBody(BaseModel):
    """One act against one rule."""

    violation_id: str = Field(examples=["V-3f2c9a0b1d4e5f607182"])
    rule: str = Field(examples=["overstay"])
    addressee: Addressee = Field(description="whom it is for; only what is for squads can become a case")
    state: ViolationState
    berth_id: str | None = Field(description="null where no berth is concerned", examples=["SZ1-0001"])
    section_id: str = Field(examples=["S001"])
    stay_id: str | None
    lon: float | None
    lat: float | None
    plate: str | None = Field(description="masked", examples=["鄂S·1**45"])
    plate_colour: str | None
    since_at: datetime = Field(description="from when the act is proven to be one")
    until_at: datetime = Field(description="last moment at which it is proven to go on")
    detected_at: datetime
    doubts: list[Doubt] = Field(description="what a lead lacks to be actionable")

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """Build from a row of `violations`."""
        plate = None if row["plate"] is None else mask_plate(row["plate"])
        return cls.model_validate({**row, "plate": plate})


class EventBody(BaseModel):
    """One step of a violation, and its state after it."""

    event_no: int = Field(description="cursor of the feed", examples=[91])
    violation_id: str
    event: ViolationEvent
    at: datetime
    rule: str
    addressee: Addressee = Addressee.SQUAD
    state: ViolationState
    berth_id: str | None
    section_id: str
    stay_id: str | None
    lon: float | None = None
    lat: float | None = None
    plate: str | None = Field(description="masked")
    since_at: datetime
    doubts: list[Doubt]
    reason: WithdrawReason | None = Field(description="why it was withdrawn")

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """Build from a row of `violation_events`."""
        return cls.model_validate({**row, **row["body"]})


class ViolationDetail(ViolationBody):
    """One violation with what it rests on and every step so far."""

    evidence: dict[str, Any] = Field(description="readings, transitions and sightings by their keys")
    events: list[EventBody]


class ViolationsBody(BaseModel):
    """A page of violations, newest detection first."""

    violations: list[ViolationBody]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null at the end")


class FeedBody(BaseModel):
    """Steps after a cursor, oldest first."""

    events: list[EventBody]
    next_after: int = Field(description="pass as `after` to go on")
    more: bool = Field(description="whether more is there already")
