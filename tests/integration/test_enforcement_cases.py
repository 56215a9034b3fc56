"""A case from lead to archive over HTTP and a real database, and all that must stop it."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from enforcement.cases.words import Case, Outcome
from enforcement.desk import Wish
from enforcement.evidence.chain import find_break
from enforcement.store import cases
from parking.plumbing.database import Connection
from parking.rights import RightKind
from tests.support.enforcement import FUEL, minute
from tests.support.enforcement_cases import (
    DAY,
    FACTS,
    NOTE,
    NOTICE,
    PROOF,
    STAFF,
    Office,
    open_office,
)
from tests.support.pictures import png

pytestmark = pytest.mark.database


@pytest.fixture
def office(database_url: str, connection: Connection, tmp_path: Path) -> Office:
    return open_office(database_url, connection, tmp_path)


def kind(answer: Any) -> str:  # noqa: ANN401  an answer of httpx
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["detail"]["kind"])


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_whole_case(office: Office, outcome: Outcome) -> None:
    case_id = office.notified()
    office.clock.at += 11 * DAY
    office.done(case_id, "decide", outcome=outcome.value, reasons="事实清楚")
    office.clock.at += DAY
    office.done(case_id, "serve", way="post")
    if outcome is Outcome.PENALTY:
        office.done(case_id, "record_payment", "T-1", amount_fen=5000, receipt_no="国库-1")
    closed = office.done(case_id, "close", **NOTE)
    assert (closed["state"], closed["outcome"]) == ("closed", outcome.value)
    assert closed["amount_fen"] == (5000 if outcome is Outcome.PENALTY else None)
    log = office.get(f"/cases/{case_id}").json()["log"]
    assert [entry["seq"] for entry in log] == list(range(1, len(log) + 1))
    assert [entry["body"].get("certificate_no") for entry in log[3:6]] == ["42-001", "42-001", "42-002"]
    assert find_break(cases.list_log(office.connection, case_id)) is None


def test_the_operator_adds_leads_and_evidence_and_nothing_else(office: Office) -> None:
    violation_id = office.violation()
    opened = office.post("/cases", {"violation_id": violation_id, **NOTE}, "G-1")
    case_id = opened.json()["case_id"]
    assert opened.json()["plate"] == "鄂S·1**45"
    assert office.picture(case_id, 0, "G-1").status_code == 200
    steps: dict[str, dict[str, Any]] = {
        "check_device": {"passed": True, "devices": [PROOF]},
        "review": FACTS,
        "review_again": FACTS,
        "give_notice": NOTICE,
        "decide": {"outcome": "warning", "reasons": "x"},
        "serve": {"way": "post"},
        "record_payment": {"amount_fen": 1, "receipt_no": "x"},
        "close": NOTE,
        "dismiss": NOTE,
        "recall": NOTE,
    }
    for action, body in steps.items():
        answer = office.step(case_id, action, "G-1", **body)
        assert (answer.status_code, kind(answer)) == (403, "wrong-role"), action
    for path in ("/cases", f"/cases/{case_id}", "/cases/pressing"):
        assert office.get(path, "G-1").status_code == 403
    assert office.get("/cases", "nobody").status_code == 401


def test_one_act_leads_to_one_case_however_many_ask(office: Office) -> None:
    violation_id = office.violation()
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(
                lambda _: office.post("/cases", {"violation_id": violation_id, **NOTE}).json()["case_id"],
                range(8),
            )
        )
    assert len(set(answers)) == 1
    assert kind(office.post("/cases", {"violation_id": "V-none", **NOTE})) == "unknown-violation"


def test_of_two_officers_at_once_one_is_told(office: Office) -> None:
    case_id = office.case()
    seen = {"If-Match": "1"}
    body = {"action": "check_device", "passed": True, "devices": [PROOF]}
    with ThreadPoolExecutor(2) as threads:
        answers = list(
            threads.map(lambda who: office.post(f"/cases/{case_id}/steps", body, who, **seen), ["O-1", "O-2"])
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert kind(max(answers, key=lambda answer: answer.status_code)) == "conflict"


def test_a_repeated_request_has_its_effect_once(office: Office) -> None:
    case_id, key = office.case(), {"Idempotency-Key": "k-1"}
    body = {"action": "check_device", "passed": True, "devices": [PROOF]}
    first, again = (office.post(f"/cases/{case_id}/steps", body, **key) for _ in range(2))
    assert first.json() == again.json()
    other = office.post(f"/cases/{case_id}/steps", {"action": "dismiss", **NOTE}, **key)
    assert kind(other) == "key-reused"
    assert len(cases.list_log(office.connection, case_id)) == 2


def test_pictures_must_be_what_they_claim(office: Office) -> None:
    case_id = office.case()
    assert kind(office.picture(case_id, 0, sha256="0" * 64)) == "wrong-hash"
    assert kind(office.picture(case_id, 0, content=b"GIF89a")) == "bad-picture"
    huge = office.picture(case_id, 0, content=png() + bytes(40 * 1024 * 1024))
    assert (huge.status_code, kind(huge)) == (413, "too-large")
    assert office.picture("C2026-999999", 0).status_code == 404


def test_a_review_without_pictures_that_serve_is_refused_with_the_clause(office: Office) -> None:
    case_id = office.case()
    office.done(case_id, "check_device", passed=True, devices=[PROOF])
    refused = office.step(case_id, "review", **FACTS)
    assert kind(refused) == "evidence-fails"
    assert "GA/T 832-2014 3.3.1" in refused.json()["detail"]["detail"]
    office.picture(case_id, 0)
    office.picture(case_id, 4)
    assert "3.5 b)" in office.step(case_id, "review", **FACTS).json()["detail"]["detail"]
    office.picture(case_id, 14)
    assert office.step(case_id, "review", **FACTS).status_code == 200


def test_the_person_concerned_inquires_and_defends(office: Office) -> None:
    case_id = office.reviewed()
    own = {"case_id": case_id, "plate": "鄂S·12345"}
    assert office.caller.post("/inquiries", json=own).status_code == 404
    office.done(case_id, "give_notice", **NOTICE)
    shown = office.caller.post("/inquiries", json=own).json()
    assert shown["notice"] == NOTICE
    assert [item["kind"] for item in shown["items"]] == ["picture", "picture"]
    wrong = office.caller.post("/inquiries", json=own | {"plate": "鄂S54321"})
    unknown = office.caller.post("/inquiries", json=own | {"case_id": "C2026-999999"})
    assert wrong.json() == unknown.json()
    digest = shown["items"][0]["digest"]
    assert office.caller.post("/inquiries/items", json=own | {"digest": digest}).content == png(seed=0)
    attached = {"name": "发票.pdf", "content": base64.b64encode(b"%PDF").decode()}
    defence = own | {"text": "当时车辆故障", "attachments": [attached]}
    heard = office.caller.post("/inquiries/defences", json=defence).json()
    assert (heard["state"], heard["items"][-1]["name"]) == ("defended", "发票.pdf")
    bad = defence | {"attachments": [{"name": "x", "content": "***"}]}
    assert office.caller.post("/inquiries/defences", json=bad).status_code == 422
    office.done(case_id, "decide", outcome="education", reasons="轻微", answer="采纳申辩")


def test_items_of_another_case_stay_out_of_reach(office: Office) -> None:
    case_id = office.notified()
    other = office.case(office.violation("S-2", 500))
    content = png(seed=77)
    office.picture(other, 40, content=content)
    (entry,) = [item for item in cases.list_log(office.connection, other) if "digest" in item.entry.body]
    asked = {"case_id": case_id, "plate": FUEL, "digest": entry.entry.body["digest"]}
    assert office.caller.post("/inquiries/items", json=asked).status_code == 404


def test_an_action_on_a_withdrawn_violation_is_refused_and_the_case_withdrawn(office: Office) -> None:
    case_id = office.reviewed()
    office.connection.execute("UPDATE stays SET state = 'void', out_seq = out_seq + 1000")
    office.judge()
    assert kind(office.step(case_id, "give_notice", **NOTICE)) == "not-actionable"
    assert office.desk.withdraw_fallen() == 1
    assert office.desk.withdraw_fallen() == 0
    detail = office.get(f"/cases/{case_id}").json()
    assert detail["state"] == "withdrawn"
    assert detail["log"][-1]["body"] == {"reason": "stay_void"}
    assert kind(office.step(case_id, "give_notice", **NOTICE)) == "wrong-state"


def test_what_was_decided_is_recalled_when_its_facts_fall(office: Office) -> None:
    case_id = office.notified()
    office.clock.at += 11 * DAY
    office.done(case_id, "decide", outcome="warning", reasons="事实清楚")
    office.connection.execute("UPDATE stays SET state = 'held', out_seq = out_seq + 1000")
    office.judge()
    office.desk.withdraw_fallen()
    office.clock.at += 3 * DAY
    (pressing,) = office.get("/cases/pressing").json()["cases"]
    assert [each["kind"] for each in pressing["deadlines"] if each["done_at"] is None] == ["recall"]
    office.done(case_id, "recall", **NOTE)
    assert office.get("/cases/pressing").json()["cases"] == []


def test_a_right_that_turns_up_stops_the_case_at_once(office: Office) -> None:
    case_id = office.reviewed()
    office.street.entitle(FUEL, RightKind.EXEMPT)
    assert kind(office.step(case_id, "give_notice", **NOTICE)) == "not-actionable"
    office.judge()
    assert office.desk.withdraw_fallen() == 1


def test_without_an_amount_on_file_there_is_no_penalty(
    database_url: str, connection: Connection, tmp_path: Path
) -> None:
    office = open_office(database_url, connection, tmp_path, amount=None)
    case_id = office.reviewed()
    assert kind(office.step(case_id, "give_notice", **NOTICE)) == "no-amount"
    office.done(case_id, "give_notice", **NOTICE | {"proposed": "warning"})


def test_a_second_offence_is_not_waived(office: Office) -> None:
    first = office.notified()
    office.clock.at += 11 * DAY
    office.done(first, "decide", outcome="first_waived", reasons="首次轻微")
    office.clock.at = minute(1000)
    second = office.desk.open_case(STAFF[0], office.violation("S-2", 500), "再次", Wish())  # type: ignore[arg-type]
    assert isinstance(second, Case)
    for seconds in (0, 20):
        office.picture(second.case_id, seconds)
    office.done(second.case_id, "check_device", passed=True, devices=[PROOF])
    office.done(second.case_id, "review", **FACTS)
    office.done(second.case_id, "review_again", "O-2", **FACTS)
    refused = office.step(second.case_id, "give_notice", **NOTICE | {"proposed": "first_waived"})
    assert kind(refused) == "not-first"


def test_pressing_terms_are_listed(office: Office) -> None:
    case_id = office.case()
    assert office.get("/cases/pressing").json()["cases"] == []
    office.clock.at += 8 * DAY
    (pressing,) = office.get("/cases/pressing").json()["cases"]
    assert pressing["case_id"] == case_id
    office.clock.at += 4 * DAY
    (pressing,) = office.get("/cases/pressing").json()["cases"]
    assert [each["kind"] for each in pressing["deadlines"] if each["missed"]] == ["review"]


def test_cases_come_in_pages(office: Office) -> None:
    for number in range(3):
        office.clock.at += timedelta(minutes=1)
        office.case(office.violation(f"S-{number}", number * 200))
    page = office.get("/cases?limit=2").json()
    rest = office.get(f"/cases?limit=2&cursor={page['next_cursor']}").json()
    assert [len(page["cases"]), len(rest["cases"]), rest["next_cursor"]] == [2, 1, None]
    assert office.get("/cases?state=closed").json()["cases"] == []


def test_the_log_cannot_be_rewritten(office: Office) -> None:
    office.case()
    for statement in ("UPDATE case_log SET role = 'x'", "DELETE FROM case_log", "TRUNCATE case_log"):
        with pytest.raises(Exception, match="append only"):
            office.connection.execute(statement)


def test_unknown_words_are_refused(office: Office) -> None:
    case_id = office.case()
    assert office.step(case_id, "withdraw", reason="stay_void").status_code == 422
    assert office.step(case_id, "defend", text="x").status_code == 422
    assert office.step(case_id, "dismiss", note=" ").status_code == 422
    assert office.step(case_id, "dismiss", note="x", fine=50).status_code == 422
