"""Conditions of the steps of a case: each returns why it is not met, or None."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enforcement.cases.casebook import TermKind
from enforcement.cases.deadlines import Calendar
from enforcement.cases.words import Action, Actor, Case, CaseState, Outcome, Refusal
from enforcement.evidence.gat832 import Fault
from enforcement.kinds import ViolationState
from parking.clock import local_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known outside the case when a step is taken.

    `violation_state` is None while it cannot be asked; `faults` are those of the pictures on file.
    """

    calendar: Calendar
    violation_state: ViolationState | None
    faults: tuple[Fault, ...] = ()
    earlier_decisions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody wants to do to a case. `body` holds the particulars, checked for type by the caller."""

    action: Action
    actor: Actor
    at: datetime
    body: Mapping[str, Any]


def may_decide(case: Case, step: Step, known: Circumstances) -> Refusal | None:
    """Whether the party was heard or had its time, and the terms of deciding still run."""
    calendar, today = known.calendar, local_day(step.at, known.calendar.zone)
    if case.state is CaseState.NOTIFIED and case.notified_at is not None:
        last = calendar.due_on(TermKind.DEFENCE, case.notified_at)
        if today <= last:
            return Refusal(
                reason="too_early", detail=f"the party may state and defend until {last}", article="44, 45"
            )
    if case.state is CaseState.DEFENDED and not str(step.body["answer"]).strip():
        return Refusal(reason="no_answer", detail="the defence must be answered", article="45")
    if today > calendar.due_on(TermKind.DECIDE, case.opened_at):
        return Refusal(
            reason="too_late", detail="the term for deciding is over: dismiss the case", article="60"
        )
    if calendar.is_barred(case.captured_at, step.at):
        return Refusal(reason="time_barred", detail="the act is too old: dismiss the case", article="36")
    return None


def allows(case: Case, outcome: Outcome, known: Circumstances) -> Refusal | None:
    """Whether facts and data on file carry such an outcome."""
    if outcome is Outcome.FIRST_WAIVED and known.earlier_decisions:
        return Refusal(
            reason="not_first", detail=f"{known.earlier_decisions} earlier cases were decided", article="33"
        )
    if outcome is not Outcome.PENALTY:
        return None
    if not (case.obstructs and case.driver_absent):
        return Refusal(
            reason="facts_missing",
            detail="a penalty needs a driver absent or refusing to leave, and an obstruction, as facts",
            article="《道路交通安全法》93",
        )
    act_on = local_day(case.captured_at, known.calendar.zone)
    if known.calendar.book.find_penalty(case.rule_id, act_on) is None:
        return Refusal(
            reason="no_amount",
            detail=f"no amount is on file for {case.rule_id}: enter amount and document in penalties.toml",
        )
    return None


def stands(known: Circumstances) -> Refusal | None:
    """Facts are checked again before each step that rests on them; unknown is not good enough."""
    if known.violation_state is None:
        return Refusal(reason="cannot_check", detail="whether the facts still hold cannot be checked now")
    if known.violation_state is not ViolationState.ACTIONABLE:
        return Refusal(
            reason="not_actionable", detail=f"the violation is {known.violation_state} now", article="40"
        )
    return None


def pictures_serve(known: Circumstances) -> Refusal | None:
    """Whether the pictures on file meet the standard."""
    if not known.faults:
        return None
    detail = "; ".join(f"GA/T 832-2014 {fault.clause}: {fault.detail}" for fault in known.faults)
    return Refusal(reason="evidence_fails", detail=detail, article="41")
