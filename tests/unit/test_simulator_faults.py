"""The catalogue of faults, one at a time: each does what it says, to whom it says, and no more."""

from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from simulators.calendar import Calendar, day_of
from simulators.days import SimulatedDay, World, generate_day, published_on
from simulators.draws import Draws
from simulators.events import Events
from simulators.faults.mishaps import Fault
from simulators.faults.reading import confuse
from simulators.faults.spells import find_spells
from simulators.layout import Family
from simulators.plates import Vehicle, vehicles_of
from simulators.scenario import Faults, Scenario
from simulators.scenariofile import load_scenario
from simulators.stays import stay_at
from simulators.truth import fault_lines
from tests.support.simulated import SHANGHAI, make_city, make_world

DAY = date(2026, 9, 9)
CITY = make_city(sections=10)
QUIET = generate_day(make_world(CITY), DAY)
Rows = Counter[tuple[object, ...]]


def world_of(faults: Faults) -> World:
    return make_world(CITY, scenario=Scenario(name="test", faults=faults))


def played(**faults: float) -> SimulatedDay:
    return generate_day(world_of(Faults(**faults)), DAY)  # type: ignore[arg-type]  # by name


def rows_of(day: SimulatedDay, *without: str) -> Rows:
    """Every event as a tuple of its columns, but for those named; plates by their text."""
    columns = [getattr(day.events, each.name).tolist() for each in fields(Events) if each.name not in without]
    if "vehicle" not in without:
        columns.append([day.vehicles[index].plate if index >= 0 else None for index in day.events.vehicle])
        columns.pop([each.name for each in fields(Events) if each.name not in without].index("vehicle"))
    return Counter(zip(*columns, strict=True))


def faults_of(day: SimulatedDay) -> set[Fault]:
    return {Fault(code) for code in np.unique(day.mishaps.fault).tolist()}


def family_of(day: SimulatedDay) -> "np.typing.NDArray[np.int8]":
    return world_of(Faults()).layout.devices.family[day.events.device]


def wrong_time(day: SimulatedDay, family: Family) -> float:
    """Share of a family's regular reports that contradict the truth at their own instant."""
    reports = day.events.pick((family_of(day) == family) & (day.events.kind == 1))
    stays = day.stays
    berth = reports.berth.astype(np.int64)
    true = stay_at(stays.berth, stays.arrive_ms, stays.depart_ms, berth, reports.at_ms) >= 0
    return float((reports.occupied != true).mean())


def test_a_scenario_without_faults_has_none() -> None:
    assert len(QUIET.mishaps) == 0
    assert wrong_time(QUIET, Family.GEO) == wrong_time(QUIET, Family.CAMERA) == 0


def test_lost_messages_are_missing_and_all_others_unchanged() -> None:
    day = played(loss_share=0.05)

    assert faults_of(day) == {Fault.LOSS}
    assert not rows_of(day) - rows_of(QUIET)
    assert len(QUIET.events) - len(day.events) == len(day.mishaps)
    assert 0.04 < len(day.mishaps) / len(QUIET.events) < 0.06


def test_repeated_messages_are_the_same_and_come_later() -> None:
    day = played(duplicate_share=0.05)
    again = rows_of(day, "publish_ms") - rows_of(QUIET, "publish_ms")

    assert faults_of(day) == {Fault.DUPLICATE}
    assert not rows_of(QUIET) - rows_of(day)
    assert again.total() == len(day.mishaps) == len(day.events) - len(QUIET.events)
    assert not again - rows_of(QUIET, "publish_ms")
    assert (day.mishaps.to_ms > day.mishaps.from_ms).all()


@pytest.mark.parametrize(
    ("share", "fault"),
    [("delay_share", Fault.DELAY), ("reorder_share", Fault.REORDER), ("backlog_share", Fault.BACKLOG)],
)
def test_late_messages_keep_their_content(share: str, fault: Fault) -> None:
    day = played(**{share: 0.3})

    assert faults_of(day) == {fault}
    assert rows_of(day, "publish_ms") == rows_of(QUIET, "publish_ms")
    assert len(day.mishaps) > 20
    assert (day.mishaps.to_ms >= day.mishaps.from_ms).all()
    assert (np.diff(day.events.publish_ms) >= 0).all()


def test_a_reordered_message_comes_just_after_the_next_of_its_device() -> None:
    day = played(reorder_share=0.3)
    backwards = 0
    for device in np.unique(day.events.device).tolist():
        backwards += int((np.diff(day.events.seq[day.events.device == device]) < 0).sum())

    assert backwards > 20


def test_a_gateway_that_comes_back_delivers_in_order() -> None:
    day = played(backlog_share=1.0)
    for device in np.unique(day.events.device).tolist():
        assert (np.diff(day.events.seq[day.events.device == device]) > 0).all()


