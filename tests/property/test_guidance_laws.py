"""Laws of signs and boards that hold for any numbers."""

from hypothesis import given
from hypothesis import strategies as st

from guidance.board import Board, Counts
from guidance.signwords import Word, choose_number, choose_word
from parking.states import BerthState
from tests.support.guidance import NOON, belief, minutes
from tests.support.smallcity import small_city

CITY = small_city()
frees = st.integers(min_value=0, max_value=3000)
counts = st.builds(Counts, frees, frees, frees, frees)


@given(st.lists(frees, min_size=1))
def test_a_sign_never_shows_more_than_is_free_however_the_number_moved(path: list[int]) -> None:
    shown: int | None = None
    for free in path:
        shown = choose_number(free, shown)
        assert 0 <= shown <= free
        assert (shown == free) or free >= 50


@given(frees, frees)
def test_a_number_that_stands_still_does_not_move(free: int, before: int) -> None:
    settled = choose_number(free, before)

    assert choose_number(free, settled) == settled


@given(told=counts, before=st.sampled_from([None, *Word]), fresh=st.booleans())
def test_a_word_promises_nothing_that_is_not_known(told: Counts, before: Word | None, *, fresh: bool) -> None:
    word = choose_word(told, fresh=fresh, before=before)

    if word in {Word.FREE, Word.LOW}:
        assert fresh
        assert told.free
    if word is Word.FULL:
        assert fresh
        assert not told.free
    assert (word is Word.CLOSED) == (told.capacity == told.closed)
    assert choose_word(told, fresh=fresh, before=word) is word


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(CITY.berths)),
            st.sampled_from(BerthState),
            st.integers(min_value=-2000, max_value=200),
        )
    ),
    st.integers(min_value=-100, max_value=2000),
)
def test_counts_always_add_up_to_the_capacity(said: list[tuple[str, BerthState, int]], at_min: int) -> None:
    board = Board(CITY)
    board.apply([belief(name, state, minutes(at)) for name, state, at in said], NOON)

    view = board.view(minutes(at_min))

    assert view.city.capacity == len(CITY.berths)
    assert view.sections.sum() == view.zones.sum() == len(CITY.berths)
    assert (view.sections.sum(axis=1) == [2, 2]).all()
    assert view.fresh or view.city.free + view.city.occupied == 0
