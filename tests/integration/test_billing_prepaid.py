"""Prepaid balances: topped up, debited by themselves, never where it is in doubt whose vehicle it was."""

from collections import Counter
from datetime import timedelta

import psycopg
import pytest
from fastapi import FastAPI

from billing.audit import audit
from billing.books import PublishedBook
from parking.plumbing.database import Connection, consistent_read
from parking.states import BerthState
from tests.support.billing import MORNING, SITES, StandingClock, after, run_billing, suizhou
from tests.support.billingapi import ask, get, make_api
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database

FREE, OCCUPIED, _ = BerthState
STAY = "I-00-20261123T020000000Z"
MINE, ALIKE, OTHER = "鄂S12345", "鄂S1Z345", "鄂A77777"


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def api(database_url: str, book: PublishedBook) -> FastAPI:
    return make_api(database_url, book, StandingClock(MORNING - timedelta(days=1)))


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


class Desk:
    """What staff and the street do, each time with billing behind it."""

    def __init__(
        self, api: FastAPI, connection: Connection, url: str, book: PublishedBook, street: StreetRows
    ) -> None:
        self.api, self._connection, self._url, self._book, self._street = api, connection, url, book, street

    def bill(self) -> None:
        self._street.save(self._connection)
        run_billing(self._url, self._book)

    def open(self, account_id: str, *plates: str) -> int:
        body = {"account_id": account_id, "plates": list(plates)}
        return ask(self.api, "POST", "/prepaid/accounts", body).status_code

    def top_up(self, account_id: str, fen: int, topup_id: str = "W-1") -> int:
        body = {"topup_id": topup_id, "amount_fen": fen, "channel": "wechat"}
        answer = ask(self.api, "POST", f"/prepaid/accounts/{account_id}/topups", body)
        self.bill()
        return answer.status_code

    def balance(self, account_id: str) -> int:
        return int(get(self.api, f"/prepaid/accounts/{account_id}")["balance_fen"])

    def payment(self, stay_id: str = STAY) -> tuple[int, int, str | None]:
        body = get(self.api, f"/stays/{stay_id}/bill")["payment"]
        return body["paid_fen"], body["payable_fen"], body["refused"] and body["refused"]["zh"]

    def ledger(self) -> dict[str, int]:
        sums = get(self.api, "/ledger/summary")["accounts"]
        return {each["account"]: each["balance_fen"] for each in sums}

    def examine(self) -> None:
        """Everything follows, the ledger sums to zero, and every entry that is no charge's is a top-up."""
        with consistent_read(self._connection):
            findings = audit(self._connection, SITES, lambda _done, _of_all: None)
        assert findings.is_clean, findings.differences
        assert sum(self.ledger().values()) == 0


