"""What a published tariff says, as records: the words of the tariff language, and nothing computed.

`billing.tariff.source` reads them from a file; `billing.tariff.pricing` prices by them. Minutes of the
day run from 0 to 1440, amounts are integer fen, shares are basis points (10,000 = everything).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from billing.tariff.choices import (
    AcrossSwitch,
    BegunMinute,
    Boundary,
    Clock,
    Cycle,
    Exceeded,
    FreeTest,
    Over,
    RoundMode,
    WhileCharging,
    Words,
)
from parking.money import Fen
from parking.rights import Energy, VehicleClass

FREE_BAND = "free"
DAY_MINUTES = 1440
WHOLE_BP = 10_000


class Kind(NamedTuple):
    """All that a tariff may ask about a stay, apart from its times."""

    zone_class: str
    vehicle: VehicleClass
    energy: Energy
    plate_kind: str
    channel: str
    berth_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A condition on the kind of stay; an empty tuple asks nothing."""

    zone_class: tuple[str, ...] = ()
    vehicle: tuple[str, ...] = ()
    energy: tuple[str, ...] = ()
    plate_kind: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    berth_kind: tuple[str, ...] = ()

    def matches(self, kind: Kind) -> bool:
        """Whether a stay of this kind fulfils every condition."""
        return all(not wanted or has in wanted for wanted, has in zip(self.asked(), kind, strict=True))

    def implies(self, other: "When") -> bool:
        """Whether every stay that fulfils this condition fulfils the other."""
        pairs = zip(self.asked(), other.asked(), strict=True)
        return all(not theirs or (mine and set(mine) <= set(theirs)) for mine, theirs in pairs)

    def meets(self, other: "When") -> bool:
        """Whether some stay fulfils both conditions."""
        pairs = zip(self.asked(), other.asked(), strict=True)
        return all(not mine or not theirs or set(mine) & set(theirs) for mine, theirs in pairs)

    def asked(self) -> tuple[tuple[str, ...], ...]:
        """The conditions in the order of `Kind`."""
        return (
            self.zone_class, self.vehicle, self.energy, self.plate_kind, self.channel, self.berth_kind
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of a price: until `upto_min` on the clock, each unit costs `price_fen`.

    No unit means one unit as long as the step; neither means one flat price. `tail_drop_min` is the
    longest begun unit that is not charged, None where the rule of the rate holds.
    """

    price_fen: Fen
    upto_min: int | None = None
    unit_min: int | None = None
    tail_drop_min: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch of the day under one band; `to_min` at or before `from_min` runs over midnight."""

    from_min: int
    to_min: int
    band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The bands of the days that it names; the first schedule that matches a day is used."""

    when: When
    days: tuple[str, ...]
    seasons: tuple[str, ...]
    begins_min: int
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A named stretch of local time in which another band holds, whatever the schedule says."""

    words: Words
    when: When
    from_local: datetime
    to_local: datetime
    band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Part of the year, both ends included, as (month, day); may run over the new year."""

    from_day: tuple[int, int]
    to_day: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeMinutes:
    """Minutes that cost nothing, and when they stop being given. `times` is None for always."""

    minutes: int
    inclusive: bool = True
    exceeded: Exceeded = Exceeded.COUNTED
    per: Cycle = Cycle.STAY
    test: FreeTest = FreeTest.TOTAL
    bands: tuple[str, ...] = ()
    over: Over = Over.STAY
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that a cycle may cost; several amounts are a ladder by the n-th cycle, the last repeats."""

    amounts_fen: tuple[Fen, ...]
    per: Cycle
    over: Over = Over.STAY
    bands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings that published texts leave open; every default is the driver's or the plain reading."""

    begun_minute: BegunMinute = BegunMinute.DROPPED
    tail_drop_min: int = 0
    clock: Clock = Clock.CHARGED
    restart: Cycle = Cycle.STAY
    boundary: Boundary = Boundary.BEGUN
    cap_scaled: bool = False
    while_charging: WhileCharging = WhileCharging.CHARGED
    exit_grace_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The prices of one kind of stay; the first rate that matches a stay is used."""

    words: Words
    when: When
    prices: dict[str, tuple[Tier, ...]]
    free: tuple[FreeMinutes, ...]
    caps: tuple[Cap, ...]
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of the price that is paid until `upto_min` after arrival, None for the rest of the stay."""

    pay_bp: int
    upto_min: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """A discount or a multiple: what share of the price is paid, by time since arrival."""

    adjust_id: str
    words: Words
    when: When
    shares: tuple[Share, ...]
    bands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surcharge:
    """An amount on top, once in each cycle in which anything is charged."""

    surcharge_id: str
    words: Words
    when: When
    amount_fen: Fen
    per: Cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """The step to which the total is brought, last of all."""

    step_fen: int
    mode: RoundMode


@dataclass(frozen=True, slots=True, kw_only=True)
class PassTerms:
    """A pass that the tariff sells: its price, and the daily hours that it covers."""

    pass_id: str
    words: Words
    price_fen: Fen
    from_min: int = 0
    to_min: int = DAY_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The published text. A document without a number (文号) says why it has none."""

    number: str
    unnumbered: str
    title: str
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """Local times of coming into force and of ending, None where the text names none."""

    from_local: datetime | None = None
    to_local: datetime | None = None
    across_switch: AcrossSwitch = AcrossSwitch.ARRIVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where the tariff holds; empty tuples are everywhere."""

    roads: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    berths: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether the tariff names places, and so wins over one that holds everywhere."""
        return bool(self.roads or self.sections or self.berths)

    def covers(self, road: str, section: str, berth: str) -> bool:
        """Whether a stay there is under this tariff."""
        return not self.is_local or road in self.roads or section in self.sections or berth in self.berths

    def meets(self, other: "Scope") -> bool:
        """Whether both hold at one place with the same right: both name it, or neither names any."""
        pairs = ((self.roads, other.roads), (self.sections, other.sections), (self.berths, other.berths))
        return self.is_local == other.is_local and (
            not self.is_local or any(set(mine) & set(theirs) for mine, theirs in pairs)
        )


# Names of the operations in `order` that are not ids of adjustments or surcharges.
CAP_STEP = "cap"
BERTHS_STEP = "berths"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of one tariff, as written."""

    tariff_id: str
    words: Words
    timezone: str
    document: Document
    effective: Effective
    scope: Scope
    bands: dict[str, Words]
    schedules: tuple[Schedule, ...]
    rates: tuple[Rate, ...]
    order: tuple[str, ...]
    intervals: tuple[Interval, ...] = ()
    seasons: dict[str, Season] = field(default_factory=dict)
    adjusts: dict[str, Adjust] = field(default_factory=dict)
    surcharges: dict[str, Surcharge] = field(default_factory=dict)
    rounding: Rounding | None = None
    passes: dict[str, PassTerms] = field(default_factory=dict)
    exemptions: dict[str, Words] = field(default_factory=dict)
