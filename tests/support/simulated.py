"""A made-up city for the simulator's tests, large enough for its figures to mean something."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from parking.city import Berth, BerthKind, Camera, City, Device, Position, RoadSection, Zone, ZoneClass
from parking.ids import BerthId, CameraId, DeviceId, SectionId, ZoneId
from simulators.calendar import Calendar
from simulators.days import World
from simulators.scenario import Scenario

SHANGHAI = ZoneInfo("Asia/Shanghai")
_HERE = Position(lon=113.38, lat=31.70)
_SPECIAL = {
    3: {"kind": BerthKind.CHARGING},
    4: {"kind": BerthKind.DISABLED},
    5: {"kind": BerthKind.RESIDENT},
    6: {"kind": BerthKind.LOADING},
    7: {"time_limit": timedelta(hours=1)},
    8: {"closed": True},
}


def make_city(
    sections: int = 6, berths: int = 20, city_id: str = "simcity", patrols: int = 2, *, codes: bool = False
) -> City:
    """Sections of all classes in turn; each has one berth of every kind, every third one a camera.

    The last section is not to be simulated. With `codes`, drivers pay by code everywhere.
    """
    zones = {
        zone_class: Zone(
            zone_id=ZoneId(f"Z{zone_class}"),
            zone_class=zone_class,
            name=f"{zone_class}类区",
            name_en=f"Class {zone_class}",
            boundary_roads=(),
            outline=(_HERE,) * 4,
        )
        for zone_class in ZoneClass
    }
    classes = list(ZoneClass)
    roads = [_section(number, zones[classes[number % 3]], sections) for number in range(sections)]
    rows = [
        _berth(road, zones[classes[place % 3]], number)
        for place, road in enumerate(roads)
        for number in range(berths)
    ]
    cameras = [
        Camera(
            camera_id=CameraId(f"C-{road.section_id}"),
            section_id=road.section_id,
            berth_ids=tuple(row.berth_id for row in rows if row.section_id == road.section_id),
        )
        for road in roads[::3]
    ]
    devices = [_device(f"G-{row.berth_id}", "geo", row.berth_id) for row in rows]
    devices += [_device(camera.camera_id, "camera") for camera in cameras]
    devices += [_device(f"P-{number}", "patrol") for number in range(patrols)]
    devices += [_device("PAY-1", "payment")] if codes else []
    return City(
        city_id=city_id,
        name="模拟市",
        name_en="Simulated City",
        timezone=SHANGHAI,
        centre=_HERE,
        notice="",
        zones={zone.zone_id: zone for zone in zones.values()},
        sections={road.section_id: road for road in roads},
        berths={row.berth_id: row for row in rows},
        devices={device.device_id: device for device in devices},
        cameras={camera.camera_id: camera for camera in cameras},
        code_sections=frozenset(road.section_id for road in roads) if codes else frozenset(),
    )


def make_world(city: City | None = None, seed: int = 7, scenario: Scenario | None = None) -> World:
    """A world over the city."""
    return World.of(city or make_city(), seed, scenario or Scenario(), Calendar())


def _section(number: int, zone: Zone, sections: int) -> RoadSection:
    return RoadSection(
        section_id=SectionId(f"S{number}"),
        zone_id=zone.zone_id,
        road="测试路",
        name=f"测试路 {number}",
        name_en=f"Test Road {number}",
        path=(_HERE, _HERE),
        simulated=number != sections - 1,
    )


def _berth(road: RoadSection, zone: Zone, number: int) -> Berth:
    plain = Berth(
        berth_id=BerthId(f"{road.section_id}-{number:02}"),
        section_id=road.section_id,
        zone_id=zone.zone_id,
        zone_class=zone.zone_class,
        position=_HERE,
    )
    return replace(plain, **_SPECIAL.get(number, {}))  # type: ignore[arg-type]  # fields of Berth, by name


def _device(name: str, family: str, berth_id: BerthId | None = None) -> Device:
    return Device(device_id=DeviceId(name), family=family, berth_id=berth_id, heartbeat=timedelta(minutes=30))
