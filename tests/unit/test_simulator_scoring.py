"""Holding a platform against the truth: time, money, followers and accusations, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from parking.ids import Plate
from parking.states import BerthState
from simulators.faults.mishaps import Fault, Mishaps, join_mishaps
from simulators.plates import Vehicle
from simulators.scoring.acts import Accusation, Offence, score_acts
from simulators.scoring.followers import Boundary, score_followers
from simulators.scoring.money import Claim, score_money
from simulators.scoring.timelines import (
    Timeline,
    Window,
    last_words,
    tally_beyond,
    tally_state,
    tally_wrong,
    true_timeline,
)
from simulators.scoring.truth import Truth
from simulators.stays import Stays

FREE, OCCUPIED, UNKNOWN = (int(state) for state in BerthState)
MINUTE = 60_000
WINDOW = Window(from_ms=100 * MINUTE, until_ms=200 * MINUTE, berths=2)
NOTHING = join_mishaps([])


def stays(*rows: tuple[int, int, int]) -> Stays:
    """Stays by berth, arrival and departure in minutes."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    zeros = np.zeros(len(rows), dtype=np.int64)
    return Stays(
        berth=columns[:, 0],
        slot=zeros,
        arrive_ms=columns[:, 1] * MINUTE,
        depart_ms=columns[:, 2] * MINUTE,
        flags=zeros,
        vehicle=np.arange(len(rows), dtype=np.int64),
    )


def truth(*rows: tuple[int, int, int], mishaps: Mishaps = NOTHING) -> Truth:
    """Stays of cars P0, P1, ..."""
    vehicles = [Vehicle(plate=Plate(f"P{number}"), colour="blue") for number in range(len(rows))]
    return Truth(stays=stays(*rows), vehicles=vehicles, mishaps=mishaps)


