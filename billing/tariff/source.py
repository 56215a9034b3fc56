"""Loads tariffs from files: one, or the book of a directory. With `calendarfile` all that opens files."""

from datetime import date, timedelta
from pathlib import Path

from billing.tariff.book import TariffBook
from billing.tariff.calendar import WEEKDAYS, HolidayCalendar
from billing.tariff.calendarfile import load_calendar, read_file
from billing.tariff.plan import Tariff
from billing.tariff.table import Table
from billing.tariff.tarifffile import read_terms
from billing.tariff.terms import FREE_BAND, Rate, Terms
from billing.tariff.timetable import Timetable
from parking.errors import SetupError
from parking.sourcefile import SourceText, parse_source


def load_tariff(path: Path, calendar: HolidayCalendar | None = None) -> Tariff:
    """Read and validate one tariff; its own `calendar` file is used where none is given.

    Raises SourceError with file, line and what was expected.
    """
    source = parse_source(path, read_file(path))
    terms = read_terms(source)
    if calendar is None:
        named = Table(source, (), source.body).text("calendar", "")
        calendar = load_calendar(path.parent.joinpath(named)) if named else HolidayCalendar()
    tariff = Tariff(terms=terms, calendar=calendar)
    _check_days(source, tariff)
    _check_prices(source, tariff)
    return tariff


def load_tariff_book(directory: Path, calendar: HolidayCalendar | None = None) -> TariffBook:
    """Read every tariff of a directory; two versions in force at once for the same place are an error."""
    paths = sorted(directory.glob("*.toml"))
    if not paths:
        raise SetupError(f"{directory}: no tariff (*.toml) in this directory")
    tariffs = [(path, load_tariff(path, calendar)) for path in paths]
    for index, (path, tariff) in enumerate(tariffs):
        for other_path, other in tariffs[:index]:
            _check_pair(path, tariff, other_path, other)
    return TariffBook(tuple(tariff for _, tariff in tariffs))


def _check_days(source: SourceText, tariff: Tariff) -> None:
    """Every day must have a schedule for every rate, and every day word must have a meaning."""
    terms = tariff.terms
    known = tariff.calendar.names()
    for index, schedule in enumerate(terms.schedules):
        for word in schedule.days:
            if word not in known:
                expected = f"day word {word} has no meaning: expected one of {', '.join(sorted(known))}"
                chinese = f"日期词 {word} 无意义：应为 {'、'.join(sorted(known))} 之一"
                raise source.error(("schedule", index, "days"), expected, chinese)
    for index, rate in enumerate(terms.rates):
        timetable = Timetable(
            zone=tariff.zone,
            calendar=tariff.calendar,
            schedules=tuple(one for one in terms.schedules if rate.when.implies(one.when)),
            seasons=terms.seasons,
            intervals=(),
        )
        for on in _days_to_try(tariff.calendar):
            try:
                timetable.schedule_of(on)
            except LookupError:
                expected = f"rate {rate.words.zh}: no schedule names {on} ({WEEKDAYS[on.weekday()]})"
                chinese = f"费率 {rate.words.zh}：没有时段表包含 {on}（{WEEKDAYS[on.weekday()]}）"
                raise source.error(("rate", index), expected, chinese) from None


def _days_to_try(calendar: HolidayCalendar) -> list[date]:
    """A leap year without notice, and every day that the calendar singles out."""
    plain = [date(1996, 1, 1) + timedelta(days=days) for days in range(366)]
    return plain + sorted({*calendar.holidays, *calendar.swapped})


def _check_prices(source: SourceText, tariff: Tariff) -> None:
    """Every rate must price every band that its schedules and intervals can put it under."""
    terms = tariff.terms
    for index, rate in enumerate(terms.rates):
        for band in sorted(_bands_of(terms, rate)):
            if band != FREE_BAND and band not in rate.prices:
                raise source.error(
                    ("rate", index, "price"),
                    f"rate {rate.words.zh}: no price for band {band}",
                    f"费率 {rate.words.zh}：时段 {band} 没有价格",
                )


def _bands_of(terms: Terms, rate: Rate) -> set[str]:
    bands = {one.band for one in terms.intervals if rate.when.meets(one.when)}
    for schedule in terms.schedules:
        if rate.when.meets(schedule.when):
            bands |= {slot.band for slot in schedule.slots}
        if rate.when.implies(schedule.when) and not schedule.days and not schedule.seasons:
            break
    return bands


def _check_pair(path: Path, tariff: Tariff, other_path: Path, other: Tariff) -> None:
    if tariff.tariff_id == other.tariff_id:
        raise SetupError(f"{path}: id {tariff.tariff_id} is also that of {other_path}")
    mine, theirs = tariff.terms, other.terms
    is_same_time = tariff.from_s < other.to_s and other.from_s < tariff.to_s
    is_same_kind = any(a.when.meets(b.when) for a in mine.rates for b in theirs.rates)
    if is_same_time and is_same_kind and mine.scope.meets(theirs.scope):
        raise SetupError(
            f"{path}: in force at the same time and place as {other_path}: end one with effective.to"
        )
