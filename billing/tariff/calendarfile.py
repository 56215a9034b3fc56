"""Reads a holiday calendar: the years' notices, their holidays and the working days swapped for them."""

from datetime import date, timedelta
from pathlib import Path

from billing.tariff.calendar import HOLIDAY, NONWORKING, WEEKDAYS, WORKING, HolidayCalendar
from billing.tariff.table import Table
from parking.errors import SetupError
from parking.sourcefile import parse_source


def load_calendar(path: Path) -> HolidayCalendar:
    """Read a calendar file; raises SourceError where it is wrong, SetupError where it cannot be read."""
    root = Table(source := parse_source(path, read_file(path)), (), source.body)
    notices: dict[int, str] = {}
    holidays: dict[date, str] = {}
    swapped: set[date] = set()
    root.text("source", "")
    for table in root.tables("year"):
        year = table.whole("year", 1949)
        if year in notices:
            table.fail("year", f"year {year} stands there twice", f"{year}年出现两次")
        notices[year] = table.text("notice")
        for holiday in table.tables("holiday"):
            _read_holiday(holiday, holidays)
        swapped |= _read_swapped(table, holidays)
        table.done()
    root.done()
    return HolidayCalendar(notices=notices, holidays=holidays, swapped=frozenset(swapped))


def read_file(path: Path) -> str:
    """The text of a file; raises SetupError when there is none to read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path}: cannot be read: {error}") from error


def _read_holiday(table: Table, holidays: dict[date, str]) -> None:
    name = table.text("id")
    if name in {HOLIDAY, WORKING, NONWORKING, *WEEKDAYS}:
        table.fail("id", f"id {name} is reserved", f"id {name} 为保留名")
    first, last = table.day("from"), table.day("to")
    if last < first:
        table.fail("to", "holiday: expected to on or after from", "holiday：to 不得早于 from")
    on = first
    while on <= last:
        if on in holidays:
            table.fail("from", f"{on} is in two holidays", f"{on} 属于两个节日")
        holidays[on] = name
        on += timedelta(days=1)
    table.text("name", "")
    table.done()


def _read_swapped(table: Table, holidays: dict[date, str]) -> set[date]:
    days: list[object] = table.raw("working") if table.has("working") else []
    swapped: set[date] = set()
    for on in days:
        if not isinstance(on, date) or on.weekday() < 5 or on in holidays:
            table.fail(
                "working",
                f"working: expected Saturdays and Sundays that are no holiday, not {on}",
                f"working：应为非节日的星期六、星期日，而不是 {on}",
            )
        swapped.add(on)
    return swapped
