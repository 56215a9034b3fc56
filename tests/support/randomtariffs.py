"""Random tariffs and stays for property tests, and a slow second way of laying units."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from billing.tariff import HolidayCalendar, PricedStay, Tariff
from billing.tariff.choices import (
    BegunMinute,
    Boundary,
    Clock,
    Cycle,
    Exceeded,
    FreeTest,
    RoundMode,
    Words,
)
from billing.tariff.proof import band_by_reading
from billing.tariff.terms import (
    BERTHS_STEP,
    CAP_STEP,
    FREE_BAND,
    Adjust,
    Cap,
    Document,
    Effective,
    FreeMinutes,
    Rate,
    Rounding,
    Rules,
    Schedule,
    Scope,
    Share,
    Slot,
    Surcharge,
    Terms,
    Tier,
    When,
)
from billing.tariff.timetable import Timetable
from parking.money import Fen

# Clocks that never change, by an hour in spring and autumn, by half an hour, and at midnight.
ZONES = ("Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago")
CALENDAR = HolidayCalendar(
    notices={2024: "test"},
    holidays={date(2024, 4, day): "qingming" for day in (4, 5, 6)},
    swapped=frozenset({date(2024, 4, 7)}),
)
# Days around which the clocks of ZONES change, among ordinary ones.
_FIRST, _LAST = datetime(2024, 3, 28, tzinfo=UTC), datetime(2024, 4, 9, tzinfo=UTC)
_BANDS = {"a": Words("甲", "a"), "b": Words("乙", "b"), FREE_BAND: Words("免费", "free")}

minutes_of_stay = st.one_of(st.integers(0, 200), st.integers(0, 2200))
arrivals = st.integers(0, int((_LAST - _FIRST).total_seconds())).map(lambda s: _FIRST + timedelta(seconds=s))
whole_minute_arrivals = arrivals.map(lambda at: at.replace(second=0))
cycles = st.sampled_from(list(Cycle))


@cache
def tariff_number(number: int) -> Tariff:
    """One of endlessly many tariffs of one rate, always the same for a number."""
    return _Draw(number).tariff()


@cache
def unit_tariff_number(number: int) -> Tariff:
    """The tariff of this number without free minutes, operations and rounding."""
    terms = tariff_number(number).terms
    rate = replace(terms.rates[0], free=(), caps=())
    bare = replace(terms, rates=(rate,), order=(CAP_STEP,), adjusts={}, surcharges={}, rounding=None)
    return Tariff(bare, CALENDAR)


# Built from a number and not drawn piece by piece: ten times as many examples in the same time. Stays shrink.
tariffs = st.integers(0, 3000).map(tariff_number)
unit_tariffs = st.integers(0, 3000).map(unit_tariff_number)


class _Draw:
    """Chooses every part of a tariff by one number."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)  # noqa: S311  test tariffs, not secrets

    def tariff(self) -> Tariff:
        random = self.random
        adjust = Adjust(adjust_id="share", words=Words("折扣", "share"), when=When(), shares=self.shares())
        extra = Surcharge(
            surcharge_id="extra",
            words=Words("加收", "extra"),
            when=When(),
            amount_fen=Fen(random.randrange(1000)),
            per=random.choice(list(Cycle)),
        )
        order = ["share", "extra", CAP_STEP, BERTHS_STEP]
        random.shuffle(order)
        rate = Rate(
            words=Words("费率", "rate"),
            when=When(),
            prices={"a": self.tiers(), "b": self.tiers()},
            free=tuple(self.free() for _ in range(random.choice([0, 0, 1, 1, 2]))),
            caps=tuple(self.cap() for _ in range(random.choice([0, 1, 1, 2]))),
            rules=self.rules(),
        )
        terms = Terms(
            tariff_id="random",
            words=Words("随机", "random"),
            timezone=random.choice(ZONES),
            document=Document(number="1", unnumbered="", title="", source="", grade=""),
            effective=Effective(),
            scope=Scope(),
            bands=_BANDS,
            schedules=self.schedules(),
            rates=(rate,),
            order=tuple(order),
            adjusts={"share": adjust},
            surcharges={"extra": extra},
            rounding=random.choice(
                [None, None, Rounding(step_fen=random.choice([10, 100]), mode=random.choice(list(RoundMode)))]
            ),
        )
        return Tariff(terms, CALENDAR)

    def schedules(self) -> tuple[Schedule, ...]:
        """One schedule, or one for some days and another."""
        days: list[tuple[str, ...]] = self.random.choice(
            [[()], [("working",), ()], [("qingming", "sun"), ()]]
        )
        return tuple(
            Schedule(
                when=When(),
                days=named,
                seasons=(),
                begins_min=self.random.choice([0, 0, 450, 600]),
                slots=self.slots(),
            )
            for named in days
        )

    def slots(self) -> tuple[Slot, ...]:
        """A day cut into one to four bands."""
        cuts = sorted({self.random.randrange(96) for _ in range(self.random.randint(1, 4))})
        ends = [*cuts[1:], cuts[0]]
        return tuple(
            Slot(from_min=start * 15, to_min=end * 15, band=self.random.choice(["a", "a", "b", FREE_BAND]))
            for start, end in zip(cuts, ends, strict=True)
        )

    def tiers(self) -> tuple[Tier, ...]:
        """One to three steps."""
        ends = sorted(self.random.sample([15, 30, 60, 100, 180], self.random.randint(0, 2)))
        return tuple(
            Tier(
                price_fen=Fen(self.random.randint(0, 200) * 5),
                upto_min=upto,
                unit_min=self.random.choice([None, 1, 15, 20, 30, 60, 120, 240]),
                tail_drop_min=self.random.choice([None, None, 0, 7]),
            )
            for upto in (*ends, None)
        )

    def rules(self) -> Rules:
        """Any rules."""
        return Rules(
            begun_minute=self.random.choice(list(BegunMinute)),
            tail_drop_min=self.random.choice([0, 0, 10, 1_000_000]),
            clock=self.random.choice(list(Clock)),
            restart=self.random.choice(list(Cycle)),
            boundary=self.random.choice(list(Boundary)),
        )

    def free(self) -> FreeMinutes:
        """Any free minutes of one stay."""
        return FreeMinutes(
            minutes=self.random.randint(1, 150),
            inclusive=self.random.random() < 0.5,
            exceeded=self.random.choice(list(Exceeded)),
            per=self.random.choice(list(Cycle)),
            test=self.random.choice(list(FreeTest)),
        )

    def cap(self) -> Cap:
        """Any cap of one stay."""
        return Cap(
            amounts_fen=(Fen(self.random.randint(100, 5000)),),
            per=self.random.choice(list(Cycle)),
            bands=self.random.choice([(), (), ("a",)]),
        )

    def shares(self) -> tuple[Share, ...]:
        """A discount or a multiple, now and then by time since arrival."""
        if self.random.random() < 0.5:
            return (Share(pay_bp=self.random.randint(0, 250) * 100),)
        return (
            Share(pay_bp=self.random.randint(0, 25_000), upto_min=90),
            Share(pay_bp=self.random.randint(0, 25_000)),
        )


