"""Whole cases through the API, one for each way a case can end, across Spring Festival 2026.

The act lies on Thursday 12 February; 14 and 28 February are working Saturdays, 15 to 23 February are off.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from enforcement.cases.procedure import may
from enforcement.cases.words import Action, Outcome, Role
from enforcement.evidence.chain import find_break
from enforcement.store import cases
from parking.ids import StayId
from parking.plumbing.database import Connection
from tests.support.enforcement import CHARGING, FUEL, ZONE
from tests.support.enforcement_cases import FACTS, NOTE, NOTICE, PROOF, Office, open_office

pytestmark = pytest.mark.database

ACT_AT = datetime(2026, 2, 12, 2, tzinfo=UTC)
MINUTES_BEFORE = -18 * 24 * 60
PEOPLE = {Role.OFFICER: "O-1", Role.OPERATOR: "G-1", Role.TREASURY: "T-1"}
PARTICULARS: dict[Action, dict[str, Any]] = {
    Action.CHECK_DEVICE: {"passed": True, "devices": [PROOF]},
    Action.REVIEW: FACTS,
    Action.REVIEW_AGAIN: FACTS,
    Action.GIVE_NOTICE: NOTICE,
    Action.DECIDE: {"outcome": "penalty", "reasons": "事实清楚"},
    Action.SERVE: {"way": "post"},
    Action.RECORD_PAYMENT: {"amount_fen": 5000, "receipt_no": "国库-1"},
    Action.CLOSE: NOTE,
    Action.DISMISS: NOTE,
    Action.RECALL: NOTE,
    Action.DEFEND: {"text": "不服"},
    Action.WITHDRAW: {"reason": "stay_void"},
    Action.OPEN: NOTE,
    Action.ADD_EVIDENCE: {},
}


@pytest.fixture
def office(database_url: str, connection: Connection, tmp_path: Path) -> Office:
    return open_office(database_url, connection, tmp_path, at=ACT_AT + timedelta(hours=2))


def on(office: Office, month: int, day: int) -> None:
    """Let it be nine in the morning of that day in 2026."""
    office.clock.at = datetime(2026, month, day, 9, tzinfo=ZONE).astimezone(UTC)


def notified(office: Office, proposed: Outcome) -> str:
    """Open on the day of the act, review on Friday the 13th, tell the party on the working Saturday."""
    case_id = office.case(office.violation(start=MINUTES_BEFORE))
    for seconds in (0, 20):
        assert office.picture(case_id, seconds, "G-1").status_code == 200
    office.done(case_id, "check_device", **PARTICULARS[Action.CHECK_DEVICE])
    on(office, 2, 13)
    office.done(case_id, "review", **FACTS)
    reviewed = office.done(case_id, "review_again", "O-2", **FACTS)
    assert due(reviewed) == {
        "review": date(2026, 2, 22),
        "decide": date(2026, 5, 13),
        "inquiry": date(2026, 2, 25),
    }
    on(office, 2, 14)
    told = office.done(case_id, "give_notice", **NOTICE | {"proposed": proposed.value})
    assert due(told)["defence"] == date(2026, 2, 28)
    return case_id


def due(case: dict[str, Any]) -> dict[str, date]:
    return {each["kind"]: date.fromisoformat(each["due_on"]) for each in case["deadlines"]}


def missed(office: Office, case_id: str) -> list[str]:
    return [each["kind"] for each in office.get(f"/cases/{case_id}").json()["deadlines"] if each["missed"]]


def refusal(office: Office, case_id: str, action: str, who: str = "O-1", **body: Any) -> str:  # noqa: ANN401
    answer = office.step(case_id, action, who, **body)
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["detail"]["kind"])


def decide(office: Office, case_id: str, outcome: Outcome, **answer: str) -> dict[str, Any]:
    """Decide after the term of defence: not on its last day, a working Saturday, but on Monday."""
    body = {"outcome": outcome.value, "reasons": "事实清楚", **answer}
    if not answer:
        on(office, 2, 28)
        assert refusal(office, case_id, "decide", **body) == "too-early"
    on(office, 3, 2)
    decided = office.done(case_id, "decide", **body)
    assert due(decided)["serve"] == date(2026, 3, 11)
    return decided


def sound_log(office: Office, case_id: str) -> bool:
    return find_break(cases.list_log(office.connection, case_id)) is None


@pytest.mark.parametrize("outcome", [Outcome.EDUCATION, Outcome.WARNING, Outcome.FIRST_WAIVED])
def test_outcomes_without_a_payment(office: Office, outcome: Outcome) -> None:
    case_id = notified(office, outcome)
    decide(office, case_id, outcome)
    on(office, 3, 11)
    served = office.done(case_id, "serve", way="in_person")
    assert "pay" not in due(served)
    assert refusal(office, case_id, "record_payment", "T-1", amount_fen=5000, receipt_no="1") == "nothing-due"
    closed = office.done(case_id, "close", **NOTE)
    assert (closed["state"], closed["outcome"], closed["amount_fen"]) == ("closed", outcome.value, None)
    assert missed(office, case_id) == []
    assert sound_log(office, case_id)


@pytest.mark.parametrize(("paid_on", "late"), [((3, 27), []), ((3, 30), ["pay"])])
def test_a_summary_penalty_that_is_paid_to_the_treasury(
    office: Office, paid_on: tuple[int, int], late: list[str]
) -> None:
    case_id = notified(office, Outcome.PENALTY)
    assert decide(office, case_id, Outcome.PENALTY)["amount_fen"] == 5000
    on(office, 3, 12)
    served = office.done(case_id, "serve", way="post")
    assert due(served)["pay"] == date(2026, 3, 27)
    assert refusal(office, case_id, "close", **NOTE) == "unpaid"
    assert refusal(office, case_id, "record_payment", "T-1", amount_fen=1, receipt_no="1") == "wrong-amount"
    on(office, *paid_on)
    office.done(case_id, "record_payment", "T-1", amount_fen=5000, receipt_no="国库-1")
    closed = office.done(case_id, "close", **NOTE)
    assert (closed["state"], closed["outcome"]) == ("closed", "penalty")
    # Served on the day after the seventh working day: late, and said so.
    assert missed(office, case_id) == ["serve", *late]
    assert sound_log(office, case_id)


def test_no_violation_after_all(office: Office) -> None:
    case_id = office.case(office.violation(start=MINUTES_BEFORE))
    ended = office.done(case_id, "check_device", passed=False, devices=[PROOF])
    assert (ended["state"], ended["outcome"]) == ("dismissed", None)
    assert refusal(office, case_id, "review", **FACTS) == "wrong-state"


def test_an_objection_that_is_upheld(office: Office) -> None:
    case_id = notified(office, Outcome.PENALTY)
    on(office, 2, 24)
    answer = office.caller.post(
        "/inquiries/defences", json={"case_id": case_id, "plate": FUEL, "text": "当时正在抢救病人"}
    )
    assert answer.status_code == 200, answer.text
    assert refusal(office, case_id, "decide", outcome="penalty", reasons="清楚") == "no-answer"
    ended = office.done(case_id, "dismiss", note="申辩成立，不予处罚")
    assert (ended["state"], ended["outcome"], ended["amount_fen"]) == ("dismissed", None, None)
    assert missed(office, case_id) == []
    assert sound_log(office, case_id)


def test_an_objection_never_makes_it_heavier_and_is_answered(office: Office) -> None:
    case_id = notified(office, Outcome.WARNING)
    on(office, 2, 24)
    office.caller.post("/inquiries/defences", json={"case_id": case_id, "plate": FUEL, "text": "不服"})
    heavier = {"outcome": "penalty", "reasons": "态度恶劣", "answer": "不采纳"}
    assert refusal(office, case_id, "decide", **heavier) == "heavier"
    assert decide(office, case_id, Outcome.WARNING, answer="已核实，不采纳")["outcome"] == "warning"


def test_a_violation_that_falls_takes_the_decision_back_in_working_days(office: Office) -> None:
    case_id = notified(office, Outcome.PENALTY)
    decide(office, case_id, Outcome.PENALTY)
    on(office, 3, 6)
    office.street.turn_stay(CHARGING, StayId("S-1"), "void")
    office.judge()
    assert office.desk.withdraw_fallen() == 1
    case = office.get(f"/cases/{case_id}").json()
    # Friday the sixth: the third working day after it is Wednesday.
    assert (case["state"], due(case)["recall"]) == ("withdrawn", date(2026, 3, 11))
    assert case["log"][-1]["body"] == {"reason": "stay_void"}
    on(office, 3, 11)
    office.done(case_id, "recall", **NOTE)
    assert missed(office, case_id) == []
    assert sound_log(office, case_id)


def test_too_late_to_decide(office: Office) -> None:
    case_id = notified(office, Outcome.WARNING)
    on(office, 5, 14)
    assert refusal(office, case_id, "decide", outcome="warning", reasons="清楚") == "too-late"
    assert office.done(case_id, "dismiss", note="逾期")["state"] == "dismissed"
    assert "decide" in missed(office, case_id)


STEPS = (
    (Action.CHECK_DEVICE, "O-1"),
    (Action.REVIEW, "O-1"),
    (Action.REVIEW_AGAIN, "O-2"),
    (Action.GIVE_NOTICE, "O-1"),
    (Action.DECIDE, "O-1"),
    (Action.SERVE, "O-1"),
    (Action.RECORD_PAYMENT, "T-1"),
    (Action.CLOSE, "O-1"),
)


def refuses_all_wrong_roles(office: Office, case_id: str) -> int:
    """Try every step as every role that the procedure does not name; returns how many were tried."""
    before = office.get(f"/cases/{case_id}").json()
    tried = 0
    for role, who in PEOPLE.items():
        for action in Action:
            if may(role, action):
                continue
            answer = refused_step(office, case_id, action, who)
            # What only the party or this software does is no step of the staff's route at all.
            expected = 422 if action in {Action.DEFEND, Action.WITHDRAW} else 403
            assert answer.status_code == expected, (role, action, answer.text)
            tried += 1
    assert office.get(f"/cases/{case_id}").json() == before
    return tried


def refused_step(office: Office, case_id: str, action: Action, who: str) -> Any:  # noqa: ANN401
    if action is Action.OPEN:
        return office.post("/cases", {"violation_id": "V-1", **NOTE}, who)
    if action is Action.ADD_EVIDENCE:
        return office.picture(case_id, 40, who)
    return office.step(case_id, action.value, who, **PARTICULARS[action])


def test_every_step_is_refused_to_every_wrong_role_in_every_state(office: Office) -> None:
    case_id = office.case(office.violation(start=MINUTES_BEFORE))
    for seconds in (0, 20):
        office.picture(case_id, seconds, "G-1")
    tried = refuses_all_wrong_roles(office, case_id)
    for action, who in STEPS:
        if action is Action.DECIDE:
            on(office, 3, 2)
        office.done(case_id, action.value, who, **PARTICULARS[action])
        tried += refuses_all_wrong_roles(office, case_id)
    wrong = sum(not may(role, action) for role in PEOPLE for action in Action)
    assert tried == wrong * (len(STEPS) + 1)
