"""Hours of the day in which a berth may be used, by the city's wall clock."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from parking.clock import local_day
from parking.span import Span

_TEXT: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From one time of day to another, over midnight where the second is not later."""

    start: time
    end: time

    def on(self, day: date, zone: ZoneInfo) -> Span:
        """The hours that begin on this local day."""
        last = day if self.end > self.start else day + _DAY
        start_at = datetime.combine(day, self.start, tzinfo=zone).astimezone(UTC)
        return Span(start_at=start_at, end_at=datetime.combine(last, self.end, tzinfo=zone).astimezone(UTC))


def parse_hours(text: str) -> Hours:
    """Read hours such as "21:00-07:00"; raises ValueError."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"not hours such as 21:00-07:00: {text!r}")
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    return Hours(start=time(from_hour, from_minute), end=time(to_hour, to_minute))


def outside(span: Span, permitted: Sequence[Hours], zone: ZoneInfo) -> Iterator[Span]:
    """The stretches of a span that lie outside the permitted hours, in order."""
    at = span.start_at
    for allowed in _permitted(span, permitted, zone):
        if allowed.start_at > at:
            yield Span(start_at=at, end_at=min(allowed.start_at, span.end_at))
        at = max(at, allowed.end_at)
        if at >= span.end_at:
            return
    if at < span.end_at:
        yield Span(start_at=at, end_at=span.end_at)


def closed_since(now: datetime, permitted: Sequence[Hours], zone: ZoneInfo) -> datetime | None:
    """When permitted hours ended last, None where none did within two days."""
    span = Span(start_at=now - 2 * _DAY, end_at=now)
    ends = (each.end_at for each in _permitted(span, permitted, zone) if each.end_at <= now)
    return max(ends, default=None)


def _permitted(span: Span, permitted: Sequence[Hours], zone: ZoneInfo) -> list[Span]:
    """Permitted spans that may touch the span, by their start; those that begin at or after its end too."""
    day, last = local_day(span.start_at, zone) - _DAY, local_day(span.end_at, zone)
    found = []
    while day <= last:
        found += [hours.on(day, zone) for hours in permitted]
        day += _DAY
    return sorted(
        (each for each in found if each.end_at > span.start_at and each.start_at < span.end_at),
        key=lambda each: (each.start_at, each.end_at),
    )
