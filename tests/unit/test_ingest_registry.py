"""Which berth a device tells of at which moment, whose word rules, and how long it may be silent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.codecs.uplink import Binding
from ingest.devicetable import TableError, parse_devices, write_devices
from ingest.intake import Intake
from ingest.registry import DeviceState, Profile, RegisteredDevice, Registry, plan_sync
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.readings import RejectReason
from parking.staleness import berth_limits
from tests.support.cities import HEARTBEAT, small_city
from tests.unit.test_ingest_intake import NOW, geo

G0, B0, B1 = DeviceId("G0"), BerthId("B0"), BerthId("B1")
PATH = Path("devices.csv")
HEADER = "device_id,family,berth_id,heartbeat_min,from_at,calibrated_on,calibration_ends_on\n"


def moved(city: City, at: datetime) -> Registry:
    """Return the city's devices, of which G0 went from B0 to B1 at a moment."""
    devices = dict(Registry.of_files(city).devices)
    bindings = (Binding(berth_id=B0, until_at=at), Binding(berth_id=B1, from_at=at))
    devices[G0] = replace(devices[G0], bindings=bindings)
    return Registry(city, devices)


@pytest.mark.parametrize(("minutes", "berth_id"), [(-1, B0), (0, B1), (1, B1)])
def test_reading_belongs_to_the_berth_of_its_own_moment(minutes: int, berth_id: BerthId) -> None:
    city, moment = small_city(), NOW - timedelta(hours=1)
    intake = Intake(city, registry=moved(city, moment))

    accepted, _ = intake.admit([geo(at=moment + timedelta(minutes=minutes))])

    assert [each.berth_id for each in accepted] == [berth_id]


def test_device_that_was_bound_to_nothing_then_is_refused_by_name() -> None:
    city = small_city()
    devices = dict(Registry.of_files(city).devices)
    ended = (Binding(berth_id=B0, until_at=NOW - timedelta(hours=1)),)
    devices[G0] = replace(devices[G0], bindings=ended)

    accepted, rejected = Intake(city, registry=Registry(city, devices)).admit([geo()])

    assert not accepted
    assert rejected[0].reason is RejectReason.NO_BERTH_MAPPING
    assert "G0" in rejected[0].detail


def test_intake_learns_a_register_while_it_runs() -> None:
    city = small_city()
    intake = Intake(city)
    assert intake.admit([geo(1, device="G9")])[1][0].reason is RejectReason.UNKNOWN_DEVICE
    devices = dict(Registry.of_files(city).devices)
    new = RegisteredDevice(
        device_id=DeviceId("G9"),
        family="geo",
        profile=Profile.of("geo", HEARTBEAT),
        bindings=(Binding(berth_id=B1),),
    )
    intake.learn(Registry(city, {**devices, new.device_id: new}))

    assert [each.berth_id for each in intake.admit([geo(1, device="G9")])[0]] == [B1]
    intake.learn(Registry.of_files(city))
    assert intake.admit([geo(2, device="G9")])[1][0].reason is RejectReason.UNKNOWN_DEVICE


def test_retired_device_is_unknown() -> None:
    city = small_city()
    devices = dict(Registry.of_files(city).devices)
    devices[G0] = replace(devices[G0], state=DeviceState.RETIRED)

    _, rejected = Intake(city, registry=Registry(city, devices)).admit([geo()])

    assert rejected[0].reason is RejectReason.UNKNOWN_DEVICE


def test_limits_of_the_files_are_those_of_the_city() -> None:
    city = small_city()

    assert Registry.of_files(city).limits(NOW, {}) == berth_limits(city)


@pytest.mark.parametrize(
    ("interval_min", "minutes"),
    [(10, 10 * 2.5 + 5), (30, 30 * 2.5 + 5), (600, 30 * 2.5 + 5)],
)
def test_own_rhythm_shortens_the_limit_and_never_lengthens_it(interval_min: int, minutes: float) -> None:
    limits = Registry.of_files(small_city()).limits(NOW, {G0: timedelta(minutes=interval_min)})

    assert limits[B0] == timedelta(minutes=minutes)


def test_files_bring_new_devices_and_rule_those_never_edited() -> None:
    city = small_city()
    known = dict(Registry.of_files(small_city(2)).devices)
    known[G0] = replace(known[G0], profile=Profile.of("geo", timedelta(minutes=7)))
    known[DeviceId("G1")] = replace(known[DeviceId("G1")], bindings=(Binding(berth_id=B0),), edited_by="li")

    sync = plan_sync(city, known)

    assert [each.device_id for each in sync.new] == ["G2", "G3"]
    assert [each.device_id for each in sync.changed] == ["G0"]
    assert [(each.device_id, each.field, each.in_files, each.in_register) for each in sync.conflicts] == [
        ("G1", "berth", "B1", "B0")
    ]


def test_device_that_left_the_files_stays_and_is_told() -> None:
    sync = plan_sync(small_city(1), Registry.of_files(small_city(2)).devices)

    assert [(each.device_id, each.field) for each in sync.conflicts] == [("G1", "device")]


def test_table_tells_every_error_with_its_line() -> None:
    text = HEADER + (
        "G0,geo,B0,30,,,\n"
        "G7,sonar,B0,30,,,\n"
        "G8,geo,B77,30,,,\n"
        "too,few\n"
        "G9,geo,B0,0,,,\n"
        "G0,geo,B0,30,,,\n"
        "G5,geo,B1,30,2026-11-23T08:00,,\n"
        "G6,geo,B1,30,,2026-02-01,2026-01-01\n"
    )

    with pytest.raises(TableError) as caught:
        parse_devices(PATH, text, small_city(), {})

    assert [(error.path, error.line) for error in caught.value.errors] == [
        ("devices.csv", line) for line in (3, 4, 5, 6, 7, 8, 9)
    ]


def test_table_is_read_as_what_it_changes() -> None:
    city = small_city()
    known = Registry.of_files(city).devices
    text = (
        HEADER + "G0,geo,B1,30,2026-11-23T08:00:00+08:00,,\nG1,geo,B1,30,,,\nG2,geo,,30,,,\nX1,geo,B0,5,,,\n"
    )

    entries = parse_devices(PATH, text, city, known)

    assert [
        (entry.device.device_id, entry.moves_to, entry.is_unbound, entry.is_change) for entry in entries
    ] == [
        ("G0", B1, False, True),
        ("G1", None, False, False),
        ("G2", None, True, True),
        ("X1", B0, False, True),
    ]
    assert entries[0].from_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_what_was_exported_is_read_back_as_no_change() -> None:
    city = small_city()
    known = dict(moved(city, NOW).devices)
    known[G0] = replace(known[G0], serial='S "1",2', approval="鄂公交审〔2026〕1号", calibrated_on=NOW.date())

    entries = parse_devices(PATH, write_devices(known.values()), city, known)

    assert len(entries) == len(known)
    assert not any(entry.is_change for entry in entries)
