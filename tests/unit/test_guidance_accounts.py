"""When a session opens, when a refresh is theft, and when guessing locks out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from guidance.accounts import (
    ACCESS_LIFE,
    GUESS_WINDOW,
    REFRESH_LIFE,
    Refreshing,
    Session,
    judge_refresh,
    locked_until,
)
from tests.support.guidance import NOON, minutes

SESSION = Session(
    family_id="f",
    name="n",
    address="a",
    access_sha256=b"1",
    refresh_sha256=b"2",
    created_at=NOON,
    access_until=NOON + ACCESS_LIFE,
    refresh_until=NOON + REFRESH_LIFE,
)


def test_an_access_token_opens_until_its_end_or_until_it_is_revoked() -> None:
    assert SESSION.opens(minutes(14.9))
    assert not SESSION.opens(NOON + ACCESS_LIFE)
    assert not replace(SESSION, revoked_at=minutes(1)).opens(minutes(2))


def test_a_refresh_token_is_worth_one_exchange_and_a_second_one_is_theft() -> None:
    used = replace(SESSION, replaced_at=minutes(10))

    assert judge_refresh(SESSION, minutes(10)) is Refreshing.RENEWED
    assert judge_refresh(used, minutes(11)) is Refreshing.STOLEN
    assert judge_refresh(SESSION, NOON + REFRESH_LIFE) is Refreshing.OVER
    assert judge_refresh(replace(used, revoked_at=minutes(11)), minutes(12)) is Refreshing.OVER


@pytest.mark.parametrize(("at_min", "until_min"), [(4, 15), (14.9, 15), (15, None), (60, None)])
def test_guesses_lock_until_the_oldest_that_counts_is_past(at_min: float, until_min: float | None) -> None:
    guesses = [minutes(number) for number in range(4)]  # at 0, 1, 2 and 3 minutes

    expected = None if until_min is None else minutes(until_min)
    assert locked_until(guesses, 4, minutes(at_min)) == expected
    assert locked_until(guesses, 5, minutes(at_min)) is None
    assert timedelta(minutes=15) == GUESS_WINDOW
