"""The procedure of a case: every outcome walked, every wrong step refused, every term counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from enforcement.cases.casebook import Casebook, Penalty, TermKind, load_casebook, parse_casebook
from enforcement.cases.conditions import Circumstances, Step
from enforcement.cases.deadlines import Calendar, deadlines
from enforcement.cases.procedure import OPENERS, may, take
from enforcement.cases.words import Action, Actor, Case, CaseState, Outcome, Refusal, Role
from enforcement.cases.workdays import WorkingDays, load_working_days
from enforcement.evidence.gat832 import Fault
from enforcement.kinds import ViolationState
from parking.errors import SourceError
from parking.ids import ViolationId
from parking.money import Fen
from parking.sourcefile import parse_source
from tests.support.enforcement import FUEL, ZONE

SUIZHOU = Path(__file__).resolve().parents[2] / "cities" / "suizhou"
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAYS = load_working_days(SUIZHOU / "holidays.toml")
SHIPPED = load_casebook(SUIZHOU / "cases.toml", SUIZHOU / "penalties.toml")
AMOUNT = Penalty(
    rule_id="overstay", effective_from=date(2026, 1, 1), amount_fen=Fen(5000), document_no="test document"
)
BOOK = replace(SHIPPED, penalties=(AMOUNT,))


def known(book: Casebook = BOOK, days: WorkingDays = DAYS, **facts: Any) -> Circumstances:  # noqa: ANN401
    calendar = Calendar(book=book, days=days, zone=ZONE)
    return Circumstances(calendar=calendar, **({"violation_state": ViolationState.ACTIONABLE} | facts))


ANNA = Actor(actor_id="O-1", role=Role.OFFICER, certificate_no="42-001")
BO = Actor(actor_id="O-2", role=Role.OFFICER, certificate_no="42-002")
TREASURY = Actor(actor_id="T-1", role=Role.TREASURY)
PARTY = Actor(actor_id="party", role=Role.PARTY)
SYSTEM = Actor(actor_id="system", role=Role.SYSTEM)
OPERATOR = Actor(actor_id="G-1", role=Role.OPERATOR)
ACTORS = {actor.role: actor for actor in (ANNA, TREASURY, PARTY, SYSTEM, OPERATOR)}

LEAD = Case(
    case_id="C2026-000001",
    version=1,
    state=CaseState.LEAD,
    violation_id=ViolationId("V-1"),
    rule_id="overstay",
    plate=FUEL,
    captured_at=MONDAY,
    opened_at=MONDAY,
)
FACTS = {"accepted": True, "obstructs": True, "driver_absent": True}
BODIES: dict[Action, dict[str, Any]] = {
    Action.ADD_EVIDENCE: {},
    Action.CHECK_DEVICE: {"passed": True},
    Action.REVIEW: FACTS,
    Action.REVIEW_AGAIN: FACTS,
    Action.GIVE_NOTICE: {"proposed": "penalty"},
    Action.DEFEND: {"text": "我当时在装货"},
    Action.DECIDE: {"outcome": "penalty", "answer": "已核实"},
    Action.SERVE: {"way": "in_person"},
    Action.RECORD_PAYMENT: {"amount_fen": 5000, "receipt_no": "R-1"},
    Action.CLOSE: {},
    Action.DISMISS: {"reason": "证据不足"},
    Action.WITHDRAW: {"reason": "stay_void"},
    Action.RECALL: {},
}


def step(action: Action, actor: Actor = ANNA, day: float = 0, **body: Any) -> Step:  # noqa: ANN401
    return Step(action=action, actor=actor, at=MONDAY + timedelta(days=day), body=BODIES[action] | body)


def walk(*steps: Step, at: Case = LEAD, among: Circumstances | None = None) -> Case:
    case = at
    for each in steps:
        result = take(case, each, among or known())
        assert isinstance(result, Case), (each.action, result)
        assert result.version == case.version + 1
        case = result
    return case


def refusal(case: Case, each: Step, among: Circumstances | None = None) -> str:
    result = take(case, each, among or known())
    assert isinstance(result, Refusal), result
    assert result.detail
    return result.reason


def reviewed(**facts: bool) -> Case:
    return walk(
        step(Action.CHECK_DEVICE),
        step(Action.REVIEW, ANNA, 1, **facts),
        step(Action.REVIEW_AGAIN, BO, 2, **facts),
    )


def notified(proposed: str = "penalty") -> Case:
    return walk(step(Action.GIVE_NOTICE, day=3, proposed=proposed), at=reviewed())


# Notice on Thursday the 5th; five working days end on Thursday the 12th.
AFTER_DEFENCE = 11


def test_a_penalty_walks_from_lead_to_closed() -> None:
    case = walk(
        step(Action.DECIDE, day=AFTER_DEFENCE),
        step(Action.SERVE, day=12),
        step(Action.RECORD_PAYMENT, TREASURY, 20),
        step(Action.CLOSE, day=21),
        at=notified(),
    )
    assert (case.state, case.outcome, case.amount_fen) == (CaseState.CLOSED, Outcome.PENALTY, 5000)
    assert case.reviewers == ("O-1", "O-2")


@pytest.mark.parametrize("outcome", [Outcome.EDUCATION, Outcome.WARNING, Outcome.FIRST_WAIVED])
def test_lighter_outcomes_close_without_payment(outcome: Outcome) -> None:
    case = walk(
        step(Action.DEFEND, PARTY, 4),
        step(Action.DECIDE, day=5, outcome=outcome.value),
        step(Action.SERVE, day=6),
        at=notified(),
    )
    assert refusal(case, step(Action.RECORD_PAYMENT, TREASURY, 7)) == "nothing_due"
    case = walk(step(Action.CLOSE, day=7), at=case)
    assert (case.state, case.outcome, case.amount_fen) == (CaseState.CLOSED, outcome, None)


@pytest.mark.parametrize(
    ("case", "each"),
    [
        (LEAD, step(Action.CHECK_DEVICE, passed=False)),
        (replace(LEAD, state=CaseState.DEVICE_CHECKED), step(Action.REVIEW, accepted=False)),
        (replace(LEAD, state=CaseState.REVIEWED_ONCE), step(Action.REVIEW_AGAIN, accepted=False)),
        (replace(LEAD, state=CaseState.DEFENDED), step(Action.DISMISS)),
    ],
)
def test_a_case_that_does_not_carry_is_dismissed(case: Case, each: Step) -> None:
    ended = walk(each, at=case)
    assert ended.state is CaseState.DISMISSED
    assert ended.ended_at == each.at


def test_every_action_is_refused_to_every_wrong_role() -> None:
    allowed = {
        Role.OPERATOR: {Action.OPEN, Action.ADD_EVIDENCE},
        Role.OFFICER: set(Action) - {Action.DEFEND, Action.RECORD_PAYMENT, Action.WITHDRAW},
        Role.TREASURY: {Action.RECORD_PAYMENT},
        Role.PARTY: {Action.DEFEND},
        Role.SYSTEM: {Action.OPEN, Action.WITHDRAW},
    }
    for role, action in product(Role, Action):
        assert may(role, action) == (action in allowed[role]), (role, action)
        if action is Action.OPEN:
            assert (role in OPENERS) == (action in allowed[role])
            continue
        for state in CaseState:
            result = take(replace(LEAD, state=state), step(action, ACTORS[role]), known())
            is_wrong_role = isinstance(result, Refusal) and result.reason == "wrong_role"
            assert is_wrong_role == (action not in allowed[role]), (role, action, state)


def test_every_action_has_its_states() -> None:
    running = set(CaseState) - {CaseState.CLOSED, CaseState.DISMISSED, CaseState.WITHDRAWN}
    decided = {CaseState.DECIDED, CaseState.SERVED, CaseState.PAID}
    possible = {
        Action.ADD_EVIDENCE: {CaseState.LEAD, CaseState.DEVICE_CHECKED, CaseState.REVIEWED_ONCE},
        Action.CHECK_DEVICE: {CaseState.LEAD},
        Action.REVIEW: {CaseState.DEVICE_CHECKED},
        Action.REVIEW_AGAIN: {CaseState.REVIEWED_ONCE},
        Action.GIVE_NOTICE: {CaseState.REVIEWED},
        Action.DEFEND: {CaseState.NOTIFIED, CaseState.DEFENDED},
        Action.DECIDE: {CaseState.NOTIFIED, CaseState.DEFENDED},
        Action.SERVE: {CaseState.DECIDED},
        Action.RECORD_PAYMENT: {CaseState.SERVED},
        Action.CLOSE: {CaseState.SERVED, CaseState.PAID},
        Action.DISMISS: running - decided,
        Action.WITHDRAW: running | {CaseState.CLOSED},
        Action.RECALL: {CaseState.WITHDRAWN},
    }
    for action, states in possible.items():
        actor = next(ACTORS[role] for role in Role if may(role, action))
        for state in CaseState:
            result = take(replace(LEAD, state=state), step(action, actor), known())
            is_wrong_state = isinstance(result, Refusal) and result.reason == "wrong_state"
            assert is_wrong_state == (state not in states), (action, state)


def test_an_officer_needs_a_certificate_and_a_second_officer() -> None:
    nameless = replace(ANNA, certificate_no="")
    assert refusal(LEAD, step(Action.CHECK_DEVICE, nameless)) == "no_certificate"
    once = walk(step(Action.CHECK_DEVICE), step(Action.REVIEW))
    assert refusal(once, step(Action.REVIEW_AGAIN, ANNA)) == "same_officer"


def test_facts_are_checked_again_before_each_step_that_rests_on_them() -> None:
    cases = [
        (walk(step(Action.CHECK_DEVICE)), step(Action.REVIEW)),
        (walk(step(Action.CHECK_DEVICE), step(Action.REVIEW)), step(Action.REVIEW_AGAIN, BO)),
        (reviewed(), step(Action.GIVE_NOTICE)),
        (notified(), step(Action.DECIDE, day=AFTER_DEFENCE)),
    ]
    for case, each in cases:
        assert refusal(case, each, known(violation_state=None)) == "cannot_check"
        assert refusal(case, each, known(violation_state=ViolationState.LEAD)) == "not_actionable"
        assert refusal(case, each, known(violation_state=ViolationState.WITHDRAWN)) == "not_actionable"


def test_pictures_that_fail_the_standard_stop_the_review() -> None:
    fault = Fault(clause="3.5 b)", detail="4 s apart")
    result = take(walk(step(Action.CHECK_DEVICE)), step(Action.REVIEW), known(faults=(fault,)))
    assert isinstance(result, Refusal)
    assert (result.reason, result.article) == ("evidence_fails", "41")
    assert "GA/T 832-2014 3.5 b): 4 s apart" in result.detail


def test_the_party_is_heard_before_the_decision() -> None:
    case = notified()
    assert refusal(case, step(Action.DECIDE, day=10)) == "too_early"
    heard = walk(step(Action.DEFEND, PARTY, 4), at=case)
    assert refusal(heard, step(Action.DECIDE, day=5, answer=" ")) == "no_answer"
    assert walk(step(Action.DECIDE, day=5), at=heard).outcome is Outcome.PENALTY


def test_a_defence_never_makes_it_heavier() -> None:
    heard = walk(step(Action.DEFEND, PARTY, 4), at=notified("warning"))
    assert refusal(heard, step(Action.DECIDE, day=5)) == "heavier"
    assert walk(step(Action.DECIDE, day=5, outcome="education"), at=heard).state is CaseState.DECIDED


def test_a_penalty_needs_facts_and_an_amount_on_file() -> None:
    for missing in ("obstructs", "driver_absent"):
        assert refusal(reviewed(**{missing: False}), step(Action.GIVE_NOTICE, day=3)) == "facts_missing"
    assert SHIPPED.penalties == ()
    assert refusal(reviewed(), step(Action.GIVE_NOTICE, day=3), known(SHIPPED)) == "no_amount"
    early = replace(reviewed(), captured_at=datetime(2025, 12, 31, 12, tzinfo=UTC))
    assert refusal(early, step(Action.GIVE_NOTICE, day=3)) == "no_amount"


def test_only_a_first_offence_is_waived() -> None:
    again = known(earlier_decisions=1)
    assert refusal(reviewed(), step(Action.GIVE_NOTICE, day=3, proposed="first_waived"), again) == "not_first"


def test_electronic_service_needs_signed_consent() -> None:
    case = walk(step(Action.DECIDE, day=AFTER_DEFENCE), at=notified())
    assert refusal(case, step(Action.SERVE, way="electronic")) == "no_consent"
    assert walk(step(Action.SERVE, way="electronic", consent="ab" * 32), at=case).consent == "ab" * 32


def test_a_penalty_is_closed_only_when_the_treasury_has_it() -> None:
    case = walk(step(Action.DECIDE, day=AFTER_DEFENCE), step(Action.SERVE, day=12), at=notified())
    assert refusal(case, step(Action.CLOSE, day=13)) == "unpaid"
    assert refusal(case, step(Action.RECORD_PAYMENT, TREASURY, amount_fen=4999)) == "wrong_amount"


def test_too_late_to_decide() -> None:
    assert refusal(notified(), step(Action.DECIDE, day=91)) == "too_late"
    old = replace(notified(), captured_at=MONDAY - timedelta(days=2 * 365))
    assert refusal(old, step(Action.DECIDE, day=AFTER_DEFENCE, outcome="warning")) == "time_barred"


def test_what_was_decided_on_facts_that_fell_must_be_recalled() -> None:
    early = walk(step(Action.WITHDRAW, SYSTEM, 3), at=reviewed())
    assert (early.state, early.must_recall) == (CaseState.WITHDRAWN, False)
    assert refusal(early, step(Action.RECALL)) == "nothing_to_recall"
    decided = walk(step(Action.DECIDE, day=AFTER_DEFENCE), at=notified())
    late = walk(step(Action.WITHDRAW, SYSTEM, 12), at=decided)
    calendar = known().calendar
    (recall,) = [each for each in deadlines(late, calendar) if each.kind is TermKind.RECALL]
    assert recall.due_on == date(2026, 3, 18)
    done = walk(step(Action.RECALL, day=13), at=late)
    assert refusal(done, step(Action.RECALL, day=14)) == "nothing_to_recall"


def test_terms_are_told_with_what_is_missed() -> None:
    case = walk(step(Action.DECIDE, day=AFTER_DEFENCE), step(Action.SERVE, day=12), at=notified())
    calendar = known().calendar
    told = {each.kind: each for each in deadlines(case, calendar)}
    assert {kind: each.due_on for kind, each in told.items()} == {
        TermKind.REVIEW: date(2026, 3, 12),
        TermKind.DECIDE: date(2026, 5, 31),
        TermKind.INQUIRY: date(2026, 3, 9),
        TermKind.DEFENCE: date(2026, 3, 12),
        TermKind.SERVE: date(2026, 3, 24),
        TermKind.PAY: date(2026, 3, 30),
    }
    assert not told[TermKind.PAY].is_missed(date(2026, 3, 30), ZONE)
    assert told[TermKind.PAY].is_missed(date(2026, 3, 31), ZONE)
    assert not told[TermKind.DEFENCE].is_missed(date(2026, 4, 30), ZONE)
    assert all(each.is_certain for each in told.values())


def test_working_days_jump_over_spring_festival_and_count_swapped_weekends() -> None:
    # Spring Festival 2024: off 10 to 17 February; Sundays 4 and 18 February are working days.
    assert [DAYS.is_working(date(2024, 2, day)) for day in (3, 4, 9, 10, 16, 17, 18)] == [
        False, True, True, False, False, False, True,
    ]  # fmt: skip
    assert DAYS.after(date(2024, 2, 9), 1) == date(2024, 2, 18)
    assert DAYS.after(date(2024, 2, 2), 7) == date(2024, 2, 18)
    assert DAYS.extended(date(2024, 2, 10)) == date(2024, 2, 18)
    calendar = known().calendar
    served = datetime(2024, 1, 26, 4, tzinfo=UTC)
    assert calendar.due_on(TermKind.PAY, served) == date(2024, 2, 18)
    assert calendar.due_on(TermKind.SERVE, datetime(2024, 2, 8, 17, tzinfo=UTC)) == date(2024, 2, 26)


def test_a_year_without_a_notice_is_counted_by_weekdays_and_says_so() -> None:
    far = replace(
        LEAD, opened_at=datetime(2090, 1, 2, tzinfo=UTC), captured_at=datetime(2090, 1, 2, tzinfo=UTC)
    )
    case = replace(far, reviewed_at=datetime(2090, 1, 3, tzinfo=UTC))
    told = {each.kind: each for each in deadlines(case, known().calendar)}
    assert not told[TermKind.INQUIRY].is_certain
    assert told[TermKind.DECIDE].is_certain


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('id = "serve"', 'id = "decide"', "the term 'serve' is missing"),
        ("days = 90", "days = 0", "days must be a whole number"),
        ("days = 7\nworking = true", 'days = 7\nworking = "yes"', "working must be true or false"),
        ("time_bar_years = 2", "", "time_bar_years is missing"),
    ],
)
def test_a_wrong_file_of_terms_is_refused(old: str, new: str, expected: str) -> None:
    text = (SUIZHOU / "cases.toml").read_text(encoding="utf-8")
    assert old in text
    source = parse_source(Path("cases.toml"), text.replace(old, new, 1))
    with pytest.raises(SourceError, match=expected):
        parse_casebook(source, parse_source(Path("penalties.toml"), "version = 1"))


@pytest.mark.parametrize(("amount", "expected"), [("0.00", "above zero"), ("5.123", "not an amount")])
def test_a_wrong_amount_is_refused(amount: str, expected: str) -> None:
    text = f"""version = 1
[[penalty]]
rule = "overstay"
effective_from = 2026-01-01
amount = "{amount}"
document_no = "1"
"""
    terms = parse_source(SUIZHOU / "cases.toml", (SUIZHOU / "cases.toml").read_text(encoding="utf-8"))
    with pytest.raises(SourceError, match=rf"penalties\.toml:5: .*{expected}"):
        parse_casebook(terms, parse_source(Path("penalties.toml"), text))
