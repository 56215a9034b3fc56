"""Corrections upstream withdraw what rested on them, with the reason: through billing and a real database."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from billing.rating import Site
from enforcement.cases.words import Actor, Role
from enforcement.fielddesk import FieldDesk
from enforcement.rule import Addressee, RuleKind
from enforcement.rulebook import Rulebook
from enforcement.service import Enforcement
from enforcement.store.scenes import add_observation
from parking.city import City, Position
from parking.ids import DeviceId, Plate, ZoneId
from parking.money import Fen
from parking.observations import Observation, Scene
from parking.plumbing.database import Connection
from parking.readings import PlateReading
from parking.rights import RightKind
from parking.states import BerthState
from tests.support.billing import run_billing, suizhou
from tests.support.enforcement import (
    BERTHS,
    CHARGING,
    FUEL,
    LIMITED,
    ORDINARY,
    RULEBOOK,
    SECTION,
    city,
    minute,
    rule,
)
from tests.support.enforcement_cases import lender, open_office
from tests.support.enforcement_squads import AREA_RULES, watched_city
from tests.support.enforcement_street import SetClock, WrittenStreet, drain, opened
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database

TOLD = "SELECT event, body->>'state', body->>'reason' FROM violation_events ORDER BY event_no"
PLACE = Site(section_id=SECTION, zone_id=ZoneId("Z1"), zone_class="I", road="试验路", berth_kind="ordinary")
SITES = dict.fromkeys(BERTHS, PLACE)
ARREARS = replace(
    rule("arrears", RuleKind.ARREARS, timedelta()), addressee=Addressee.OPERATOR, threshold_fen=Fen(5000)
)


def told(connection: Connection) -> list[tuple[str, str, str | None]]:
    return [(row[0], row[1], row[2]) for row in connection.execute(TOLD)]


def judge(
    url: str,
    rulebook: Rulebook = RULEBOOK,
    owed: Mapping[Plate, Fen] | None = None,
    town: City | None = None,
) -> None:
    def owing(connection: Connection, plates: object) -> Mapping[Plate, Fen]:
        del connection, plates
        return owed or {}

    service = Enforcement(url, town or city(), rulebook, SetClock(minute(6000)), arrears=owing)
    drain(service)
    service.close()


@pytest.mark.parametrize(
    ("which", "correct_at", "state", "reason"),
    [
        (1, 65.0, BerthState.FREE, "not_proven"),
        (0, 40.0, BerthState.OCCUPIED, "stay_void"),
    ],
)
def test_a_corrected_transition_withdraws_through_billing(
    database_url: str, connection: Connection, which: int, correct_at: float, state: BerthState, reason: str
) -> None:
    street, book = StreetRows(), suizhou()
    parts = street.park(LIMITED, minute(0), minute(90))
    street.save(connection)
    run_billing(database_url, book, SITES, minute(6000))
    judge(database_url)
    assert told(connection) == [("detected", "lead", None)]
    wrong = parts[which]
    street.turn(LIMITED, state, minute(correct_at), replaces=wrong, from_state=wrong.from_state)
    street.save(connection)
    run_billing(database_url, book, SITES, minute(6000))
    judge(database_url)
    assert told(connection)[1:] == [("withdrawn", "withdrawn", reason)]


def test_an_arrival_that_never_was_withdraws_through_billing(
    database_url: str, connection: Connection
) -> None:
    street, book = StreetRows(), suizhou()
    arrival, departure = street.park(LIMITED, minute(0), minute(90))
    street.save(connection)
    run_billing(database_url, book, SITES, minute(6000))
    judge(database_url)
    street.turn(LIMITED, BerthState.FREE, minute(0), replaces=arrival, from_state=BerthState.FREE)
    street.turn(LIMITED, BerthState.FREE, minute(90), replaces=departure, from_state=BerthState.FREE)
    street.save(connection)
    run_billing(database_url, book, SITES, minute(6000))
    judge(database_url)
    assert told(connection) == [("detected", "lead", None), ("withdrawn", "withdrawn", "stay_void")]


@pytest.fixture
def street(connection: Connection) -> WrittenStreet:
    return WrittenStreet(connection)


def again(url: str) -> None:
    service = opened(url)
    drain(service)
    service.close()


def offend(street: WrittenStreet, url: str) -> None:
    """Let a car without the right be seen by two devices, and judge it."""
    stay_id = street.arrive(CHARGING, minute(0), "S-1")
    street.see(CHARGING, minute(1), FUEL)
    street.leave(CHARGING, stay_id, minute(20), minute(20))
    again(url)


def test_devices_in_quarantine_take_their_keys_away_one_by_one(
    street: WrittenStreet, database_url: str, connection: Connection
) -> None:
    offend(street, database_url)
    # Without the sensor two readers are left, then one, then nobody.
    for device in (f"G-{CHARGING}", "P-9", "C-1"):
        street.check_up(device, minute(30), quarantined=minute(-10))
        again(database_url)
    assert told(connection) == [
        ("detected", "actionable", None),
        ("downgraded", "lead", None),
        ("withdrawn", "withdrawn", "device_fault"),
    ]


def test_a_quarantine_of_later_minutes_changes_nothing(
    street: WrittenStreet, database_url: str, connection: Connection
) -> None:
    offend(street, database_url)
    street.check_up(f"G-{CHARGING}", minute(300), quarantined=minute(290))
    again(database_url)
    assert told(connection) == [("detected", "actionable", None)]


def test_a_device_without_any_history_makes_a_lead(
    street: WrittenStreet, database_url: str, connection: Connection
) -> None:
    stay_id = street.arrive(CHARGING, minute(0), "S-1")
    street.see(CHARGING, minute(1), FUEL)
    street.leave(CHARGING, stay_id, minute(20), minute(20))
    connection.execute("DELETE FROM device_health WHERE device_id IN ('C-1', 'P-9')")
    again(database_url)
    assert connection.execute("SELECT doubts FROM violations").fetchall() == [(["second_key", "device"],)]


def test_a_debt_that_is_paid_withdraws_the_reminder(
    street: WrittenStreet, database_url: str, connection: Connection
) -> None:
    rulebook = replace(RULEBOOK, rules=(ARREARS,))
    stay_id = street.arrive(ORDINARY, minute(4000), "S-1")
    street.see(ORDINARY, minute(4001), FUEL)
    connection.execute("UPDATE stays SET plate = %s, out_seq = 50 WHERE stay_id = %s", (FUEL, stay_id))
    street.hear(ORDINARY, minute(4010))
    judge(database_url, rulebook, {FUEL: Fen(6000)})
    (row,) = connection.execute("SELECT rule, addressee, plate FROM violations").fetchall()
    assert row == ("arrears", "operator", FUEL)
    judge(database_url, rulebook, {FUEL: Fen(100)})
    assert told(connection)[-1] == ("withdrawn", "withdrawn", "paid")


def observe(
    connection: Connection, number: int, at: datetime, device: str, scene: Scene = Scene.FIRE_LANE
) -> None:
    seen = Observation(
        device_id=DeviceId(device),
        boot=0,
        seq=number,
        scene=scene,
        observed_at=at,
        section_id=SECTION,
        berth_id=None,
        position=Position(lon=113.39, lat=31.70),
        track="t",
        plate=PlateReading(plate=FUEL, colour="blue", confidence=0.95),
        fleet="",
        confidence=0.95,
    )
    assert add_observation(connection, seen, at)
    assert not add_observation(connection, seen, at)


@pytest.fixture
def fire_lane(street: WrittenStreet, connection: Connection) -> Callable[[], None]:
    def block() -> None:
        for place, device in enumerate(("K-1", "K-2")):
            street.check_up(device)
            for number in range(3):
                observe(connection, place * 10 + number, minute(number * 2), device)

    return block


def test_a_right_withdraws_what_was_observed(
    street: WrittenStreet, fire_lane: Callable[[], None], database_url: str, connection: Connection
) -> None:
    fire_lane()
    judge(database_url, AREA_RULES)
    assert told(connection) == [("detected", "actionable", None)]
    street.entitle(FUEL, RightKind.EXEMPT)
    judge(database_url, AREA_RULES)
    assert told(connection)[1:] == [("withdrawn", "withdrawn", "right")]


def test_an_observing_camera_in_quarantine_is_no_key(
    street: WrittenStreet, fire_lane: Callable[[], None], database_url: str, connection: Connection
) -> None:
    fire_lane()
    judge(database_url, AREA_RULES)
    for device in ("K-1", "K-2"):
        street.check_up(device, minute(30), quarantined=minute(-10))
    judge(database_url, AREA_RULES, town=watched_city())
    assert told(connection)[1:] == [("withdrawn", "withdrawn", "device_fault")]


def test_squads_are_sent_to_what_goes_on_and_is_theirs_the_most_certain_first(
    street: WrittenStreet, fire_lane: Callable[[], None], database_url: str, connection: Connection
) -> None:
    fire_lane()
    street.arrive(LIMITED, minute(-100), "S-1")
    street.hear(LIMITED, minute(5))
    for number in range(2):
        observe(connection, 50 + number, minute(number * 4), "K-1", Scene.STRAY_CYCLE)
    judge(database_url, AREA_RULES)
    clock = SetClock(minute(10))
    desk = FieldDesk(lender(database_url), city(), clock)
    squad = Actor(actor_id="O-1", role=Role.OFFICER, certificate_no="42-001")
    # The lead of the limited berth is where the squad stands, the certain one a kilometre away.
    here = BERTHS[LIMITED].position
    near = desk.list_nearby(squad, here, 10)
    assert [each.rule_id for each in near] == ["fire-lane", "overstay"]
    assert near[0].distance_m > near[1].distance_m
    clock.at = minute(60)
    assert [each.rule_id for each in desk.list_nearby(squad, here, 10)] == ["overstay"]


def test_a_report_to_an_operator_is_no_case(
    street: WrittenStreet, database_url: str, connection: Connection, tmp_path: Path
) -> None:
    street.check_up("K-1")
    for number in range(2):
        observe(connection, 50 + number, minute(number * 4), "K-1", Scene.STRAY_CYCLE)
    judge(database_url, AREA_RULES)
    ((violation_id, addressee, plate),) = connection.execute(
        "SELECT violation_id, addressee, plate FROM violations"
    ).fetchall()
    assert (addressee, plate) == ("operator", None)
    office = open_office(database_url, connection, tmp_path)
    answer = office.post("/cases", {"violation_id": violation_id, "note": "n"})
    assert (answer.status_code, answer.json()["detail"]["kind"]) == (409, "no-case")


def test_proof_of_health_that_comes_later_makes_it_actionable(
    street: WrittenStreet, database_url: str, connection: Connection
) -> None:
    stay_id = street.arrive(CHARGING, minute(5900), "S-1")
    street.see(CHARGING, minute(5901), FUEL)
    street.leave(CHARGING, stay_id, minute(5920), minute(5920))
    connection.execute("DELETE FROM device_health WHERE device_id IN ('C-1', 'P-9')")
    again(database_url)
    for reader in ("C-1", "P-9"):
        street.check_up(reader, minute(5930))
    again(database_url)
    assert told(connection) == [("detected", "lead", None), ("upgraded", "actionable", None)]