def test_a_sensor_believes_at_midnight_what_it_believed_before() -> None:
    faults = Faults(missed_departure_share=0.5, recovery_hours=(4.0, 6.0))
    before, day = (generate_day(world_of(faults), DAY + timedelta(days=step)) for step in (-1, 0))
    geo = family_of(day) == Family.GEO
    end_ms = day.day.start_ms
    first = day.events.pick(geo & (day.events.at_ms < end_ms + 60_000))
    gone = before.stays.pick(
        (before.stays.depart_ms < end_ms) & (before.stays.depart_ms > end_ms - 4 * 3_600_000)
    )
    still = np.isin(first.berth, gone.berth) & first.occupied

    assert wrong_time(before, Family.GEO) > 0.01
    assert still.any()
    assert (day.mishaps.from_ms >= day.day.start_ms).all()
    assert (day.mishaps.from_ms == day.day.start_ms).any()


def test_nobody_parks_where_a_thing_stands_and_the_sensor_takes_it_for_a_vehicle() -> None:
    day = played(blocked_share=0.1)
    things = day.mishaps.pick(day.mishaps.fault == Fault.BLOCKED)
    assert faults_of(day) == {Fault.BLOCKED}
    assert len(things) > 5
    for berth, from_ms, to_ms in zip(things.berth, things.from_ms, things.to_ms, strict=True):
        there = day.stays.pick(day.stays.berth == berth)
        assert not ((there.arrive_ms < to_ms) & (there.depart_ms > from_ms)).any()
        said = day.events.pick((day.events.berth == berth) & (family_of(day) == Family.GEO))
        assert said.occupied[(said.at_ms >= from_ms) & (said.at_ms < to_ms)].all()


def test_a_new_sensor_takes_the_vehicle_above_it_for_empty_ground() -> None:
    world, found = world_of(Faults(replaced_share=1 / 32)), 0
    for step in range(6):
        day = generate_day(world, DAY + timedelta(days=step))
        blind = day.mishaps.pick((day.mishaps.fault == Fault.REPLACED) & (day.mishaps.berth >= 0))
        found += len(blind)
        for berth, from_ms, to_ms in zip(blind.berth, blind.from_ms, blind.to_ms, strict=True):
            said = day.events.pick((day.events.berth == berth) & (family_of(day) == Family.GEO))
            assert not said.occupied[(said.at_ms >= from_ms) & (said.at_ms < to_ms)].any()
        assert faults_of(day) == {Fault.REPLACED}
        assert len(np.unique(day.events.boot)) > 1

    assert found > 3


def test_what_is_held_back_over_midnight_comes_the_next_day_and_nothing_twice() -> None:
    world = world_of(Faults(delay_share=0.2, delay_s=3_600.0, misread_share=0.2, latency_s=5.0))
    days = [DAY + timedelta(days=step) for step in range(4)]
    made = sum((_keyed(generate_day(world, on)) for on in days[1:3]), Counter())
    heard = sum((_keyed(published_on(world, on)) for on in days), Counter())

    assert not made - heard
    assert max(heard.values()) == 1
    second = published_on(world, days[1])
    assert second.events.publish_ms[0] >= second.day.start_ms
    assert second.events.publish_ms[-1] < second.day.end_ms


def _keyed(day: SimulatedDay) -> Rows:
    return rows_of(day)


def test_skewed_clocks_are_off_by_a_constant_and_nothing_else_is() -> None:
    day = played(skew_share=0.3, skew_s=40.0)
    off = day.events.at_ms - day.events.publish_ms

    assert faults_of(day) == {Fault.CLOCK_SKEW}
    assert rows_of(day, "at_ms") == rows_of(QUIET, "at_ms")
    for device in np.unique(day.events.device).tolist():
        assert len(np.unique(off[day.events.device == device])) == 1
    assert set(np.unique(day.events.device[off != 0]).tolist()) <= set(day.mishaps.device.tolist())
    assert (
        np.abs(off).max() <= world_of(Faults(skew_share=0.3, skew_s=40.0)).scenario.faults.clock_lead_s * 1000
    )


def test_clocks_that_jump_are_wrong_within_their_spell_only() -> None:
    day = played(jump_share=0.1)
    off = day.events.at_ms - day.events.publish_ms

    assert faults_of(day) == {Fault.CLOCK_JUMP}
    assert rows_of(day, "at_ms") == rows_of(QUIET, "at_ms")
    wrong = {
        (int(device), int(at))
        for device, at in zip(day.events.device[off != 0], day.events.publish_ms[off != 0], strict=True)
    }
    inside = {
        (device, at)
        for device, at in wrong
        for fault in np.flatnonzero(day.mishaps.device == device).tolist()
        if day.mishaps.from_ms[fault] <= at < day.mishaps.to_ms[fault]
    }
    assert wrong == inside
    assert wrong


