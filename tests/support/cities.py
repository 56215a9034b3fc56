"""Small cities for tests: as few berths as the case needs, each with its sensor."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from parking.city import Berth, BerthKind, City, Device, Position, RoadSection, Zone, ZoneClass
from parking.ids import BerthId, DeviceId, SectionId, ZoneId

CENTRE = Position(lon=113.38, lat=31.70)
HEARTBEAT = timedelta(minutes=30)


def small_city(berths: int = 4, closed: frozenset[int] = frozenset()) -> City:
    """Return a city of one section: berths B0, B1, ... with sensors G0, G1, ..., a camera C0, a patrol P0."""
    zone = Zone(
        zone_id=ZoneId("Z1"), zone_class=ZoneClass.I, name="一类区", name_en="Class I", boundary_roads=(),
        outline=(CENTRE, CENTRE, CENTRE, CENTRE),
    )  # fmt: skip
    section = RoadSection(
        section_id=SectionId("S1"), zone_id=zone.zone_id, road="测试路", name="测试路 1", name_en="Test Rd 1",
        path=(CENTRE, CENTRE),
    )  # fmt: skip
    rows = {
        BerthId(f"B{number}"): Berth(
            berth_id=BerthId(f"B{number}"), section_id=section.section_id, zone_id=zone.zone_id,
            zone_class=zone.zone_class, position=CENTRE, kind=BerthKind.ORDINARY, closed=number in closed,
        )
        for number in range(berths)
    }  # fmt: skip
    devices = [
        Device(
            device_id=DeviceId(f"G{number}"),
            family="geo",
            berth_id=BerthId(f"B{number}"),
            heartbeat=HEARTBEAT,
        )
        for number in range(berths)
    ]
    devices.append(Device(device_id=DeviceId("C0"), family="camera", berth_id=None, heartbeat=HEARTBEAT))
    devices.append(Device(device_id=DeviceId("P0"), family="patrol", berth_id=None, heartbeat=HEARTBEAT))
    return City(
        city_id="testcity", name="测试市", name_en="Test City",
        timezone=ZoneInfo("Asia/Shanghai"), centre=CENTRE,
        notice="", zones={zone.zone_id: zone}, sections={section.section_id: section}, berths=rows,
        devices={device.device_id: device for device in devices},
    )  # fmt: skip
