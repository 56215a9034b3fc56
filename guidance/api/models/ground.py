"""Answers about the city, its zones and its road sections."""

from pydantic import BaseModel, Field

from guidance.api.models.common import Freshness, Place, Tally
from parking.city import ZoneClass


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
