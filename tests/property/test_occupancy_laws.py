"""Laws of the engine that hold for any city and any day."""

from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from occupancy.counts import SectionCounts
from parking.readings import ReadingKind
from parking.states import TransitionCause
from tests.support.believing import Row, Street, Word

BERTHS = 4
CAMERA, WALKER = BERTHS, BERTHS + 1


def _word(who: int, berth: int, second: int, occupied: int, kind: ReadingKind) -> Word:
    if who == WALKER:
        kind, occupied = ReadingKind.SIGHTING, 1
    device = None if who < CAMERA else who
    return Word(second / 60, occupied, berth, device, kind)


_words = st.builds(
    _word,
    st.sampled_from([0, 0, 0, CAMERA, WALKER]),
    st.integers(0, BERTHS - 1),
    st.integers(0, 7_100),
    st.integers(-1, 1),
    st.sampled_from([ReadingKind.CHANGE, ReadingKind.HEARTBEAT]),
)
_turns = st.lists(st.tuples(st.lists(_words, max_size=10), st.integers(0, 300)), max_size=8)


@settings(deadline=None)
@given(turns=_turns, cut=st.integers(0, 8))
def test_restore_then_the_rest_equals_never_stopping(turns: list[tuple[list[Word], int]], cut: int) -> None:
    steady, first = Street(BERTHS), Street(BERTHS)
    whole = [steady.hear(*words, now=now) for words, now in turns]

    parts = [first.hear(*words, now=now) for words, now in turns[:cut]]
    second = Street(BERTHS, _seq=first._seq)  # noqa: SLF001  the numbers go on
    second.engine.restore(first.engine.snapshot())
    parts += [second.hear(*words, now=now) for words, now in turns[cut:]]

    assert parts == whole
    assert second.engine.snapshot() == steady.engine.snapshot()


@settings(deadline=None)
@given(words=st.lists(_words, max_size=25), chance=st.randoms(use_true_random=False), size=st.integers(1, 6))
def test_order_and_repetition_change_no_state(words: list[Word], chance: Random, size: int) -> None:
    plain, wild = Street(BERTHS), Street(BERTHS)
    for word in sorted(words, key=lambda word: word.minute):
        plain.hear(word)
    mixed = [*words, *chance.choices(words, k=5)] if words else []
    chance.shuffle(mixed)
    for start in range(0, len(mixed), size):
        wild.hear(*mixed[start : start + size])

    assert (wild.engine.cells == plain.engine.cells).all()


@settings(deadline=None)
@given(turns=_turns)
def test_what_stands_leads_from_state_to_state_and_to_what_is_believed(
    turns: list[tuple[list[Word], int]],
) -> None:
    street = Street(BERTHS)
    for words, now in turns:
        street.hear(*words, now=now)

    for berth in range(BERTHS):
        standing = street.standing(berth)
        states = [2, *(state for state, _, _ in standing)]
        assert all(before != after for before, after in pairwise(states))
        assert all(earliest <= latest for _, earliest, latest in standing)
        assert states[-1] == street.engine.state[berth]


@settings(deadline=None)
@given(turns=_turns)
def test_every_row_is_replaced_once_at_most_as_a_whole_and_what_is_taken_back_says_so(
    turns: list[tuple[list[Word], int]],
) -> None:
    street = Street(BERTHS)
    rows: list[Row] = []
    for words, now in turns:
        rows += street.hear(*words, now=now)

    seqs = {row.seq for row in rows}
    assert all(row.replaces in seqs or row.replaces == 0 for row in rows)
    assert all(row.replaces < row.seq for row in rows)
    for row in rows:
        if row.from_state == row.to_state:
            assert row.cause is TransitionCause.CORRECTION
            assert row.replaces > 0


@given(
    shown=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    closed=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_counts_of_a_section_sum_to_its_capacity(shown: list[int], closed: list[bool]) -> None:
    section_of = np.array([0, 0, 0, 1, 1, 1, 1, 2], dtype=np.int64)
    counts = SectionCounts(["a", "b", "c"], section_of, np.array(closed))

    rows = counts.count(np.array(shown, dtype=np.int8))

    assert rows.sum(axis=1).tolist() == [3, 4, 1]
    assert rows[:, 3].sum() == sum(closed)
