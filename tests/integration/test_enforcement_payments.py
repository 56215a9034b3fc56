"""What a driver says in order to pay is no evidence against him."""

from collections.abc import Iterator

import pytest

from enforcement.service import Enforcement
from parking.plumbing.database import Connection
from tests.support.enforcement import FUEL, LIMITED, PAYMENT, minute
from tests.support.enforcement_street import WrittenStreet, drain, opened

pytestmark = pytest.mark.database


@pytest.fixture
def service(database_url: str) -> Iterator[Enforcement]:
    opening = opened(database_url)
    yield opening
    opening.close()


@pytest.mark.parametrize(("device", "state"), [(PAYMENT, "lead"), ("P-1", "actionable")])
def test_a_payment_is_no_second_key(
    connection: Connection, service: Enforcement, device: str, state: str
) -> None:
    street = WrittenStreet(connection)
    stay_id = street.arrive(LIMITED, minute(0), "S-1")
    street.see(LIMITED, minute(1), FUEL)
    street.see(LIMITED, minute(75), FUEL, device=device)
    street.leave(LIMITED, stay_id, minute(76), minute(77))
    drain(service)

    assert connection.execute("SELECT state FROM violations").fetchall() == [(state,)]
