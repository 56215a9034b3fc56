"""What signs should show: never more than is known to be free."""

from datetime import timedelta

import numpy as np
import pytest

from guidance.board import Counts
from guidance.outlook import Outlook
from guidance.signs import EXPIRE_AFTER, SignTotals, compose, expiry, multi
from guidance.signwords import Word, choose_number, choose_word, round_down
from parking.ids import SignId
from tests.support.guidance import FREE as FREE_BERTH
from tests.support.guidance import NOON, belief, minutes, small_desk
from tests.support.smallcity import small_city

SIGN = small_city().signs[SignId("L2-01")]


@pytest.mark.parametrize(
    ("free", "shown"), [(0, 0), (1, 1), (49, 49), (50, 50), (54, 50), (199, 195), (200, 200), (219, 210)]
)
def test_numbers_are_exact_where_they_are_small_and_rounded_down_where_they_are_not(
    free: int, shown: int
) -> None:
    assert round_down(free) == shown


@pytest.mark.parametrize(
    ("counts", "fresh", "word"),
    [
        (Counts(12, 30, 0, 0), True, Word.FREE),
        (Counts(4, 36, 0, 0), True, Word.LOW),
        (Counts(5, 35, 0, 0), True, Word.FREE),
        (Counts(1, 2, 0, 0), True, Word.LOW),
        (Counts(2, 2, 0, 0), True, Word.FREE),
        (Counts(0, 40, 0, 0), True, Word.FULL),
        (Counts(0, 40, 10, 0), True, Word.FULL),
        (Counts(0, 40, 11, 0), True, Word.STALE),
        (Counts(1, 0, 11, 0), True, Word.LOW),
        (Counts(0, 0, 12, 0), True, Word.STALE),
        (Counts(0, 0, 0, 12), True, Word.CLOSED),
        (Counts(0, 0, 0, 12), False, Word.CLOSED),
        (Counts(12, 30, 0, 0), False, Word.STALE),
    ],
)
def test_the_word_says_what_is_known(counts: Counts, word: Word, *, fresh: bool) -> None:
    assert choose_word(counts, fresh=fresh) is word


@pytest.mark.parametrize(
    ("counts", "before", "word"),
    [
        (Counts(5, 35, 0, 0), Word.LOW, Word.LOW),
        (Counts(7, 33, 0, 0), Word.LOW, Word.FREE),
        (Counts(4, 36, 0, 0), Word.FREE, Word.LOW),
        (Counts(2, 9, 0, 0), Word.LOW, Word.FREE),
        (Counts(0, 40, 9, 0), Word.STALE, Word.STALE),
        (Counts(0, 40, 7, 0), Word.STALE, Word.FULL),
        (Counts(0, 40, 9, 0), Word.FULL, Word.FULL),
        (Counts(1, 40, 0, 0), Word.FULL, Word.LOW),
    ],
)
def test_a_word_stays_until_the_change_is_clear(counts: Counts, before: Word, word: Word) -> None:
    assert choose_word(counts, fresh=True, before=before) is word


@pytest.mark.parametrize(
    ("free", "before", "shown"),
    [
        (12, 11, 12),  # small numbers follow at once
        (49, 50, 49),
        (100, 95, 95),  # not clearly above the step
        (102, 95, 100),
        (99, 100, 95),  # falls at once
        (200, 195, 195),
        (204, 195, 200),
        (201, 100, 195),
        (50, 49, 49),
    ],
)
def test_a_number_falls_at_once_and_rises_when_it_is_clear(free: int, before: int, shown: int) -> None:
    assert choose_number(free, before) == shown


def test_rows_speak_chinese_and_ascii() -> None:
    rows = compose(SIGN, [Counts(12, 30, 1, 0), Counts(0, 40, 0, 0)], fresh=True)

    assert [row.text for row in rows] == ["测试路段 ↑ 12", "解放路 ← 满"]
    assert [row.text_en for row in rows] == ["Test section ^ 12", "Jiefang Road <- FULL"]
    assert [(row.free, row.unknown) for row in rows] == [(12, 1), (0, 0)]
    assert all(row.text_en.isascii() for row in rows)


