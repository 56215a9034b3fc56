"""Nearby search: near, cheap and free first; nothing is offered that a driver may not use."""

from datetime import timedelta

import numpy as np
import pytest

from guidance.ranking import DETOUR, Suggestion, Wish, rank
from parking.city import BerthKind, Position
from parking.geo import distance_m
from parking.ids import SectionId
from parking.rights import Energy
from tests.support.guidance import FREE, OCCUPIED, belief, small_desk

# Nearer to S001, but both within reach.
NEAR_S001 = Position(lon=113.3765, lat=31.70)
HOUR = timedelta(hours=1)


def wish(
    *needs: BerthKind, position: Position = NEAR_S001, stay: timedelta = HOUR, energy: Energy = Energy.FUEL
) -> Wish:
    return Wish(position=position, stay=stay, energy=energy, needs=frozenset(needs))


PRICES = np.array([300, 100])  # of S001 and S002


def ranked(asked: Wish, *occupied: str, limit: int = 10) -> list[Suggestion]:
    names = ("A-1", "A-2", "B-1", "B-2")
    desk = small_desk(*(belief(name, OCCUPIED if name in occupied else FREE) for name in names))
    return rank(desk.streets, desk.board, desk.latest.view, asked, PRICES, limit)


def test_the_nearest_section_comes_first_when_both_have_room() -> None:
    found = ranked(wish())

    assert [each.section_id for each in found] == ["S001", "S002"]
    for each, end in zip(found, (113.380, 113.361), strict=True):
        nearest = Position(lon=end, lat=31.70)
        assert each.walk_m == pytest.approx(distance_m(NEAR_S001, nearest) * DETOUR, rel=0.001)


def test_beside_a_section_there_is_nothing_to_walk() -> None:
    (first, *_) = ranked(wish(position=Position(lon=113.3805, lat=31.70)))

    assert first.walk_m == pytest.approx(0, abs=0.01)


def test_the_cost_is_the_sum_of_its_parts_and_orders_the_answer() -> None:
    found = ranked(wish())

    assert [each.cost_min for each in found] == sorted(each.cost_min for each in found)
    for each in found:
        assert each.cost_min == pytest.approx(each.walk_min + each.price_min + each.search_min)


def test_a_full_section_falls_behind_but_is_kept() -> None:
    middle = Position(lon=113.3705, lat=31.70)  # as far from both

    assert ranked(wish(position=middle))[0].section_id == "S002"  # cheaper
    full = ranked(wish(position=middle), "B-1")
    assert [each.section_id for each in full] == ["S001", "S002"]
    assert full[1].counts.free == 0


def test_berths_kept_for_others_closed_or_too_short_do_not_count() -> None:
    by_id = {each.section_id: each.counts for each in ranked(wish())}
    assert by_id[SectionId("S001")].capacity == 1  # A-2 is for residents
    assert by_id[SectionId("S002")].capacity == 1  # B-2 is for disabled persons, and closed

    assert {each.section_id for each in ranked(wish(stay=2 * HOUR))} == {"S002"}  # A-1 allows an hour
    with_right = ranked(wish(BerthKind.RESIDENT, stay=2 * HOUR))
    assert {each.section_id for each in with_right} == {"S001", "S002"}


def test_unknown_is_never_free() -> None:
    desk = small_desk(belief("B-1", OCCUPIED))

    found = rank(desk.streets, desk.board, desk.latest.view, wish(), PRICES, 10)

    assert {each.section_id: (each.counts.free, each.counts.unknown) for each in found} == {
        "S001": (0, 1),
        "S002": (0, 0),
    }


def test_only_new_energy_vehicles_may_use_charging_berths() -> None:
    assert BerthKind.CHARGING in wish(energy=Energy.NEV).kinds
    assert BerthKind.CHARGING not in wish().kinds


def test_nothing_beyond_walking_reach_is_offered_and_the_limit_holds() -> None:
    assert ranked(wish(position=Position(lon=113.45, lat=31.70))) == []
    assert len(ranked(wish(), limit=1)) == 1
