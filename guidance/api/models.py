"""What the API answers with. Distances are metres, durations say their unit, money is fen (0.01 yuan)."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, Field

from guidance.board import Counts
from guidance.signwords import Word
from parking.city import BerthKind, Direction, ZoneClass


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


class CityBody(BaseModel):
    """A city and its berths now."""

    city_id: str = Field(examples=["suizhou"])
    name: str = Field(examples=["随州市"])
    name_en: str = Field(examples=["Suizhou"])
    timezone: str = Field(examples=["Asia/Shanghai"])
    centre: Place
    notice: str = Field(description="what everybody must be told about these data")
    notice_en: str
    layout: str = Field(description="names the order of the berths in the live stream", examples=["5f2c9a01"])
    zone_count: int = Field(examples=[3])
    section_count: int = Field(examples=[329])
    sign_count: int = Field(examples=[120])
    berths: Tally
    freshness: Freshness


class ZoneBody(BaseModel):
    """A zone and its berths now."""

    zone_id: str = Field(examples=["Z1"])
    zone_class: ZoneClass
    name: str = Field(examples=["一类区"])
    name_en: str = Field(examples=["Class I zone"])
    boundary_roads: list[str] = Field(examples=[["青年路", "汉东路"]])
    berths: Tally


class ZonesBody(BaseModel):
    """All zones."""

    zones: list[ZoneBody]
    freshness: Freshness


class SectionBody(BaseModel):
    """One side of a road between two junctions, and its berths now."""

    section_id: str = Field(examples=["S123"])
    zone_id: str = Field(examples=["Z1"])
    zone_class: ZoneClass
    road: str = Field(examples=["解放路"])
    name: str
    name_en: str
    path: list[Place]
    simulated: bool = Field(description="false: the simulator leaves this section to people")
    berths: Tally


class SectionsBody(BaseModel):
    """All road sections, or those of one zone."""

    sections: list[SectionBody]
    freshness: Freshness


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


class SignRowBody(BaseModel):
    """One line of a sign. `free` is rounded down, null where the word is closed or stale."""

    name: str = Field(examples=["解放路北侧"])
    name_en: str
    direction: Direction
    distance_m: int = Field(examples=[130])
    free: int | None = Field(examples=[12])
    unknown: int = Field(description="berths of this line that nobody can vouch for", examples=[1])
    word: Word
    text: str = Field(examples=["解放路北侧 ↑ 12"])
    text_en: str = Field(examples=["Jiefang Road, north side ^ 12"])


class FrameBody(BaseModel):
    """What a sign was last given."""

    frame_no: int = Field(examples=[812])
    as_of: datetime | None = Field(description="newest evidence from the street when the frame was made")
    published_at: datetime
    expires_at: datetime = Field(description="after this the sign shows its own fallback")
    expired: bool
    cause: str = Field(examples=["change"])
    shown_at: datetime | None = Field(description="when the sign said that it shows this; null: it has not")
    rows: list[SignRowBody]


class LineBody(BaseModel):
    """One line by hand."""

    text: str = Field(min_length=1, max_length=16, examples=["前方封路"])
    text_en: str = Field(
        min_length=1, max_length=32, pattern=r"^[ -~]*$", description="ASCII", examples=["ROAD CLOSED"]
    )


class OverrideRequest(BaseModel):
    """What a sign should show instead, why, and for how long."""

    lines: list[LineBody] = Field(min_length=1, max_length=8, description="from the top; the rest stays dark")
    reason: str = Field(min_length=1, max_length=200, examples=["解放路施工"])
    minutes: int = Field(ge=1, le=24 * 60, description="it ends by itself after this long", examples=[60])


class OverrideBody(BaseModel):
    """What stands on a sign by hand."""

    lines: list[LineBody]
    reason: str
    set_by: str = Field(examples=["operator"])
    set_at: datetime
    until_at: datetime


class SignBody(BaseModel):
    """A guidance sign: what it should show beside what it was given and has confirmed."""

    sign_id: str = Field(examples=["L3-01"])
    level: int = Field(description="1 on trunk roads, 2 at junctions, 3 at the section", examples=[3])
    name: str
    name_en: str
    position: Place
    should_show: list[SignRowBody]
    given: FrameBody | None = Field(description="null before the first frame")
    agrees: bool = Field(description="the sign has confirmed a frame that says what it should show")
    override: OverrideBody | None = Field(description="null: it shows what is counted")
    heard_at: datetime | None = Field(description="last acknowledgement of any frame")


class SignsBody(BaseModel):
    """All signs."""

    signs: list[SignBody]
    freshness: Freshness


class FrameLogEntry(BaseModel):
    """One row of the log of a sign."""

    frame_no: int
    as_of: datetime | None
    published_at: datetime
    renewed_at: datetime
    expires_at: datetime
    cause: str
    shown_at: datetime | None
    rows: list[SignRowBody]


class FrameLogBody(BaseModel):
    """What a sign was told to show, newest first."""

    frames: list[FrameLogEntry]
    next_cursor: str | None


class SuggestionParts(BaseModel):
    """What the rank is made of, each in minutes; `total` is their sum and the lower the better."""

    walk_min: float = Field(examples=[3.2])
    price_min: float = Field(description="the price, a yuan counted as two minutes", examples=[14.0])
    search_min: float = Field(description="looking on when nothing is free there", examples=[0.6])
    total_min: float = Field(examples=[17.8])


class SuggestionBody(BaseModel):
    """A road section to drive to. No single berth is promised."""

    section_id: str = Field(examples=["S123"])
    name: str
    name_en: str
    zone_id: str = Field(examples=["Z1"])
    zone_class: ZoneClass
    centre: Place
    walk_m: int = Field(examples=[240])
    price_fen: int | None = Field(
        description="for this stay; null where no tariff is in force", examples=[700]
    )
    tariff: str | None = Field(examples=["suizhou-2021"])
    document_no: str | None = Field(examples=["随发改价格〔2020〕16号"])
    usable: Tally = Field(description="berths that this vehicle may use for this stay; `free` is free now")
    parts: SuggestionParts


class AskedBody(BaseModel):
    """How the question was understood."""

    position: Place
    place: str | None = Field(examples=["解放路"])
    arrive_at: datetime
    stay_min: int = Field(examples=[120])
    energy: str = Field(examples=["fuel"])


class NearbyBody(BaseModel):
    """Road sections for a driver, best first."""

    asked: AskedBody
    suggestions: list[SuggestionBody]
    freshness: Freshness


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
