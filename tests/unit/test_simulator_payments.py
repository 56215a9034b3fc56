"""Drivers who pay by code: who does, for what, and what they say of their arrival."""

import json
from datetime import date
from functools import cache

import numpy as np
import pytest

from simulators.days import SimulatedDay, World, generate_day
from simulators.draws import Ints
from simulators.events import Events
from simulators.layout import Family
from simulators.messages import Encoder
from simulators.payments import FREE_MS
from simulators.scenario import Faults, Scenario
from tests.support.simulated import make_city, make_world

WORKDAY = date(2026, 9, 9)
MINUTE_MS = 60_000
# Followers by the dozen.
CLOSE = Faults(tailgate_share=1.0, tailgate_gap_s=600.0)


@cache
def played(*, codes: bool = True, faults: Faults | None = None) -> tuple[World, SimulatedDay]:
    scenario = Scenario(faults=faults or Faults())
    world = make_world(make_city(sections=9, codes=codes), scenario=scenario)
    return world, generate_day(world, WORKDAY)


def payments_of(world: World, day: SimulatedDay) -> Events:
    return day.events.pick(np.equal(world.layout.devices.family[day.events.device], Family.PAYMENT))


def stays_paid(paid: Events) -> Ints:
    """Index of the stay of each payment: nobody's plate was misread."""
    return paid.vehicle.astype(np.int64)


def test_on_a_quiet_day_every_stay_that_can_cost_something_is_paid_once() -> None:
    world, day = played()
    paid, stays = payments_of(world, day), day.stays
    ends_today = (stays.depart_ms < day.day.end_ms) & np.isin(stays.berth, world.layout.paid_at)
    owing = np.flatnonzero(ends_today & (stays.depart_ms - stays.arrive_ms > FREE_MS))

    assert len(owing) > 50
    assert np.array_equal(np.sort(stays_paid(paid)), owing)
    assert np.array_equal(paid.since_ms, stays.arrive_ms[stays_paid(paid)])
    leaving = stays.depart_ms[stays_paid(paid)] - paid.at_ms
    assert leaving.min() >= 0
    assert leaving.max() <= 2 * MINUTE_MS


def test_nobody_pays_where_a_camera_sees_or_no_code_stands() -> None:
    world, day = played()
    watched = world.layout.view_berth[world.layout.sensors :]
    assert not np.isin(payments_of(world, day).berth, watched).any()

    world, day = played(codes=False)
    assert not len(payments_of(world, day))


def test_a_share_leaves_without_a_word() -> None:
    everybody = len(payments_of(*played()))
    some = len(payments_of(*played(faults=Faults(unpaid_share=0.3))))

    assert some / everybody == pytest.approx(0.7, abs=0.1)


def test_who_came_behind_another_says_when_he_came() -> None:
    world, day = played(faults=CLOSE)
    paid, stays = payments_of(world, day), day.stays

    assert np.abs(paid.since_ms - stays.arrive_ms[stays_paid(paid)]).max() <= 5 * MINUTE_MS


def test_the_careless_confirm_what_they_are_shown() -> None:
    world, day = played(faults=Faults(tailgate_share=1.0, tailgate_gap_s=600.0, careless_share=1.0))
    paid, stays = payments_of(world, day), day.stays
    early = stays.arrive_ms[stays_paid(paid)] - paid.since_ms

    assert (early > 5 * MINUTE_MS).sum() > 5
    assert early.min() >= 0


def test_a_payment_is_one_message_that_names_berth_plate_and_both_times() -> None:
    world, day = played()
    row = int(np.flatnonzero(np.equal(world.layout.devices.family[day.events.device], Family.PAYMENT))[0])
    (message,) = Encoder(world).messages(day, row, row + 1)
    body = json.loads(message.payload)

    assert message.topic == "citypark/simcity/up/payment/PAY-1"
    assert body["berth"] == world.layout.berths.ids[int(day.events.berth[row])]
    assert body["plate"] == day.vehicles[int(day.events.vehicle[row])].plate
    assert body["since"] < body["at"]