def stay_for(arrive_at: datetime, minutes: int, berths: int = 1) -> PricedStay:
    """A stay of so many real minutes."""
    return PricedStay(
        arrive_at=arrive_at, depart_at=arrive_at + timedelta(minutes=minutes), berths_occupied=berths
    )


@dataclass(slots=True)
class _Unit:
    price: int
    drop: int
    ahead: int
    used: int = 0


def fen_by_minutes(tariff: Tariff, arrive_at: datetime, minutes: int) -> int:
    """What the units of a stay cost, counted minute by minute as a clerk with a pencil would."""
    rate = tariff.terms.rates[0]
    timetable = tariff.plan(stay_for(arrive_at, 0).kind).timetable
    total = clock = window = visit = 0
    unit: _Unit | None = None
    before: tuple[str, dict[Cycle, object]] | None = None
    for minute in range(minutes):
        band, day = _band_and_day(timetable, arrive_at + timedelta(minutes=minute), tariff.zone)
        if before is not None and band != before[0]:
            visit += 1
            window += before[0] == FREE_BAND
        keys: dict[Cycle, object] = {
            Cycle.STAY: 0,
            Cycle.HOURS_24: minute // 1440,
            Cycle.DAY: day,
            Cycle.WINDOW: window,
            Cycle.BAND: visit,
        }
        if before is not None:
            is_restart = keys[rate.rules.restart] != before[1][rate.rules.restart]
            if is_restart or (rate.rules.boundary is Boundary.SPLIT and band != before[0]):
                total, unit = total + _closed(unit), None
            clock = 0 if is_restart else clock
        before = (band, keys)
        if band == FREE_BAND and rate.rules.clock is Clock.CHARGED:
            continue
        if band != FREE_BAND and unit is None:
            unit = _begin(rate, band, clock)
        clock += 1
        if unit is not None:
            unit.ahead, unit.used = unit.ahead - 1, unit.used + 1
            if unit.ahead == 0:
                total, unit = total + unit.price, None
    return total + _closed(unit)


def _band_and_day(timetable: Timetable, at: datetime, zone: ZoneInfo) -> tuple[str, date]:
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    on = local.date()
    day = on if minute >= timetable.schedule_of(on).begins_min else on - timedelta(days=1)
    return band_by_reading(timetable, on, minute), day


def _begin(rate: Rate, band: str, clock: int) -> _Unit:
    begins = 0
    for tier in rate.prices[band]:
        if tier.upto_min is None or clock < tier.upto_min:
            break
        begins = tier.upto_min
    length = tier.unit_min or (tier.upto_min - begins if tier.upto_min else 10**9)
    is_flat = tier.unit_min is None and tier.upto_min is None
    drop = rate.rules.tail_drop_min if tier.tail_drop_min is None else tier.tail_drop_min
    ahead = length if tier.upto_min is None else min(length, tier.upto_min - clock)
    return _Unit(price=tier.price_fen, drop=0 if is_flat else min(drop, length - 1), ahead=ahead)


def _closed(unit: _Unit | None) -> int:
    return unit.price if unit is not None and unit.used > unit.drop else 0