def test_a_restarted_device_numbers_anew_under_a_higher_boot_for_good() -> None:
    world = world_of(Faults(restart_share=1 / 32))
    days = [generate_day(world, DAY + timedelta(days=step)) for step in range(40)]
    restarts = sum(len(day.mishaps) for day in days)
    seen: dict[tuple[int, int], int] = {}
    boots: dict[int, int] = {}
    for day in days:
        for device, boot, seq in zip(
            day.events.device.tolist(), day.events.boot.tolist(), day.events.seq.tolist(), strict=True
        ):
            assert boot >= boots.get(device, 0)
            assert seq > seen.get((device, boot), -1)
            boots[device], seen[device, boot] = boot, seq

    assert restarts > 20
    assert len(seen) == len(boots) + restarts


def test_dead_devices_say_nothing_and_the_others_what_they_said() -> None:
    day = played(dead_share=0.1)
    gone = rows_of(QUIET, "vehicle") - rows_of(day, "vehicle")

    assert faults_of(day) == {Fault.DEAD}
    assert not rows_of(day) - rows_of(QUIET)
    assert gone.total() > 500
    assert {
        Family(code) for code in np.unique(world_of(Faults()).layout.devices.family[day.mishaps.device])
    } == {Family.GEO}


def test_blind_cameras_are_silent() -> None:
    day = played(camera_blind_share=0.25, camera_blind_hours=5.0)

    assert faults_of(day) == {Fault.DEAD}
    assert (family_of(day) == Family.CAMERA).sum() < (family_of(QUIET) == Family.CAMERA).sum()
    assert (family_of(day) == Family.GEO).sum() == (family_of(QUIET) == Family.GEO).sum()


def test_misread_plates_differ_by_one_like_character_and_stay_the_same_for_a_stay() -> None:
    day = played(misread_share=0.2, patrol_misread_share=0.2)
    assert faults_of(day) == {Fault.MISREAD}
    assert rows_of(day, "vehicle", "confidence") == rows_of(QUIET, "vehicle", "confidence")
    stays, events = day.stays, day.events
    true = stay_at(stays.berth, stays.arrive_ms, stays.depart_ms, events.berth.astype(np.int64), events.at_ms)
    read_as: dict[tuple[int, int], str] = {}
    wrong = 0
    for device, stay, vehicle, confidence in zip(
        events.device.tolist(),
        true.tolist(),
        events.vehicle.tolist(),
        events.confidence.tolist(),
        strict=True,
    ):
        if vehicle < 0:
            continue
        said, is_ = day.vehicles[vehicle].plate, day.vehicles[stay].plate
        assert read_as.setdefault((device, stay), said) == said
        assert len(said) == len(is_)
        assert sum(a != b for a, b in zip(said, is_, strict=True)) == (said != is_)
        assert 0 < confidence < 100
        wrong += said != is_

    assert wrong == len(day.mishaps) > 20


def test_plates_that_cannot_be_read_are_not_said() -> None:
    day = played(unread_share=0.3)
    plated = (QUIET.events.vehicle >= 0).sum() - (day.events.vehicle >= 0).sum()

    assert faults_of(day) == {Fault.UNREAD}
    assert rows_of(day, "vehicle", "confidence") == rows_of(QUIET, "vehicle", "confidence")
    assert plated == len(day.mishaps) > 20


def test_every_plate_can_be_confused() -> None:
    vehicles: list[Vehicle] = vehicles_of(np.arange(500, dtype=np.int64))
    confused = [confuse(each.plate, 0.99) for each in vehicles]

    assert sum(one != each.plate for one, each in zip(confused, vehicles, strict=True)) > 450


@pytest.mark.parametrize(
    ("faults", "fault"),
    [
        ({"missed_departure_share": 0.2}, Fault.MISSED_DEPARTURE),
        ({"missed_arrival_share": 0.2}, Fault.MISSED_ARRIVAL),
        ({"tailgate_share": 1.0, "tailgate_gap_s": 120.0}, Fault.TAILGATE),
        ({"high_chassis_share": 0.2}, Fault.HIGH_CHASSIS),
        ({"straddle_share": 0.2}, Fault.STRADDLE),
        ({"neighbour_share": 0.3}, Fault.NEIGHBOUR),
        ({"swapped_share": 0.2}, Fault.SWAPPED),
        ({"drift_share": 0.2}, Fault.DRIFT),
        ({"stuck_share": 0.1}, Fault.STUCK),
    ],
)
def test_sensors_err_where_the_record_says_and_cameras_do_not(faults: dict[str, float], fault: Fault) -> None:
    day = played(**faults)
    assert faults_of(day) == {fault}
    assert wrong_time(day, Family.CAMERA) == 0
    stays = day.stays
    reports = day.events.pick((family_of(day) == Family.GEO) & (day.events.kind == 1))
    berth = reports.berth.astype(np.int64)
    true = stay_at(stays.berth, stays.arrive_ms, stays.depart_ms, berth, reports.at_ms) >= 0
    wrong = reports.pick(reports.occupied != true)
    explained = [
        bool(((day.mishaps.device == device) & (day.mishaps.from_ms <= at) & (at <= day.mishaps.to_ms)).any())
        for device, at in zip(wrong.device.tolist(), wrong.at_ms.tolist(), strict=True)
    ]

    assert all(explained)
    if fault not in {Fault.TAILGATE, Fault.NEIGHBOUR}:  # too short for a regular report to meet many
        assert explained


