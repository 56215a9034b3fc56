"""`check` proves what it says: it finds a wrong band, a falling price and a rate that is never used."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from billing.tariff import Tariff, load_tariff
from billing.tariff.check import CheckReport, check_tariff
from billing.tariff.choices import Cycle, Exceeded
from billing.tariff.proof import clock_changes, prove_days
from billing.tariff.terms import FreeMinutes, Rate, Schedule, Slot, Tier, When
from billing.tariff.timetable import Timetable
from parking.money import Fen

ROOT = Path(__file__).resolve().parents[2]
STREET = load_tariff(ROOT / "cities/suizhou/tariffs/2021.toml")
SHENZHEN = load_tariff(ROOT / "cities/examples/shenzhen.toml")


def checked(tariff: Tariff) -> CheckReport:
    return check_tariff(tariff, lambda _done, _of_all: None)


def one_rate(tariff: Tariff, **changes: object) -> Tariff:
    rate = replace(tariff.terms.rates[0], **changes)  # type: ignore[arg-type]  # fields of a rate
    return Tariff(replace(tariff.terms, rates=(rate,), adjusts={}, order=("cap",)))


def test_suizhou_is_fit_for_use() -> None:
    told: list[tuple[int, int]] = []
    report = check_tariff(one_rate(STREET), lambda done, of_all: told.append((done, of_all)))
    (rate,) = report.rates
    (staircase,) = rate.staircases

    assert (report.problems, report.exceptions) == ((), ())
    assert told == [(0, 1), (1, 1)]
    assert f"{staircase.arrive_at:%H:%M}" == "07:30"
    assert staircase.steps[:4] == ((0, 0), (31, 300), (61, 500), (121, 700))
    assert [(words.en, minute) for words, minute in staircase.caps] == [("cap 20.00 yuan per day", 541)]


def test_days_of_23_and_25_hours_are_among_those_proved() -> None:
    days = checked(one_rate(STREET)).days

    assert days.changes == (
        (date(1990, 4, 15), 23),
        (date(1991, 4, 14), 23),
        (date(1990, 9, 16), 25),
        (date(1991, 9, 15), 25),
    )
    assert days.days == 730


def test_clock_changes_among_the_days_come_first() -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]

    assert clock_changes(ZoneInfo("Europe/Berlin"), days) == (
        (date(2024, 3, 31), 23),
        (date(2024, 10, 27), 25),
    )


def test_a_price_that_falls_is_an_exception_that_names_the_stay() -> None:
    # Two visits of the night in one day share 60 free minutes: when the second uses them up, the first is
    # charged as well, and moves the clock on to the cheap step of the day.
    terms = SHENZHEN.terms
    night = Slot(from_min=0, to_min=480, band="working")
    slots = (
        night,
        Slot(from_min=480, to_min=1200, band="nonworking"),
        Slot(from_min=1200, to_min=0, band="working"),
    )
    prices = {
        "working": (Tier(price_fen=Fen(0), unit_min=1),),
        "nonworking": (Tier(price_fen=Fen(900), upto_min=60, unit_min=1), Tier(price_fen=Fen(0), unit_min=1)),
    }
    free = FreeMinutes(minutes=60, per=Cycle.DAY, bands=("working",), exceeded=Exceeded.COUNTED)
    rate = Rate(
        words=terms.words, when=When(), prices=prices, free=(free,), caps=(), rules=terms.rates[0].rules
    )
    schedule = Schedule(when=When(), days=(), seasons=(), begins_min=0, slots=slots)
    report = checked(Tariff(replace(terms, rates=(rate,), schedules=(schedule,))))

    assert report.problems == ()
    assert any("falls" in exception.en for exception in report.exceptions)


def test_a_rate_that_is_never_used_is_a_problem() -> None:
    terms = one_rate(STREET).terms
    terms = replace(terms, rates=(*terms.rates, replace(terms.rates[0])))

    assert [problem.en for problem in checked(Tariff(terms)).problems] == ["class I: never used"]


class _WrongByAnHour(Timetable):
    """A timetable with the mistake of adding minutes to local midnight."""

    def day(self, ordinal: int) -> tuple[tuple[int, int, int, str], ...]:
        midnight = int(
            datetime.combine(date.fromordinal(ordinal), datetime.min.time(), self.zone).timestamp()
        )
        edges = [(0, 450, "free"), (450, 1260, "charged"), (1260, 1440, "free")]
        return tuple((midnight + a * 60, midnight + b * 60, ordinal, band) for a, b, band in edges)


def test_the_proof_finds_minutes_added_to_midnight() -> None:
    right = STREET.plan(checked(one_rate(STREET)).rates[0].kind).timetable
    wrong = _WrongByAnHour(
        zone=right.zone,
        calendar=right.calendar,
        schedules=right.schedules,
        seasons=right.seasons,
        intervals=right.intervals,
    )
    days = [date(2024, 5, 15)]

    assert prove_days(right, days).problems == ()
    assert {problem.en[:10] for problem in prove_days(wrong, days).problems} == {
        "1990-04-15", "1990-09-16", "1991-04-14", "1991-09-15",
    }  # fmt: skip
