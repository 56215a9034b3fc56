"""Nearby search: near, cheap and likely free first; nothing is offered that a driver may not use."""

from datetime import timedelta

import numpy as np
import pytest

from guidance.board import Counts
from guidance.desk import Desk
from guidance.outlook import Outlook
from guidance.promises import GOING, KEPT_EACH, SLACK, Promises
from guidance.ranking import DETOUR, Question, Suggestion, chance_of_any, rank
from guidance.streets import Wish
from parking.city import BerthKind, Position
from parking.geo import distance_m
from parking.rights import Energy
from tests.support.guidance import FREE, NOON, OCCUPIED, belief, minutes, small_desk

# Nearer to S001, but both within reach.
NEAR_S001 = Position(lon=113.3765, lat=31.70)
MIDDLE = Position(lon=113.3705, lat=31.70)  # as far from both
HOUR = timedelta(hours=1)
PRICES = np.array([300, 100])  # of S001 and S002
NAMES = ("A-1", "A-2", "B-1", "B-2")


def wish(
    *needs: BerthKind, position: Position = NEAR_S001, stay: timedelta = HOUR, energy: Energy = Energy.FUEL
) -> Wish:
    return Wish(position=position, stay=stay, energy=energy, needs=frozenset(needs))


def a_desk(*occupied: str) -> Desk:
    return small_desk(*(belief(name, OCCUPIED if name in occupied else FREE) for name in NAMES))


def asked_of(
    desk: Desk, asked: Wish, *, limit: int = 10, in_min: float = 0, outlook: Outlook | None = None
) -> dict[str, Suggestion]:
    """Suggestions by section, best first."""
    question = Question(
        wish=asked,
        now=NOON,
        arrive_at=minutes(in_min),
        prices=lambda sections: PRICES[sections],
        limit=limit,
        outlook=outlook,
        coming=desk.promises.coming,
    )
    found = rank(desk.streets, desk.latest.view, question)
    return {desk.board.section_ids[each.number]: each for each in found}


def ranked(asked: Wish, *occupied: str, limit: int = 10) -> dict[str, Suggestion]:
    return asked_of(a_desk(*occupied), asked, limit=limit)


def counts(found: Suggestion) -> Counts:
    return Counts(*found[2:6])


def filling(rate: float, error: float = 0.1) -> Outlook:
    """Forecasts that both sections will be this full, at any horizon."""
    return Outlook(
        made_at=NOON,
        horizons_min=(5, 60),
        rates=np.full((2, 4, 21), rate, dtype=np.float32),
        error=np.full((2, 4), error, dtype=np.float32),
        basis=np.full((2, 4), 3, dtype=np.int8),
        days=30,
        learnt=True,
    )


def test_the_nearest_section_comes_first_when_both_have_room() -> None:
    found = ranked(wish())

    assert list(found) == ["S001", "S002"]
    for each, end in zip(found.values(), (113.380, 113.361), strict=True):
        nearest = Position(lon=end, lat=31.70)
        assert each.walk_m == pytest.approx(distance_m(NEAR_S001, nearest) * DETOUR, abs=0.1, rel=0.001)


def test_beside_a_section_there_is_nothing_to_walk() -> None:
    first = next(iter(ranked(wish(position=Position(lon=113.3805, lat=31.70))).values()))

    assert first.walk_m == pytest.approx(0, abs=0.01)


def test_the_cost_is_the_sum_of_its_parts_and_orders_the_answer() -> None:
    found = list(ranked(wish()).values())

    assert [each.cost_min for each in found] == sorted(each.cost_min for each in found)
    for each in found:
        assert each.cost_min == pytest.approx(each.walk_min + each.price_min + each.search_min)


def test_a_full_section_falls_behind_but_is_kept() -> None:
    assert next(iter(ranked(wish(position=MIDDLE)))) == "S002"  # cheaper

    full = ranked(wish(position=MIDDLE), "B-1")
    assert list(full) == ["S001", "S002"]
    assert (full["S002"].free, full["S002"].chance) == (0, 0)


