"""The route of the report: counts by rule and place, for whoever runs or oversees enforcement."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from enforcement.api.problems import refuse
from enforcement.cases.deadlines import Calendar
from enforcement.reporting import Figures, Report, report
from enforcement.store.reads import Loans
from enforcement.store.reports import list_found, list_made
from parking.clock import Clock, local_day

LONGEST = timedelta(days=400)


class FiguresBody(BaseModel):
    """Counts of one rule, one place, or all."""

    violations: int
    leads: int
    actionable: int
    withdrawn: dict[str, int] = Field(description="by the reason")
    cases: int
    ended: int
    closure_rate: float | None = Field(description="ended of the cases made; null where none was made")
    outcomes: dict[str, int]
    deadlines_kept: float | None = Field(description="share of the terms kept; null where none was due")
    terms_missed: dict[str, int]

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """Build from counts."""
        return cls.model_validate(figures, from_attributes=True)


class ReportBody(BaseModel):
    """Figures of a period. Nothing is told by officer, nor any amount (行政处罚法 74)."""

    since: datetime
    until: datetime
    total: FiguresBody
    by_rule: dict[str, FiguresBody]
    by_section: dict[str, FiguresBody]

    @classmethod
    def of(cls, made: Report, since: datetime, until: datetime) -> Self:
        """Build from a report."""
        return cls(
            since=since,
            until=until,
            total=FiguresBody.of(made.total),
            by_rule={name: FiguresBody.of(each) for name, each in sorted(made.by_rule.items())},
            by_section={name: FiguresBody.of(each) for name, each in sorted(made.by_section.items())},
        )


class Reports:
    """Makes reports; `loans` lends a connection for one transaction."""

    def __init__(self, loans: Loans, calendar: Calendar, clock: Clock) -> None:
        self._loans, self._calendar, self._clock = loans, calendar, clock

    def make(self, since: datetime, until: datetime) -> ReportBody:
        """Report on what was detected in the period, as it stands now."""
        today = local_day(self._clock.now(), self._calendar.zone)
        with self._loans() as connection:
            found, made = list_found(connection, since, until), list_made(connection, since, until)
        return ReportBody.of(report(found, made, self._calendar, today), since, until)

    def show(
        self,
        since: Annotated[AwareDatetime | None, Query(description="30 days ago by default")] = None,
        until: Annotated[AwareDatetime | None, Query(description="now by default")] = None,
    ) -> ReportBody:
        """What became of the violations of a period, by rule and place."""
        end = until or self._clock.now()
        begin = since or end - timedelta(days=30)
        if not begin < end <= begin + LONGEST:
            raise refuse(422, "bad-period", "Bad period", "`since` comes before `until`, by at most 400 days")
        return self.make(begin.astimezone(UTC), end.astimezone(UTC))


def reports_router(reports: Reports) -> APIRouter:
    """Build the route, to be mounted before those of single violations."""
    router = APIRouter(prefix="/violations", tags=["violations"])
    router.get("/report")(reports.show)
    return router
