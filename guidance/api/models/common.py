"""What many answers hold. Distances are metres, durations say their unit, money is fen (0.01 yuan)."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, Field

from guidance.board import Counts


class ShownState(StrEnum):
    """What a berth is shown as. Unknown is never to be taken for free."""

    FREE = "free"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class Place(BaseModel):
    """WGS 84 degrees."""

    lon: float = Field(examples=[113.3784])
    lat: float = Field(examples=[31.7012])


class Tally(BaseModel):
    """Berths by what they are shown as; the four add up to the capacity."""

    free: int = Field(examples=[12])
    occupied: int = Field(examples=[30])
    unknown: int = Field(examples=[1])
    closed: int = Field(examples=[0])
    capacity: int = Field(examples=[43])

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """Build from counts."""
        return cls(**counts._asdict(), capacity=counts.capacity)


class Freshness(BaseModel):
    """How old the numbers beside it are."""

    as_of: datetime | None = Field(description="newest evidence from the street; null before the first")
    age_s: float | None = Field(description="seconds since `as_of`", examples=[0.8])
    fresh: bool = Field(description="false: the street or the database is silent, everything is unknown")
