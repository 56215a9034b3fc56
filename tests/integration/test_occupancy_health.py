"""Device health over HTTP and by command: pages, filters, and a work list that follows the money."""

import csv
import io
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from fastapi import FastAPI

from app.main import main
from ingest import register
from occupancy.api import health_router, list_jobs
from parking.plumbing.database import Connection
from parking.plumbing.systemclock import SystemClock
from tests.support.billingapi import ask, get, lend
from tests.support.cities import small_city
from tests.support.enforcement_street import SetClock

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SAY_HEALTH = """
INSERT INTO device_health VALUES (%(device)s, %(at)s, %(berth)s, %(at)s, 100, %(accuracy)s, %(low)s, 0.999,
                                  48, 0, 3.6, NULL, 0, %(since)s, %(reason)s)"""
HEAR = "INSERT INTO device_habits (device_id, heard_at, gaps_s, delays_s) VALUES (%s, %s, '{}', '{}')"
SAY_STAY = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at,
                   arrival_seq, departure_seq, note, updated_at)
VALUES (%(stay)s, 1, 1, %(berth)s, 'S1', 'Z1', 'I', 'closed', %(at)s, %(at)s, %(end)s, %(end)s,
        1, 2, '', %(end)s)"""
SAY_CHARGE = """
INSERT INTO charges (charge_id, stay_id, version, amount_fen, zone_class, tariff, document_no, lines, notes,
                     charged_from_at, charged_to_at, minutes, cause, replaces, rated_at, book_digest)
VALUES (%(charge)s, %(stay)s, %(version)s, %(fen)s, 'I', 't', 'd', '[]', '[]', %(at)s, %(end)s,
        60, 'departure', %(replaces)s, %(end)s, '')"""


@pytest.fixture
def api(database_url: str) -> FastAPI:
    app = FastAPI()
    router = health_router(partial(lend, database_url), small_city(), SetClock(NOW))
    app.include_router(router, prefix="/api/v1")
    return app


def say(
    connection: Connection, number: int, at: datetime, *, good: bool = True, accuracy: float = 0.99
) -> None:
    """Write a row of health of the sensor of one berth."""
    connection.execute(
        SAY_HEALTH,
        {
            "device": f"G{number}",
            "berth": f"B{number}",
            "at": at,
            "accuracy": accuracy,
            "low": accuracy - 0.01,
            "since": None if good else at,
            "reason": None if good else "stuck",
        },
    )


def earn(connection: Connection, berth: str, *versions: int) -> None:
    """Write a stay of the day before, with versions of its charge."""
    at = NOW - timedelta(days=1)
    stay = {"stay": f"{berth}-stay", "berth": berth, "at": at, "end": at + timedelta(hours=1)}
    connection.execute(SAY_STAY, stay)
    for version, fen in enumerate(versions, start=1):
        before = f"{berth}#{version - 1}" if version > 1 else None
        charge = {"charge": f"{berth}#{version}", "version": version, "fen": fen, "replaces": before}
        connection.execute(SAY_CHARGE, stay | charge)


def test_the_newest_health_of_each_device_comes_in_pages(api: FastAPI, connection: Connection) -> None:
    for number in range(3):
        say(connection, number, NOW - timedelta(hours=2), accuracy=0.9)
        say(connection, number, NOW - timedelta(hours=1), accuracy=0.98, good=number != 1)
    connection.commit()
    first = get(api, "/devices/health", limit=2)
    assert [each["device_id"] for each in first["devices"]] == ["G0", "G1"]
    assert first["devices"][0]["accuracy"] == pytest.approx(0.98)
    second = get(api, "/devices/health", limit=2, cursor=first["next_cursor"])
    assert [each["device_id"] for each in second["devices"]] == ["G2"]
    assert second["next_cursor"] is None
    (sick,) = get(api, "/devices/health", quarantined="true")["devices"]
    assert (sick["device_id"], sick["quarantine_reason"]) == ("G1", "stuck")
    assert ask(api, "GET", "/devices/health", query={"limit": 0}).status_code == 422


def test_the_work_list_follows_the_money(api: FastAPI, connection: Connection) -> None:
    for number in range(3):
        say(connection, number, NOW, good=number == 2)
    earn(connection, "B1", 9900, 7000)
    connection.commit()
    body = get(api, "/devices/worklist")
    assert [(job["rank"], job["device_id"]) for job in body["jobs"]] == [(1, "G1"), (2, "G0")]
    assert [job["fen_per_day"] for job in body["jobs"]] == [1000, 0]
    assert body["total"] == 2
    assert "隔离" in body["jobs"][0]["reasons"][0]["zh"]
    assert len(get(api, "/devices/worklist", limit=1)["jobs"]) == 1


def test_the_command_prints_the_same_list(
    connection: Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    say(connection, 1, SystemClock().now(), good=False)
    connection.commit()
    assert main(["--lang", "en", "health", "worklist", "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["rank"], row["device"]) == ("1", "G1")
    assert "it repeats one state" in row["reasons"]
    assert main(["--lang", "en", "health", "list", "--quarantined"]) == 0
    assert "G1" in capsys.readouterr().out
    assert [job.health.device_id for job in list_jobs(connection, small_city(), NOW)] == ["G1"]


def test_a_device_that_never_spoke_is_a_job_since_its_binding(
    api: FastAPI,
    connection: Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = NOW - timedelta(hours=9)
    register.sync_files(connection, small_city(), began)
    for number in range(3):
        say(connection, number, NOW)
    # Heard for the first time a moment ago: its first checkup is still to come.
    connection.execute(HEAR, ("C0", NOW))
    connection.commit()

    jobs = get(api, "/devices/worklist")["jobs"]
    assert [job["device_id"] for job in jobs] == ["G3", "P0"]
    assert jobs[0]["berth_id"] == "B3"
    assert jobs[0]["reasons"][0]["en"] == "never heard since its binding at 2026-11-23 19:00Z"
    listed = {each["device_id"]: each for each in get(api, "/devices/health")["devices"]}
    assert listed["G3"]["heard_until"] is None
    assert sorted(listed) == ["G0", "G1", "G2", "G3", "P0"]

    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setattr("app.commands.health.SystemClock", lambda: SetClock(NOW))
    assert main(["--lang", "en", "health", "list"]) == 0
    assert "never heard" in next(line for line in capsys.readouterr().out.splitlines() if "G3" in line)


def test_a_device_that_is_not_due_yet_is_no_job(api: FastAPI, connection: Connection) -> None:
    register.sync_files(connection, small_city(), NOW - timedelta(minutes=30))
    connection.commit()
    assert get(api, "/devices/worklist")["jobs"] == []
