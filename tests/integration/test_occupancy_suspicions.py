"""Blocked berths and swapped sensors are named to the crew, from what the street has stored."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest import register
from occupancy.api import list_jobs
from occupancy.worklist import Job
from parking.ids import BerthId, partition_of
from parking.plumbing.database import Connection
from tests.support.cities import small_city

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
PARTITION = {f"B{number}": partition_of(BerthId(f"B{number}")) for number in range(4)}
SAY_HEALTH = """
INSERT INTO device_health VALUES (%s, %s, %s, %s, %s, %s, %s, 0.999, 48, 0, 3.6, NULL, 0, NULL, NULL)"""
SAY_STATE = """
INSERT INTO berth_states (berth_id, state, since_at, confidence, seq, heard_until, received_at)
VALUES (%s, %s, %s, 1, %s, %s, %s)"""
SEE = """
INSERT INTO sightings (partition, seq, berth_id, observed_at, plate, plate_colour, confidence, device_id,
                       reading_id, committed_at)
VALUES (%s, (SELECT count(*) + 1 FROM sightings), %s, %s, '鄂S12345', 'blue', 0.95, 'P0', 1, %s)"""
TURN = """
INSERT INTO transitions (partition, seq, berth_id, from_state, to_state, earliest_at, latest_at, confidence,
                         cause, committed_at)
VALUES (%s, (SELECT count(*) + 1 FROM transitions), %s, %s, %s, %s, %s, 1, %s, %s)"""
READ = """
INSERT INTO readings (reading_id, received_at, observed_at, device_id, berth_id, family, kind, boot, seq,
                      occupied, quality)
VALUES (nextval('reading_blocks'), %(at)s, %(at)s, %(device)s, %(berth)s, 'geo', %(kind)s, 0, 0, %(occupied)s,
        0)"""


@pytest.fixture(autouse=True)
def _registered(connection: Connection) -> None:
    register.sync_files(connection, small_city(), NOW - timedelta(days=9))
    for number in range(4):
        check(connection, f"G{number}", f"B{number}")
    check(connection, "C0", None)
    check(connection, "P0", None)
    connection.commit()


def check(connection: Connection, device: str, berth: str | None, accuracy: float = 0.99) -> None:
    connection.execute("DELETE FROM device_health WHERE device_id = %s", (device,))
    connection.execute(SAY_HEALTH, (device, NOW, berth, NOW, 20, accuracy, accuracy - 0.005))


def jobs(connection: Connection) -> dict[str, Job]:
    return {job.health.device_id: job for job in list_jobs(connection, small_city(), NOW)}


def hours(number: float) -> datetime:
    return NOW - timedelta(hours=number)


def stand_still(connection: Connection, since: datetime, state: int = 1) -> None:
    """Let B1 be taken since then, and vehicles come and go beside it."""
    connection.execute(TURN, (PARTITION["B1"], "B1", 0, 1, since, since, "change", since))
    if state == 2:
        connection.execute(TURN, (PARTITION["B1"], "B1", 1, 2, since, NOW, "quarantine", NOW))
    seq = connection.execute("SELECT count(*) FROM transitions").fetchone()
    assert seq is not None
    connection.execute(SAY_STATE, ("B1", state, since, seq[0], NOW, NOW))
    for hour in (10, 8, 6, 4):
        at = hours(hour)
        connection.execute(TURN, (PARTITION["B2"], "B2", 0, 1, at, at, "change", at))


def walk_past(connection: Connection, *at_hours: float, berths: tuple[str, ...] = ("B0", "B2")) -> None:
    """Let a squad read plates in these berths."""
    for hour in at_hours:
        for place, berth in enumerate(berths):
            at = hours(hour) + timedelta(seconds=9 * place)
            connection.execute(SEE, (PARTITION[berth], berth, at, at))


@pytest.mark.parametrize("state", [1, 2], ids=["taken", "quarantined since"])
def test_a_berth_that_is_taken_for_long_and_shows_no_plate_may_be_blocked(
    connection: Connection, state: int
) -> None:
    stand_still(connection, hours(20), state)
    walk_past(connection, 18, 11, 5)

    (sign,) = jobs(connection)["G1"].signs

    assert sign.zh.startswith("泊位疑似被堵（地锁？）：占用 20 小时未见车牌")
    assert "squads passed 3 times, neighbours changed 4 times" in sign.en


def test_one_plate_few_walks_or_a_short_time_speak_for_a_vehicle(connection: Connection) -> None:
    stand_still(connection, hours(20))
    walk_past(connection, 18, 11)
    assert "G1" not in jobs(connection)
    walk_past(connection, 5)
    assert "G1" in jobs(connection)
    walk_past(connection, 3, berths=("B1",))
    assert "G1" not in jobs(connection)


def test_a_berth_taken_for_some_hours_is_no_case(connection: Connection) -> None:
    stand_still(connection, hours(9))
    walk_past(connection, 8, 7, 6, 5)
    assert "G1" not in jobs(connection)


def say(connection: Connection, device: str, berth: str, hour: float, kind: int, *, occupied: bool) -> None:
    row = {"device": device, "berth": berth, "at": hours(hour), "kind": kind, "occupied": occupied}
    connection.execute(READ, row)


def park(connection: Connection, hour: float, berth: str, sensor: str, witness: str = "P0") -> None:
    """Let a vehicle stand in a berth for an hour, a sensor say so in its own name, and a witness see it."""
    told = f"B{sensor[1:]}"
    say(connection, sensor, told, hour, 0, occupied=True)
    say(connection, sensor, told, hour - 1, 0, occupied=False)
    if witness == "P0":
        say(connection, witness, berth, hour - 0.5, 2, occupied=True)
    else:
        say(connection, witness, berth, hour - 0.01, 0, occupied=True)
        say(connection, witness, berth, hour - 1, 0, occupied=False)


@pytest.mark.parametrize("witness", ["P0", "C0"])
def test_sensors_that_tell_what_is_seen_at_each_other_are_swapped(
    connection: Connection, witness: str
) -> None:
    check(connection, "G1", "B1", accuracy=0.7)
    for hour in range(4, 40, 8):
        park(connection, hour, "B1", "G2", witness)
        park(connection, hour + 3, "B2", "G1", witness)

    found = jobs(connection)

    assert any("seems swapped with G2" in sign.en for sign in found["G1"].signs)
    assert any("疑似与 G1 互换" in sign.zh for sign in found["G2"].signs)
    assert sorted(found) == ["G1", "G2"]


def test_one_bad_sensor_beside_a_good_one_is_not_swapped(connection: Connection) -> None:
    check(connection, "G1", "B1", accuracy=0.7)
    for hour in range(4, 40, 4):
        park(connection, hour + 2, "B2", "G2")
        say(connection, "P0", "B1", hour + 1.5, 2, occupied=True)  # G1 sees nothing of it
        say(connection, "G1", "B1", hour, 0, occupied=False)

    assert not [sign for job in jobs(connection).values() for sign in job.signs if "swapped" in sign.en]
