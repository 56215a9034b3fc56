"""The devices that the city knows: what each is, which berth it tells of at which moment, how long it may be
silent. Pure; `ingest.register` keeps it in the database.
"""  # noqa: D205  one sentence reads better than a summary

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from ingest.codecs.uplink import Binding, Sender
from parking.city import City, Device
from parking.ids import BerthId, CameraId, DeviceId
from parking.staleness import DELIVERY_ALLOWANCE, MISSED_HEARTBEATS

# The city's files date nothing: their bindings hold since ever.
FROM_FILES: Final = "files"


class DeviceState(StrEnum):
    """Whether a device is still in use."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How devices of a kind speak, and when they count as silent. `adapts`: sooner by their own rhythm."""

    profile_id: str
    family: str
    heartbeat: timedelta
    missed_heartbeats: float = MISSED_HEARTBEATS
    allowance: timedelta = DELIVERY_ALLOWANCE
    adapts: bool = True

    @classmethod
    def of(cls, family: str, heartbeat: timedelta) -> "Profile":
        """Build the usual profile of a family with this heartbeat."""
        minutes = heartbeat / timedelta(minutes=1)
        return cls(profile_id=f"{family}-{minutes:g}min", family=family, heartbeat=heartbeat)

    def limit(self, interval: timedelta | None = None) -> timedelta:
        """How long such a device may be silent; its own interval makes it shorter, never longer."""
        heartbeat = self.heartbeat
        if self.adapts and interval is not None:
            heartbeat = min(heartbeat, interval)
        return heartbeat * self.missed_heartbeats + self.allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDevice:
    """One device. Its bindings are in order of time and never overlap.

    `approval`, `announced_on` and the days of calibration are what evidence needs of a device that helps to
    fine somebody. `edited_by` is who last edited it here, empty where the city's files still rule it.
    """

    device_id: DeviceId
    family: str
    profile: Profile
    bindings: tuple[Binding, ...] = ()
    firmware: str = ""
    serial: str = ""
    approval: str = ""
    announced_on: date | None = None
    calibrated_on: date | None = None
    calibration_ends_on: date | None = None
    state: DeviceState = DeviceState.ACTIVE
    in_file: bool = False
    edited_by: str = ""

    def berth_at(self, at: datetime) -> BerthId | None:
        """The berth that it tells of at this moment, None where it is bound to none."""
        return next((each.berth_id for each in self.bindings if each.holds(at)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Where the city's files say something else than the register, which rules."""

    device_id: DeviceId
    field: str
    in_files: str
    in_register: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What reading the city's files changes in the register, and what it must not."""

    new: list[RegisteredDevice]
    changed: list[RegisteredDevice]
    conflicts: list[Conflict]


class Registry:
    """All devices of one city; cameras see the berths that the city's files say."""

    def __init__(self, city: City, devices: Mapping[DeviceId, RegisteredDevice]) -> None:
        self._city = city
        self.devices = devices

    @classmethod
    def of_files(cls, city: City) -> "Registry":
        """Build what the city's files alone say."""
        return cls(city, {device.device_id: _from_file(device) for device in city.devices.values()})

    def senders(self) -> dict[DeviceId, Sender]:
        """All devices in use, as codecs know them."""
        active = (each for each in self.devices.values() if each.state is DeviceState.ACTIVE)
        return {device.device_id: self._sender(device) for device in active}

    def limits(self, now: datetime, intervals: Mapping[DeviceId, timedelta]) -> dict[BerthId, timedelta]:
        """How long each berth may be unheard at this moment: as its slowest device.

        `intervals` are the devices' own heartbeats as observed. A berth without devices gets the allowance.
        """
        limits = dict.fromkeys(self._city.berths, DELIVERY_ALLOWANCE)
        for device in self.devices.values():
            if device.state is DeviceState.RETIRED:
                continue
            limit = device.profile.limit(intervals.get(device.device_id))
            for berth_id in self._seen_by(device, now):
                if berth_id in limits:
                    limits[berth_id] = max(limits[berth_id], limit)
        return limits

    def _seen_by(self, device: RegisteredDevice, now: datetime) -> tuple[BerthId, ...]:
        bound = device.berth_at(now)
        if bound is not None:
            return (bound,)
        camera = self._city.cameras.get(CameraId(device.device_id))
        return camera.berth_ids if camera else ()

    def _sender(self, device: RegisteredDevice) -> Sender:
        camera = self._city.cameras.get(CameraId(device.device_id))
        always = _always_bound(device)
        bound = (always,) if always is not None else ()
        return Sender(
            device_id=device.device_id,
            family=device.family,
            bound=always,
            berth_ids=camera.berth_ids if camera else bound,
            dated=() if always is not None else device.bindings,
        )


def plan_sync(city: City, known: Mapping[DeviceId, RegisteredDevice]) -> Sync:
    """Compare the city's files with the register.

    New devices are taken over. Of a device that was never edited in the register the files rule; of any
    other the register does, and every difference is a conflict to be shown. A device that has left the files
    stays.
    """
    sync = Sync(new=[], changed=[], conflicts=[])
    for filed in Registry.of_files(city).devices.values():
        there = known.get(filed.device_id)
        if there is None:
            sync.new.append(filed)
        elif differences := list(_differences(filed, there)):
            if there.edited_by:
                sync.conflicts.extend(differences)
            else:
                sync.changed.append(filed)
    gone = (each for each in known.values() if each.in_file and each.device_id not in city.devices)
    sync.conflicts.extend(
        Conflict(device_id=each.device_id, field="device", in_files="", in_register=each.state.value)
        for each in gone
        if each.state is DeviceState.ACTIVE
    )
    return sync


def _differences(filed: RegisteredDevice, there: RegisteredDevice) -> Iterable[Conflict]:
    pairs = (
        ("family", filed.family, there.family),
        ("heartbeat", str(filed.profile.heartbeat), str(there.profile.heartbeat)),
        ("berth", _present_berth(filed), _present_berth(there)),
        ("state", filed.state.value, there.state.value),
    )
    for field, in_files, in_register in pairs:
        if in_files != in_register:
            yield Conflict(device_id=filed.device_id, field=field, in_files=in_files, in_register=in_register)


def _present_berth(device: RegisteredDevice) -> str:
    last = device.bindings[-1] if device.bindings else None
    return last.berth_id if last is not None and last.until_at is None else ""


def _always_bound(device: RegisteredDevice) -> BerthId | None:
    """The berth of a device that was never bound to another, nor ever to none."""
    if len(device.bindings) != 1:
        return None
    only = device.bindings[0]
    return only.berth_id if only.from_at is None and only.until_at is None else None


def _from_file(device: Device) -> RegisteredDevice:
    binding = () if device.berth_id is None else (Binding(berth_id=device.berth_id),)
    return RegisteredDevice(
        device_id=device.device_id,
        family=device.family,
        profile=Profile.of(device.family, device.heartbeat),
        bindings=binding,
        in_file=True,
    )
