"""What became of violations and cases, by rule and place; no officer and no amount is counted. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from enforcement.cases.deadlines import Calendar, deadlines
from enforcement.cases.words import ENDED, Case, Outcome
from enforcement.kinds import ViolationState
from parking.ids import SectionId, ViolationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A violation as reports count it; `reason` is the last one for which it was withdrawn."""

    violation_id: ViolationId
    rule_id: str
    section_id: SectionId
    state: ViolationState
    reason: str | None


@dataclass(slots=True, kw_only=True)
class Figures:
    """Counts of one rule, one place, or all. Terms that nobody owes yet are in neither of the two."""

    violations: int = 0
    leads: int = 0
    actionable: int = 0
    withdrawn: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    ended: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    terms_kept: int = 0
    terms_missed: Counter[str] = field(default_factory=Counter)

    @property
    def closure_rate(self) -> float | None:
        """Share of the cases that came to an end; None where there is none."""
        return round(self.ended / self.cases, 4) if self.cases else None

    @property
    def deadlines_kept(self) -> float | None:
        """Share of the terms that were kept; None where none was due."""
        due = self.terms_kept + self.terms_missed.total()
        return round(self.terms_kept / due, 4) if due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of a period: all, by rule, by road section."""

    total: Figures
    by_rule: dict[str, Figures]
    by_section: dict[str, Figures]


def report(found: Sequence[Found], cases: Iterable[Case], calendar: Calendar, today: date) -> Report:
    """Count violations and the cases made of them, as they stand on a day."""
    places = {each.violation_id: each.section_id for each in found}
    made = Report(total=Figures(), by_rule={}, by_section={})
    for each in found:
        for figures in _places(made, each.rule_id, each.section_id):
            _count(figures, each)
    for case in cases:
        if (section_id := places.get(case.violation_id)) is not None:
            for figures in _places(made, case.rule_id, section_id):
                _count_case(figures, case, calendar, today)
    return made


def _places(made: Report, rule_id: str, section_id: str) -> tuple[Figures, Figures, Figures]:
    """The figures in which something of this rule and place is counted."""
    by_rule, by_section = made.by_rule, made.by_section
    return made.total, by_rule.setdefault(rule_id, Figures()), by_section.setdefault(section_id, Figures())


def _count(figures: Figures, found: Found) -> None:
    figures.violations += 1
    figures.leads += found.state is ViolationState.LEAD
    figures.actionable += found.state is ViolationState.ACTIONABLE
    if found.state is ViolationState.WITHDRAWN:
        figures.withdrawn[found.reason or "unknown"] += 1


def _count_case(figures: Figures, case: Case, calendar: Calendar, today: date) -> None:
    figures.cases += 1
    if case.state in ENDED:
        figures.ended += 1
        figures.outcomes[_outcome(case.outcome)] += 1
    for deadline in deadlines(case, calendar):
        if deadline.is_missed(today, calendar.zone):
            figures.terms_missed[deadline.kind.value] += 1
        elif deadline.done_at is not None:
            figures.terms_kept += 1


def _outcome(outcome: Outcome | None) -> str:
    return "none" if outcome is None else outcome.value
