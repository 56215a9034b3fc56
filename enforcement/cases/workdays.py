"""Working days of the city, with the days that the yearly notice swaps (行政处罚法 85).

Reads the same `holidays.toml` as the tariffs. A year without a notice is counted by its weekdays, and
whoever asks can tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from parking.errors import SourceError
from parking.sourcefile import SourceText, parse_source
from parking.sourcenode import Node

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """Which days count."""

    years: frozenset[int]
    off: frozenset[date]
    on: frozenset[date]

    def knows(self, day: date) -> bool:
        """Whether a notice covers the year of this day."""
        return day.year in self.years

    def is_working(self, day: date) -> bool:
        """Whether offices work on this day."""
        return day in self.on or (day.weekday() < 5 and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """The last day of a term of `count` working days that begins on the day after `day`."""
        while count > 0:
            day += _DAY
            count -= self.is_working(day)
        return day

    def extended(self, day: date) -> date:
        """The day itself, or the next working day where a term would end on a day off."""
        while not self.is_working(day):
            day += _DAY
        return day


def load_working_days(path: Path) -> WorkingDays:
    """Read the file; raises SourceError with the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, 1, f"cannot be read: {error}") from error
    return parse_working_days(parse_source(path, text))


def parse_working_days(source: SourceText) -> WorkingDays:
    """Take years, holidays and swapped days from a parsed file."""
    root = Node(source, (), source.body, tuple(source.body))
    years, off, on = set[int](), set[date](), set[date]()
    for node in root.children("year", ("year", "notice", "working", "holiday")):
        years.add(node.whole("year", 2000, 2100))
        on.update(node.days("working"))
        for holiday in node.children("holiday", ("id", "name", "from", "to")):
            off.update(_span(holiday))
    return WorkingDays(years=frozenset(years), off=frozenset(off - on), on=frozenset(on))


def _span(holiday: Node) -> Iterator[date]:
    day, last = holiday.day("from"), holiday.day("to")
    if last < day:
        raise holiday.error("to", "to must not come before from")
    while day <= last:
        yield day
        day += _DAY