def line(*rows: tuple[int, int, int]) -> Timeline:
    """Changes by berth, minute and state."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Timeline.of(columns[:, 0], columns[:, 1] * MINUTE, columns[:, 2].astype(np.int8))


def test_time_is_right_only_while_the_state_is_the_true_one() -> None:
    true = true_timeline(stays((0, 120, 140), (1, 90, 150)), NOTHING, WINDOW)
    said = line((0, 50, FREE), (0, 125, OCCUPIED), (0, 150, FREE), (1, 110, OCCUPIED), (1, 150, UNKNOWN))
    wrong = tally_wrong(said, true, WINDOW)
    assert (wrong.of_berths() // MINUTE).tolist() == [15, 60]
    assert wrong.share(np.array([True, True])) == pytest.approx(0.375)
    berth, low, high = (np.array([value]) for value in (0, 130 * MINUTE, 145 * MINUTE))
    assert (wrong.between(berth, low, high) // MINUTE).tolist() == [5]
    assert (tally_state(said, UNKNOWN, WINDOW).of_berths() // MINUTE).tolist() == [0, 60]


def test_what_is_said_beyond_what_was_heard_is_stale() -> None:
    said = line((0, 50, FREE), (0, 160, UNKNOWN), (1, 50, FREE))
    heard = line((0, 90, FREE), (0, 150, UNKNOWN), (1, 90, FREE))
    assert (tally_beyond(said, heard, WINDOW).of_berths() // MINUTE).tolist() == [10, 0]


def test_a_blocked_berth_is_taken_without_a_vehicle() -> None:
    device, berth = np.array([0]), np.array([0])
    thing = Mishaps.of(Fault.BLOCKED, device, berth, np.array([120 * MINUTE]), np.array([130 * MINUTE]))
    true = true_timeline(stays(), thing, WINDOW)
    assert (tally_state(true, OCCUPIED, WINDOW).of_berths() // MINUTE).tolist() == [10, 0]


def test_a_source_alone_is_its_last_word_until_that_is_too_old() -> None:
    observed = np.array([110, 130, 120, 190]) * MINUTE
    received = np.array([110, 131, 132, 190]) * MINUTE
    said = last_words(
        np.zeros(4, dtype=np.int64),
        observed,
        received,
        np.array([True, False, True, True]),
        np.full(2, 30 * MINUTE),
    )
    changes = list(zip((said.at_ms // MINUTE).tolist(), said.state.tolist(), strict=True))
    assert changes == [(110, OCCUPIED), (131, FREE), (161, UNKNOWN), (190, OCCUPIED), (220, UNKNOWN)]


CLAIM = Claim(berth=0, from_ms=110 * MINUTE, to_ms=120 * MINUTE, fen=100, plate="", held=False, running=False)


def test_each_driver_owes_what_his_own_stay_costs() -> None:
    true = truth((0, 110, 120), (0, 121, 150), (1, 60, 130))
    merged = replace(CLAIM, to_ms=150 * MINUTE, fen=400)
    money = score_money(true, [merged], lambda row, _named: (100, 290, 700)[row], [False, False], WINDOW)
    assert (money.stays, money.exact, money.billed_fen, money.owed_fen) == (2, 0, 400, 390)
    assert (money.over_fen, money.under_fen, money.ghosts) == (110, 100, 0)


def test_a_bill_for_nobody_is_all_too_much_and_a_held_stay_is_owed() -> None:
    true = truth((1, 110, 150))
    held = replace(CLAIM, berth=1, to_ms=150 * MINUTE, fen=0, held=True)
    money = score_money(true, [CLAIM, held], lambda _row, _named: 300, [True, False], WINDOW)
    assert (money.ghosts, money.over_fen, money.over_with_camera_fen) == (1, 100, 100)
    assert (money.held, money.under_fen, money.under_held_fen) == (1, 300, 300)


def test_the_plate_says_whose_bill_it_is_and_whether_it_is_the_wrong_one() -> None:
    true = truth((0, 110, 120), (0, 121, 150))
    first = replace(CLAIM, to_ms=150 * MINUTE, plate="P0")
    stranger = replace(CLAIM, from_ms=121 * MINUTE, to_ms=150 * MINUTE, plate="X", fen=290)
    money = score_money(true, [first, stranger], lambda row, _named: (100, 290)[row], [False] * 2, WINDOW)
    assert (money.exact, money.over_fen, money.wrong_plate_fen) == (2, 0, 290)


def test_an_unknown_vehicle_is_compared_as_one() -> None:
    money = score_money(
        truth((0, 110, 120)), [CLAIM], lambda _row, named: 50 if named else 100, [False] * 2, WINDOW
    )
    assert (money.exact, money.over_fen, money.unidentified_fen) == (1, 0, 50)


def test_a_follower_is_found_where_a_boundary_holds_the_change() -> None:
    gap = Mishaps.of(
        Fault.TAILGATE, np.array([0]), np.array([0]), np.array([130 * MINUTE]), np.array([131 * MINUTE])
    )
    true = truth((0, 110, 130), (0, 131, 150), mishaps=gap)
    right = Boundary(berth=0, earliest_ms=125 * MINUTE, latest_ms=135 * MINUTE)
    wrong = Boundary(berth=0, earliest_ms=140 * MINUTE, latest_ms=141 * MINUTE)
    found = score_followers(true, [right], [right, wrong], {}, [True, True], WINDOW)[True]
    assert (found.recall, found.precision) == (1.0, 0.5)
    held = score_followers(true, [], [], {0: [(110 * MINUTE, 150 * MINUTE)]}, [True, True], WINDOW)[True]
    assert (held.recall, held.precision, held.held) == (0.0, None, 1)


def test_an_accusation_needs_the_plate_the_berth_and_the_time() -> None:
    offence = Offence(
        rule="overstay", berth=0, plate="P0", from_ms=110 * MINUTE, ripe_ms=150 * MINUTE, to_ms=180 * MINUTE
    )
    told = Accusation(
        rule="overstay", berth=0, plate="P0", since_ms=150 * MINUTE, until_ms=180 * MINUTE,
        actionable=True, stands=True,
    )  # fmt: skip
    for change in ({}, {"plate": "P1"}, {"berth": 1}, {"since_ms": 190 * MINUTE, "until_ms": 195 * MINUTE}):
        scores, wrong = score_acts([offence], [replace(told, **change)], WINDOW)
        assert bool(wrong) is bool(change)
        assert scores["overstay"].wrong_plate == ("plate" in change)
        assert scores["overstay"].found_actionable == (not change)
        assert scores["overstay"].recall == scores["overstay"].recall_actionable == float(not change)
    scores, wrong = score_acts([offence], [replace(told, actionable=False)], WINDOW)
    assert (scores["overstay"].found_lead, wrong) == (1, [])
    scores, wrong = score_acts([offence], [replace(told, plate="P1", stands=False)], WINDOW)
    assert len(wrong) == 1, "withdrawn later or not"
