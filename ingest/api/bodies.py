"""What the routes of ingest take and answer."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field

from ingest.discovery import Discovered
from ingest.habits import Habit
from ingest.registry import RegisteredDevice

PAYLOAD_SHOWN = 500


class BindingBody(BaseModel):
    """A berth that the device tells of; null bounds are open."""

    berth_id: str
    from_at: datetime | None
    until_at: datetime | None


class DeviceBody(BaseModel):
    """A device on record, its bindings in order of time, and what is known of its habits."""

    device_id: str = Field(examples=["G-SZ1-0001"])
    family: str = Field(examples=["geo"])
    state: str = Field(examples=["active"])
    profile: str = Field(examples=["geo-30min"])
    heartbeat_s: float
    silent_after_s: float = Field(description="how long it may be unheard, by its profile and own rhythm")
    bindings: list[BindingBody]
    firmware: str
    serial: str
    approval: str
    announced_on: date | None
    calibrated_on: date | None
    calibration_ends_on: date | None
    edited_by: str = Field(description="empty while the city's files rule it")
    heard_at: datetime | None
    interval_s: float | None = Field(description="its own heartbeat as observed")
    clock_offset_s: float | None = Field(description="how far its clock is ahead; behind: negative")

    @classmethod
    def of(cls, device: RegisteredDevice, habit: Habit | None) -> Self:
        """Build from the register and the habits."""
        interval = habit.interval if habit else None
        offset = habit.offset if habit else None
        return cls(
            device_id=device.device_id, family=device.family, state=device.state.value,
            profile=device.profile.profile_id, heartbeat_s=device.profile.heartbeat.total_seconds(),
            silent_after_s=device.profile.limit(interval).total_seconds(),
            bindings=[
                BindingBody(berth_id=each.berth_id, from_at=each.from_at, until_at=each.until_at)
                for each in device.bindings
            ],
            firmware=device.firmware, serial=device.serial, approval=device.approval,
            announced_on=device.announced_on, calibrated_on=device.calibrated_on,
            calibration_ends_on=device.calibration_ends_on, edited_by=device.edited_by,
            heard_at=habit.heard_at if habit else None,
            interval_s=interval.total_seconds() if interval else None,
            clock_offset_s=offset.total_seconds() if offset is not None else None,
        )  # fmt: skip


class DevicesBody(BaseModel):
    """A page of devices in the order of their ids."""

    devices: list[DeviceBody]
    next_cursor: str | None


class DiscoveredBody(BaseModel):
    """A device that speaks and is not on record."""

    device_id: str
    families: list[str] = Field(description="families whose codec reads what it said")
    topic: str
    first_at: datetime
    last_at: datetime
    messages: int
    last_payload: str

    @classmethod
    def of(cls, found: Discovered) -> Self:
        """Build from what the street noted."""
        payload = found.last_payload[:PAYLOAD_SHOWN].decode("utf-8", "backslashreplace")
        return cls(
            device_id=found.device_id, families=list(found.families), topic=found.topic,
            first_at=found.first_at, last_at=found.last_at, messages=found.messages,
            last_payload=payload.replace("\0", "\\x00"),
        )  # fmt: skip


class DiscoveredListBody(BaseModel):
    """Devices that wait to be bound, the last heard first."""

    devices: list[DiscoveredBody]


class BindAsk(BaseModel):
    """Which berth, and from when; of a device that is not on record, what it is."""

    berth_id: str = Field(max_length=32, examples=["SZ1-0001"])
    at: datetime | None = None
    family: str | None = Field(default=None, max_length=64)
    heartbeat_min: float | None = Field(default=None, ge=1, le=10_080)


class UnbindAsk(BaseModel):
    """From when."""

    at: datetime | None = None


class ReplaceAsk(BaseModel):
    """By which device, and from when."""

    by: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", examples=["G-SZ1-0001b"])
    at: datetime | None = None


class ReplayAsk(BaseModel):
    """Which refused messages to send through again."""

    reason: str = Field(examples=["unknown_device"])
    device_id: str | None = Field(default=None, max_length=200, pattern=r"^[^\x00]*$")
    since: datetime | None = None


class ReplayBody(BaseModel):
    """How many messages now wait for the street, and how many could not: they were not kept whole."""

    requested: int
    cut: int
