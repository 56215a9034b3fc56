"""Figures of the moment, and what was refused."""

from datetime import datetime

from pydantic import BaseModel, Field

from guidance.api.models.common import Freshness, Tally


class SignCounts(BaseModel):
    """Signs by whether they hold a frame that has not expired, and have confirmed the newest."""

    total: int
    fresh: int
    confirmed: int


class StatusBody(BaseModel):
    """Figures of the moment; those that the database could not tell are null."""

    at: datetime
    freshness: Freshness
    zones: dict[str, Tally]
    city: Tally
    stays_open: int | None
    stays_held: int | None
    bills_today: int | None
    revenue_today_fen: int | None
    violations_open: int | None
    rejects_today: int
    rejects_by_reason: dict[str, int]
    billing_behind: int | None = Field(description="transitions that billing has not taken in yet")
    signs: SignCounts
    database: str = Field(examples=["ok"])
    broker: str = Field(examples=["ok"])
    stream_readers: int = Field(description="open connections to the live stream")


class RejectBody(BaseModel):
    """A message that was refused."""

    reject_id: int
    received_at: datetime
    topic: str = Field(examples=["citypark/suizhou/up/geo/G-SZ1-0001"])
    reason: str = Field(examples=["malformed"])
    detail: str
    device_id: str | None
    payload: str = Field(description="the first 500 bytes, as text where they are text")


class RejectsBody(BaseModel):
    """Refused messages, newest first."""

    rejects: list[RejectBody]
    next_cursor: str | None
