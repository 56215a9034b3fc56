"""What kind of city is played: how people park, and what goes wrong. Read from files under `scenarios/`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from zlib import crc32

from parking.city import BerthKind, ZoneClass

# Of clocks that jump, some are summer time ahead.
CLOCK_JUMPS_AHEAD_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KindUse:
    """How berths of a kind are used, against an ordinary berth of the same section."""

    stays_factor: float = 1.0
    length_factor: float = 1.0
    night_share: float = 0.0
    no_right_share: float = 0.0


_KINDS = {
    BerthKind.CHARGING: KindUse(stays_factor=1.0, length_factor=1.2, night_share=0.05, no_right_share=0.05),
    BerthKind.DISABLED: KindUse(stays_factor=0.4, night_share=0.03, no_right_share=0.06),
    BerthKind.RESIDENT: KindUse(stays_factor=0.4, night_share=0.7, no_right_share=0.05),
    BerthKind.LOADING: KindUse(stays_factor=1.5, length_factor=0.3, no_right_share=0.08),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How people park. Counts are stays per berth and workday.

    The defaults give 3 to 4 stays a workday and 2.8 a holiday, of 77 and 84 minutes on average, nights
    included, and counts whose variance is 1.35 and 2.5 times their mean, as measured on Shenzhen's kerbs.
    """

    ordinary_stays: tuple[float, float] = (2.3, 4.0)
    busy_stays: tuple[float, float] = (4.0, 8.0)
    quiet_stays: float = 0.35
    busy_share: Mapping[ZoneClass, float] = field(
        default_factory=lambda: {ZoneClass.I: 0.5, ZoneClass.II: 0.2, ZoneClass.III: 0.05}
    )
    quiet_share: Mapping[ZoneClass, float] = field(
        default_factory=lambda: {ZoneClass.I: 0.03, ZoneClass.II: 0.1, ZoneClass.III: 0.3}
    )
    night_share: Mapping[ZoneClass, float] = field(
        default_factory=lambda: {ZoneClass.I: 0.06, ZoneClass.II: 0.07, ZoneClass.III: 0.1}
    )
    kinds: Mapping[BerthKind, KindUse] = field(default_factory=lambda: dict(_KINDS))
    mean_stay_min: float = 69.0
    stay_spread: float = 0.95
    workday_dispersion: float = 1.46
    holiday_factor: float = 0.82
    holiday_dispersion: float = 3.1
    holiday_length_factor: float = 1.05
    holiday_night_factor: float = 1.1
    late_leaver_share: float = 0.15
    overstay_share: float = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How much goes wrong; by default nothing. `simulators.faults.mishaps` says what each class means.

    Shares of stays, seen by each device that watches the berth: `missed_departure`, `missed_arrival`,
    `tailgate` (of gaps below `tailgate_gap_s`), `high_chassis`, `straddle`, `neighbour` (of arrivals next to
    a sensor), `camera_miss`, `misread` and `unread` (of a camera's stays), `patrol_misread`. Shares of
    devices at any time, at most a quarter: `drift`, `stuck`, `dead`, `camera_blind`, `jump`, with the mean
    length of a spell; for good: `swapped`, `skew`; a day, at most one in 32: `restart`, `replaced`. Share of
    berths at any time: `blocked`. Shares of messages: `delay`, `reorder`, `loss`, `duplicate`. Share of road
    sections that are cut off once a day: `backlog`. Shares of drivers where one pays by code: `unpaid` leave
    without a word, `careless` of those who pay take the arrival that they are shown for their own.
    """

    settle_s: float = 0.0
    missed_departure_share: float = 0.0
    missed_arrival_share: float = 0.0
    recovery_hours: tuple[float, float] = (0.5, 6.0)
    tailgate_share: float = 0.0
    tailgate_gap_s: float = 60.0
    high_chassis_share: float = 0.0
    straddle_share: float = 0.0
    neighbour_share: float = 0.0
    swapped_share: float = 0.0
    replaced_share: float = 0.0
    blocked_share: float = 0.0
    blocked_days: float = 3.0
    drift_share: float = 0.0
    drift_days: float = 10.0
    drift_missed_share: float = 0.3
    stuck_share: float = 0.0
    stuck_days: float = 5.0
    dead_share: float = 0.0
    dead_days: float = 5.0
    camera_miss_share: float = 0.0
    camera_blind_share: float = 0.0
    camera_blind_hours: float = 3.0
    misread_share: float = 0.0
    unread_share: float = 0.0
    patrol_misread_share: float = 0.0
    skew_share: float = 0.0
    skew_s: float = 30.0
    jump_share: float = 0.0
    jump_hours: float = 6.0
    restart_share: float = 0.0
    latency_s: float = 0.0
    delay_share: float = 0.0
    delay_s: float = 60.0
    reorder_share: float = 0.0
    loss_share: float = 0.0
    duplicate_share: float = 0.0
    backlog_share: float = 0.0
    backlog_hours: tuple[float, float] = (0.2, 3.0)
    unpaid_share: float = 0.0
    careless_share: float = 0.0

    @property
    def clock_lead_s(self) -> float:
        """How far ahead of the true time a device's clock may be."""
        return max(
            CLOCK_JUMPS_AHEAD_S if self.jump_share else 0.0, 6 * self.skew_s if self.skew_share else 0.0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named way to play the city."""

    name: str = "quiet"
    demand: Demand = field(default_factory=Demand)
    faults: Faults = field(default_factory=Faults)

    @property
    def is_faultless(self) -> bool:
        """Whether devices say the truth at once."""
        return self.faults == Faults()

    @property
    def fingerprint(self) -> str:
        """Tells scenarios apart that play differently, also under one name."""
        return f"{self.name}-{crc32(json.dumps(asdict(self), sort_keys=True).encode()):08x}"
