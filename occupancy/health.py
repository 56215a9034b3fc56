"""How good each device is, as rows for `device_health`."""

from dataclasses import dataclass
from datetime import datetime

from parking.ids import BerthId, DeviceId
from parking.states import QuarantineReason


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """Health of one device; columns as in the table `device_health`."""

    device_id: DeviceId
    berth_id: BerthId | None
    heard_until: datetime | None
    compared: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    beats_expected: float
    beats_missed: float
    battery_v: float | None
    battery_v_per_day: float | None
    drift: float
    quarantined_since: datetime | None
    quarantine_reason: QuarantineReason | None