def test_berths_kept_for_others_closed_or_too_short_do_not_count() -> None:
    found = ranked(wish())
    assert counts(found["S001"]).capacity == 1  # A-2 is for residents
    assert counts(found["S002"]).capacity == 1  # B-2 is for disabled persons, and closed

    assert set(ranked(wish(stay=2 * HOUR))) == {"S002"}  # A-1 allows an hour
    assert set(ranked(wish(BerthKind.RESIDENT, stay=2 * HOUR))) == {"S001", "S002"}


def test_unknown_is_never_free() -> None:
    found = asked_of(small_desk(belief("B-1", OCCUPIED)), wish(), in_min=30, outlook=filling(0.0))

    assert (found["S001"].free, found["S001"].unknown, found["S001"].many) == (0, 1, 0)
    assert (found["S001"].chance, found["S002"].unknown) == (0, 0)


def test_only_new_energy_vehicles_may_use_charging_berths() -> None:
    assert BerthKind.CHARGING in wish(energy=Energy.NEV).kinds
    assert BerthKind.CHARGING not in wish().kinds


def test_nothing_beyond_walking_reach_is_offered_and_the_limit_holds() -> None:
    assert ranked(wish(position=Position(lon=113.45, lat=31.70))) == {}
    assert len(ranked(wish(), limit=1)) == 1


def test_what_is_free_now_and_will_be_full_on_arrival_has_little_chance() -> None:
    soon = asked_of(a_desk(), wish(), in_min=0, outlook=filling(1.0))["S002"]
    later = asked_of(a_desk(), wish(), in_min=60, outlook=filling(1.0))["S002"]

    assert soon.middle == 1
    assert soon.chance == pytest.approx(0.95)
    assert (later.free, later.middle, later.chance) == (1, 0, 0)


def test_what_is_full_now_and_will_be_free_on_arrival_has_a_chance() -> None:
    found = asked_of(a_desk("B-1"), wish(), in_min=60, outlook=filling(0.0))["S002"]

    assert (found.free, found.middle, found.basis) == (0, 1, "history")
    assert found.chance == pytest.approx(0.95)
    assert found.error == pytest.approx(0.1)


def test_nobody_is_told_that_a_berth_is_certain() -> None:
    chances = chance_of_any(np.array([[0.0], [1.0], [400.0]], dtype=np.float32))

    assert chances.tolist() == pytest.approx([0, 0.95, 0.999])


def test_without_forecasts_the_counts_of_now_stand_and_say_so() -> None:
    found = ranked(wish())["S001"]

    assert (found.few, found.middle, found.many, found.error, found.basis) == (1, 1, 1, None, "count")


def test_the_next_driver_is_not_sent_to_what_was_promised_to_the_one_before() -> None:
    desk = a_desk()
    first = asked_of(desk, wish(position=MIDDLE))
    for who in ("somebody", "somebody else"):
        desk.promises.note(who, "there", [each.number for each in first.values()], minutes(5))

    second = asked_of(desk, wish(position=MIDDLE))

    assert next(iter(first)) == "S002"
    assert next(iter(second)) == "S001"
    assert second["S002"].chance < first["S002"].chance


def test_a_promise_ends_after_the_arrival_and_asking_again_counts_once() -> None:
    promises = Promises(2)
    for _ in range(3):
        promises.note("somebody", "there", [1, 0], minutes(5))

    assert promises.coming.tolist() == pytest.approx([GOING[1], GOING[0]])
    promises.forget(minutes(5) + SLACK)
    assert promises.coming.tolist() == [0, 0]
    assert len(promises) == 0


def test_one_asker_cannot_empty_the_map() -> None:
    promises = Promises(1)
    for number in range(KEPT_EACH + 50):
        promises.note("a flood", number, [0], minutes(5))

    assert len(promises) == KEPT_EACH
