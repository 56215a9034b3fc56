"""What watches the berths of a synthetic city: sensors, cameras and patrols."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from math import ceil
from random import Random

from parking.city import Berth, Camera, Device, RoadSection, ZoneClass
from parking.ids import BerthId, CameraId, DeviceId, SectionId
from simulators.citykerbs import ZONE_IDS

_CAMERA_SEES = 12
_CAMERA_SHARES = {ZoneClass.I: 0.2, ZoneClass.II: 0.08}
_GEO_HEARTBEAT = timedelta(minutes=30)
_CAMERA_HEARTBEAT = timedelta(minutes=5)
_PATROL_HEARTBEAT = timedelta(minutes=60)
_PATROLS = 12
# The operator's own pages, whatever the purse behind them.
_PAYMENT = "PAY-1"


def draw_cameras(rng: Random, sections: Sequence[RoadSection], berths: Sequence[Berth]) -> Iterator[Camera]:
    """Cameras over whole sections, one for every dozen berths."""
    seen: dict[SectionId, list[BerthId]] = {}
    for berth in berths:
        seen.setdefault(berth.section_id, []).append(berth.berth_id)
    watched = _watched(rng, sections)
    numbers = count(1)
    for section in sections:
        if section.section_id not in watched:
            continue
        ids = seen[section.section_id]
        poles = ceil(len(ids) / _CAMERA_SEES)
        for pole in range(poles):
            first, last = len(ids) * pole // poles, len(ids) * (pole + 1) // poles
            yield Camera(
                camera_id=CameraId(f"C-{next(numbers):03}"),
                section_id=section.section_id,
                berth_ids=tuple(ids[first:last]),
            )


def _watched(rng: Random, sections: Sequence[RoadSection]) -> set[SectionId]:
    """Sections under cameras: a share of each class, and the first test section."""
    watched = {sections[0].section_id}
    for zone_class, share in _CAMERA_SHARES.items():
        ids = [s.section_id for s in sections if s.simulated and s.zone_id == ZONE_IDS[zone_class]]
        watched.update(rng.sample(ids, round(share * len(ids))))
    return watched


def list_devices(berths: Sequence[Berth], cameras: Sequence[Camera]) -> Iterator[Device]:
    """One sensor in every berth, the cameras, the hand-helds of the patrols, and how drivers pay."""
    for berth in berths:
        yield Device(
            device_id=DeviceId(f"G-{berth.berth_id}"),
            family="geo",
            berth_id=berth.berth_id,
            heartbeat=_GEO_HEARTBEAT,
        )
    for camera in cameras:
        yield Device(
            device_id=DeviceId(camera.camera_id), family="camera", berth_id=None, heartbeat=_CAMERA_HEARTBEAT
        )
    for number in range(1, _PATROLS + 1):
        yield Device(
            device_id=DeviceId(f"P-{number:02}"), family="patrol", berth_id=None, heartbeat=_PATROL_HEARTBEAT
        )
    yield Device(device_id=DeviceId(_PAYMENT), family="payment", berth_id=None, heartbeat=_PATROL_HEARTBEAT)
