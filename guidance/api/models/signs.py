"""Answers about signs, and what they may be told."""

from datetime import datetime

from pydantic import BaseModel, Field

from guidance.api.models.common import Freshness, Place
from guidance.signwords import Word
from parking.city import Direction


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
