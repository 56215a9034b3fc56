"""Rights granted and ended over HTTP: what they do to bills, who is on record, and what is refused."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.access import AuditLog, LocalGuard
from app.http import API, build_app
from billing.api import billing_router
from billing.books import PublishedBook
from parking.plumbing.database import Connection
from tests.support.billing import SITES, StandingClock, after, run_billing
from tests.support.billingapi import ask, get, lend, make_api
from tests.support.streetrows import StreetRows
from tests.support.summing import summing

pytestmark = pytest.mark.database

MINE = "鄂S12345"
SOLD = """
[[pass]]
id = "day_pass"
name = "日间月票"
name_en = "month pass, daytime"
price = "100"
from = "08:00"
to = "12:00"

[[adjust]]"""
GRANT: dict[str, Any] = {
    "right_id": "R-1",
    "kind": "exempt",
    "plate": MINE,
    "from_at": "2026-11-01T00:00:00+08:00",
    "to_at": "2026-12-01T00:00:00+08:00",
    "reason": "postal",
    "document": "随邮〔2026〕1号",
}
AUDITED = "SELECT who, method, path, status FROM audit_log ORDER BY entry_no"
AUTHORS = "SELECT version, recorded_by, remark FROM rights ORDER BY version"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PublishedBook:
    directory: Path = tmp_path_factory.mktemp("passes")
    return summing(directory, "[[adjust]]", SOLD)


@pytest.fixture
def api(database_url: str, book: PublishedBook) -> FastAPI:
    return make_api(database_url, book, StandingClock(after(60)))


@pytest.fixture
def billed(connection: Connection, database_url: str, book: PublishedBook) -> None:
    """Two stays of one vehicle, from 10:00 to 12:10, in two zones."""
    street = StreetRows()
    for berth in ("I-00", "II-00"):
        street.arrive(berth, after(0 if berth == "I-00" else 1440))
        street.see(berth, MINE, after(1 if berth == "I-00" else 1441))
        street.depart(berth, after(130 if berth == "I-00" else 1570))
    street.save(connection)
    run_billing(database_url, book)


def owed(api: FastAPI) -> dict[str, int]:
    return {each["berth_id"]: each["amount_fen"] for each in get(api, "/stays")["stays"]}


def grant(api: FastAPI, **changed: object) -> int:
    return ask(api, "POST", "/rights", {**GRANT, **changed}).status_code


@pytest.mark.usefixtures("billed")
def test_an_exemption_rates_its_stays_again_and_its_end_too(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook
) -> None:
    assert owed(api) == {"I-00": 700, "II-00": 500}
    assert grant(api) == 201
    run_billing(database_url, book)
    assert owed(api) == {"I-00": 0, "II-00": 0}
    answer = ask(api, "POST", "/rights/R-1/end", {"remark": "车辆已转让"})
    assert (answer.status_code, answer.json()["to_at"]) == (200, "2026-11-23T03:00:00Z")
    run_billing(database_url, book)
    assert owed(api) == {"I-00": 0, "II-00": 500}
    assert connection.execute(AUTHORS).fetchall() == [(1, "unnamed", ""), (2, "unnamed", "车辆已转让")]


@pytest.mark.usefixtures("billed")
def test_a_pass_holds_on_its_road_in_its_hours(api: FastAPI, database_url: str, book: PublishedBook) -> None:
    assert grant(api, kind="pass", reason="day_pass", document="", sections=["S-I"]) == 201
    run_billing(database_url, book)
    # From 10:00 to 12:00 the pass covers it; the ten minutes after it begin the first hour.
    assert owed(api) == {"I-00": 300, "II-00": 500}
    assert grant(api, right_id="R-2", kind="pass", reason="day_pass", roads=["试验路"]) == 201
    run_billing(database_url, book)
    assert owed(api) == {"I-00": 300, "II-00": 300}
    listed = get(api, "/rights", kind="pass")["rights"]
    assert [each["section_ids"] for each in listed] == [["S-I"], ["S-I", "S-II", "S-III"]]


NONSENSE: list[dict[str, object]] = [
    {"plate": "none"},
    {"to_at": "2026-11-01T00:00:00+08:00"},
    {"from_at": "2026-11-01T00:00:00"},
    {"reason": "a friend"},
    {"reason": ""},
    {"document": " "},
    {"kind": "pass", "reason": "year"},
    {"kind": "gift"},
    {"sections": ["nowhere"]},
    {"roads": ["无名路"]},
    {"right_id": "R 1"},
]


def test_a_grant_that_makes_no_sense_is_refused(api: FastAPI) -> None:
    for changed in NONSENSE:
        assert grant(api, **changed) == 422, changed
    assert get(api, "/rights")["rights"] == []


def test_a_right_is_named_once_and_ended_once(api: FastAPI) -> None:
    assert [grant(api), grant(api)] == [201, 409]
    end = {"remark": "到期"}
    assert ask(api, "POST", "/rights/R-1/end", end).status_code == 422
    end = {"remark": "提前终止", "at": datetime(2026, 12, 2).isoformat() + "Z"}  # noqa: DTZ001  the text has it
    assert ask(api, "POST", "/rights/R-1/end", end).status_code == 409
    assert ask(api, "POST", "/rights/R-9/end", {"remark": "提前终止"}).status_code == 404


def test_every_write_is_in_the_audit_log_under_its_author(
    connection: Connection, database_url: str, book: PublishedBook
) -> None:
    clock, loans = StandingClock(after(60)), partial(lend, database_url)
    api = build_app([billing_router(loans, book.book, SITES, clock)], [], [], LocalGuard())
    api.add_middleware(AuditLog, loans=loans, clock=clock, prefix=API)
    assert ask(api, "POST", "/rights", GRANT, host="127.0.0.1").status_code == 201
    opening = {"account_id": "P-1", "plates": [MINE]}
    assert ask(api, "POST", "/prepaid/accounts", opening, host="127.0.0.1").status_code == 201
    assert ask(api, "POST", "/stays/none/decisions", host="127.0.0.1").status_code == 422
    assert connection.execute(AUDITED).fetchall() == [
        ("local", "POST", "/api/v1/rights", 201),
        ("local", "POST", "/api/v1/prepaid/accounts", 201),
        ("local", "POST", "/api/v1/stays/none/decisions", 422),
    ]
    assert connection.execute(AUTHORS).fetchall() == [(1, "local", "")]
