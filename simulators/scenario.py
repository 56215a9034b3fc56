"""What kind of city is played: how people park, and what goes wrong. Read from files under `scenarios/`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from zlib import crc32

from parking.city import BerthKind, ZoneClass


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
class Scenario:
    """A named way to play the city."""

    name: str = "quiet"
    demand: Demand = field(default_factory=Demand)

    @property
    def fingerprint(self) -> str:
        """Tells scenarios apart that play differently, also under one name."""
        return f"{self.name}-{crc32(json.dumps(asdict(self), sort_keys=True).encode()):08x}"
