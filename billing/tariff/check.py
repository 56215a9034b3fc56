"""Checks a tariff as a clerk would want it checked: days covered, prices that never fall, steps, caps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product

from billing.tariff.bill import LineKind
from billing.tariff.choices import AcrossSwitch, Words
from billing.tariff.plan import Tariff
from billing.tariff.pricing import price_under
from billing.tariff.proof import DayProof, kinds_of_days, prove_days
from billing.tariff.stay import PricedStay
from billing.tariff.terms import FREE_BAND, Kind, Rate, When
from parking.money import Fen, format_yuan
from parking.rights import Energy, VehicleClass

# A stay is priced at every minute for more than a day, and every ten minutes to the end of the third.
FINE_MIN = 26 * 60
COARSE_MIN = 74 * 60
_DURATIONS = (*range(FINE_MIN), *range(FINE_MIN, COARSE_MIN + 1, 10))
_STEPS_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A stay that becomes cheaper by lasting longer."""

    arrive_at: datetime
    minutes: int
    before_fen: Fen
    after_fen: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Staircase:
    """What a stay costs that arrives as a band begins: each new price and its first minute, for a day.

    `caps` says at which minute each cap takes something off for the first time.
    """

    band: Words
    arrive_at: datetime
    steps: tuple[tuple[int, Fen], ...]
    caps: tuple[tuple[Words, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCheck:
    """One rate and one kind of stay that it prices."""

    words: Words
    kind: Kind
    staircases: tuple[Staircase, ...]
    arrivals: int
    falls: tuple[Fall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The outcome; a tariff with problems must not be used, exceptions are for a person to judge."""

    days: DayProof
    rates: tuple[RateCheck, ...]
    problems: tuple[Words, ...]
    exceptions: tuple[Words, ...]


def check_tariff(tariff: Tariff, progress: Callable[[int, int], None]) -> CheckReport:
    """Prove the days and scan the prices of every rate; `progress` is told (done, of all)."""
    days = _days(tariff)
    problems: list[Words] = []
    proofs: list[DayProof] = []
    jobs: list[tuple[Rate, Kind]] = []
    for rate in tariff.terms.rates:
        kinds = list(kinds_of_rate(tariff, rate))
        if not kinds:
            problems.append(
                Words(f"{rate.words.zh}：前面的费率已全部匹配，永不使用", f"{rate.words.en}: never used")
            )
            continue
        proofs.append(prove_days(tariff.plan(kinds[0]).timetable, days))
        jobs += [(rate, kind) for kind in kinds]
    rates: list[RateCheck] = []
    for done, (rate, kind) in enumerate(jobs):
        progress(done, len(jobs))
        rates.append(_check_rate(tariff, rate, kind, days))
    progress(len(jobs), len(jobs))
    together = _together(proofs)
    return CheckReport(
        days=together,
        rates=tuple(rates),
        problems=(*problems, *together.problems),
        exceptions=tuple(_exceptions(tariff, rates)),
    )


def kinds_of_rate(tariff: Tariff, rate: Rate) -> Iterator[Kind]:
    """A stay that this rate prices, then one for every adjustment or surcharge that can meet it."""
    first = _first_kind(tariff, rate, When())
    if first is None:
        return
    yield first
    seen = {first}
    adjusts, surcharges = tariff.terms.adjusts.values(), tariff.terms.surcharges.values()
    for when in [one.when for one in adjusts] + [one.when for one in surcharges]:
        kind = _first_kind(tariff, rate, when)
        if kind is not None and kind not in seen:
            seen.add(kind)
            yield kind


def _first_kind(tariff: Tariff, rate: Rate, also: When) -> Kind | None:
    wanted = [also_asked or asked for asked, also_asked in zip(rate.when.asked(), also.asked(), strict=True)]
    classes = sorted({name for one in tariff.terms.rates for name in one.when.zone_class}) or [""]
    choices = (
        wanted[0] or classes,
        wanted[1] or [member.value for member in VehicleClass],
        wanted[2] or [member.value for member in Energy],
        wanted[3] or [""],
        wanted[4] or [""],
        wanted[5] or ["ordinary"],
    )
    for zone_class, vehicle, energy, *rest in product(*choices):
        kind = Kind(zone_class, VehicleClass(vehicle), Energy(energy), *rest)
        if tariff.rate_of(kind) is rate and also.matches(kind):
            return kind
    return None


def _days(tariff: Tariff) -> list[date]:
    """Every day in force as far as the calendar reaches, and a year more; two years where nothing says."""
    effective, notices = tariff.terms.effective, tariff.calendar.notices
    begins = [interval.from_local for interval in tariff.terms.intervals]
    ends = [interval.to_local.date() for interval in tariff.terms.intervals]
    if effective.from_local:
        begins.append(effective.from_local)
    first = min((begin.date() for begin in begins), default=date(2024, 1, 1))
    ends.append(
        effective.to_local.date() if effective.to_local else date(max(notices, default=0) + 1, 12, 31)
    )
    last = max(*ends, date(first.year + 1, 12, 31))
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]


def _check_rate(tariff: Tariff, rate: Rate, kind: Kind, days: list[date]) -> RateCheck:
    timetable = tariff.plan(kind).timetable
    begins: dict[str, datetime] = {}
    arrivals: list[datetime] = []
    for on in kinds_of_days(timetable, days):
        for low, _, _, band in timetable.day(on.toordinal()):
            at = datetime.fromtimestamp(low, tariff.zone)
            arrivals += [at, at - timedelta(minutes=1)]
            if band != FREE_BAND and (band not in begins or begins[band].hour == 0):
                begins[band] = at
    return RateCheck(
        words=rate.words,
        kind=kind,
        staircases=tuple(_staircase(tariff, kind, band, at) for band, at in begins.items()),
        arrivals=len(arrivals),
        falls=tuple(fall for at in arrivals for fall in _falls(tariff, kind, at)),
    )


def _staircase(tariff: Tariff, kind: Kind, band: str, arrive_at: datetime) -> Staircase:
    steps: list[tuple[int, Fen]] = []
    caps: dict[Words, int] = {}
    for minutes in range(_STEPS_MIN + 1):
        bill = price_under(tariff, stay_of(kind, arrive_at, minutes))
        if not steps or steps[-1][1] != bill.total_fen:
            steps.append((minutes, bill.total_fen))
        for line in bill.lines:
            if line.kind is LineKind.CAP:
                caps.setdefault(line.words, minutes)
    return Staircase(
        band=tariff.terms.bands[band], arrive_at=arrive_at, steps=tuple(steps), caps=tuple(caps.items())
    )


def _falls(tariff: Tariff, kind: Kind, arrive_at: datetime) -> list[Fall]:
    prices = [
        (minutes, price_under(tariff, stay_of(kind, arrive_at, minutes)).total_fen) for minutes in _DURATIONS
    ]
    return [
        Fall(arrive_at=arrive_at, minutes=minutes, before_fen=before, after_fen=after)
        for (_, before), (minutes, after) in pairwise(prices)
        if after < before
    ]


def stay_of(kind: Kind, arrive_at: datetime, minutes: int) -> PricedStay:
    """A stay of this kind and length; its end is counted in real minutes, also over a clock change."""
    arrive_at = arrive_at.astimezone(UTC)
    return PricedStay(
        arrive_at=arrive_at,
        depart_at=arrive_at + timedelta(minutes=minutes),
        zone_class=kind.zone_class,
        vehicle=kind.vehicle,
        energy=kind.energy,
        plate_kind=kind.plate_kind,
        channel=kind.channel,
        berth_kind=kind.berth_kind,
    )


def _together(proofs: list[DayProof]) -> DayProof:
    """One proof for all rates."""
    return DayProof(
        days=max((proof.days for proof in proofs), default=0),
        by_minute=tuple(sorted({on for proof in proofs for on in proof.by_minute})),
        changes=proofs[0].changes if proofs else (),
        problems=tuple(dict.fromkeys(problem for proof in proofs for problem in proof.problems)),
    )


def _exceptions(tariff: Tariff, rates: list[RateCheck]) -> Iterator[Words]:
    """Where a longer stay can cost less: found by pricing, or known from a setting."""
    if tariff.terms.effective.across_switch is AcrossSwitch.DEPARTURE:
        yield Words(
            "跨标准切换的停车按驶离时的版本计费，可能变便宜",
            "a stay across the switch is priced by the version at departure, which can be cheaper",
        )
    for rate in rates:
        for fall in rate.falls[:3]:
            prices = f"{format_yuan(fall.before_fen)} → {format_yuan(fall.after_fen)}"
            at = f"{fall.arrive_at:%Y-%m-%d %H:%M} +{fall.minutes} min"
            yield Words(f"{rate.words.zh}：{at} 价格下降 {prices}", f"{rate.words.en}: {at} falls {prices}")
        if len(rate.falls) > 3:
            more = len(rate.falls) - 3
            yield Words(f"{rate.words.zh}：另有{more}处下降", f"{rate.words.en}: {more} more falls")
