"""The whole OpenAPI description, held against the real routes over real rows: no 5xx, nothing undescribed."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.access import LocalGuard
from app.http import build_app
from app.rooms import room_routers
from billing.tariff import load_calendar, load_tariff_book
from guidance.api import guidance_api
from guidance.api.sessions import sessions_router
from guidance.service.accounts import Accounts
from guidance.store.loans import PooledLoans
from parking.plumbing.database import Connection
from parking.plumbing.settings import Settings
from tests.support.enforcement_street import SetClock
from tests.support.guidance import FREE, NOON, OCCUPIED, FlatQuotes, Street, belief, no_streams, small_desk

pytestmark = [pytest.mark.database, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

CITY = Path("cities/suizhou")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# Streams do not end; they have tests of their own.
STREAMS = {"/api/v1/live", "/api/v1/violations/stream"}
STAY_ID = "c4ca4238-a0b9-2382-0dcc-509a6f75849b"
# Names that the rows below have; other names are asked for too.
NAMES = {
    "berth_id": "A-1",
    "section_id": "S001",
    "zone_id": "Z1",
    "sign_id": "L2-01",
    "device_id": "G-A-1",
    "stay_id": STAY_ID,
}
EXAMPLES = 8

ADD_STAY = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at, plate,
                   plate_colour, plate_confidence, arrival_seq, note, updated_at)
VALUES (%(stay)s, 1, 1, 'A-1', 'S001', 'Z1', 'I', 'closed', %(at)s, %(at)s, %(at)s, %(at)s, '鄂S12345',
        'blue', 0.99, 1, '', %(at)s)"""
ADD_REJECT = """
INSERT INTO rejects (received_at, topic, payload, reason, detail) VALUES (%s, 't', 'x', 'malformed', 'd')"""
ADD_FRAME = """
INSERT INTO sign_frames (frame_no, sign_id, body, text, as_of, published_at, renewed_at, expires_at, cause)
VALUES (1, 'L2-01', '[]', '', %(at)s, %(at)s, %(at)s, %(at)s, 'first')"""


@pytest.fixture
def app(database_url: str, connection: Connection, tmp_path: Path) -> Iterator[FastAPI]:
    """Every room over a small city in which something has happened."""
    street, clock = Street(connection), SetClock(NOON)
    street.believe("A-1", FREE, NOON - timedelta(minutes=5))
    street.believe("A-1", OCCUPIED, NOON)
    for statement in (ADD_STAY, ADD_FRAME):
        connection.execute(statement, {"stay": STAY_ID, "at": NOON})
    connection.execute(ADD_REJECT, (NOON,))
    desk = small_desk(belief("A-1", OCCUPIED), belief("B-1", FREE))
    loans = PooledLoans(database_url)
    loans.open()
    book = load_tariff_book(CITY / "tariffs", load_calendar(CITY / "holidays.toml"))
    own = guidance_api(desk, no_streams(), loans, FlatQuotes())
    people = sessions_router(Accounts(loans), loans, clock)
    rooms = room_routers(Settings(home=tmp_path, city=CITY), desk.city, clock, book, loans)
    yield build_app([own.router, people, *rooms], [], [], LocalGuard(), own.express)
    loans.close()


def test_every_route_does_what_its_description_says(app: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    found, asked = [], 0
    for each in schema.get_all_operations():
        assert isinstance(each, Ok)
        operation = each.ok()
        if operation.path not in STREAMS:
            asked += 1
            try:
                hold(operation)
            except FailureGroup as failures:
                found += [f"{operation.label}: {failure}" for failure in failures.exceptions]
    assert not found, "\n\n".join(found)
    assert asked > 40


def hold(operation: Any) -> None:  # noqa: ANN401  schemathesis has no public type for it
    """Ask one route what its description allows, partly about what there is."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def ask(case: Any, is_known: bool) -> None:  # noqa: ANN401, FBT001  as above; hypothesis passes it
        if is_known:
            case.path_parameters = known(case.path_parameters)
        case.call_and_validate(checks=CHECKS, headers={"Host": "127.0.0.1"})

    ask()


def known(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: NAMES.get(name, value) for name, value in names.items()}
