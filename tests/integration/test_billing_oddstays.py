"""Stays that no form foresees, as they are booked: each has a stated outcome."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from billing.books import PublishedBook
from parking.plumbing.database import Connection
from parking.states import BerthState
from tests.support.billing import after, run_billing, suizhou
from tests.support.billingapi import get, make_api
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def api(database_url: str, book: PublishedBook) -> FastAPI:
    return make_api(database_url, book)


def the_bill(
    api: FastAPI, connection: Connection, url: str, book: PublishedBook, street: StreetRows
) -> dict[str, Any]:
    """Bill a street with one stay."""
    street.save(connection)
    run_billing(url, book)
    (stay,) = get(api, "/stays")["stays"]
    body: dict[str, Any] = get(api, f"/stays/{stay['stay_id']}/bill")
    return body


def test_a_stay_that_ends_before_it_begins_has_no_length_and_costs_nothing(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    street.arrive("I-00", after(60))
    street.depart("I-00", after(0))
    body = the_bill(api, connection, database_url, book, street)
    assert (body["standing"], body["amount_fen"], body["minutes"]) == ("final", 0, 0)
    assert body["stay"]["notes"] == ["clock_disorder"]


def test_a_stay_without_a_plate_is_an_ordinary_small_cars(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    street.park("I-00", after(0), after(130))
    body = the_bill(api, connection, database_url, book, street)
    assert (body["amount_fen"], body["stay"]["plate"], body["payment"]["payable_fen"]) == (700, None, 700)


def test_a_stay_across_the_switch_is_priced_by_the_version_at_arrival_and_says_so(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    street.park("I-00", datetime(2020, 12, 31, 11, tzinfo=UTC), datetime(2021, 1, 1, 2, tzinfo=UTC))
    body = the_bill(api, connection, database_url, book, street)
    assert body["tariff"] == "suizhou-2019"
    # 19:00 to 21:00 and 07:30 to 10:00: the hours go on after the free night, 3 + 4 × 4.
    assert body["amount_fen"] == 1900
    assert any("跨越收费标准切换" in note["zh"] for note in body["notes"])


def test_a_stay_of_nine_days_pays_the_cap_of_each_day(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    midnight = datetime(2026, 11, 9, 16, tzinfo=UTC)
    street.park("I-00", midnight, midnight + timedelta(days=9))
    body = the_bill(api, connection, database_url, book, street)
    assert body["amount_fen"] == 9 * 2000
    assert sum(line["kind"] == "cap" for line in body["lines"]) == 9
    assert sum(line["amount_fen"] for line in body["lines"]) == 18000


def test_a_stay_that_nothing_has_proven_yet_owes_nothing_so_far(
    api: FastAPI, connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    street.turn("I-00", BerthState.OCCUPIED, after(0))
    body = the_bill(api, connection, database_url, book, street)
    assert (body["standing"], body["amount_fen"], body["payment"]) == ("so_far", 0, None)
