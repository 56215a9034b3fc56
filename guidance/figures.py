"""The city's figures of the moment, gathered once a second for everybody who asks."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the database tells; a figure that it could not tell is None. "Today" is the city's local day."""

    stays_open: int | None = None
    stays_held: int | None = None
    bills_today: int | None = None
    revenue_today_fen: int | None = None
    violations_open: int | None = None
    rejects_by_reason: dict[str, int] = field(default_factory=dict)
    billing_behind: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Whether the database and the broker answer: "ok", or why not."""

    database: str = "ok"
    broker: str = "ok"


def age_s(now: datetime, at: datetime | None) -> float | None:
    """Seconds since an instant, to a tenth; None where there is none. Never negative."""
    return None if at is None else max(0.0, round((now - at).total_seconds(), 1))
