"""Stays, bills and the ledger over HTTP."""

import pytest
from fastapi import FastAPI

from billing.books import PublishedBook
from parking.plumbing.database import Connection
from parking.states import BerthState
from tests.support.billing import after, run_billing, suizhou
from tests.support.billingapi import ask, get, make_api
from tests.support.streetrows import StreetRows, say_heard

pytestmark = pytest.mark.database

FREE, OCCUPIED, UNKNOWN = BerthState
FIRST = "I-00-20261123T020000000Z"


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def api(database_url: str, book: PublishedBook) -> FastAPI:
    return make_api(database_url, book)


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


def bill(connection: Connection, url: str, book: PublishedBook, street: StreetRows) -> None:
    street.save(connection)
    run_billing(url, book)


def test_a_bill_lists_what_is_owed_and_by_which_document(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.see("I-00", "鄂SD12345", after(1), colour="green")
    street.depart("I-00", after(130))
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{FIRST}/bill")
    assert (body["amount_fen"], body["amount"], body["standing"]) == (350, "3.50", "final")
    assert (body["minutes"], body["document_no"]) == (130, "随发改价格〔2020〕16号")
    assert sum(line["amount_fen"] for line in body["lines"]) == 350
    assert [line["kind"] for line in body["lines"]] == ["units", "units", "discount"]
    assert body["rule"][0]["zh"].startswith("随州市")
    assert any("3.00元" in words["zh"] for words in body["rule"])
    assert body["stay"]["plate"] == "鄂S·D1**45"
    assert "12345" not in str(body)


def test_a_running_stay_has_a_fee_as_far_as_it_is_proven(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    bill(connection, database_url, book, street)
    assert get(api, f"/stays/{FIRST}/bill")["amount_fen"] == 0
    say_heard(connection, "I-00", OCCUPIED, after(130))
    body = get(api, f"/stays/{FIRST}/bill")
    assert (body["amount_fen"], body["standing"], body["versions"]) == (700, "so_far", [])
    assert body["charged_to_at"].startswith("2026-11-23T12:10:00")
    street.silence("I-00", after(61), after(140))
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{FIRST}/bill")
    assert (body["amount_fen"], body["standing"]) == (500, "so_far")
    assert body["stay"]["proven_until"] == "2026-11-23T03:01:00Z"


def test_a_correction_is_seen_with_its_credit(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    _, departure = street.park("I-00", after(0), after(130))
    bill(connection, database_url, book, street)
    street.turn("I-00", FREE, after(31), replaces=departure, from_state=OCCUPIED)
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{FIRST}/bill")
    first, second = body["versions"]
    assert (first["amount_fen"], first["cause"], first["credit_note"]) == (700, "departure", None)
    assert (second["amount_fen"], second["cause"]) == (300, "correction")
    note = second["credit_note"]
    assert (note["number"], note["credits"]) == (f"{FIRST}#2/credit", f"{FIRST}#1")
    assert (note["amount_fen"], note["amount"]) == (400, "4.00")
    ledger = get(api, "/ledger/summary")
    assert [(each["account"], each["balance"]) for each in ledger["accounts"]] == [
        ("receivable", "3.00"),
        ("revenue/I", "-3.00"),
    ]
    assert ledger["last_entry_no"] == 6
    assert len(ledger["last_hash"]) == 64


def test_a_held_stay_has_a_bill_of_nothing(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.silence("I-00", after(60), after(140))
    street.back("I-00", OCCUPIED, after(200))
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{FIRST}/bill")
    assert (body["standing"], body["amount_fen"], body["stay"]["notes"]) == ("held", 0, ["gap_after"])
    assert len(get(api, "/stays", state="held")["stays"]) == 2


def test_stays_are_listed_in_pages_and_by_filter(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    for number in range(5):
        street.park(f"I-0{number}", after(10 * number), after(100))
        street.park(f"II-0{number}", after(10 * number), after(100))
    street.arrive("III-00", after(200))
    bill(connection, database_url, book, street)
    seen, cursor = [], None
    while True:
        page = get(api, "/stays", limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [stay["stay_id"] for stay in page["stays"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 11
    assert seen[0].startswith("III-00")
    assert len(get(api, "/stays", section="S-I")["stays"]) == 5
    assert len(get(api, "/stays", berth="II-03")["stays"]) == 1
    assert len(get(api, "/stays", state="open")["stays"]) == 1
    assert len(get(api, "/stays", since="2026-11-23T10:40:00+08:00")["stays"]) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stays/nothing", 404),
        ("/stays/nothing/bill", 404),
        ("/stays?cursor=nothing", 422),
        ("/stays?since=2026-11-23T10:40:00", 422),
        ("/stays?state=strange", 422),
        ("/stays?limit=0", 422),
    ],
)
def test_refusals_say_what_is_wrong(api: FastAPI, path: str, status: int) -> None:
    answer = ask(api, "GET", path)
    assert answer.status_code == status
    assert answer.json()["detail"]
