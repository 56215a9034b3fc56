"""A tariff compiled for one kind of stay, once: which rate, which bands, which operations in which order."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from billing.tariff.calendar import HOLIDAY, NONWORKING, WORKING, HolidayCalendar
from billing.tariff.choices import PER_WORDS, BegunMinute, Boundary, Clock, Cycle, Words
from billing.tariff.localclock import LocalClock
from billing.tariff.terms import (
    BERTHS_STEP,
    CAP_STEP,
    FREE_BAND,
    Adjust,
    Cap,
    Interval,
    Kind,
    Rate,
    Rules,
    Schedule,
    Surcharge,
    Terms,
    Tier,
)
from billing.tariff.timetable import Timetable
from billing.tariff.units import ENDLESS, Step, UnitRules
from parking.errors import ParkingError
from parking.money import format_yuan

Operation = Surcharge | Adjust | tuple[tuple[Cap, Words], ...] | None  # None: by berths occupied


class UnpricedError(ParkingError):
    """No tariff, or no rate of the tariff, holds for this stay: it cannot be priced as it stands."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about one kind of stay that does not depend on its times."""

    rate: Rate
    timetable: Timetable
    units: UnitRules
    operations: tuple[Operation, ...]
    marks_min: tuple[int, ...]  # minutes after arrival at which shares change
    cuts_24h: bool
    notes: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Tariff:
    """Terms and the calendar that they need; what is compiled from them is remembered."""

    terms: Terms
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)
    zone: ZoneInfo = field(init=False)
    clock: LocalClock = field(init=False, compare=False, repr=False)
    from_s: int = field(init=False)
    to_s: int = field(init=False)
    depends_on_calendar: bool = field(init=False)
    _plans: dict[Kind, Plan] = field(default_factory=dict, compare=False, repr=False)
    _timetables: dict[tuple[object, ...], Timetable] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        zone, effective = ZoneInfo(self.terms.timezone), self.terms.effective
        words = {WORKING, NONWORKING, HOLIDAY, *self.calendar.holidays.values()}
        derived = {
            "zone": zone,
            "clock": LocalClock(zone),
            "from_s": _second(effective.from_local, zone, -ENDLESS),
            "to_s": _second(effective.to_local, zone, ENDLESS),
            "depends_on_calendar": any(words.intersection(one.days) for one in self.terms.schedules),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def tariff_id(self) -> str:
        """The version's own id."""
        return self.terms.tariff_id

    def plan(self, kind: Kind) -> Plan:
        """The compiled plan; raises UnpricedError when no rate matches."""
        if (known := self._plans.get(kind)) is None:
            known = self._plans[kind] = self._compile(kind)
        return known

    def is_in_force(self, at_s: int) -> bool:
        """Whether this version is in force at the instant (seconds of the epoch)."""
        return self.from_s <= at_s < self.to_s

    def rate_of(self, kind: Kind) -> Rate | None:
        """The first rate that matches this kind of stay."""
        return next((rate for rate in self.terms.rates if rate.when.matches(kind)), None)

    def _compile(self, kind: Kind) -> Plan:
        rate = self.rate_of(kind)
        if rate is None:
            raise UnpricedError(f"{self.tariff_id}: no rate for {_kind_text(kind)}")
        cycles = _cycles(self.terms, rate)
        operations = self._operations(kind, rate)
        shares = {
            share.upto_min
            for one in operations
            if isinstance(one, Adjust)
            for share in one.shares
            if share.upto_min is not None
        }
        return Plan(
            rate=rate,
            timetable=self._timetable(kind, by_day=Cycle.DAY in cycles),
            units=_unit_rules(self.terms, rate),
            operations=operations,
            marks_min=tuple(sorted(shares)),
            cuts_24h=Cycle.HOURS_24 in cycles,
            notes=_notes(self.terms),
        )

    def _timetable(self, kind: Kind, *, by_day: bool) -> Timetable:
        terms = self.terms
        schedules: tuple[Schedule, ...] = tuple(one for one in terms.schedules if one.when.matches(kind))
        intervals: tuple[Interval, ...] = tuple(one for one in terms.intervals if one.when.matches(kind))
        if not schedules:
            raise UnpricedError(f"{self.tariff_id}: no schedule for {_kind_text(kind)}")
        key = (schedules, intervals, by_day)
        if key not in self._timetables:
            self._timetables[key] = Timetable(
                zone=self.zone,
                calendar=self.calendar,
                schedules=schedules,
                seasons=terms.seasons,
                intervals=intervals,
                by_day=by_day,
            )
        return self._timetables[key]

    def _operations(self, kind: Kind, rate: Rate) -> tuple[Operation, ...]:
        found: list[Operation] = []
        for name in self.terms.order:
            if name == CAP_STEP:
                found.append(tuple((cap, cap_words(cap)) for cap in rate.caps))
            elif name == BERTHS_STEP:
                found.append(None)
            else:
                step = self.terms.surcharges.get(name) or self.terms.adjusts[name]
                if step.when.matches(kind):
                    found.append(step)
        return tuple(found)


def _second(local: datetime | None, zone: ZoneInfo, default: int) -> int:
    return default if local is None else int(local.replace(tzinfo=zone).timestamp())


def _cycles(terms: Terms, rate: Rate) -> set[Cycle]:
    """Every cycle by which something is counted under this rate."""
    surcharges = (one.per for one in terms.surcharges.values())
    grants = (one.per for one in rate.free)
    return {rate.rules.restart, *(cap.per for cap in rate.caps), *surcharges, *grants}


def _unit_rules(terms: Terms, rate: Rate) -> UnitRules:
    rules = rate.rules
    return UnitRules(
        steps={
            band: tuple(_steps(tiers, rules, rate.words, terms.bands[band]))
            for band, tiers in rate.prices.items()
            if band != FREE_BAND
        },
        restart=rules.restart,
        is_split=rules.boundary is Boundary.SPLIT,
        is_elapsed=rules.clock is Clock.ELAPSED,
        is_minute_dropped=rules.begun_minute is BegunMinute.DROPPED,
    )


def _steps(tiers: tuple[Tier, ...], rules: Rules, rate: Words, band: Words) -> list[Step]:
    steps: list[Step] = []
    begins_min = 0
    for tier in tiers:
        length = None if tier.upto_min is None else tier.upto_min - begins_min
        unit = tier.unit_min or length
        drop = rules.tail_drop_min if tier.tail_drop_min is None else tier.tail_drop_min
        steps.append(
            Step(
                upto_s=ENDLESS if tier.upto_min is None else tier.upto_min * 60,
                unit_s=ENDLESS if unit is None else unit * 60,
                price_fen=tier.price_fen,
                drop_s=0 if unit is None else min(drop, unit - 1) * 60,
                words=Words(f"{rate.zh}{band.zh}", f"{rate.en}, {band.en}"),
            )
        )
        begins_min = tier.upto_min or 0
    return steps


def cap_words(cap: Cap) -> Words:
    """How a cap reads."""
    per = PER_WORDS[cap.per]
    limits = "/".join(format_yuan(fen) for fen in cap.amounts_fen)
    return Words(f"{per.zh}封顶{limits}元", f"cap {limits} yuan {per.en}")


def _notes(terms: Terms) -> tuple[Words, ...]:
    document = terms.document
    if document.number:
        return ()
    return (
        Words(f"收费文件无文号：{document.unnumbered}", f"document without a number: {document.unnumbered}"),
    )


def _kind_text(kind: Kind) -> str:
    named = zip(kind._fields, kind, strict=True)
    return ", ".join(f"{name} {value}" for name, value in named if value)
