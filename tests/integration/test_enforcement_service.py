"""Enforcement over a real database: what it tells, what it takes back, and what a crash may not change."""

from collections.abc import Iterator

import pytest

from enforcement.service import Enforcement
from parking.errors import UnavailableError
from parking.ids import Plate
from parking.plumbing.database import Connection
from parking.rights import RightKind
from tests.support.enforcement import (
    CHARGING,
    DISABLED,
    FUEL,
    LIMITED,
    NEV,
    ORDINARY,
    OTHER_FUEL,
    minute,
)
from tests.support.enforcement_street import WrittenStreet, drain, opened

pytestmark = pytest.mark.database

LIVE = """
SELECT violation_id, rule, state, stay_id, plate FROM violations WHERE state <> 'withdrawn' ORDER BY 1"""
EVENTS = "SELECT event, body->>'state', body->>'reason' FROM violation_events ORDER BY event_no"


@pytest.fixture
def service(database_url: str) -> Iterator[Enforcement]:
    opening = opened(database_url)
    yield opening
    opening.close()


@pytest.fixture
def street(connection: Connection) -> WrittenStreet:
    return WrittenStreet(connection)


def events(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(EVENTS).fetchall()


def test_overstay_is_told_while_it_runs_and_upgraded_by_a_patrol(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(LIMITED, minute(0), "S-1")
    street.see(LIMITED, minute(1), FUEL)
    street.hear(LIMITED, minute(70))
    drain(service)
    assert events(connection) == []
    street.hear(LIMITED, minute(71))
    drain(service)
    assert events(connection) == [("detected", "lead", None)]
    street.see(LIMITED, minute(75), FUEL, device="P-1")
    drain(service)
    assert events(connection)[1:] == [("upgraded", "actionable", None)]
    street.leave(LIMITED, stay_id, minute(80), minute(82))
    drain(service)
    assert len(events(connection)) == 2
    (row,) = connection.execute("SELECT state, stay_id, plate, until_at FROM violations").fetchall()
    assert row == ("actionable", stay_id, FUEL, minute(80))


def test_the_time_of_day_alone_makes_no_violation(
    database_url: str, connection: Connection, street: WrittenStreet
) -> None:
    street.arrive(LIMITED, minute(0), "S-1")
    street.hear(LIMITED, minute(30))
    late = opened(database_url, minute(6000))
    drain(late)
    late.close()
    assert events(connection) == []


def test_a_clock_that_runs_ahead_proves_nothing(
    database_url: str, connection: Connection, street: WrittenStreet
) -> None:
    street.arrive(LIMITED, minute(0), "S-1")
    street.hear(LIMITED, minute(75))
    early = opened(database_url, minute(60))
    drain(early)
    early.close()
    assert events(connection) == []


def test_the_next_car_does_not_lengthen_the_stay_that_billing_still_holds_open(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    street.arrive(LIMITED, minute(0), "S-1")
    # The berth was left and taken again, and billing has not read that yet.
    connection.execute("UPDATE berth_states SET seq = seq + 2, since_at = %s", (minute(50),))
    street.hear(LIMITED, minute(100))
    drain(service)
    assert events(connection) == []


def test_a_car_without_the_right_is_told_once(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(CHARGING, minute(0), "S-1")
    for number in range(1, 5):
        street.see(CHARGING, minute(number), FUEL)
        drain(service)
    street.hear(CHARGING, minute(9))
    drain(service)
    street.see(CHARGING, minute(10), FUEL)
    drain(service)
    street.leave(CHARGING, stay_id, minute(20), minute(20))
    drain(service)
    assert events(connection) == [("detected", "actionable", None)]


def test_nothing_is_told_of_others(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    for berth_id, plate in ((CHARGING, NEV), (ORDINARY, FUEL)):
        stay_id = street.arrive(berth_id, minute(0), f"S-{berth_id}")
        street.see(berth_id, minute(1), plate)
        street.leave(berth_id, stay_id, minute(300), minute(300))
    drain(service)
    assert events(connection) == []


@pytest.mark.parametrize(("state", "reason"), [("void", "stay_void"), ("held", "stay_held")])
def test_what_no_longer_holds_is_withdrawn_with_the_reason_and_can_come_back(
    connection: Connection, street: WrittenStreet, service: Enforcement, state: str, reason: str
) -> None:
    stay_id = street.arrive(CHARGING, minute(0), "S-1")
    street.see(CHARGING, minute(1), FUEL)
    street.leave(CHARGING, stay_id, minute(20), minute(20))
    drain(service)
    street.turn_stay(CHARGING, stay_id, state)
    drain(service)
    street.turn_stay(CHARGING, stay_id, "closed")
    drain(service)
    assert events(connection) == [
        ("detected", "actionable", None),
        ("withdrawn", "withdrawn", reason),
        ("reinstated", "actionable", None),
    ]


def test_a_corrected_departure_withdraws(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(LIMITED, minute(0), "S-1")
    street.leave(LIMITED, stay_id, minute(90), minute(91))
    drain(service)
    connection.execute("UPDATE stays SET departed_earliest_at = %s, out_seq = out_seq + 1000", (minute(65),))
    drain(service)
    assert events(connection)[-1] == ("withdrawn", "withdrawn", "not_proven")


def test_a_second_plate_makes_it_a_lead_again(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    street.arrive(CHARGING, minute(0), "S-1")
    street.see(CHARGING, minute(1), FUEL)
    street.hear(CHARGING, minute(9))
    drain(service)
    street.see(CHARGING, minute(12), OTHER_FUEL)
    drain(service)
    assert [event for event, *_ in events(connection)] == ["detected", "downgraded"]


def test_unsound_readings_are_no_key(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(CHARGING, minute(0), "S-1", quality=1)
    street.see(CHARGING, minute(1), FUEL, "K-1")
    street.leave(CHARGING, stay_id, minute(20), minute(20))
    drain(service)
    (row,) = connection.execute("SELECT state, doubts FROM violations").fetchall()
    assert row == ("lead", ["second_key", "unsound"])


def test_a_silence_inside_the_stay_makes_a_lead(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(CHARGING, minute(0), "S-1")
    street.see(CHARGING, minute(1), FUEL)
    connection.execute(
        "INSERT INTO transitions SELECT partition, 50, berth_id, 1, 2, %s, %s, 1, 'silence', NULL, NULL, %s"
        " FROM transitions",
        (minute(5), minute(9), minute(9)),
    )
    street.leave(CHARGING, stay_id, minute(20), minute(20))
    connection.execute("UPDATE stays SET departure_seq = 60")
    drain(service)
    assert connection.execute("SELECT doubts FROM violations").fetchall() == [(["silence"],)]


def test_a_stay_takes_over_what_was_seen_before_it_was_known(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    street.see(CHARGING, minute(5), FUEL)
    street.see(CHARGING, minute(15), FUEL)
    street.see(CHARGING, minute(60), FUEL)
    street.see(CHARGING, minute(80), FUEL)
    drain(service)
    stay_id = street.arrive(CHARGING, minute(4), "S-1")
    street.leave(CHARGING, stay_id, minute(90), minute(90))
    drain(service)
    told = [(event, reason) for event, _, reason in events(connection)]
    assert told[:2] == [("detected", None)] * 2
    assert set(told[2:]) == {("upgraded", None), ("withdrawn", "merged")}
    ((_, _, state, held_by, _),) = connection.execute(LIVE).fetchall()
    assert (state, held_by) == ("actionable", stay_id)


def test_sightings_wait_for_billing(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    street.see(CHARGING, minute(5), FUEL)
    street.see(CHARGING, minute(15), FUEL)
    connection.execute("UPDATE billing_positions SET seq = 0")
    drain(service)
    assert events(connection) == []
    connection.execute("UPDATE billing_positions SET seq = 4")
    drain(service)
    assert [event for event, *_ in events(connection)] == ["detected"]


def test_only_one_process_writes(database_url: str, service: Enforcement) -> None:
    with pytest.raises(UnavailableError, match="another enforcement process"):
        opened(database_url)
    service.close()
    opened(database_url).close()


def test_events_cannot_be_changed(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(LIMITED, minute(0), "S-1")
    street.leave(LIMITED, stay_id, minute(90), minute(91))
    drain(service)
    for statement in ("UPDATE violation_events SET event = 'x'", "DELETE FROM violation_events"):
        with pytest.raises(Exception, match="append only"):
            connection.execute(statement)


def test_a_plate_one_character_from_a_holders_is_in_doubt(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    street.entitle(FUEL, RightKind.DISABLED)
    for number, (plate, doubts) in enumerate([("鄂S17345", ["plate"]), ("鄂S99999", [])]):
        start = number * 100
        stay_id = street.arrive(DISABLED, minute(start), f"S-{number}")
        street.see(DISABLED, minute(start + 1), Plate(plate))
        street.leave(DISABLED, stay_id, minute(start + 20), minute(start + 20))
        drain(service)
        row = connection.execute("SELECT doubts FROM violations WHERE stay_id = %s", (stay_id,)).fetchall()
        assert row == [(doubts,)], plate


def test_rights_count_whenever_they_come_on_record(
    connection: Connection, street: WrittenStreet, service: Enforcement
) -> None:
    stay_id = street.arrive(DISABLED, minute(0), "S-1")
    street.see(DISABLED, minute(1), FUEL)
    street.leave(DISABLED, stay_id, minute(20), minute(20))
    drain(service)
    assert events(connection) == []
    street.entitle(OTHER_FUEL, RightKind.DISABLED)
    drain(service)
    assert events(connection) == [("detected", "actionable", None)]
    street.entitle(FUEL, RightKind.DISABLED)
    drain(service)
    assert events(connection)[1:] == [("withdrawn", "withdrawn", "right")]
    street.entitle(FUEL, RightKind.DISABLED, until=0)
    drain(service)
    assert events(connection)[2:] == [("reinstated", "actionable", None)]
