"""What a simulated device of any family says, our codec understands: occupancy, battery, plate, time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs import CODECS, NETWORKED
from ingest.codecs.uplink import Sender, Uplink
from parking.ids import BerthId, DeviceId, Plate
from parking.readings import Reading, ReadingKind
from simulators.devices import payment
from simulators.devices.families import ENCODERS, SIGHT_ONLY
from simulators.devices.statement import Frame, Statement
from simulators.devices.vendorcameras import hikvision_anpr
from simulators.plates import Vehicle

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HERE = BerthId("SZ1-0001")
# What each family's paper has no room for.
NO_LABEL = {
    "dingtek-do200", "dingtek-do201", "dingtek-do202", "netvox-r719a", "wxhs-pmd", "frigate", *SIGHT_ONLY,
}  # fmt: skip
BATTERY_STEP_V = {
    "geo": 0.01, "dingtek-do200": 0.01, "dingtek-do201": 0.01, "dingtek-do202": 0.01, "netvox-r719a": 0.1,
    "wxhs-pmd": 0.001,
}  # fmt: skip
BATTERY_WITH_HEARTBEAT_V = {"pni-placepod": 0.01, "nwave-nps405": 0.004, "nwave-nps405-bit7": 0.004}

statements = st.builds(
    Statement,
    at=st.integers(0, 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    number=st.integers(0, 60_000),
    berth=st.just(HERE),
    occupied=st.booleans(),
    changed=st.booleans(),
    plate=st.sampled_from(["鄂S12345", "鄂SD12345", "粤B7H8K9"]),
    colour=st.sampled_from(["blue", "green"]),
    confidence=st.integers(50, 99).map(lambda percent: percent / 100),
    battery_v=st.integers(280, 352).map(lambda hundredths: hundredths / 100),
    temperature_c=st.integers(-30, 60),
    lasted_min=st.none() | st.integers(0, 600),
)


def read(family: str, frame: Frame, said: Statement) -> tuple[Reading, ...]:
    """Let the platform's codec read a frame as its network hands it on."""
    is_networked = family in NETWORKED
    uplink = Uplink(
        key="D0",
        payload=frame.payload,
        received_at=said.at + timedelta(seconds=5),
        port=frame.port,
        boot=1,
        seq=said.number if is_networked else None,
        server_at=said.at if is_networked else None,
    )
    return CODECS[family](uplink, Sender(device_id=DeviceId("D0"), family=family, berth_ids=(HERE,)))


def test_every_family_has_an_encoder() -> None:
    assert {*ENCODERS, payment.FAMILY} == set(CODECS)


@pytest.mark.parametrize("family", sorted(ENCODERS))
@settings(deadline=None)
@given(said=statements)
def test_what_is_said_is_understood(family: str, said: Statement) -> None:
    said = replace(said, occupied=said.occupied or family in SIGHT_ONLY)
    (reading,) = read(family, ENCODERS[family](said), said)
    assert reading.occupied in ({None, True} if family in SIGHT_ONLY else {said.occupied})
    assert abs(reading.observed_at - said.at) <= timedelta(seconds=1)
    assert reading.berth_id in {None, HERE}
    if family not in NO_LABEL:
        assert reading.kind is (ReadingKind.CHANGE if said.changed else ReadingKind.HEARTBEAT)
    if reading.plate is not None:
        assert reading.plate.plate == said.plate
        assert reading.plate.colour in {said.colour, "unknown"}
        assert reading.plate.confidence in (0.0, pytest.approx(said.confidence))
    assert_battery(family, reading, said)


def assert_battery(family: str, reading: Reading, said: Statement) -> None:
    step = BATTERY_STEP_V.get(family)
    if not said.changed:
        step = step or BATTERY_WITH_HEARTBEAT_V.get(family)
    if step is None:
        assert reading.battery_v is None
    else:
        assert reading.battery_v == pytest.approx(said.battery_v, abs=step)


@pytest.mark.parametrize("family", ["nwave-nps405", "nwave-nps405-bit7"])
@settings(deadline=None)
@given(said=statements, minutes=st.integers(0, 600))
def test_how_long_the_state_before_lasted_is_within_the_bounds(
    family: str, said: Statement, minutes: int
) -> None:
    said = replace(said, changed=True, lasted_min=minutes)
    (reading,) = read(family, ENCODERS[family](said), said)
    assert reading.previous_since is not None
    began_at = said.at - timedelta(minutes=minutes)
    assert reading.previous_since.earliest_at <= began_at <= reading.previous_since.latest_at


@settings(deadline=None)
@given(said=statements)
def test_a_plate_camera_of_hikvision_is_understood(said: Statement) -> None:
    (reading,) = read("hikvision", hikvision_anpr(said), said)
    assert reading.plate is not None
    assert (reading.plate.plate, reading.berth_id, reading.observed_at) == (said.plate, HERE, said.at)


@settings(deadline=None)
@given(said=statements, minutes=st.integers(0, 6000))
def test_a_payment_is_understood_as_a_plate_now_and_then_and_as_no_state(
    said: Statement, minutes: int
) -> None:
    since = said.at - timedelta(minutes=minutes)
    payload = payment.encode(
        seq=said.number,
        at=said.at.isoformat(),
        since=since.isoformat(),
        berth=said.berth,
        vehicle=Vehicle(plate=Plate(said.plate), colour=said.colour),
    )
    readings = read(payment.FAMILY, Frame(payload=payload), said)
    assert [each.observed_at for each in readings] == [said.at, since]
    for each in readings:
        assert (each.seq, each.berth_id, each.occupied, each.kind) == (
            said.number, HERE, None, ReadingKind.SIGHTING,
        )  # fmt: skip
        assert each.plate is not None
        assert (each.plate.plate, each.plate.colour) == (said.plate, said.colour)
