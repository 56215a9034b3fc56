"""When each step of a case is due, and when it is too late."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from enforcement.cases.casebook import Casebook, Term, TermKind
from enforcement.cases.words import ENDED, Case, Outcome
from enforcement.cases.workdays import WorkingDays
from parking.clock import local_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What terms are counted with."""

    book: Casebook
    days: WorkingDays
    zone: ZoneInfo

    def due_on(self, kind: TermKind, since: datetime) -> date:
        """Last day of the term that begins after this moment's day."""
        term, day = self.book.terms[kind], local_day(since, self.zone)
        last = self.days.after(day, term.days) if term.working else day + timedelta(days=term.days)
        return self.days.extended(last) if term.for_party else last

    def is_barred(self, act_at: datetime, at: datetime) -> bool:
        """Whether the act is too old to be penalised (行政处罚法 36)."""
        act_on = local_day(act_at, self.zone)
        year = act_on.year + self.book.time_bar_years
        try:
            bar_on = act_on.replace(year=year)
        except ValueError:
            bar_on = date(year, 3, 1)
        return local_day(at, self.zone) >= bar_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A step and the last day for it. `is_certain` is False where no holiday notice covers the year yet."""

    kind: TermKind
    due_on: date
    done_at: datetime | None
    basis: str
    is_certain: bool

    def is_missed(self, today: date, zone: ZoneInfo) -> bool:
        """Whether the step was done too late, or is late now; to defend is a right, never late."""
        if self.kind is TermKind.DEFENCE:
            return False
        done_on = today if self.done_at is None else local_day(self.done_at, zone)
        return done_on > self.due_on


def deadlines(case: Case, calendar: Calendar) -> list[Deadline]:
    """List every term of the case that has begun, in the order of the procedure."""
    found = []
    for kind, since, done_at in _begun(case):
        term: Term = calendar.book.terms[kind]
        due_on = calendar.due_on(kind, since)
        found.append(
            Deadline(
                kind=kind,
                due_on=due_on,
                done_at=done_at,
                basis=term.basis,
                is_certain=not term.working or calendar.days.knows(due_on),
            )
        )
    return found


def _begun(case: Case) -> Iterator[tuple[TermKind, datetime, datetime | None]]:
    """Terms with the moment of their event and of their end; an ended case owes no further step."""
    ended_at = case.ended_at if case.state in ENDED else None
    yield TermKind.REVIEW, case.captured_at, case.reviewed_at or ended_at
    yield TermKind.DECIDE, case.opened_at, case.decided_at or ended_at
    if case.reviewed_at:
        yield TermKind.INQUIRY, case.reviewed_at, case.notified_at or ended_at
    if case.notified_at:
        yield TermKind.DEFENCE, case.notified_at, case.defended_at or case.decided_at or ended_at
    if case.decided_at:
        yield TermKind.SERVE, case.decided_at, case.served_at or ended_at
    if case.served_at and case.outcome is Outcome.PENALTY:
        yield TermKind.PAY, case.served_at, case.paid_at or ended_at
    if case.must_recall and case.ended_at:
        yield TermKind.RECALL, case.ended_at, case.recalled_at
