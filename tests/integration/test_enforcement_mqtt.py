"""Area observations in and violations out over a real broker; nothing lost, nothing twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from enforcement.service import Enforcement, Herald, Observer
from parking.city import City
from parking.plumbing.database import Connection
from parking.plumbing.health import Health
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import violations_filter
from tests.support.enforcement import FUEL, LIMITED, SECTION, minute
from tests.support.enforcement_squads import AREA_RULES, Watchers, hear, linked, wait_until, watched_city
from tests.support.enforcement_street import SetClock, WrittenStreet, drain

pytestmark = [pytest.mark.database, pytest.mark.broker]

SCHEMAS = yaml.safe_load(Path("deploy/asyncapi.yaml").read_text(encoding="utf-8"))["components"]
COUNT = "SELECT (SELECT count(*) FROM observations), (SELECT count(*) FROM observation_rejects)"


@pytest.fixture
def town() -> City:
    return watched_city()


@pytest.fixture
def settings(database_url: str, broker_port: int) -> Settings:
    return Settings(database_url=database_url, mqtt_port=broker_port)


@pytest.fixture
def watchers(settings: Settings, town: City) -> Iterator[Watchers]:
    with linked(settings, f"cameras-{town.city_id}") as link:
        yield Watchers(link=link, city_id=town.city_id)


@pytest.fixture
def observer(settings: Settings, town: City) -> Iterator[Observer]:
    opened = Observer(settings, town, SystemClock(), Health("observer"))
    try:
        yield opened
    finally:
        opened.close()


def stored(connection: Connection) -> tuple[int, int]:
    (row,) = connection.execute(COUNT).fetchall()
    return row[0], row[1]


def take_in(observer: Observer, connection: Connection, expected: tuple[int, int]) -> None:
    def all_there() -> bool:
        observer.step()
        return stored(connection) == expected

    wait_until(all_there)


def ago(**time: float) -> str:
    return (SystemClock().now() - timedelta(**time)).isoformat()


def judge(database_url: str, town: City) -> None:
    service = Enforcement(database_url, town, AREA_RULES, SystemClock())
    drain(service)
    service.close()


def wait_for_subscription(observer: Observer, watchers: Watchers, connection: Connection) -> None:
    """Let a broken message through; once the last one sent has come, none is on its way."""

    def heard() -> bool:
        watchers.seq += 1
        payload = b"?%d" % watchers.seq
        watchers.say("K-1", payload)
        observer.step()
        last = connection.execute("SELECT payload FROM observation_rejects ORDER BY reject_no DESC LIMIT 1")
        return last.fetchall() == [(payload,)]

    wait_until(heard)
    connection.execute("DELETE FROM observation_rejects")


def test_what_two_cameras_see_becomes_a_violation_that_squads_hear_of(
    database_url: str,
    settings: Settings,
    town: City,
    watchers: Watchers,
    observer: Observer,
    connection: Connection,
) -> None:
    street = WrittenStreet(connection)
    wait_for_subscription(observer, watchers, connection)
    for device in ("K-1", "K-2"):
        street.check_up(device)
        for minutes in (9, 6, 3):
            watchers.see(
                device,
                "fire_lane",
                ago(minutes=minutes),
                plate=FUEL,
                plate_colour="blue",
                lon=113.3,
                lat=31.7,
            )
    take_in(observer, connection, (6, 0))
    with linked(settings, f"squad-{town.city_id}", violations_filter(town.city_id)) as squad:
        judge(database_url, town)
        herald = Herald(settings, town, SystemClock(), Health("herald"))
        step(herald)
        (told,) = hear(squad, lambda found: len(found) == 1)
        herald.close()
    assert (told["rule"], told["state"], told["event"], told["plate"]) == (
        "fire-lane", "actionable", "detected", "鄂S·1**45",
    )  # fmt: skip
    schema = {"$ref": "#/components/schemas/ViolationStep", "components": SCHEMAS}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert list(checker.iter_errors(told)) == []


def step(herald: Herald) -> bool:
    """Tell what there is, once the broker is there."""
    herald.step()
    return True


def test_a_message_that_comes_again_has_its_effect_once(
    watchers: Watchers, observer: Observer, connection: Connection
) -> None:
    wait_for_subscription(observer, watchers, connection)
    body = {"v": 1, "seq": 5, "at": ago(minutes=1), "scene": "bus_stop", "section": SECTION}
    for _ in range(3):
        watchers.say("K-1", json.dumps(body).encode())
    watchers.see("K-2", "bus_stop", ago(minutes=1))
    take_in(observer, connection, (2, 0))
    assert stored(connection) == (2, 0)


REFUSED: list[tuple[str, dict[str, Any] | bytes, str]] = [
    ("K-1", b"\xff\x00 no JSON", "malformed"),
    ("K-1", b"[" * 3000, "malformed"),
    ("K-1", b'{"v":1' + b" " * 5000 + b"}", "malformed"),
    ("K-1", {"scene": "zoo"}, "malformed"),
    ("K-1", {"lon": 113.0}, "malformed"),
    ("K-1", {"at": "2040-01-01T00:00:00Z"}, "future"),
    ("K-1", {"at": "2020-01-01T00:00:00Z"}, "too_old"),
    ("K-1", {"berth": "nowhere"}, "unknown_berth"),
    ("K-1", {"section": "nowhere"}, "unknown_berth"),
    ("K-9", {}, "unknown_device"),
    ("G-A-1", {}, "unknown_device"),
]


def test_what_is_refused_is_kept_with_its_reason(
    watchers: Watchers, observer: Observer, connection: Connection
) -> None:
    wait_for_subscription(observer, watchers, connection)
    good = {"v": 1, "seq": 1, "at": ago(minutes=1), "scene": "fire_lane"}
    for device, said, _ in REFUSED:
        payload = said if isinstance(said, bytes) else json.dumps(good | said).encode()
        watchers.say(device, payload)
    take_in(observer, connection, (0, len(REFUSED)))
    rows = connection.execute("SELECT reason FROM observation_rejects ORDER BY reject_no").fetchall()
    assert [reason for (reason,) in rows] == [reason for _, _, reason in REFUSED]


def test_a_squad_that_was_away_for_four_hours_misses_nothing(
    database_url: str, settings: Settings, town: City, connection: Connection
) -> None:
    street, clock = WrittenStreet(connection), SetClock(minute(0))
    service = Enforcement(database_url, town, AREA_RULES, clock)
    topic = violations_filter(town.city_id)
    with linked(settings, f"squad-{town.city_id}", topic, keep=True):
        pass  # the squad signs in, and goes where there is no network
    herald = Herald(settings, town, SystemClock(), Health("herald"))
    for number in range(24):
        # Every ten minutes for four hours: a car arrives, stays too long, and leaves.
        start = number * 100
        clock.at = minute(start + 90)
        stay_id = street.arrive(LIMITED, minute(start), f"S-{number}")
        street.leave(LIMITED, stay_id, minute(start + 80), minute(start + 81))
        drain(service)
        step(herald)
        if number == 11:
            # In the middle the process that tells is killed and comes again.
            herald.close()
            herald = Herald(settings, town, SystemClock(), Health("herald"))
    wait_until(lambda: step(herald) and is_told(connection))
    (newest,) = connection.execute("SELECT max(event_no) FROM violation_events").fetchone() or (0,)
    with linked(settings, f"squad-{town.city_id}", topic, keep=True, known=True) as squad:
        told = hear(squad, lambda found: bool(found) and found[-1]["event_no"] == newest)
    herald.close()
    service.close()
    numbers = [each["event_no"] for each in told]
    assert sorted(set(numbers)) == list(range(1, newest + 1))


def is_told(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT (SELECT coalesce(max(event_no), 0) FROM violation_events)"
        " = (SELECT coalesce(max(seq), -1) FROM enforcement_positions WHERE feed = 'mqtt')"
    ).fetchone()
    return bool(row and row[0])
