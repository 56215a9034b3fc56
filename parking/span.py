"""Stretches of time, and instants known only within bounds. All instants are aware and in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self


def require_utc(at: datetime) -> datetime:
    """Return the same instant in UTC; raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError(f"a naive time is not an instant: {at.isoformat()}")
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Half-open stretch of time [start_at, end_at); empty when both are equal."""

    start_at: datetime
    end_at: datetime

    def __post_init__(self) -> None:
        if self.end_at < self.start_at:
            raise ValueError(f"a span cannot end before it starts: {self.start_at} .. {self.end_at}")

    @property
    def length(self) -> timedelta:
        """How long the span lasts."""
        return self.end_at - self.start_at

    def contains(self, at: datetime) -> bool:
        """Whether the instant lies in the half-open span."""
        return self.start_at <= at < self.end_at

    def overlap(self, other: "Span") -> "Span | None":
        """The part that both spans share, or None where they share nothing."""
        start_at, end_at = max(self.start_at, other.start_at), min(self.end_at, other.end_at)
        return Span(start_at=start_at, end_at=end_at) if start_at < end_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant that is known to lie in [earliest_at, latest_at], both ends possible."""

    earliest_at: datetime
    latest_at: datetime

    def __post_init__(self) -> None:
        if self.latest_at < self.earliest_at:
            raise ValueError(f"a moment cannot be bounded backwards: {self.earliest_at} .. {self.latest_at}")

    @classmethod
    def exactly(cls, at: datetime) -> Self:
        """Build a moment without doubt."""
        return cls(earliest_at=at, latest_at=at)

    @property
    def doubt(self) -> timedelta:
        """The width of the bounds; zero when the instant is certain."""
        return self.latest_at - self.earliest_at
