"""Rows of the street in, stays, charges and ledger out, on a real database."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from billing.books import PublishedBook
from billing.ledger import FIRST_HASH, ChainedEntry, Entry, EntryCause, first_break
from parking.errors import FencedError
from parking.ids import ChargeId
from parking.money import Fen
from parking.plumbing.database import Connection, transaction
from parking.states import BerthState
from tests.support.billing import after, open_billing, run_billing, suizhou
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database

FREE, OCCUPIED, UNKNOWN = BerthState
CHARGES = "SELECT version, amount_fen, cause, replaces FROM charges WHERE stay_id LIKE %s ORDER BY version"
BALANCE = "SELECT account, sum(amount_fen)::bigint FROM ledger_entries GROUP BY account ORDER BY account"
STATES = "SELECT state, note FROM stays WHERE berth_id = %s ORDER BY arrived_latest_at"
INSERT_TWIN = """
INSERT INTO stays
SELECT 'twin', partition, 99, berth_id, section_id, zone_id, zone_class, 'open',
       arrived_earliest_at + interval '1 minute', arrived_latest_at + interval '1 minute', NULL, NULL,
       NULL, NULL, NULL, arrival_seq, NULL, '', updated_at
FROM stays"""
INSERT_ONE_SIDED = """
INSERT INTO ledger_entries
SELECT 3, 'one-sided', book, account, amount_fen, cause, charge_id, booked_at, hash
FROM ledger_entries WHERE entry_no = 1"""
ALL_ENTRIES = """
SELECT entry_no, transaction_id, account, amount_fen, cause, charge_id, booked_at, hash
FROM ledger_entries ORDER BY entry_no"""


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


def bill(connection: Connection, url: str, book: PublishedBook, street: StreetRows) -> None:
    street.save(connection)
    run_billing(url, book)


def owed(connection: Connection, berth: str, when: str = "") -> list[tuple[int, int, str]]:
    return [row[:3] for row in connection.execute(CHARGES, (f"{berth}-2026{when}%",)).fetchall()]


@pytest.mark.parametrize(
    ("minutes", "amounts"),
    [
        (30, {"I": 0, "II": 0, "III": 0}),
        (31, {"I": 300, "II": 300, "III": 100}),
        (130, {"I": 700, "II": 500, "III": 300}),
        (541, {"I": 2000, "II": 1000, "III": 800}),
    ],
)
def test_published_prices_reach_charges_and_ledger(
    connection: Connection,
    database_url: str,
    book: PublishedBook,
    street: StreetRows,
    minutes: int,
    amounts: dict[str, int],
) -> None:
    start_at = after(-120)
    for zone_class in amounts:
        street.park(f"{zone_class}-00", start_at, start_at + timedelta(minutes=minutes))
    bill(connection, database_url, book, street)
    for zone_class, amount in amounts.items():
        assert owed(connection, f"{zone_class}-00") == [(1, amount, "departure")]
    booked: dict[str, int] = dict(connection.execute(BALANCE).fetchall())
    total = sum(amounts.values())
    assert booked == (
        {"receivable": total, **{f"revenue/{each}": -fen for each, fen in amounts.items()}} if total else {}
    )


def test_a_new_energy_plate_pays_half(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.see("I-00", "鄂SD12345", after(1), colour="green")
    street.depart("I-00", after(130))
    bill(connection, database_url, book, street)
    assert owed(connection, "I-00") == [(1, 350, "departure")]


def test_a_night_is_free(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    evening_at = after(11 * 60)
    street.park("I-00", evening_at, evening_at + timedelta(hours=10, minutes=30))
    bill(connection, database_url, book, street)
    assert owed(connection, "I-00") == [(1, 0, "departure")]
    assert connection.execute(BALANCE).fetchall() == []


@pytest.mark.parametrize(("plate", "amount"), [("鄂S1234警", 0), ("VA12345", 0), ("鄂S1234学", 700)])
def test_plates_of_exempt_kinds_owe_nothing_and_the_bill_says_why(
    connection: Connection,
    database_url: str,
    book: PublishedBook,
    street: StreetRows,
    plate: str,
    amount: int,
) -> None:
    street.arrive("I-00", after(0))
    street.see("I-00", plate, after(1))
    street.depart("I-00", after(130))
    bill(connection, database_url, book, street)
    assert owed(connection, "I-00") == [(1, amount, "departure")]
    row = connection.execute("SELECT lines::text FROM charges").fetchone()
    assert row is not None
    assert ("exempt" in row[0]) == (amount == 0)


def test_a_running_a_held_and_an_interrupted_stay_owe_nothing(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.arrive("I-01", after(0))
    street.silence("I-01", after(60), after(140))
    street.arrive("I-02", after(0))
    street.silence("I-02", after(60), after(140))
    street.back("I-02", OCCUPIED, after(200))
    street.depart("I-02", after(230))
    bill(connection, database_url, book, street)
    assert connection.execute("SELECT count(*) FROM charges").fetchone() == (0,)
    assert connection.execute(STATES, ("I-01",)).fetchall() == [("open", "")]
    assert connection.execute(STATES, ("I-02",)).fetchall() == [
        ("held", "gap_after"),
        ("held", "arrival_unseen gap_before"),
    ]


def test_a_late_sighting_rates_the_stay_again(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.park("I-00", after(0), after(130))
    street.park("I-00", after(140), after(180))
    bill(connection, database_url, book, street)
    street.see("I-00", "鄂SD12345", after(5), colour="green")
    bill(connection, database_url, book, street)
    first = "I-00-20261123T0200"
    assert connection.execute(CHARGES, (f"{first}%",)).fetchall() == [
        (1, 700, "departure", None),
        (2, 350, "correction", f"{first}00000Z#1"),
    ]
    assert connection.execute(BALANCE).fetchall() == [("receivable", 650), ("revenue/I", -650)]
    assert connection.execute("SELECT count(*) FROM ledger_entries").fetchone() == (8,)


def test_a_correction_days_later_reaches_the_ledger(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    arrival, departure = street.park("I-00", after(0), after(130))
    for day in (1, 2, 3):
        street.park("I-00", after(day * 1440), after(day * 1440 + 61))
    bill(connection, database_url, book, street)
    assert connection.execute(BALANCE).fetchall() == [("receivable", 2200), ("revenue/I", -2200)]
    street.turn("I-00", FREE, after(31), replaces=departure, from_state=OCCUPIED)
    bill(connection, database_url, book, street)
    assert connection.execute(BALANCE).fetchall() == [("receivable", 1800), ("revenue/I", -1800)]
    street.turn("I-00", FREE, after(0), replaces=arrival, from_state=FREE)
    bill(connection, database_url, book, street)
    assert connection.execute(BALANCE).fetchall() == [("receivable", 1500), ("revenue/I", -1500)]
    assert connection.execute(STATES, ("I-00",)).fetchall()[0][0] == "void"
    assert owed(connection, "I-00", "1123T02") == [
        (1, 700, "departure"),
        (2, 300, "correction"),
        (3, 0, "withdrawn"),
    ]


def test_doubt_that_comes_late_withdraws_a_charge_and_its_end_brings_it_back(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.see("I-00", "鄂S12345", after(1), confidence=0.92)
    street.depart("I-00", after(130))
    bill(connection, database_url, book, street)
    street.see("I-00", "鄂A77777", after(2), confidence=0.95)
    bill(connection, database_url, book, street)
    assert connection.execute(STATES, ("I-00",)).fetchall() == [("held", "two_plates")]
    assert owed(connection, "I-00") == [(1, 700, "departure"), (2, 0, "withdrawn")]
    assert connection.execute(BALANCE).fetchall() == [("receivable", 0), ("revenue/I", 0)]


def test_a_stay_without_a_tariff_is_held(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.park(
        "I-00", datetime.fromisoformat("2011-01-01T00:00:00Z"), datetime.fromisoformat("2011-01-01T09:00Z")
    )
    street.park("I-00", after(0), after(31))
    bill(connection, database_url, book, street)
    assert connection.execute(STATES, ("I-00",)).fetchall() == [("held", "no_tariff"), ("closed", "")]


def test_rows_of_a_berth_that_the_city_does_not_have_are_passed_over(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.park("gone", after(0), after(130))
    street.park("I-00", after(0), after(31))
    bill(connection, database_url, book, street)
    assert owed(connection, "I-00") == [(1, 300, "departure")]
    assert connection.execute("SELECT count(*) FROM stays").fetchone() == (1,)


def test_two_billing_processes_keep_apart(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    one, two = open_billing(database_url, book), open_billing(database_url, book)
    street.park("I-00", after(0), after(130))
    street.save(connection)
    assert one.turn() == 3
    with pytest.raises(FencedError):
        two.turn()
    one.close()
    two.close()
    assert owed(connection, "I-00") == [(1, 700, "departure")]


def test_readers_of_stays_follow_every_change(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    bill(connection, database_url, book, street)
    (first,) = connection.execute("SELECT partition, out_seq FROM stays").fetchall()
    street.depart("I-00", after(31))
    bill(connection, database_url, book, street)
    assert connection.execute("SELECT partition, out_seq FROM stays").fetchall() == [(first[0], first[1] + 1)]


def test_stays_of_one_berth_cannot_overlap(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.park("I-00", after(0), after(130))
    bill(connection, database_url, book, street)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        connection.execute(INSERT_TWIN)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE charges SET amount_fen = 0",
        "DELETE FROM ledger_entries",
        "TRUNCATE charges, ledger_entries, prepaid_debits",
    ],
)
def test_what_is_booked_cannot_be_changed(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows, change: str
) -> None:
    street.park("I-00", after(0), after(130))
    bill(connection, database_url, book, street)
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        connection.execute(change.encode())


def test_a_transaction_must_sum_to_zero(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.park("I-00", after(0), after(130))
    bill(connection, database_url, book, street)
    with pytest.raises(psycopg.errors.RaiseException, match="does not sum to zero"), transaction(connection):
        connection.execute(INSERT_ONE_SIDED)


def test_the_chain_of_entries_holds_over_turns_and_shows_where_it_is_broken(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    for number in range(3):
        street.park(f"I-0{number}", after(number), after(130))
        bill(connection, database_url, book, street)
    entries = [chained(row) for row in connection.execute(ALL_ENTRIES)]
    assert len(entries) == 6
    assert first_break(entries, 0, FIRST_HASH) is None
    del entries[3]
    assert first_break(entries, 0, FIRST_HASH) == 4


def chained(row: tuple[Any, ...]) -> ChainedEntry:
    number, transaction_id, account, amount, cause, charge_id, booked_at, digest = row
    entry = Entry(
        transaction_id=transaction_id,
        account=account,
        amount_fen=Fen(amount),
        cause=EntryCause(cause),
        charge_id=ChargeId(charge_id),
        booked_at=booked_at,
    )
    return ChainedEntry(entry_no=number, entry=entry, hash=digest)
