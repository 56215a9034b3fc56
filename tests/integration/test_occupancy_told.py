"""What a squad says of a sensor reaches the maintenance crew's work list, until the sensor is replaced."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from enforcement.api import fieldwork_router
from enforcement.fielddesk import FieldDesk
from ingest import register
from occupancy.api import list_jobs
from occupancy.worklist import HEEDED_FOR
from parking.ids import DeviceId
from parking.plumbing.database import Connection
from tests.support.asgi import Asker
from tests.support.enforcement import CHARGING, city
from tests.support.enforcement_cases import Office, open_office

pytestmark = pytest.mark.database

SENSOR = DeviceId(f"G-{CHARGING}")
SAY_HEALTHY = """
INSERT INTO device_health VALUES (%s, %s, %s, %s, 100, 0.99, 0.98, 0.999, 24, 0, 3.6, NULL, 0, NULL, NULL)"""


@pytest.fixture
def office(database_url: str, connection: Connection, tmp_path: Path) -> Office:
    office = open_office(database_url, connection, tmp_path)
    app = FastAPI()
    app.include_router(fieldwork_router(FieldDesk(office.desk.loans, city(), office.clock)))
    office.caller = Asker(app)
    register.sync_files(connection, city(), office.clock.at)
    for device in city().devices.values():
        row = (device.device_id, office.clock.at, device.berth_id, office.clock.at)
        connection.execute(SAY_HEALTHY, row)
    connection.commit()
    return office


def say(office: Office, violation_id: str, key: str, action: str = "sensor_fault") -> Any:  # noqa: ANN401  JSON
    acted_at = office.clock.at.isoformat()
    body = {"violation_id": violation_id, "action": action, "key": key, "acted_at": acted_at}
    (answer,) = office.post("/field/actions", [body], "G-1").json()
    return answer["refusal"]


def devices_on_the_list(office: Office) -> list[DeviceId]:
    return [job.health.device_id for job in list_jobs(office.connection, city(), office.clock.at)]


def test_a_sensor_that_a_squad_calls_faulty_comes_on_the_list(office: Office) -> None:
    violation_id = office.violation()
    assert devices_on_the_list(office) == []
    assert say(office, violation_id, "key-00001") is None
    (job,) = list_jobs(office.connection, city(), office.clock.at)
    assert (job.health.device_id, round(job.certainty, 3)) == (SENSOR, 0.8)
    assert "called faulty on the spot, 1 in all" in job.signs[0].en
    office.clock.at += HEEDED_FOR + timedelta(minutes=1)
    assert devices_on_the_list(office) == []


def test_a_new_sensor_is_not_blamed_for_the_one_before_it(office: Office) -> None:
    assert say(office, office.violation(), "key-00001") is None
    office.clock.at += timedelta(hours=1)
    register.end_bindings(office.connection, [SENSOR], office.clock.at)
    office.connection.commit()
    assert devices_on_the_list(office) == []


def test_what_was_refused_or_finds_nothing_wrong_counts_for_nothing(office: Office) -> None:
    violation_id = office.violation()
    assert say(office, "V-none", "key-00001") == "unknown_violation"
    assert say(office, violation_id, "key-00002", "nobody_there") is None
    assert devices_on_the_list(office) == []
