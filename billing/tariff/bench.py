"""Stays by which the speed of rating is measured: the same ones on every machine."""

from collections.abc import Callable
from datetime import datetime, timedelta

from billing.tariff.book import price
from billing.tariff.plan import Tariff
from billing.tariff.stay import PricedStay
from parking.rights import Energy

_SPREAD = 7_919  # primes far apart, so that arrivals, lengths and kinds do not run in step
_OPEN_S = 14 * 3600  # arrivals spread over the fourteen hours after `begin_at`
_LENGTHS_MIN = (3, 8, 13, 19, 26, 33, 42, 50, 65, 80, 105, 480)


def bench_stays(tariff: Tariff, count: int, begin_at: datetime) -> list[PricedStay]:
    """Stays on thirty days, 3 min to 8 h long, 77 min in the mean, a third of them of NEVs."""
    classes = sorted({name for rate in tariff.terms.rates for name in rate.when.zone_class}) or [""]
    stays: list[PricedStay] = []
    for number in range(count):
        spread = number * _SPREAD
        arrive_at = begin_at + timedelta(days=number % 30, seconds=spread * 31 % _OPEN_S)
        minutes = _LENGTHS_MIN[number // 7 % len(_LENGTHS_MIN)]
        stays.append(
            PricedStay(
                arrive_at=arrive_at,
                depart_at=arrive_at + timedelta(minutes=minutes, seconds=spread % 60),
                zone_class=classes[number % len(classes)],
                energy=Energy.NEV if number % 3 == 0 else Energy.FUEL,
            )
        )
    return stays


def stays_per_second(tariff: Tariff, stays: list[PricedStay], cpu_s: Callable[[], float]) -> float:
    """How many of these stays are rated in one second of the given CPU clock, after one round to warm up."""
    for stay in stays[:500]:
        price(tariff, stay)
    begun_s = cpu_s()
    for stay in stays:
        price(tariff, stay)
    return len(stays) / (cpu_s() - begun_s)


def complexity(tariff: Tariff) -> int:
    """How much a tariff says: steps, schedules, free minutes, caps and operations."""
    terms = tariff.terms
    rates = sum(
        len(rate.free) + len(rate.caps) + sum(len(tiers) for tiers in rate.prices.values())
        for rate in terms.rates
    )
    return rates + len(terms.schedules) + len(terms.intervals) + len(terms.adjusts) + len(terms.surcharges)