@pytest.fixture
def desk(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> Desk:
    return Desk(api, connection, database_url, book, street)


def park(street: StreetRows, plate: str = MINE, confidence: float = 0.98, berth: str = "I-00") -> None:
    street.arrive(berth, after(0))
    street.see(berth, plate, after(1), confidence=confidence)
    street.depart(berth, after(130))


def test_a_balance_pays_for_its_plate(desk: Desk, street: StreetRows) -> None:
    assert desk.open("P-1", MINE) == 201
    assert desk.top_up("P-1", 5000) == 202
    park(street)
    desk.bill()
    assert desk.balance("P-1") == 4300
    assert desk.payment() == (700, 0, None)
    assert desk.ledger() == {"cash/wechat": 5000, "prepaid/P-1": -4300, "receivable": 0, "revenue/I": -700}
    (move,) = get(desk.api, "/prepaid/accounts/P-1")["moves"]
    assert (move["amount"], move["charge_id"]) == ("7.00", f"{STAY}#1")
    causes = Counter(each["cause"] for each in get(desk.api, "/ledger/entries")["entries"])
    assert causes == {"topup": 2, "due": 2, "prepaid": 2}
    desk.examine()


def test_a_correction_comes_back_to_the_balance(desk: Desk, street: StreetRows) -> None:
    desk.open("P-1", MINE)
    desk.top_up("P-1", 5000)
    street.arrive("I-00", after(0))
    street.see("I-00", MINE, after(1))
    departure = street.depart("I-00", after(130))
    desk.bill()
    shorter = street.turn("I-00", FREE, after(31), replaces=departure, from_state=OCCUPIED)
    desk.bill()
    assert (desk.balance("P-1"), desk.payment()) == (4700, (300, 0, None))
    street.turn("I-00", FREE, after(190), replaces=shorter, from_state=OCCUPIED)
    desk.bill()
    assert (desk.balance("P-1"), desk.payment()) == (4100, (900, 0, None))
    desk.examine()


def test_what_was_another_vehicles_is_given_back(desk: Desk, street: StreetRows) -> None:
    desk.open("P-1", MINE)
    desk.open("P-2", OTHER)
    desk.top_up("P-1", 5000)
    desk.top_up("P-2", 5000, "W-2")
    street.arrive("I-00", after(0))
    street.see("I-00", MINE, after(1), confidence=0.91)
    street.depart("I-00", after(130))
    desk.bill()
    assert desk.balance("P-1") == 4300
    for minute in (2, 3):
        street.see("I-00", OTHER, after(minute), confidence=0.99)
    desk.bill()
    assert get(desk.api, f"/stays/{STAY}/bill")["standing"] == "held"
    assert (desk.balance("P-1"), desk.balance("P-2")) == (5000, 5000)
    desk.examine()


@pytest.mark.parametrize(
    ("second", "confidence", "words"),
    [(ALIKE, 0.95, "相近易混"), (None, 0.8, "不够确定"), (OTHER, 0.95, "另一识别结果")],
)
def test_nothing_is_taken_while_it_is_in_doubt_whose_vehicle_it_was(
    desk: Desk, street: StreetRows, second: str | None, confidence: float, words: str
) -> None:
    desk.open("P-1", MINE)
    desk.top_up("P-1", 5000)
    if second is not None:
        desk.open("P-2", second)
    if second == OTHER:
        street.see("I-00", OTHER, after(2), confidence=0.6)
    park(street, confidence=confidence)
    desk.bill()
    assert get(desk.api, f"/stays/{STAY}/bill")["standing"] == "final"
    paid, payable, why = desk.payment()
    assert (paid, payable, desk.balance("P-1")) == (0, 700, 5000)
    assert words in (why or "")
    desk.examine()


def test_doubt_that_comes_late_gives_back_what_was_taken(desk: Desk, street: StreetRows) -> None:
    desk.open("P-1", MINE)
    desk.open("P-2", OTHER)
    desk.top_up("P-1", 5000)
    park(street)
    desk.bill()
    assert desk.payment() == (700, 0, None)
    street.see("I-00", OTHER, after(5), confidence=0.6)
    street.see("I-00", MINE, after(6), confidence=0.99)
    desk.bill()
    assert desk.payment()[:2] == (0, 700)
    assert desk.balance("P-1") == 5000
    desk.examine()


def test_what_the_balance_does_not_cover_waits_for_money(desk: Desk, street: StreetRows) -> None:
    desk.open("P-1", MINE)
    desk.top_up("P-1", 600)
    park(street)
    desk.bill()
    assert desk.payment() == (0, 700, "余额不足，未自动扣款")
    desk.top_up("P-1", 100, "W-2")
    assert (desk.payment(), desk.balance("P-1")) == ((700, 0, None), 0)
    desk.examine()


def test_a_payment_told_twice_is_booked_once(desk: Desk) -> None:
    desk.open("P-1", MINE)
    assert [desk.top_up("P-1", 500), desk.top_up("P-1", 500), desk.top_up("P-1", 600)] == [202, 202, 409]
    assert desk.balance("P-1") == 500


def test_a_plate_pays_from_the_account_that_it_had_when_it_left(desk: Desk, street: StreetRows) -> None:
    desk.open("P-1", MINE, OTHER)
    desk.top_up("P-1", 5000)
    assert ask(desk.api, "DELETE", f"/prepaid/accounts/P-1/plates/{MINE}").status_code == 200
    park(street)
    park(street, OTHER, berth="I-01")
    desk.bill()
    assert desk.balance("P-1") == 4300
    assert desk.payment() == (0, 700, None)
    assert ask(desk.api, "POST", "/prepaid/accounts/P-1/close").status_code == 200
    assert get(desk.api, "/prepaid/accounts/P-1")["is_open"] is False
    assert desk.open("P-2", MINE, OTHER) == 201


NONSENSE: list[tuple[str, str, object, int]] = [
    ("POST", "", {"account_id": "P-1", "plates": ["鄂S12345"]}, 409),
    ("POST", "", {"account_id": "P-2", "plates": ["鄂S12345"]}, 409),
    ("POST", "", {"account_id": "P-2", "plates": ["none"]}, 422),
    ("POST", "", {"account_id": "P 2", "plates": ["鄂S54321"]}, 422),
    ("GET", "/nothing", None, 404),
    ("POST", "/nothing/topups", {"topup_id": "W-1", "amount_fen": 1, "channel": "wechat"}, 404),
    ("POST", "/P-1/topups", {"topup_id": "W-1", "amount_fen": 0, "channel": "wechat"}, 422),
    ("DELETE", "/P-1/plates/鄂S54321", None, 404),
    ("DELETE", "/P-1/plates/none", None, 422),
]


def test_refusals_say_what_is_wrong(desk: Desk) -> None:
    desk.open("P-1", MINE)
    for method, path, body, status in NONSENSE:
        answer = ask(desk.api, method, f"/prepaid/accounts{path}", body)
        assert answer.status_code == status, path
        assert answer.json()["detail"]


def test_a_closed_account_takes_nothing(desk: Desk) -> None:
    desk.open("P-1", MINE)
    ask(desk.api, "POST", "/prepaid/accounts/P-1/close")
    assert desk.top_up("P-1", 500) == 409
    assert ask(desk.api, "POST", "/prepaid/accounts/P-1/close").status_code == 409


@pytest.mark.parametrize("change", ["DELETE FROM prepaid_events", "TRUNCATE prepaid_topups"])
def test_the_records_are_append_only(desk: Desk, connection: Connection, change: str) -> None:
    desk.open("P-1", MINE)
    desk.top_up("P-1", 500)
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        connection.execute(change.encode())
