"""The true day: the same for the same seed, seamless at midnight, and like the kerbs that were measured."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from billing.rightsfile import parse_rights
from parking.city import BerthKind
from parking.plumbing.cityfiles import load_city
from parking.rights import Energy
from simulators.calendar import Calendar
from simulators.days import World, generate_day
from simulators.register import registered_rights, rights_table
from simulators.stays import StayFlag, Stays
from simulators.truth import stay_lines
from tests.support.simulated import SHANGHAI, make_city, make_world

WORKDAY, HOLIDAY = date(2026, 9, 9), date(2026, 9, 12)


@pytest.fixture(scope="module")
def world() -> World:
    """Return a city of 1,140 simulated berths."""
    return make_world(make_city(sections=61))


def began_today(stays: Stays) -> Stays:
    return stays.pick((stays.flags & StayFlag.CARRIED) == 0)


def test_same_seed_gives_the_same_day_and_another_seed_another(world: World) -> None:
    first, second = generate_day(world, WORKDAY), generate_day(world, WORKDAY)
    other = generate_day(make_world(make_city(sections=61), seed=8), WORKDAY)

    assert list(stay_lines(first, world.layout, SHANGHAI)) == list(stay_lines(second, world.layout, SHANGHAI))
    assert np.array_equal(first.events.publish_ms, second.events.publish_ms)
    assert not np.array_equal(first.stays.arrive_ms, other.stays.arrive_ms)


def test_a_berth_lives_its_own_life_whatever_stands_beside_it() -> None:
    alone, together = make_world(make_city(sections=3)), make_world(make_city(sections=9))

    few, many = generate_day(alone, WORKDAY).stays, generate_day(together, WORKDAY).stays
    shared = many.pick(many.berth < len(alone.layout.berths))

    assert np.array_equal(few.arrive_ms, shared.arrive_ms)
    assert np.array_equal(few.depart_ms, shared.depart_ms)


def test_vehicles_that_stay_over_night_are_the_same_on_both_sides_of_midnight(world: World) -> None:
    today = generate_day(world, WORKDAY).stays
    tomorrow = generate_day(world, WORKDAY + timedelta(days=1)).stays
    leaving = began_today(today).pick((began_today(today).flags & StayFlag.OVERNIGHT) > 0)
    carried = tomorrow.pick((tomorrow.flags & StayFlag.CARRIED) > 0)

    assert len(leaving) > 50
    for name in ("berth", "arrive_ms", "depart_ms", "vehicle"):
        assert np.array_equal(getattr(leaving, name), getattr(carried, name)), name


def test_stays_of_a_berth_never_overlap_and_leave_seconds_between(world: World) -> None:
    stays = generate_day(world, WORKDAY).stays
    same = stays.berth[1:] == stays.berth[:-1]

    assert (stays.depart_ms > stays.arrive_ms).all()
    assert ((stays.arrive_ms[1:] - stays.depart_ms[:-1])[same] >= 10_000).all()


def test_a_vehicle_is_at_one_place_at_a_time(world: World) -> None:
    stays = generate_day(world, WORKDAY).stays
    order = np.lexsort((stays.arrive_ms, stays.vehicle))
    vehicle, arrive, depart = stays.vehicle[order], stays.arrive_ms[order], stays.depart_ms[order]
    again = vehicle[1:] == vehicle[:-1]

    assert again.sum() > 100
    assert (arrive[1:][again] > depart[:-1][again]).all()


@pytest.mark.parametrize(
    ("weekdays", "stays", "minutes", "dispersion"), [(True, 3.5, 77, 1.35), (False, 2.8, 84, 2.5)]
)
def test_counts_lengths_and_spread_are_those_measured(
    world: World, *, weekdays: bool, stays: float, minutes: float, dispersion: float
) -> None:
    days = [date(2026, 8, 1) + timedelta(days=step) for step in range(60)]
    days = [on for on in days if (on.weekday() < 5) == weekdays][:14]
    played = [began_today(generate_day(world, on).stays) for on in days]
    counts = np.array([np.bincount(each.berth, minlength=len(world.layout.berths)) for each in played])
    lengths = np.concatenate([each.depart_ms - each.arrive_ms for each in played]) / 60_000

    assert counts.mean() == pytest.approx(stays, rel=0.15)
    assert lengths.mean() == pytest.approx(minutes, rel=0.08)
    assert counts.var(axis=0, ddof=1).mean() / counts.mean() == pytest.approx(dispersion, rel=0.15)
    assert np.median(lengths) < 0.7 * lengths.mean()


def test_a_public_holiday_is_lived_as_one_and_a_swapped_saturday_is_not() -> None:
    calendar = Calendar(holidays=frozenset({WORKDAY}), workdays=frozenset({HOLIDAY}))

    assert calendar.is_holiday(WORKDAY)
    assert not calendar.is_holiday(HOLIDAY)


def test_time_limits_and_reserved_berths_are_mostly_respected_and_the_truth_says_where_not(
    world: World,
) -> None:
    berths = world.layout.berths
    days = [generate_day(world, WORKDAY + timedelta(days=step)) for step in range(5)]
    limited = kept = reserved = intruders = 0
    for day in days:
        stays = day.stays
        limit_ms = berths.limit_s[stays.berth] * 1000
        over = (limit_ms > 0) & (stays.depart_ms - stays.arrive_ms > limit_ms)
        assert np.array_equal(over, (stays.flags & StayFlag.OVERSTAY) > 0)
        limited, kept = limited + int((limit_ms > 0).sum()), kept + int(((limit_ms > 0) & ~over).sum())
        charging = berths.of_kind(BerthKind.CHARGING)[stays.berth]
        wrong = (stays.flags & StayFlag.NO_RIGHT) > 0
        energy = np.array([day.vehicles[index].energy is Energy.NEV for index in range(len(stays))])
        assert np.array_equal(charging & ~energy, charging & wrong)
        reserved += int((berths.kind[stays.berth] > 0).sum())
        intruders += int(wrong.sum())

    assert 0.8 < kept / limited < 1
    assert 0 < intruders / reserved < 0.12


def test_holders_of_rights_stand_in_their_berths_and_nobody_else_without_the_flag(world: World) -> None:
    city = make_city(sections=61)
    day = generate_day(world, WORKDAY)
    held = {(right.plate, section) for right in registered_rights(city) for section in right.section_ids}
    needs = [BerthKind.DISABLED, BerthKind.RESIDENT, BerthKind.LOADING]
    for index, berth in enumerate(day.stays.berth.tolist()):
        row = city.berths[world.layout.berths.ids[berth]]
        if row.kind in needs:
            entitled = (day.vehicles[index].plate, row.section_id) in held
            assert entitled != bool(day.stays.flags[index] & StayFlag.NO_RIGHT)


def test_the_register_of_rights_can_be_imported() -> None:
    city = make_city()
    recorded = parse_rights(Path("rights.csv"), rights_table(city), city)

    assert [each.right for each in recorded] == list(registered_rights(city))


def test_the_register_of_suizhou_is_that_of_its_berths() -> None:
    city = load_city(Path("cities/suizhou"))

    assert Path("cities/suizhou/rights.csv").read_text(encoding="utf-8") == rights_table(city)


def test_sections_for_people_and_closed_berths_are_left_alone(world: World) -> None:
    city = make_city(sections=61)
    left_alone = {
        row.berth_id
        for row in city.berths.values()
        if row.closed or not city.sections[row.section_id].simulated
    }

    assert not left_alone & set(world.layout.berths.ids)
    assert not {f"G-{berth_id}" for berth_id in left_alone} & set(world.layout.devices.ids)
    assert len(world.layout.berths) + len(left_alone) == len(city.berths)


def test_occupancy_rises_by_day_and_falls_by_night(world: World) -> None:
    day = generate_day(world, WORKDAY)
    hours = {}
    for hour in (4, 10, 15, 20):
        at = day.day.start_ms + hour * 3_600_000
        hours[hour] = int(((day.stays.arrive_ms <= at) & (at < day.stays.depart_ms)).sum())

    assert hours[4] < 0.5 * hours[10]
    assert hours[15] > 2 * hours[4]
