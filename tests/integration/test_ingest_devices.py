"""The register of devices and a running street: discovered, bound, replaced; the refused goes through."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI

import ingest.held
import ingest.register
from app.http import API, build_app
from app.main import main
from ingest.api import devices_router
from ingest.changes import Author, NewDevice, ObjectionError, bind_device, replace_device
from ingest.held import Wanted
from ingest.registry import Profile
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.readings import RejectReason
from tests.integration.test_street import geo, open_street, publish, step_until
from tests.support.asgi import Asker
from tests.support.cities import small_city

pytestmark = [pytest.mark.database, pytest.mark.broker]

G0, G9, B0, B1 = DeviceId("G0"), DeviceId("G9"), BerthId("B0"), BerthId("B1")
UNKNOWN = Wanted(reason=RejectReason.UNKNOWN_DEVICE)
READINGS = "SELECT count(*) FROM readings"
REJECTS = "SELECT count(*) FROM rejects"


@pytest.fixture
def city() -> City:
    """Return a city with a name of its own, so that the shared broker keeps no session of another test."""
    return replace(small_city(), city_id=f"city{uuid4().hex[:8]}")


@pytest.fixture
def settings(database_url: str, broker_port: int) -> Settings:
    return Settings(database_url=database_url, mqtt_port=broker_port)


@pytest.fixture
def loans(database_url: str) -> Callable[[], AbstractContextManager[Connection]]:
    @contextmanager
    def lend() -> Iterator[Connection]:
        with connect(database_url, "tests") as opened, transaction(opened):
            yield opened

    return lend


def author() -> Author:
    return Author(by="li", now=SystemClock().now())


def ask_again(connection: Connection, wanted: Wanted = UNKNOWN) -> int:
    with transaction(connection):
        return ingest.held.request_replay(connection, wanted, SystemClock().now())


def test_unknown_device_is_discovered_bound_and_its_messages_go_through_once(
    settings: Settings, city: City, connection: Connection
) -> None:
    with open_street(settings, city) as street:
        street.step()
        before = [("geo/G9", geo(n, occupied=n % 2 == 0, minutes_ago=10 - n)) for n in range(3)]
        publish(settings, city, *before)
        step_until(street, connection, REJECTS, 3)
        found = ingest.held.list_discovered(connection)
        assert [(each.device_id, each.families, each.messages) for each in found] == [("G9", ("geo",), 3)]

        with transaction(connection):
            past = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251  the street compares with the real clock
            bind_device(connection, city, G9, B1, past, NewDevice(), author())
        assert ask_again(connection) == 3
        step_until(street, connection, READINGS, 3)
        publish(settings, city, ("geo/G9", geo(7, occupied=True)))
        step_until(street, connection, READINGS, 4)
        assert ask_again(connection) == 0

    rows = connection.execute("SELECT berth_id, seq FROM readings ORDER BY reading_id").fetchall()
    assert rows == [("B1", 0), ("B1", 1), ("B1", 2), ("B1", 7)]
    became = connection.execute(
        "SELECT count(*) FROM rejects JOIN readings USING (reading_id, received_at)"
    ).fetchone()
    assert became == (3,)
    assert ingest.held.list_discovered(connection) == []


def test_replay_that_is_killed_in_the_middle_goes_through_once(
    settings: Settings, city: City, connection: Connection
) -> None:
    with open_street(settings, city) as street:
        street.step()
        publish(settings, city, ("geo/G9", geo(1, occupied=True, minutes_ago=1)))
        step_until(street, connection, REJECTS, 1)
        with transaction(connection):
            bind_device(connection, city, G9, B1, None, NewDevice(), author())
    connection.execute("UPDATE bindings SET from_at = NULL WHERE device_id = 'G9'")
    ask_again(connection)
    connection.execute("ALTER TABLE rejects ADD CONSTRAINT broken CHECK (replayed_at IS NULL)")
    with suppress(Exception), open_street(settings, city) as street:
        street.step()
    assert connection.execute(READINGS).fetchone() == (0,)
    connection.execute("ALTER TABLE rejects DROP CONSTRAINT broken")

    with open_street(settings, city) as street:
        step_until(street, connection, READINGS, 1)

    assert ask_again(connection) == 0
    assert ingest.held.count_requested(connection) == 0


def test_what_is_refused_again_says_why_and_may_be_asked_for_again(
    settings: Settings, city: City, connection: Connection
) -> None:
    with open_street(settings, city) as street:
        street.step()
        publish(settings, city, ("geo/G9", geo(1, occupied=True)))
        step_until(street, connection, REJECTS, 1)
        assert ask_again(connection) == 1
        step_until(street, connection, f"{REJECTS} WHERE replayed_at IS NOT NULL", 1)

    held = next(ingest.held.list_held(connection, UNKNOWN, 10))
    assert held.refused is not None
    assert held.refused.startswith("unknown_device: ")
    assert connection.execute(REJECTS).fetchone() == (1,)
    assert ask_again(connection) == 1


def test_replacement_holds_from_its_moment_without_a_restart(
    settings: Settings, city: City, connection: Connection
) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=30)  # noqa: TID251  the street compares with the real clock
    with open_street(settings, city) as street:
        street.step()
        publish(settings, city, ("geo/G0b", geo(1, occupied=False, minutes_ago=20)))
        step_until(street, connection, REJECTS, 1)
        with transaction(connection):
            new = replace_device(connection, city, G0, DeviceId("G0b"), moment, author())
        assert (new.family, new.berth_at(moment)) == ("geo", B0)
        ask_again(connection)
        step_until(street, connection, READINGS, 1)
        publish(
            settings,
            city,
            ("geo/G0", geo(1, occupied=True, minutes_ago=40)),
            ("geo/G0", geo(2, occupied=True, minutes_ago=10)),
        )
        step_until(street, connection, f"{REJECTS} WHERE reason = 'no_berth_mapping'", 1)
        publish(settings, city, ("geo/G0b", geo(2, occupied=False)))
        step_until(street, connection, READINGS, 3)

    rows = connection.execute("SELECT device_id, berth_id, seq FROM readings ORDER BY 1, 3").fetchall()
    assert rows == [("G0", "B0", 1), ("G0b", "B0", 1), ("G0b", "B0", 2)]


def test_changed_limits_of_silence_are_rows_that_a_restart_repeats(
    settings: Settings, city: City, connection: Connection
) -> None:
    limits = "SELECT count(*) FROM silence_limits"
    with open_street(settings, city) as street:
        street.step()
        known = ingest.register.load_registry(connection, city).devices[G0]
        with transaction(connection):
            faster = replace(known, profile=Profile.of("geo", timedelta(minutes=4)))
            ingest.register.save_devices(connection, [faster], by="li", now=SystemClock().now())
        step_until(street, connection, limits, 1)
    with open_street(settings, city) as street:
        for _ in range(3):
            street.step()

    rows = connection.execute("SELECT berth_id, silence FROM silence_limits").fetchall()
    assert rows == [("B0", timedelta(minutes=15))]


def test_bindings_of_one_device_never_overlap(city: City, connection: Connection) -> None:
    now = datetime.now(UTC)  # noqa: TID251  nothing may be bound from the future on
    with transaction(connection):
        ingest.register.sync_files(connection, city, now)
        for hours, berth_id in ((5, B1), (3, B0), (4, B1)):
            bind_device(connection, city, G0, berth_id, now - timedelta(hours=hours), NewDevice(), author())

    device = ingest.register.load_registry(connection, city, [G0]).devices[G0]
    spans = [(each.berth_id, each.from_at, each.until_at) for each in device.bindings]
    assert spans == [
        ("B0", None, now - timedelta(hours=5)),
        ("B1", now - timedelta(hours=5), now - timedelta(hours=4)),
        ("B1", now - timedelta(hours=4), None),
    ]
    with pytest.raises(ObjectionError, match="still to come"), transaction(connection):
        bind_device(connection, city, G0, B0, now + timedelta(days=1), NewDevice(), author())


def test_edited_device_is_not_changed_by_the_files(city: City, connection: Connection) -> None:
    with transaction(connection):
        first = ingest.register.sync_files(connection, city, SystemClock().now())
        bind_device(connection, city, G0, B1, None, NewDevice(), author())
    with transaction(connection):
        again = ingest.register.sync_files(connection, city, SystemClock().now())

    assert len(first.new) == len(city.devices)
    assert (again.new, again.changed) == ([], [])
    assert [(each.device_id, each.field) for each in again.conflicts] == [("G0", "berth")]


def test_register_over_http(
    city: City, connection: Connection, loans: Callable[[], AbstractContextManager[Connection]]
) -> None:
    with transaction(connection):
        ingest.register.sync_files(connection, city, SystemClock().now())
    asker = Asker(app_of(loans, city))

    page = asker.get(f"{API}/devices", params={"family": "geo", "limit": 3}).json()
    rest = asker.get(f"{API}/devices", params={"family": "geo", "cursor": page["next_cursor"]}).json()
    assert [each["device_id"] for each in (*page["devices"], *rest["devices"])] == ["G0", "G1", "G2", "G3"]
    assert page["devices"][0]["silent_after_s"] == 80 * 60
    assert asker.get(f"{API}/devices/G77").status_code == 404
    bound = asker.post(f"{API}/devices/G9/bind", json={"berth_id": "B1", "family": "geo"})
    assert (bound.status_code, bound.json()["bindings"][0]["berth_id"]) == (200, "B1")
    asked = {"berth_id": "B1", "family": "sonar"}
    refused = asker.post(f"{API}/devices/G10/bind", json=asked)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/family-needed")
    nowhere = asker.post(f"{API}/devices/G9/bind", json={"berth_id": "B77"})
    assert (nowhere.status_code, nowhere.json()["type"]) == (422, "/problems/unknown-berth")
    replaced = asker.post(f"{API}/devices/G9/replace", json={"by": "G11"}).json()
    assert (replaced["device_id"], replaced["family"]) == ("G11", "geo")
    unbound = asker.post(f"{API}/devices/G11/unbind", json={})
    assert unbound.json()["bindings"][-1]["until_at"] is not None
    assert asker.post(f"{API}/devices/G11/unbind", json={}).status_code == 409
    assert asker.post(f"{API}/rejects/replay", json={"reason": "future"}).json() == {"requested": 0, "cut": 0}
    assert asker.post(f"{API}/rejects/replay", json={"reason": "ugly"}).status_code == 422
    for at in ("2026-11-23T08:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T00:00:00Z"):
        late = asker.post(f"{API}/devices/G0/bind", json={"berth_id": "B1", "at": at})
        assert late.status_code == 422, at


def app_of(loans: Callable[[], AbstractContextManager[Connection]], city: City) -> FastAPI:
    return build_app([devices_router(loans, city, SystemClock())], [], [])


def test_register_by_command(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    table, bad = tmp_path / "devices.csv", tmp_path / "bad.csv"

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["--lang", "en", *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    assert "new, 0 changed; 0 where" in run("devices", "sync")[1]
    assert run("devices", "sync")[1].startswith("0 new, 0 changed; 0 where")
    run("devices", "export", str(table))
    code, told = run("devices", "import", str(table))
    assert (code, told.rstrip().endswith("new or changed: 0")) == (0, True)
    lines = table.read_text().splitlines()
    first = next(line.split(",")[0] for line in lines if ",geo," in line)
    bad.write_text("\n".join([lines[0], "X1,geo,nowhere,30,,,,,,,,", "X2,sonar,,30,,,,,,,,"]) + "\n")
    code, told = run("devices", "import", str(bad))
    assert code == 2
    assert "bad.csv:2:" in told
    assert "bad.csv:3:" in told
    assert run("devices", "unbind", first)[0] == 0
    assert run("devices", "show", first)[0] == 0
    assert "is not in the register" in run("devices", "show", "X1")[1]
    assert "0" in run("ingest", "rejects", "replay", "--reason", "future")[1]
    assert run("ingest", "rejects", "replay", "--reason", "future", "--dry-run")[0] == 0
    assert run("ingest", "rejects", "list", "--limit", "5")[0] == 0
