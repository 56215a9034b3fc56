"""Laws of what is charged where a sensor's word alone charges nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.presence import Note
from billing.sightings import SURE
from billing.stays import History, Stay, derive
from billing.witnesses import TO_LEAVE
from parking.ids import BerthId
from parking.states import Sighting, Transition
from tests.support.randomstreet import RandomStreet
from tests.support.streetrows import StreetRows

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
BERTH = "I-00"
PLATE = "鄂S12345"
SAID_OF_WITNESSES = {Note.UNWITNESSED, Note.PARTLY_WITNESSED}
many = settings(max_examples=500, deadline=None)
MINUTES = st.integers(min_value=0, max_value=600)


def history_of(rows: list[Transition | Sighting], *, needs_witness: bool) -> History:
    return History(
        berth_id=BerthId(BERTH),
        transitions=tuple(row for row in rows if isinstance(row, Transition)),
        sightings=tuple(row for row in rows if isinstance(row, Sighting)),
        needs_witness=needs_witness,
    )


def seen_stay(seen: list[int]) -> Stay:
    """A stay of ten hours, and a plate that is read at these minutes."""
    street = StreetRows()
    street.park(BERTH, START, START + timedelta(minutes=600))
    for minute in seen:
        street.see(BERTH, PLATE, START + timedelta(minutes=minute))
    (stay,) = derive(history_of(street.rows, needs_witness=True))
    return stay


@many
@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=60))
def test_a_needed_witness_only_takes_away_from_what_is_charged(seed: int, moves: int) -> None:
    street = RandomStreet(random=Random(seed), berths=(BERTH,), now=START)  # noqa: S311  a repeatable street
    for _ in range(moves):
        street.move()
    free, bound = (derive(history_of(street.rows.rows, needs_witness=each)) for each in (False, True))

    assert [replace(stay, notes=stay.notes - SAID_OF_WITNESSES, witnessed=None) for stay in bound] == list(
        free
    )
    for alone, proven in zip(free, bound, strict=True):
        assert alone.charged().start_at <= proven.charged().start_at
        assert proven.charged().end_at <= alone.charged().end_at


@many
@given(st.lists(MINUTES, max_size=6))
def test_what_is_charged_lies_between_the_first_and_the_last_word_for_the_plate(seen: list[int]) -> None:
    charged = seen_stay(seen).charged()

    if charged.end_at > charged.start_at:
        assert charged.start_at == START + timedelta(minutes=min(seen))
        assert charged.end_at <= START + timedelta(minutes=max(seen)) + TO_LEAVE


@many
@given(st.lists(MINUTES, max_size=6), MINUTES)
def test_one_more_word_for_the_plate_never_makes_less_of_it(seen: list[int], more: int) -> None:
    before, after = seen_stay(seen).charged(), seen_stay([*seen, more]).charged()

    assert after.end_at - after.start_at >= before.end_at - before.start_at


@many
@given(st.permutations([3, 250, 251, 599]), st.floats(min_value=0, max_value=SURE, exclude_max=True))
def test_the_order_in_which_words_come_does_not_matter(seen: list[int], doubtful: float) -> None:
    street = StreetRows()
    street.park(BERTH, START, START + timedelta(minutes=600))
    for minute in seen:
        street.see(BERTH, PLATE, START + timedelta(minutes=minute))
    street.see(BERTH, PLATE, START, confidence=doubtful)
    (stay,) = derive(history_of(street.rows, needs_witness=True))

    assert stay.charged() == seen_stay([3, 250, 251, 599]).charged()
