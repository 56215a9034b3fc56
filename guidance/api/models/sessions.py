"""What signing in asks and answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from guidance.accounts import LONGEST_PASSWORD


class SignInRequest(BaseModel):
    """Who wants to sign in."""

    name: str = Field(min_length=1, max_length=100, examples=["duty-desk"])
    password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)


class RefreshRequest(BaseModel):
    """The refresh token of the answer before; it is worth one exchange."""

    refresh_token: str = Field(min_length=1, max_length=200)


class TokensBody(BaseModel):
    """A pair of tokens. Send `access_token` as `Authorization: Bearer`; exchange the other one in time."""

    access_token: str
    access_until: datetime
    refresh_token: str
    refresh_until: datetime
    session_id: str = Field(description="names all that follows this sign-in", examples=["5f2c9a015f2c9a01"])
    name: str
    role: str = Field(examples=["operator"])


class SessionBody(BaseModel):
    """An open session."""

    session_id: str
    signed_in_at: datetime
    refreshed_at: datetime
    address: str
    until: datetime


class SessionsBody(BaseModel):
    """Open sessions of whoever asks, newest first."""

    sessions: list[SessionBody]


class MeBody(BaseModel):
    """Who asks."""

    name: str = Field(examples=["duty-desk"])
    role: str = Field(examples=["operator"])
    plate: str | None = Field(examples=["鄂S12345"])


class OwnStayBody(BaseModel):
    """A stay of the vehicle that whoever asks owns, in full."""

    stay_id: str
    berth_id: str
    section_id: str
    state: str = Field(description="open, closed or held", examples=["closed"])
    plate: str
    arrived_at: datetime = Field(description="latest moment at which it can have arrived")
    departed_at: datetime | None = Field(description="earliest moment at which it can have left; null: open")
    amount_fen: int | None = Field(description="as charged last; null: not charged", examples=[700])
    tariff: str | None = Field(examples=["suizhou-2021"])


class OwnStaysBody(BaseModel):
    """Stays of a driver's own vehicle, newest first."""

    stays: list[OwnStayBody]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")
