"""What is counted from the view before is what counting anew gives, whatever moved in between."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidance.board import Board, Shown, View
from guidance.streets import Streets, Wish
from parking.city import BerthKind
from parking.plumbing.cityfiles import load_city
from parking.rights import Energy
from parking.states import BerthState
from tests.support.database import ROOT
from tests.support.guidance import NOON, belief, minutes

CITY = load_city(ROOT / "cities/suizhou")
BERTHS = list(CITY.berths.values())
NAMES = list(CITY.berths)
STREETS = Streets(CITY, Board(CITY))
WISHES = [
    Wish(position=CITY.centre, stay=timedelta(minutes=stay), energy=energy, needs=needs)
    for stay in (30, 90, 600)
    for energy, needs in (
        (Energy.FUEL, frozenset[BerthKind]()),
        (Energy.NEV, frozenset({BerthKind.DISABLED})),
    )
]
# Berths heard of, minutes by which the clock moves on (far enough for silence), and who asks.
turns = st.lists(
    st.tuples(
        st.integers(0, 1500),
        st.sampled_from([0, 1, 90, 300]),
        st.lists(st.sampled_from(range(len(WISHES)))),
    ),
    min_size=2,
    max_size=6,
)


def usable_anew(view: View, wish: Wish) -> np.ndarray:
    """Count berth by berth."""
    counts = np.zeros((len(CITY.sections), len(Shown)), dtype=np.int64)
    section_no = {section_id: number for number, section_id in enumerate(CITY.sections)}
    for berth, state in zip(BERTHS, view.states.tolist(), strict=True):
        if berth.kind in wish.kinds and (berth.time_limit is None or berth.time_limit >= wish.stay):
            counts[section_no[berth.section_id], state] += 1
    return counts


@settings(max_examples=10, deadline=None)
@given(turns=turns, seed=st.integers(0, 1000))
def test_counts_of_a_view_do_not_depend_on_the_views_before(
    turns: list[tuple[int, int, list[int]]], seed: int
) -> None:
    board, chance, at = Board(CITY), np.random.default_rng(seed), 0
    for moved, later_min, asked in turns:
        at += later_min
        chosen = chance.choice(len(NAMES), size=moved, replace=False).tolist()
        states = chance.integers(0, 3, size=moved).tolist()
        told = zip(chosen, states, strict=True)
        board.apply(
            [belief(NAMES[each], BerthState(state), minutes(at)) for each, state in told], minutes(at)
        )

        view = board.view(minutes(at))
        zones = np.zeros_like(view.zones)
        np.add.at(zones, board.zone_of_section, view.sections)

        assert (view.sections == board.count_by_section(view.states)).all()
        assert (view.zones == zones).all()
        for number in asked:
            usable = STREETS.usable(view, WISHES[number])
            free, occupied = usable.counts[:, Shown.FREE], usable.counts[:, Shown.OCCUPIED]
            assert (usable.counts == usable_anew(view, WISHES[number])).all()
            assert (usable.is_open == (usable.counts[:, : Shown.CLOSED].sum(axis=1) > 0)).all()
            assert (usable.known[:, 0] == free).all()
            assert (usable.known[:, 1] == free + occupied).all()
            known = view.sections[:, Shown.FREE] + view.sections[:, Shown.OCCUPIED]
            rate = view.sections[:, Shown.OCCUPIED] / np.maximum(known, 1)
            assert usable.known[:, 2] == pytest.approx(rate, abs=1e-6)


def test_silence_ends_what_was_known_without_a_word() -> None:
    board = Board(CITY)
    board.apply([belief(name, BerthState.FREE, NOON) for name in NAMES], NOON)

    heard, silent = board.view(NOON), board.view(minutes(600))

    assert heard.city.free > 0
    assert silent.city.free == 0
    assert (silent.sections == board.count_by_section(silent.states)).all()
