"""A city of any size, made to measure: sections of equal length, one sensor a berth, one sign a section."""

import shutil
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.schema import ROOT
from parking.city import (
    Berth,
    City,
    Device,
    Direction,
    Position,
    RoadSection,
    Sign,
    SignRow,
    Street,
    StreetRank,
    Zone,
    ZoneClass,
)
from parking.ids import BerthId, DeviceId, SectionId, SignId, ZoneId
from simulators.citytext import city_texts

CITY_ID = "benchcity"
SECTION_BERTHS = 25
HEARTBEAT = timedelta(minutes=30)
NOTICE = "性能测试用的合成数据"
NOTICE_EN = "Synthetic data, made for measuring."
_CENTRE = Position(lon=113.38, lat=31.70)
_EDGE = 0.01


def make_city(berths: int) -> City:
    """Return a city of so many berths: berth B000007 in section S0000, with sensor G000007 and sign L0000."""
    corner = Position(lon=_CENTRE.lon + _EDGE, lat=_CENTRE.lat + _EDGE)
    side = Position(lon=_CENTRE.lon + _EDGE, lat=_CENTRE.lat)
    zone = Zone(
        zone_id=ZoneId("Z1"), zone_class=ZoneClass.I, name="一类区", name_en="Class I", boundary_roads=(),
        outline=(_CENTRE, side, corner, _CENTRE),
    )  # fmt: skip
    numbers = range(-(-berths // SECTION_BERTHS))
    sections = [_section(number, zone.zone_id) for number in numbers]
    rows = [_berth(number, zone) for number in range(berths)]
    return City(
        city_id=CITY_ID, name="测试城", name_en="Bench City", timezone=ZoneInfo("Asia/Shanghai"),
        centre=_CENTRE, notice=NOTICE, notice_en=NOTICE_EN, zones={zone.zone_id: zone},
        sections={section.section_id: section for section in sections},
        berths={berth.berth_id: berth for berth in rows},
        devices={DeviceId(device_id(number)): _device(number) for number in range(berths)},
        signs={sign.sign_id: sign for sign in map(_sign, numbers)},
        streets=(Street(name="测试路", name_en="Bench Road", rank=StreetRank.STREET, path=(_CENTRE, side)),),
    )  # fmt: skip


def write_city(directory: Path, city: City) -> None:
    """Write the city's files, for processes that read them; tariffs and rules are those of Suizhou."""
    shutil.copytree(ROOT / "cities" / "suizhou", directory, ignore=shutil.ignore_patterns("*.csv"))
    for name, text in city_texts(city, "citypark bench").items():
        (directory / name).write_text(text, encoding="utf-8", newline="\n")


def device_id(number: int) -> str:
    """Name of the sensor in berth `number`."""
    return f"G{number:06d}"


def berth_id(number: int) -> str:
    """Name of berth `number`."""
    return f"B{number:06d}"


def sign_id(number: int) -> str:
    """Name of the sign that shows section `number` alone."""
    return f"L{number:04d}"


def _section(number: int, zone_id: ZoneId) -> RoadSection:
    side = Position(lon=_CENTRE.lon + _EDGE, lat=_CENTRE.lat)
    return RoadSection(
        section_id=SectionId(f"S{number:04d}"), zone_id=zone_id, road="测试路", name=f"测试路 {number}",
        name_en=f"Bench Road {number}", path=(_CENTRE, side),
    )  # fmt: skip


def _berth(number: int, zone: Zone) -> Berth:
    section_id = SectionId(f"S{number // SECTION_BERTHS:04d}")
    return Berth(
        berth_id=BerthId(berth_id(number)), section_id=section_id, zone_id=zone.zone_id,
        zone_class=zone.zone_class, position=_CENTRE,
    )  # fmt: skip


def _device(number: int) -> Device:
    return Device(
        device_id=DeviceId(device_id(number)),
        family="geo",
        berth_id=BerthId(berth_id(number)),
        heartbeat=HEARTBEAT,
    )


def _sign(number: int) -> Sign:
    row = SignRow(
        name=f"测试路 {number}", name_en=f"Bench Road {number}", direction=Direction.AHEAD, distance_m=100,
        section_ids=(SectionId(f"S{number:04d}"),),
    )  # fmt: skip
    return Sign(
        sign_id=SignId(sign_id(number)), level=3, name=f"测试路 {number}", name_en=f"Bench Road {number}",
        position=_CENTRE, rows=(row,),
    )  # fmt: skip