def test_two_vehicles_bumper_to_bumper_look_like_one_to_the_sensor() -> None:
    day = played(tailgate_share=1.0, tailgate_gap_s=120.0)
    geo = [int(((family_of(each) == Family.GEO) & (each.events.kind == 0)).sum()) for each in (QUIET, day)]
    today = (day.mishaps.from_ms >= day.day.start_ms).sum()

    assert geo[0] - geo[1] == 2 * today > 20


def test_a_stuck_sensor_repeats_one_state_through_its_spell() -> None:
    day = played(stuck_share=0.1)
    for device, from_ms, to_ms in zip(
        day.mishaps.device.tolist(), day.mishaps.from_ms.tolist(), day.mishaps.to_ms.tolist(), strict=True
    ):
        mine = day.events.pick(
            (day.events.device == device) & (day.events.at_ms > from_ms) & (day.events.at_ms < to_ms)
        )
        assert len(np.unique(mine.occupied)) <= 1


def test_cameras_overlook_whole_stays() -> None:
    day = played(camera_miss_share=0.2)

    assert faults_of(day) == {Fault.CAMERA_MISS}
    assert wrong_time(day, Family.GEO) == 0
    assert wrong_time(day, Family.CAMERA) > 0.005


def test_a_sensor_needs_time_to_settle_and_a_message_to_travel() -> None:
    day = played(settle_s=3.0, latency_s=4.0)
    geo = day.events.pick((family_of(day) == Family.GEO) & (day.events.kind == 0))
    true = {*QUIET.stays.arrive_ms.tolist(), *QUIET.stays.depart_ms.tolist()}

    assert len(day.mishaps) == 0
    assert all(at - 3_000 in true for at in geo.at_ms.tolist())
    lag = geo.publish_ms - geo.at_ms
    assert 2_000 <= lag.min() < lag.max() <= 6_000


def test_spells_affect_their_share_and_are_the_same_from_any_day() -> None:
    keys = np.arange(2_000, dtype=np.uint64)
    days = [day_of(DAY + timedelta(days=step), SHANGHAI, Calendar()) for step in range(64)]
    share, length_ms = [], 86_400_000 * len(keys)
    known: dict[int, set[tuple[int, int]]] = {}
    for day in days:
        found = find_spells(Draws(3), "dead", keys, day, share=0.05, mean_days=3.0)
        inside = np.minimum(found.to_ms, day.end_ms) - np.maximum(found.from_ms, day.start_ms)
        share.append(inside.sum() / length_ms)
        for who, begin, end in zip(
            found.who.tolist(), found.from_ms.tolist(), found.to_ms.tolist(), strict=True
        ):
            known.setdefault(who, set()).add((begin, end))

    assert np.mean(share) == pytest.approx(0.05, rel=0.15)
    assert max(len(spans) for spans in known.values()) <= 64 / (4 * 3) + 2


@pytest.mark.parametrize("name", ["standard", "storm"])
def test_scenario_files_play_the_same_day_twice_and_record_every_class(name: str) -> None:
    world = make_world(CITY, scenario=load_scenario(Path(f"cities/suizhou/scenarios/{name}.toml")))
    one, other = published_on(world, DAY), published_on(world, DAY)

    assert rows_of(one) == rows_of(other)
    assert list(fault_lines(one, world.layout, SHANGHAI)) == list(fault_lines(other, world.layout, SHANGHAI))
    assert len(one.mishaps) > 50


def test_a_storm_is_worse_than_a_standard_day_and_both_leave_the_truth_alone() -> None:
    days = [
        generate_day(
            make_world(CITY, scenario=load_scenario(Path(f"cities/suizhou/scenarios/{name}.toml"))), DAY
        )
        for name in ("standard", "storm")
    ]
    wrong = [wrong_time(day, Family.GEO) for day in days]

    assert 0 < wrong[0] < wrong[1] < 0.15
    for day in days:
        assert np.array_equal(day.stays.arrive_ms, QUIET.stays.arrive_ms)
        assert np.array_equal(day.stays.vehicle, QUIET.stays.vehicle)
