"""Answers of the search."""

from datetime import datetime

from pydantic import BaseModel, Field

from guidance.api.models.common import Freshness, Place, Tally
from parking.city import ZoneClass


class SuggestionParts(BaseModel):
    """What the rank is made of, each in minutes; `total` is their sum and the lower the better."""

    walk_min: float = Field(examples=[3.2])
    price_min: float = Field(description="the price, a yuan counted as two minutes", examples=[14.0])
    search_min: float = Field(description="looking on, by the chance that no berth is left", examples=[0.6])
    total_min: float = Field(examples=[17.8])


class ArrivalBody(BaseModel):
    """How it will be on arrival. Free berths are usable ones that are known now; unknown ones never count."""

    chance: float = Field(
        description="that a berth is left, after those who were sent there before", examples=[0.93]
    )
    free_few: int = Field(description="one time in ten it is fewer", examples=[1])
    free: int = Field(description="the middle", examples=[3])
    free_many: int = Field(description="one time in ten it is more", examples=[6])
    error: float | None = Field(
        description="berths by which the middle is off on average; null: nothing was forecast", examples=[1.2]
    )
    basis: str = Field(
        description="history; thin: few similar days; none: no past day; unseen: only the usual day speaks; "
        "count: no forecast, what is counted now",
        examples=["history"],
    )


class ForecastAge(BaseModel):
    """What the forecasts rest on."""

    made_at: datetime = Field(description="newest counts that they know of")
    age_s: float = Field(examples=[41.0])
    days: int = Field(description="days of history", examples=[35])
    learnt: bool = Field(description="whether these were enough to learn corrections from")


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
    at_arrival: ArrivalBody
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
    forecast: ForecastAge | None = Field(description="null: there is none; what is counted now speaks")
    freshness: Freshness
