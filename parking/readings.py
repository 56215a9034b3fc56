"""What devices say, after their bytes are decoded and before anything is believed.

RawMessage and Reading are made for every message: as frozen dataclasses they cost three times as much.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from parking.ids import BerthId, DeviceId, Plate
from parking.span import Moment


class RawMessage(NamedTuple):
    """One message from the broker, untouched. `received_at` is our clock's."""

    topic: str
    payload: bytes
    received_at: datetime


class ReadingKind(IntEnum):
    """What made the device speak. Values are stored and used as array codes."""

    CHANGE = 0  # the berth just changed
    HEARTBEAT = 1  # a regular report that repeats the state
    SIGHTING = 2  # somebody or something looked at the berth and read a plate
    REPORT = 3  # the device spoke of itself (start-up, settings, battery)


class Quality(IntEnum):
    """Bits that mark a reading as less than perfect; stored as their sum."""

    NO_CLOCK = 1  # the device gave no time: ours stands in for it
    IMPLAUSIBLE = 2  # a side value (temperature, voltage) is out of range; the status stands
    CLOCK_AHEAD = 4  # the device's clock ran ahead within tolerance: the receiver's stands in for it
    SERVER_CLOCK = 8  # the device gave no time: its network server's stands in for it
    LOW_BATTERY = 16  # the device says that its battery is nearly empty; the status stands
    HISTORY = 32  # sent from the device's memory, after the connection came back
    UNLABELLED = 64  # the device does not say whether the berth just changed
    CLOCK_OFF = 128  # the device's clock is wrong by a known offset, which was taken off


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """A plate as a device read it, with the device's own confidence in [0, 1]."""

    plate: Plate
    colour: str
    confidence: float


class Reading(NamedTuple):
    """One statement of one device. (device_id, boot, seq) is the key that a repeated message shares.

    `berth_id` is set by devices that name the berth; None means the berth the device is bound to.
    `occupied` is None where the device says nothing of occupancy. `server_at` is when the network server
    took the message, None where there is none. `previous_since` is when the state before this one began,
    known from devices that count how long it lasted.
    """

    device_id: DeviceId
    family: str
    boot: int
    seq: int
    kind: ReadingKind
    observed_at: datetime
    berth_id: BerthId | None
    occupied: bool | None
    plate: PlateReading | None = None
    quality: int = 0
    battery_v: float | None = None
    server_at: datetime | None = None
    previous_since: Moment | None = None


class RejectReason(StrEnum):
    """Why a message did not become a reading."""

    UNKNOWN_TOPIC = "unknown_topic"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_BERTH = "unknown_berth"
    CLOSED_BERTH = "closed_berth"
    FUTURE = "future"
    TOO_OLD = "too_old"
    DUPLICATE = "duplicate"
    SIMULATED = "simulated"
    NO_BERTH_MAPPING = "no_berth_mapping"
    FLOODING = "flooding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A message that was refused, with the reason for a machine and the detail for a person.

    `device_id` is who sent it, known to the registry or not; None where the message does not tell.
    """

    raw: RawMessage
    reason: RejectReason
    detail: str
    device_id: DeviceId | None = None
