"""Stays that only a sensor saw, in the database: nothing is owed until somebody names a plate."""

from dataclasses import replace

import pytest

from billing.archive import gather
from billing.audit import audit
from billing.books import PublishedBook, restore_book
from billing.dossier import find_difference, format_dossier, parse_dossier
from parking.plumbing.database import Connection
from tests.support.billing import NOW, SITES, after, run_billing, suizhou
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database

STAY = "I-00-20261123T020000000Z"
MINE = "鄂S12345"
LONE = {berth_id: replace(site, needs_witness=True) for berth_id, site in SITES.items()}
OWED = """
SELECT s.state, s.note, s.witnessed_from_at, s.witnessed_until_at,
       (SELECT c.amount_fen FROM charges AS c WHERE c.stay_id = s.stay_id ORDER BY version DESC LIMIT 1),
       (SELECT coalesce(sum(e.amount_fen), 0)::bigint FROM ledger_entries AS e JOIN charges USING (charge_id)
        WHERE charges.stay_id = s.stay_id AND e.account = 'receivable')
FROM stays AS s WHERE s.stay_id = %s"""


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def street() -> StreetRows:
    """A sensor says that somebody stood there for 130 minutes."""
    street = StreetRows()
    street.park("I-00", after(0), after(130))
    return street


def assert_proven(connection: Connection) -> None:
    """The bill's file leads to what is booked, offline, and so does the audit of everything."""
    dossier = gather(connection, STAY, LONE, NOW)
    assert dossier is not None
    read = parse_dossier(format_dossier(dossier))
    assert find_difference(read, restore_book(read.tariffs).book) is None
    with connection.transaction():
        assert audit(connection, LONE, lambda _done, _total: None).is_clean


def test_nothing_is_owed_until_the_driver_says_since_when_he_stood_there(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.save(connection)
    run_billing(database_url, book, LONE)
    owed = connection.execute(OWED, (STAY,)).fetchone()
    assert owed == ("closed", "unwitnessed", after(0), after(0), 0, 0)
    assert_proven(connection)

    for at in (129, 0):
        street.see("I-00", MINE, after(at), confidence=1.0)
    street.save(connection)
    run_billing(database_url, book, LONE)
    assert connection.execute(OWED, (STAY,)).fetchone() == ("closed", "", None, None, 700, 700)
    assert_proven(connection)


def test_who_came_later_owes_from_then_on(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    for at in (129, 95):
        street.see("I-00", MINE, after(at), confidence=1.0)
    street.save(connection)
    run_billing(database_url, book, LONE)
    owed = connection.execute(OWED, (STAY,)).fetchone()
    assert owed == ("closed", "partly_witnessed", after(95), after(129), 300, 300)
    assert_proven(connection)


def test_elsewhere_the_sensor_is_believed(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.save(connection)
    run_billing(database_url, book)
    assert connection.execute(OWED, (STAY,)).fetchone() == ("closed", "", None, None, 700, 700)
