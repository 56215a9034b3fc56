"""The part of a city that the simulator plays, as dense arrays: berths, and the devices that watch them."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from parking.city import Berth, BerthKind, City, ZoneClass
from parking.ids import BerthId, DeviceId
from simulators.devices.networks import CAMERAS, LORAWAN, NB_IOT
from simulators.draws import Flags, Hashes, Ints, keys_of

KINDS = tuple(BerthKind)
CLASSES = tuple(ZoneClass)
OWN_MAKES = frozenset({"geo", "camera", "patrol", "payment"})


class Family(IntEnum):
    """Device families; values are array codes."""

    GEO = 0
    CAMERA = 1
    PATROL = 2
    PAYMENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Berths:
    """Simulated berths by dense index, in the order of the city's files.

    `number` is the place among all berths of the city, `kind` and `zone_class` index KINDS and CLASSES,
    `section` is dense, `limit_s` is 0 where a stay may last any time.
    """

    ids: tuple[BerthId, ...]
    key: Hashes
    number: Ints
    section: Ints
    section_key: Hashes
    kind: Ints
    zone_class: Ints
    limit_s: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def of_kind(self, kind: BerthKind) -> Flags:
        """Which berths are marked for this use."""
        return np.equal(self.kind, KINDS.index(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """All devices by dense index: sensors, then cameras, then hand-helds, then what drivers pay through.

    `family` is what a device does, `make` the registry's name of how it speaks.
    """

    ids: tuple[DeviceId, ...]
    key: Hashes
    family: NDArray[np.int8]
    make: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_mixed(self) -> bool:
        """Whether some are of other makes than ours."""
        return not OWN_MAKES.issuperset(self.make)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Who watches what. A view is a (device, berth) pair; patrols have none, they walk the sections.

    Views of the `sensors` come first, one each, so a sensor's view has the sensor's own index. At `paid_at`
    berths drivers scan a code and pay through one of the `payments`.
    """

    city_id: str
    berths: Berths
    devices: Devices
    sensors: int
    view_device: Ints
    view_berth: Ints
    view_heartbeat_ms: Ints
    patrols: Ints
    payments: Ints
    paid_at: Ints


# Of two sensors in one berth only the first is played; cameras that only read plates are not.
SENSOR_MAKES = frozenset({"geo"}) | LORAWAN | NB_IOT
CAMERA_MAKES = frozenset({"camera"}) | CAMERAS
# A camera repeats each berth that it sees this often; its registry heartbeat is that of the camera itself.
CAMERA_REPEATS_MS = 30 * 60 * 1000


def lay_out(city: City) -> Layout:
    """Index the berths that may be simulated (open, on a simulated section) and their devices."""
    numbered = [
        (number, berth)
        for number, berth in enumerate(city.berths.values())
        if not berth.closed and city.sections[berth.section_id].simulated
    ]
    berths = _index_berths([number for number, _ in numbered], [berth for _, berth in numbered])
    index = {berth_id: position for position, berth_id in enumerate(berths.ids)}
    bound = {
        device.berth_id: device
        for device in reversed(city.devices.values())
        if device.family in SENSOR_MAKES and device.berth_id is not None and device.berth_id in index
    }
    played = {device.device_id for device in bound.values()}
    sensors = [device for device in city.devices.values() if device.device_id in played]
    cameras = [
        (DeviceId(camera.camera_id), seen)
        for camera in city.cameras.values()
        if (seen := [index[berth_id] for berth_id in camera.berth_ids if berth_id in index])
        and city.devices[DeviceId(camera.camera_id)].family in CAMERA_MAKES
    ]
    patrols = [device.device_id for device in city.devices.values() if device.family == "patrol"]
    views = [
        (position, index[device.berth_id], device.heartbeat.total_seconds() * 1000)
        for position, device in enumerate(sensors)
        if device.berth_id is not None
    ] + [
        (len(sensors) + position, berth, CAMERA_REPEATS_MS)
        for position, (_, seen) in enumerate(cameras)
        for berth in seen
    ]
    payments = [device.device_id for device in city.devices.values() if device.family == "payment"]
    ids = [device.device_id for device in sensors]
    ids += [*(camera_id for camera_id, _ in cameras), *patrols, *payments]
    counts = (len(sensors), len(cameras), len(patrols), len(payments))
    walking, paying = len(ids) - len(patrols) - len(payments), len(ids) - len(payments)
    watched = {berth for _, seen in cameras for berth in seen}
    coded = [city.berths[berth_id].section_id in city.code_sections for berth_id in berths.ids]
    paid_at = [berth for berth, has_code in enumerate(coded) if has_code and berth not in watched]
    columns = np.array(views, dtype=np.int64).reshape(-1, 3)
    return Layout(
        city_id=city.city_id,
        berths=berths,
        devices=Devices(
            ids=tuple(ids),
            key=keys_of(list(ids)),
            family=np.repeat(np.arange(len(counts), dtype=np.int8), counts),
            make=tuple(city.devices[device_id].family for device_id in ids),
        ),
        sensors=len(sensors),
        view_device=columns[:, 0],
        view_berth=columns[:, 1],
        view_heartbeat_ms=columns[:, 2],
        patrols=np.arange(walking, paying, dtype=np.int64),
        payments=np.arange(paying, len(ids), dtype=np.int64),
        paid_at=np.array(paid_at, dtype=np.int64),
    )


def _index_berths(numbers: list[int], berths: list[Berth]) -> Berths:
    sections: dict[str, int] = {}
    for berth in berths:
        sections.setdefault(berth.section_id, len(sections))
    section = np.array([sections[berth.section_id] for berth in berths], dtype=np.int64)
    section_keys = keys_of(list(sections))
    return Berths(
        ids=tuple(berth.berth_id for berth in berths),
        key=keys_of([berth.berth_id for berth in berths]),
        number=np.array(numbers, dtype=np.int64),
        section=section,
        section_key=section_keys[section] if berths else section_keys,
        kind=np.array([KINDS.index(berth.kind) for berth in berths], dtype=np.int64),
        zone_class=np.array([CLASSES.index(berth.zone_class) for berth in berths], dtype=np.int64),
        limit_s=np.array(
            [berth.time_limit.total_seconds() if berth.time_limit else 0 for berth in berths], dtype=np.int64
        ),
    )
