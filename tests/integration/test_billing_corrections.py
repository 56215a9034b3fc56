"""What is known three days late reaches the bill, the ledger and the credit note, as the API shows them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from billing.books import PublishedBook
from parking.plumbing.database import Connection
from parking.states import BerthState
from tests.support.billing import after, run_billing, suizhou
from tests.support.billingapi import ask, get, make_api
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database

FREE, OCCUPIED, UNKNOWN = BerthState
STAY = "I-00-20261123T020000000Z"
EVENING = after(600)
THREE_DAYS_LATER = EVENING + timedelta(days=3)


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def api(database_url: str, book: PublishedBook) -> FastAPI:
    return make_api(database_url, book)


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


class City:
    """Rows that come in the evening and three days later, each time billed at once."""

    def __init__(self, connection: Connection, url: str, book: PublishedBook, street: StreetRows) -> None:
        self._connection, self._url, self._book, self._street = connection, url, book, street

    def bill(self, now: datetime = EVENING) -> None:
        self._street.save(self._connection)
        run_billing(self._url, self._book, now=now)


@pytest.fixture
def city(connection: Connection, database_url: str, book: PublishedBook, street: StreetRows) -> City:
    return City(connection, database_url, book, street)


def booked(body: dict[str, Any]) -> list[list[tuple[str, int, str]]]:
    """Account, fen and cause of the entries of each version."""
    return [
        [(each["account"], each["amount_fen"], each["cause"]) for each in charge["entries"]]
        for charge in body["charges"]
    ]


def test_a_corrected_departure_reaches_bill_ledger_and_credit_note(
    api: FastAPI, city: City, street: StreetRows
) -> None:
    _, departure = street.park("I-00", after(0), after(130))
    street.park("I-00", after(1440), after(1440 + 61))
    city.bill()
    assert get(api, f"/stays/{STAY}/bill")["amount"] == "7.00"
    assert get(api, "/credit-notes")["credit_notes"] == []

    street.turn("I-00", FREE, after(31), replaces=departure, from_state=OCCUPIED)
    city.bill(THREE_DAYS_LATER)

    bill = get(api, f"/stays/{STAY}/bill")
    assert (bill["amount"], bill["minutes"], bill["standing"]) == ("3.00", 31, "final")
    charges = get(api, f"/stays/{STAY}/charges")
    assert [each["amount_fen"] for each in charges["charges"]] == [700, 300]
    assert (charges["owed_fen"], charges["charges"][1]["replaces"]) == (300, f"{STAY}#1")
    assert sum(line["amount_fen"] for line in charges["charges"][1]["lines"]) == 300
    assert booked(charges) == [
        [("receivable", 700, "due"), ("revenue/I", -700, "due")],
        [
            ("receivable", -700, "reversal"),
            ("revenue/I", 700, "reversal"),
            ("receivable", 300, "due"),
            ("revenue/I", -300, "due"),
        ],
    ]
    (note,) = get(api, "/credit-notes")["credit_notes"]
    assert (note["stay_id"], note["credits"], note["amount"]) == (STAY, f"{STAY}#1", "4.00")
    assert note["number"] == f"{STAY}#2/credit"
    issued = THREE_DAYS_LATER.isoformat().replace("+00:00", "Z")
    assert note["issued_at"] == issued
    assert note == get(api, "/credit-notes", since=issued)["credit_notes"][0]
    sums = get(api, "/ledger/summary")["accounts"]
    assert {each["account"]: each["balance_fen"] for each in sums} == {"receivable": 800, "revenue/I": -800}


def test_a_voided_stay_is_withdrawn_with_a_credit_note_over_everything(
    api: FastAPI, city: City, street: StreetRows
) -> None:
    arrival, departure = street.park("I-00", after(0), after(130))
    city.bill()
    for row in (arrival, departure):
        street.turn("I-00", row.from_state, row.moment.latest_at, replaces=row, from_state=row.from_state)
    city.bill(THREE_DAYS_LATER)
    bill = get(api, f"/stays/{STAY}/bill")
    assert (bill["standing"], bill["amount_fen"], bill["versions"][-1]["cause"]) == ("void", 0, "withdrawn")
    (note,) = get(api, "/credit-notes")["credit_notes"]
    assert (note["stay_id"], note["amount"]) == (STAY, "7.00")
    assert booked(get(api, f"/stays/{STAY}/charges"))[1] == [
        ("receivable", -700, "reversal"),
        ("revenue/I", 700, "reversal"),
    ]
    assert all(each["balance_fen"] == 0 for each in get(api, "/ledger/summary")["accounts"])


def test_a_late_reading_makes_two_stays_of_one(api: FastAPI, city: City, street: StreetRows) -> None:
    _, departure = street.park("I-00", after(0), after(130))
    city.bill()
    for state, minute in ((FREE, 40), (OCCUPIED, 60), (FREE, 130)):
        street.turn(
            "I-00",
            state,
            after(minute),
            replaces=departure,
            from_state=FREE if state is OCCUPIED else OCCUPIED,
        )
    city.bill(THREE_DAYS_LATER)
    stays = get(api, "/stays", berth="I-00")["stays"]
    assert [(each["stay_id"][5:18], each["amount"]) for each in stays] == [
        ("20261123T0300", "5.00"),
        ("20261123T0200", "3.00"),
    ]
    (note,) = get(api, "/credit-notes")["credit_notes"]
    assert (note["credits"], note["amount"]) == (f"{STAY}#1", "4.00")
    sums = get(api, "/ledger/summary")["accounts"]
    assert {each["account"]: each["balance_fen"] for each in sums} == {"receivable": 800, "revenue/I": -800}


def test_a_plate_read_late_halves_the_bill(api: FastAPI, city: City, street: StreetRows) -> None:
    street.park("I-00", after(0), after(130))
    city.bill()
    street.see("I-00", "鄂SD12345", after(5), colour="green")
    city.bill(THREE_DAYS_LATER)
    (note,) = get(api, "/credit-notes")["credit_notes"]
    assert note["amount"] == "3.50"
    assert get(api, f"/stays/{STAY}/bill")["amount"] == "3.50"


def test_a_correction_upwards_is_no_credit(api: FastAPI, city: City, street: StreetRows) -> None:
    _, departure = street.park("I-00", after(0), after(31))
    city.bill()
    street.turn("I-00", FREE, after(130), replaces=departure, from_state=OCCUPIED)
    city.bill(THREE_DAYS_LATER)
    assert get(api, f"/stays/{STAY}/bill")["amount"] == "7.00"
    assert get(api, "/credit-notes")["credit_notes"] == []


def test_entries_and_credit_notes_come_in_pages(api: FastAPI, city: City, street: StreetRows) -> None:
    departures = [street.park(f"I-0{number}", after(0), after(130))[1] for number in range(3)]
    city.bill()
    for row in departures:
        street.turn(row.berth_id, FREE, after(31), replaces=row, from_state=OCCUPIED)
    city.bill(THREE_DAYS_LATER)
    pages = [get(api, "/ledger/entries", limit=7, after=number) for number in (0, 7, 14)]
    assert [page["next_after"] for page in pages] == [7, 14, None]
    assert [each["entry_no"] for page in pages for each in page["entries"]] == list(range(1, 19))
    receivable = get(api, "/ledger/entries", account="receivable")["entries"]
    assert sum(each["amount_fen"] for each in receivable) == 900
    first = get(api, "/credit-notes", limit=2)
    second = get(api, "/credit-notes", limit=2, cursor=first["next_cursor"])
    assert len({each["number"] for each in first["credit_notes"] + second["credit_notes"]}) == 3
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stays/nothing/charges", 404),
        ("/credit-notes?cursor=nothing", 422),
        ("/ledger/entries?after=-1", 422),
    ],
)
def test_refusals_say_what_is_wrong(api: FastAPI, path: str, status: int) -> None:
    answer = ask(api, "GET", path)
    assert answer.status_code == status
    assert answer.json()["detail"]
