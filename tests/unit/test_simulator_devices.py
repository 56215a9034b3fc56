"""What devices say on a day without faults: numbered, regular, true."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from parking.readings import ReadingKind
from simulators.days import SimulatedDay, World, generate_day
from simulators.draws import Flags, Ints
from simulators.layout import Family
from simulators.messages import Encoder
from simulators.stays import stay_at
from tests.support.simulated import make_city, make_world

WORKDAY = date(2026, 9, 9)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def day(world: World) -> SimulatedDay:
    return generate_day(world, WORKDAY)


def of_family(world: World, day: SimulatedDay, family: Family) -> Flags:
    return np.equal(world.layout.devices.family[day.events.device], family)


def true_stay(day: SimulatedDay) -> Ints:
    """Index of the stay in the berth of each event at that instant, -1 for none."""
    stays, events = day.stays, day.events
    return stay_at(stays.berth, stays.arrive_ms, stays.depart_ms, events.berth.astype(np.int64), events.at_ms)


def test_every_message_has_a_key_of_its_own_and_numbers_grow_with_time(
    world: World, day: SimulatedDay
) -> None:
    tomorrow = generate_day(world, WORKDAY + timedelta(days=1))
    for device in range(len(world.layout.devices)):
        mine = day.events.pick(day.events.device == device)
        later = tomorrow.events.pick(tomorrow.events.device == device)
        seqs = np.concatenate([mine.seq[np.argsort(mine.at_ms, kind="stable")], later.seq])
        assert (np.diff(np.sort(seqs)) > 0).all()
        assert (np.diff(mine.seq) > 0).all()


def test_what_is_said_is_true(day: SimulatedDay) -> None:
    stay = true_stay(day)

    assert np.array_equal(day.events.occupied, stay >= 0)


def test_each_arrival_and_departure_is_reported_once_by_the_sensor(world: World, day: SimulatedDay) -> None:
    geo = day.events.pick(of_family(world, day, Family.GEO) & (day.events.kind == int(ReadingKind.CHANGE)))
    today = (day.stays.arrive_ms >= day.day.start_ms, day.stays.depart_ms < day.day.end_ms)
    said = sorted(zip(geo.berth.tolist(), geo.at_ms.tolist(), geo.occupied.tolist(), strict=True))
    true = sorted(
        [
            *zip(
                day.stays.berth[today[0]].tolist(),
                day.stays.arrive_ms[today[0]].tolist(),
                [True] * 10**6,
                strict=False,
            ),
            *zip(
                day.stays.berth[today[1]].tolist(),
                day.stays.depart_ms[today[1]].tolist(),
                [False] * 10**6,
                strict=False,
            ),
        ]
    )

    assert said == true


def test_sensors_report_every_half_hour_and_all_within_a_minute_of_midnight(
    world: World, day: SimulatedDay
) -> None:
    beats = day.events.pick(day.events.kind == int(ReadingKind.HEARTBEAT))
    early = beats.pick(beats.at_ms < day.day.start_ms + 60_000)

    assert {*zip(early.device.tolist(), early.berth.tolist(), strict=True)} == {
        *zip(world.layout.view_device.tolist(), world.layout.view_berth.tolist(), strict=True)
    }
    for berth in range(0, len(world.layout.berths), 7):
        mine = np.sort(beats.at_ms[(beats.berth == berth) & (beats.device == berth)])
        assert np.diff(mine).max() <= 30 * 60_000
        assert day.day.end_ms - mine[-1] <= 30 * 60_000


def test_cameras_and_patrols_read_the_plate_that_stands_there_and_sensors_none(
    world: World, day: SimulatedDay
) -> None:
    stay, events = true_stay(day), day.events
    geo = of_family(world, day, Family.GEO)
    patrol = of_family(world, day, Family.PATROL)

    assert (events.vehicle[geo] == -1).all()
    assert np.array_equal(events.vehicle[~geo], stay[~geo])
    assert patrol.sum() > 50
    assert events.occupied[patrol].all()
    assert (events.confidence[events.vehicle >= 0] >= 90).all()


def test_patrols_walk_in_working_hours(world: World, day: SimulatedDay) -> None:
    at = day.events.at_ms[of_family(world, day, Family.PATROL)] - day.day.start_ms
    hours = at / 3_600_000

    assert (((hours >= 8) & (hours < 12)) | ((hours >= 14) & (hours < 18))).all()


def test_batteries_fall_off_before_they_are_changed() -> None:
    world = make_world(make_city(sections=20, berths=60))
    encoder = Encoder(world)
    volts: list[float] = []
    for on in (WORKDAY, WORKDAY + timedelta(days=1)):
        day = generate_day(world, on)
        bodies = (json.loads(message.payload) for message in encoder.messages(day, 0, 5000))
        volts += [body["battery_v"] for body in bodies if "battery_v" in body]

    assert 3.5 < sorted(volts)[len(volts) // 2] < 3.7
    assert min(volts) < 3.4
