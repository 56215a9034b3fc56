"""The procedure: which step may follow which, by whom, under which conditions.

`take` is the only way a case changes. It returns the case after the step, or the reason why the step is
refused; it never raises for what people do. Articles are those of 行政处罚法 unless another law is named.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from enforcement.cases.conditions import Circumstances, Step, allows, may_decide, pictures_serve, stands
from enforcement.cases.words import (
    DECIDED_ONCE,
    ENDED,
    Action,
    Case,
    CaseState,
    Outcome,
    Refusal,
    Role,
)
from enforcement.cases.words import Service as ServiceWay
from enforcement.ports import Digest
from parking.clock import local_day

Result = Case | Refusal
_Handler = Callable[[Case, Step, Circumstances], Result]

S: Final = CaseState
_RUNNING: Final = frozenset(CaseState) - ENDED
_BEFORE_DECISION: Final = _RUNNING - DECIDED_ONCE
_STAFF: Final = frozenset({Role.OPERATOR, Role.OFFICER})
_OFFICER: Final = frozenset({Role.OFFICER})


def take(case: Case, step: Step, known: Circumstances) -> Result:
    """Take a step on a case that exists."""
    rule = _RULES.get(step.action)
    if rule is None:
        return Refusal(reason="no_such_step", detail=f"{step.action} opens a case; this one is open")
    if step.actor.role not in rule.roles:
        return _wrong_role(step)
    if step.actor.role is Role.OFFICER and not step.actor.certificate_no:
        return Refusal(reason="no_certificate", detail="an officer acts under a certificate", article="42")
    if case.state not in rule.states:
        return Refusal(
            reason="wrong_state", detail=f"{step.action} is not possible where the case is {case.state}"
        )
    result = rule.handler(case, step, known)
    return result if isinstance(result, Refusal) else replace(result, version=case.version + 1)


def _wrong_role(step: Step) -> Refusal:
    article = "20, 21" if step.actor.role is Role.OPERATOR else ""
    return Refusal(
        reason="wrong_role",
        detail=f"{step.actor.role} may not {step.action.replace('_', ' ')}",
        article=article,
    )


def may(role: Role, action: Action) -> bool:
    """Whether the role may ever do this."""
    rule = _RULES.get(action)
    return action is Action.OPEN and role in OPENERS if rule is None else role in rule.roles


OPENERS: Final = frozenset({Role.OPERATOR, Role.OFFICER, Role.SYSTEM})


def _add_evidence(case: Case, _step: Step, _known: Circumstances) -> Result:
    return case


def _check_device(case: Case, step: Step, _known: Circumstances) -> Result:
    """Devices that produced the evidence are approved, calibrated, announced and were healthy (41)."""
    if not step.body["passed"]:
        return _end(case, step, S.DISMISSED)
    return replace(case, state=S.DEVICE_CHECKED)


def _review(case: Case, step: Step, known: Circumstances) -> Result:
    if not step.body["accepted"]:
        return _end(case, step, S.DISMISSED)
    if refusal := stands(known) or pictures_serve(known):
        return refusal
    return replace(
        case,
        state=S.REVIEWED_ONCE,
        reviewers=(step.actor.actor_id,),
        obstructs=step.body["obstructs"],
        driver_absent=step.body["driver_absent"],
    )


def _review_again(case: Case, step: Step, known: Circumstances) -> Result:
    if step.actor.actor_id in case.reviewers:
        return Refusal(reason="same_officer", detail="the second review is another officer's", article="42")
    if not step.body["accepted"]:
        return _end(case, step, S.DISMISSED)
    if refusal := stands(known) or pictures_serve(known):
        return refusal
    # Facts against the party hold only where both officers see them.
    return replace(
        case,
        state=S.REVIEWED,
        reviewers=(*case.reviewers, step.actor.actor_id),
        obstructs=case.obstructs and step.body["obstructs"],
        driver_absent=case.driver_absent and step.body["driver_absent"],
        reviewed_at=step.at,
    )


def _give_notice(case: Case, step: Step, known: Circumstances) -> Result:
    """Tell facts, reasons, basis and rights before anything is decided (44)."""
    proposed = Outcome(step.body["proposed"])
    if refusal := stands(known) or allows(case, proposed, known):
        return refusal
    return replace(case, state=S.NOTIFIED, proposed=proposed, notified_at=step.at)


def _defend(case: Case, step: Step, _known: Circumstances) -> Result:
    return replace(
        case,
        state=S.DEFENDED,
        defence=step.body["text"],
        defended_at=case.defended_at or step.at,
    )


def _decide(case: Case, step: Step, known: Circumstances) -> Result:
    outcome = Outcome(step.body["outcome"])
    if refusal := stands(known) or may_decide(case, step, known) or allows(case, outcome, known):
        return refusal
    if case.proposed is not None and outcome.weight > case.proposed.weight:
        return Refusal(
            reason="heavier",
            detail=f"{outcome} is heavier than {case.proposed}, which the party was told",
            article="45",
        )
    amount = None
    if outcome is Outcome.PENALTY:
        act_on = local_day(case.captured_at, known.calendar.zone)
        penalty = known.calendar.book.find_penalty(case.rule_id, act_on)
        amount = penalty.amount_fen if penalty else None
    return replace(case, state=S.DECIDED, outcome=outcome, amount_fen=amount, decided_at=step.at)


def _serve(case: Case, step: Step, _known: Circumstances) -> Result:
    consent = Digest(step.body["consent"]) if step.body.get("consent") else None
    if ServiceWay(step.body["way"]) is ServiceWay.ELECTRONIC and consent is None:
        return Refusal(
            reason="no_consent", detail="electronic service needs the party's signed consent", article="61"
        )
    return replace(case, state=S.SERVED, consent=consent, served_at=step.at)


def _record_payment(case: Case, step: Step, _known: Circumstances) -> Result:
    if case.outcome is not Outcome.PENALTY:
        return Refusal(reason="nothing_due", detail=f"nothing is due after {case.outcome}")
    if step.body["amount_fen"] != case.amount_fen:
        return Refusal(reason="wrong_amount", detail=f"{case.amount_fen} fen are due")
    return replace(case, state=S.PAID, paid_at=step.at)


def _close(case: Case, step: Step, _known: Circumstances) -> Result:
    if case.state is S.SERVED and case.outcome is Outcome.PENALTY:
        return Refusal(reason="unpaid", detail="the penalty is not paid to the treasury yet", article="67")
    return _end(case, step, S.CLOSED)


def _dismiss(case: Case, step: Step, _known: Circumstances) -> Result:
    return _end(case, step, S.DISMISSED)


def _withdraw(case: Case, step: Step, _known: Circumstances) -> Result:
    """The facts no longer hold. What was decided on them must be taken back too."""
    return replace(_end(case, step, S.WITHDRAWN), must_recall=case.state in DECIDED_ONCE)


def _recall(case: Case, step: Step, _known: Circumstances) -> Result:
    if not case.must_recall or case.recalled_at is not None:
        return Refusal(reason="nothing_to_recall", detail="nothing was decided, or it is taken back already")
    return replace(case, recalled_at=step.at)


def _end(case: Case, step: Step, state: CaseState) -> Case:
    return replace(case, state=state, ended_at=step.at)


@dataclass(frozen=True, slots=True)
class _Rule:
    roles: frozenset[Role]
    states: frozenset[CaseState]
    handler: _Handler


_RULES: Final[dict[Action, _Rule]] = {
    Action.ADD_EVIDENCE: _Rule(_STAFF, frozenset({S.LEAD, S.DEVICE_CHECKED, S.REVIEWED_ONCE}), _add_evidence),
    Action.CHECK_DEVICE: _Rule(_OFFICER, frozenset({S.LEAD}), _check_device),
    Action.REVIEW: _Rule(_OFFICER, frozenset({S.DEVICE_CHECKED}), _review),
    Action.REVIEW_AGAIN: _Rule(_OFFICER, frozenset({S.REVIEWED_ONCE}), _review_again),
    Action.GIVE_NOTICE: _Rule(_OFFICER, frozenset({S.REVIEWED}), _give_notice),
    Action.DEFEND: _Rule(frozenset({Role.PARTY}), frozenset({S.NOTIFIED, S.DEFENDED}), _defend),
    Action.DECIDE: _Rule(_OFFICER, frozenset({S.NOTIFIED, S.DEFENDED}), _decide),
    Action.SERVE: _Rule(_OFFICER, frozenset({S.DECIDED}), _serve),
    Action.RECORD_PAYMENT: _Rule(frozenset({Role.TREASURY}), frozenset({S.SERVED}), _record_payment),
    Action.CLOSE: _Rule(_OFFICER, frozenset({S.SERVED, S.PAID}), _close),
    Action.DISMISS: _Rule(_OFFICER, _BEFORE_DECISION, _dismiss),
    Action.WITHDRAW: _Rule(frozenset({Role.SYSTEM}), _RUNNING | {S.CLOSED}, _withdraw),
    Action.RECALL: _Rule(_OFFICER, frozenset({S.WITHDRAWN}), _recall),
}
