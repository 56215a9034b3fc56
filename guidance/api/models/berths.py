"""Answers about single berths."""

from datetime import datetime

from pydantic import BaseModel, Field

from guidance.api.models.common import Freshness, Place, ShownState
from parking.city import BerthKind, ZoneClass


class BerthBody(BaseModel):
    """One berth as it is shown now."""

    berth_id: str = Field(examples=["SZ1-0001"])
    section_id: str = Field(examples=["S001"])
    zone_id: str = Field(examples=["Z1"])
    zone_class: ZoneClass
    kind: BerthKind
    time_limit_min: int | None = Field(description="longest permitted stay in minutes", examples=[60])
    position: Place
    state: ShownState
    since_at: datetime | None = Field(description="since when it is believed to be so")
    heard_until: datetime | None = Field(description="newest evidence of any kind about this berth")
    age_s: float | None = Field(description="seconds since `heard_until`", examples=[41.0])


class BerthsBody(BaseModel):
    """A page of berths in the city's order."""

    berths: list[BerthBody]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")
    freshness: Freshness


class BerthIdsBody(BaseModel):
    """All berths in columns of equal length, in the order of the live stream."""

    layout: str
    section_ids: list[str]
    ids: list[str]
    lon: list[float]
    lat: list[float]
    section_no: list[int] = Field(description="position in `section_ids`")
    kind: list[BerthKind]
    time_limit_min: list[int | None]


class WhyBody(BaseModel):
    """The newest change of belief about a berth."""

    from_state: ShownState
    to_state: ShownState
    cause: str = Field(description="first_seen, change, status, silence or return", examples=["change"])
    earliest_at: datetime = Field(description="the change on the street lies between this")
    latest_at: datetime = Field(description="and this")
    confidence: float = Field(examples=[0.98])
    device_id: str | None = Field(description="device whose reading caused it", examples=["G-SZ1-0001"])
    decided_at: datetime


class BerthDetail(BerthBody):
    """One berth with the reasons for what is said of it."""

    confidence: float | None = Field(description="of the belief, 0 to 1", examples=[0.98])
    believed: ShownState | None = Field(description="the last belief, also where it is too old to be shown")
    limit_s: float = Field(description="how long a belief stands after the last evidence", examples=[4800])
    device_ids: list[str] = Field(description="devices bound to the berth or seeing it")
    last_change: WhyBody | None
