"""Answers about how it will be, and how it was."""

from datetime import datetime

from pydantic import BaseModel, Field

from guidance.api.models.common import Freshness
from guidance.api.models.nearby import ForecastAge


class ForecastPoint(BaseModel):
    """Free berths at one moment ahead, of those whose state is known now."""

    in_min: int = Field(examples=[30])
    at: datetime
    chance: float = Field(description="that any berth is free", examples=[0.97])
    free_few: int = Field(description="one time in ten it is fewer", examples=[2])
    free: int = Field(description="the middle", examples=[4])
    free_many: int = Field(description="one time in ten it is more", examples=[7])
    error: float | None = Field(
        description="berths by which the middle is off on average; null: nothing was forecast", examples=[1.3]
    )
    basis: str = Field(description="as in `/nearby`", examples=["history"])


class ForecastBody(BaseModel):
    """How full a section or zone will be, as distributions."""

    site_id: str = Field(description="id of the section or zone", examples=["S123"])
    known: int = Field(description="berths whose state is known now, all kinds", examples=[41])
    points: list[ForecastPoint]
    forecast: ForecastAge | None = Field(description="null: there is none; what is counted now speaks")
    freshness: Freshness


class HistoryCount(BaseModel):
    """Counts from `as_of` until the next entry."""

    as_of: datetime
    free: int
    occupied: int
    unknown: int
    closed: int


class HistoryBody(BaseModel):
    """Counts of a section as they were published, newest first; only changes are kept."""

    section_id: str
    counts: list[HistoryCount]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")
