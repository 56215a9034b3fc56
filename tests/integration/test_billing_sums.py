"""Caps over several stays of a vehicle, as they are booked, corrected, audited and quoted."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from billing.archive import gather
from billing.audit import audit
from billing.books import PublishedBook
from billing.dossier import find_difference, format_dossier, parse_dossier
from billing.shadow import shadow
from parking.plumbing.database import Connection, connect, consistent_read, transaction
from parking.span import Span
from parking.states import BerthState, Transition
from tests.support.billing import NOW, SITES, after, run_billing
from tests.support.billingapi import get, make_api
from tests.support.streetrows import StreetRows, save_rows, say_heard
from tests.support.summing import day_cap, rolling_cap

pytestmark = pytest.mark.database

FREE, OCCUPIED, _ = BerthState
A, B = "鄂S12345", "鄂A77777"
OWED = """
SELECT DISTINCT ON (s.arrived_latest_at, s.stay_id) c.amount_fen
FROM stays AS s JOIN charges AS c USING (stay_id)
ORDER BY s.arrived_latest_at, s.stay_id, c.version DESC"""
VERSIONS = "SELECT count(*) FROM charges"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PublishedBook:
    return day_cap(tmp_path_factory.mktemp("day"))


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


def park(street: StreetRows, berth: str, begin: float, minutes: float, plate: str = A) -> Transition:
    street.arrive(berth, after(begin))
    street.see(berth, plate, after(begin + 1))
    return street.depart(berth, after(begin + minutes))


def bill(connection: Connection, url: str, book: PublishedBook, street: StreetRows) -> None:
    street.save(connection)
    run_billing(url, book)


def owed(connection: Connection) -> list[int]:
    return [fen for (fen,) in connection.execute(OWED)]


def examine(connection: Connection, book: PublishedBook) -> None:
    with consistent_read(connection):
        findings = audit(connection, SITES, lambda _done, _of_all: None)
    assert findings.differences == []
    assert findings.is_clean
    for (stay_id,) in connection.execute("SELECT stay_id FROM stays").fetchall():
        dossier = gather(connection, stay_id, SITES, NOW)
        assert dossier is not None
        assert find_difference(parse_dossier(format_dossier(dossier)), book.book) is None


def test_a_vehicle_pays_the_cap_of_a_day_once(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    park(street, "I-00", 0, 300)
    park(street, "I-01", 310, 250)
    park(street, "I-02", 0, 300, B)
    park(street, "I-03", 1440, 61)
    bill(connection, database_url, book, street)
    assert owed(connection) == [1100, 1100, 900, 500]
    park(street, "I-04", 565, 90)
    bill(connection, database_url, book, street)
    assert owed(connection) == [1100, 1100, 900, 0, 500]
    assert connection.execute(VERSIONS).fetchone() == (5,)
    examine(connection, book)


def test_an_earlier_stay_that_is_corrected_rates_the_later_ones_again(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    departure = park(street, "I-00", 0, 300)
    park(street, "I-01", 310, 330)
    bill(connection, database_url, book, street)
    assert owed(connection) == [1100, 900]
    street.turn("I-00", FREE, after(31), replaces=departure, from_state=OCCUPIED)
    street.save(connection)
    run_billing(database_url, book)
    assert owed(connection) == [300, 1300]
    examine(connection, book)


def test_a_plate_that_comes_late_moves_a_stay_to_another_vehicles_day(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.park("I-00", after(0), after(300))
    park(street, "I-01", 310, 330)
    bill(connection, database_url, book, street)
    assert owed(connection) == [1100, 1300]
    street.see("I-00", A, after(5))
    bill(connection, database_url, book, street)
    assert owed(connection) == [1100, 900]
    examine(connection, book)


@pytest.mark.parametrize("make", [day_cap, rolling_cap])
def test_what_is_owed_does_not_depend_on_when_rows_came(
    connection: Connection,
    database_url: str,
    new_database: Callable[[], str],
    tmp_path: Path,
    make: Callable[[Path], PublishedBook],
) -> None:
    book, random = make(tmp_path), Random(5)  # noqa: S311  a repeatable street
    street = StreetRows()
    for day in range(6):
        at = float(day * 1440 + random.randrange(120))
        for number in range(4):
            park(street, f"I-{number:02d}", at, random.randrange(20, 200), random.choice((A, A, B)))
            at += random.randrange(200, 260)
    rows, late_url = street.rows, new_database()
    by_partition = {row.partition for row in rows}
    save_rows(connection, rows)
    run_billing(database_url, book)
    with transaction(connection):
        at_once = owed(connection)
    with connect(late_url, "late") as late:
        for partition in random.sample(sorted(by_partition), len(by_partition)):
            save_rows(late, [row for row in rows if row.partition == partition])
            run_billing(late_url, book)
        assert owed(late) == at_once
        examine(late, book)
    assert sum(at_once) > 0
    examine(connection, book)


def test_a_running_stay_is_quoted_with_what_the_vehicle_paid_before(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    park(street, "I-00", 0, 300)
    street.arrive("I-01", after(310))
    street.see("I-01", A, after(311))
    bill(connection, database_url, book, street)
    say_heard(connection, "I-01", OCCUPIED, after(640))
    stay_id = f"I-01-{after(310):%Y%m%dT%H%M}00000Z"
    assert get(make_api(database_url, book), f"/stays/{stay_id}/bill")["amount"] == "9.00"


def test_a_shadow_sums_over_the_stays_of_a_vehicle(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    park(street, "I-00", 0, 300)
    park(street, "I-01", 310, 330)
    park(street, "I-02", 0, 300, B)
    park(street, "I-03", 4320, 300, B)
    bill(connection, database_url, book, street)
    with consistent_read(connection):
        period = Span(start_at=after(-600), end_at=after(0) + timedelta(days=9))
        result = shadow(connection, book.book, SITES, period, lambda _done, _of_all: None)
    assert sum(result.shadow_by_zone.values()) == sum(owed(connection)) == 4200
