"""Claims and findings over HTTP: one squad at a time, each action once, what is found on the spot heeded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI

from enforcement.api import fieldwork_router
from enforcement.fielddesk import FieldDesk
from enforcement.fieldwork import LEASE, FieldAction
from parking.errors import UnavailableError
from parking.plumbing.database import Connection
from tests.support.asgi import Asker
from tests.support.enforcement import CHARGING, DISABLED, FUEL, LIMITED, city, minute
from tests.support.enforcement_cases import Office, open_office

pytestmark = pytest.mark.database

LOSE_CONNECTIONS = """
CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.4 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lose_connection AFTER INSERT ON field_actions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION lose_connection()"""


@pytest.fixture
def office(database_url: str, connection: Connection, tmp_path: Path) -> Office:
    office = open_office(database_url, connection, tmp_path)
    app = FastAPI()
    app.include_router(fieldwork_router(FieldDesk(office.desk.loans, city(), office.clock)))
    office.caller = Asker(app)
    return office


def body(office: Office, violation_id: str, action: str, key: str, **other: object) -> dict[str, Any]:
    acted_at = office.clock.at.isoformat()
    return {"violation_id": violation_id, "action": action, "key": key, "acted_at": acted_at, **other}


def act(
    office: Office, who: str, violation_id: str, action: str, key: str, **other: object
) -> dict[str, Any]:
    answer = office.post("/field/actions", [body(office, violation_id, action, key, **other)], who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()[0]
    return found


def test_claims_pass_from_hand_to_hand(office: Office) -> None:
    violation_id = office.violation()
    assert act(office, "G-1", violation_id, "claim", "key-00001")["claimed_by"] == "G-1"
    assert act(office, "O-1", violation_id, "claim", "key-00002")["refusal"] == "claimed"
    handed = act(office, "G-1", violation_id, "hand_over", "key-00003", to_actor_id="O-2")
    assert handed["claimed_by"] == "O-2"
    nobody = act(office, "O-2", violation_id, "hand_over", "key-00004", to_actor_id="T-1")
    assert nobody["refusal"] == "to_nobody"
    assert act(office, "O-2", violation_id, "release", "key-00005")["claimed_by"] is None
    assert act(office, "O-1", violation_id, "claim", "key-00006")["claimed_by"] == "O-1"
    office.clock.at += LEASE
    assert act(office, "G-1", violation_id, "claim", "key-00007")["claimed_by"] == "G-1"
    assert act(office, "G-1", "V-none", "claim", "key-00008")["refusal"] == "unknown_violation"
    assert (
        office.post("/field/actions", [body(office, violation_id, "claim", "key-00009")], "x").status_code
        == 401
    )


def test_of_many_squads_at_once_one_gets_the_claim(office: Office) -> None:
    violation_id = office.violation()
    squads = ["G-1", "O-1", "O-2"] * 4

    def claim(number: int) -> object:
        return act(office, squads[number], violation_id, "claim", f"key-{number:05}")["refusal"]

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(claim, range(len(squads))))
    holders = {squad for squad, refusal in zip(squads, answers, strict=True) if refusal is None}
    assert len(holders) == 1


def test_an_offline_batch_counts_once_and_each_on_its_own(office: Office) -> None:
    violation_id = office.violation()
    act(office, "G-1", violation_id, "claim", "key-00001")
    batch = [
        body(office, violation_id, "confirmed", "key-00002"),
        body(office, "V-none", "confirmed", "key-00003"),
        body(office, violation_id, "release", "key-00004"),
    ]
    office.clock.at += timedelta(hours=4)
    first, again = (office.post("/field/actions", batch, "G-1").json() for _ in range(2))
    assert [each["refusal"] for each in first] == [None, "unknown_violation", "not_claimed"]
    assert [each["refusal"] for each in again] == [each["refusal"] for each in first]
    rows = office.connection.execute("SELECT action_no, action FROM field_actions ORDER BY 1").fetchall()
    assert rows == [(1, "claim"), (2, "confirmed"), (3, "release")]
    stolen = office.post("/field/actions", batch[:1], "O-1").json()
    assert stolen[0]["refusal"] == "key_reused"


@pytest.mark.parametrize("action", ["nobody_there", "sensor_fault"])
def test_what_a_squad_finds_otherwise_takes_the_second_key_away(office: Office, action: str) -> None:
    violation_id = office.violation()
    state = "SELECT state, doubts FROM violations"
    assert office.connection.execute(state).fetchall() == [("actionable", [])]
    act(office, "G-1", violation_id, action, "key-00001")
    office.judge()
    assert office.connection.execute(state).fetchall() == [("lead", ["field"])]
    office.judge()
    events = office.connection.execute("SELECT event FROM violation_events ORDER BY event_no").fetchall()
    assert events == [("detected",), ("downgraded",)]
    told = office.connection.execute("SELECT berth_id FROM sensor_faults_told").fetchall()
    assert told == ([(CHARGING,)] if action == "sensor_fault" else [])


def test_a_squad_that_finds_the_vehicle_is_the_second_reader(office: Office) -> None:
    stay_id = office.street.arrive(CHARGING, minute(0), "S-1")
    office.street.see(CHARGING, minute(1), FUEL, "K-1")
    office.street.leave(CHARGING, stay_id, minute(60), minute(60))
    office.judge()
    read = "SELECT violation_id, state, doubts FROM violations"
    ((violation_id, state, doubts),) = office.connection.execute(read).fetchall()
    assert (state, doubts) == ("lead", ["one_reader"])
    act(office, "G-1", violation_id, "confirmed", "key-00001")
    office.judge()
    assert office.connection.execute(read).fetchall() == [(violation_id, "actionable", [])]


def test_a_refused_finding_takes_nothing_away(office: Office) -> None:
    violation_id = office.violation()
    act(office, "O-1", violation_id, "claim", "key-00001")
    assert act(office, "G-1", violation_id, "sensor_fault", "key-00002")["refusal"] == "claimed"
    office.judge()
    assert office.connection.execute("SELECT state FROM violations").fetchall() == [("actionable",)]


def test_what_is_near_comes_certain_first_and_unmasked_to_officers_only(office: Office) -> None:
    for berth_id, stay_id in ((LIMITED, "S-1"), (CHARGING, "S-2"), (DISABLED, "S-3")):
        office.street.arrive(berth_id, minute(0), stay_id)
    office.street.see(CHARGING, minute(1), FUEL)
    for berth_id in (LIMITED, CHARGING, DISABLED):
        office.street.hear(berth_id, minute(80))
    office.judge()
    asked = {"lon": 113.38, "lat": 31.70}
    seen = office.post("/field/nearby", asked, "O-1").json()
    assert [(each["state"], each["plate"]) for each in seen] == [("actionable", FUEL), ("lead", None)]
    assert office.post("/field/nearby", asked, "G-1").json()[0]["plate"] == "鄂S·1**45"
    assert office.post("/field/nearby", asked, "T-1").status_code == 403
    act(office, "O-1", seen[0]["violation_id"], "claim", "key-00001")
    assert len(office.post("/field/nearby", asked, "O-1").json()) == 2
    assert len(office.post("/field/nearby", asked, "G-1").json()) == 1


def test_no_place_of_a_person_is_kept(connection: Connection) -> None:
    columns = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_name IN ('claims', 'field_actions', 'enforcement_staff')"
    ).fetchall()
    assert len(columns) > 10
    words = {word for _, name in columns for word in name.split("_")}
    assert not words & {"lon", "lat", "longitude", "latitude", "position", "place", "location", "geom"}


def test_actions_that_meet_a_lost_connection_are_neither_lost_nor_doubled(office: Office) -> None:
    violation_id = office.violation()
    office.connection.execute(LOSE_CONNECTIONS.encode())
    dice = Random(1)  # noqa: S311  repeatable, not secret
    actions = [dice.choice(list(FieldAction)).value for _ in range(25)]
    lost = 0
    for number, action in enumerate(actions):
        request = [body(office, violation_id, action, f"key-{number:05}", to_actor_id="G-1")]
        while True:
            try:
                office.post("/field/actions", request, "G-1")
            except UnavailableError:
                lost += 1
            else:
                break
    assert lost > 3
    rows = office.connection.execute(
        "SELECT action_no, action_key, action FROM field_actions ORDER BY action_no"
    ).fetchall()
    assert rows == [(number + 1, f"key-{number:05}", action) for number, action in enumerate(actions)]