def test_ntcip_signs_get_ascii_lines() -> None:
    rows = compose(SIGN, [Counts(12, 30, 1, 0), Counts(0, 40, 0, 0)], fresh=True)

    assert multi(rows) == "Test section ^ 12[nl]Jiefang Road <- FULL"


def test_a_low_number_is_named_and_shown() -> None:
    (row, _) = compose(SIGN, [Counts(2, 38, 0, 0), Counts(0, 40, 0, 0)], fresh=True)

    assert (row.text, row.text_en) == ("测试路段 ↑ 余少 2", "Test section ^ LOW 2")


def test_old_data_and_closed_sections_show_no_number() -> None:
    rows = compose(SIGN, [Counts(12, 30, 0, 0), Counts(0, 0, 0, 9)], fresh=False)

    assert [(row.word, row.free) for row in rows] == [(Word.STALE, None), (Word.CLOSED, None)]
    assert [row.text for row in rows] == ["测试路段 ↑ --", "解放路 ← 关闭"]


def test_the_rows_of_a_sign_add_up_the_sections_it_names() -> None:
    desk = small_desk(belief("A-1", FREE_BERTH), belief("B-1", FREE_BERTH))
    totals = SignTotals(desk.city.signs.values(), desk.board.section_no)

    sums = totals.add_up(desk.streets.for_anybody(desk.latest.view))

    assert totals.rows_of(SIGN.sign_id, sums) == [Counts(1, 0, 0, 0), Counts(2, 0, 0, 0)]


def test_a_sign_speaks_of_the_arrival_and_never_of_more_than_is_free_now() -> None:
    desk = small_desk(belief("A-1", FREE_BERTH), belief("B-1", FREE_BERTH))
    totals = SignTotals(desk.city.signs.values(), desk.board.section_no)
    usable = desk.streets.for_anybody(desk.latest.view)

    filling, emptying = (totals.add_up(usable, forecasts(rate)) for rate in (1.0, 0.0))

    # 100 m and 300 m away: 17 s and 50 s of the five minutes in which both sections fill.
    assert totals.rows_of(SIGN.sign_id, filling) == [Counts(1, 0, 0, 0), Counts(1, 1, 0, 0)]
    assert totals.rows_of(SIGN.sign_id, emptying) == totals.rows_of(SIGN.sign_id, totals.add_up(usable))


def forecasts(rate: float) -> Outlook:
    """Every site will be this full in five minutes and later."""
    return Outlook(
        made_at=NOON,
        horizons_min=(5, 60),
        rates=np.full((2, 4, 21), rate, dtype=np.float32),
        error=np.zeros((2, 4), dtype=np.float32),
        basis=np.full((2, 4), 3, dtype=np.int8),
        days=30,
        learnt=True,
    )


def test_a_change_touches_the_signs_that_cover_it() -> None:
    desk = small_desk(belief("A-1", FREE_BERTH))
    totals = SignTotals(desk.city.signs.values(), desk.board.section_no)
    before = totals.add_up(desk.streets.for_anybody(desk.latest.view))
    desk.board.apply([belief("B-1", FREE_BERTH)], NOON)
    after = totals.add_up(desk.streets.for_anybody(desk.board.view(NOON)))

    assert totals.changed(before, before) == []
    assert totals.changed(before, after) == [SIGN.sign_id]


def test_a_city_without_signs_adds_up_nothing() -> None:
    desk = small_desk()
    totals = SignTotals([], desk.board.section_no)

    sums = totals.add_up(desk.streets.for_anybody(desk.latest.view))

    assert sums.shape == (0, 4)
    assert totals.changed(sums, sums) == []


def test_a_number_never_outlives_the_data_behind_it() -> None:
    assert expiry(NOON, minutes(60)) == NOON + EXPIRE_AFTER
    assert expiry(NOON, minutes(2)) == minutes(2)
    # Nothing fresh is behind it any more: it is no number, and stands its full time.
    assert expiry(NOON, NOON - timedelta(seconds=1)) == NOON + EXPIRE_AFTER
