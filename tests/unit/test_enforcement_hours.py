"""Permitted hours by the wall clock, and what lies outside them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.hours import closed_since, outside, parse_hours
from parking.span import Span
from tests.support.enforcement import ZONE

NIGHT = parse_hours("19:00-07:00")
DAY = parse_hours("09:00-17:30")
LAST_NIGHT = datetime(2026, 3, 1, 19, tzinfo=ZONE)


def hours(first: float, last: float) -> Span:
    """Span in hours after 19:00 of the first of March."""
    return Span(
        start_at=(LAST_NIGHT + timedelta(hours=first)).astimezone(UTC),
        end_at=(LAST_NIGHT + timedelta(hours=last)).astimezone(UTC),
    )


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (hours(1, 11), []),
        (hours(1, 13), [hours(12, 13)]),
        (hours(-2, 13), [hours(-2, 0), hours(12, 13)]),
        (hours(13, 20), [hours(13, 20)]),
        (hours(0, 48), [hours(12, 24), hours(36, 48)]),
    ],
)
def test_what_lies_outside_the_night(span: Span, expected: list[Span]) -> None:
    assert list(outside(span, [NIGHT], ZONE)) == expected


def test_several_permitted_hours_add_up() -> None:
    assert list(outside(hours(0, 24), [NIGHT, DAY], ZONE)) == [hours(12, 14), hours(22.5, 24)]


def test_when_permitted_hours_ended_last() -> None:
    assert closed_since(hours(0, 13).end_at, [NIGHT], ZONE) == hours(0, 12).end_at
    assert closed_since(hours(0, 30).end_at, [NIGHT], ZONE) == hours(0, 12).end_at
    assert closed_since(hours(0, 13).end_at, [], ZONE) is None


@given(st.floats(0, 60), st.floats(0.01, 60))
def test_inside_and_outside_make_the_whole(first: float, length: float) -> None:
    span = hours(first, first + length)
    out = list(outside(span, [NIGHT], ZONE))
    allowed = [NIGHT.on((LAST_NIGHT + timedelta(days=day)).date(), ZONE) for day in range(-1, 7)]
    inside = [part for each in allowed if (part := each.overlap(span)) is not None]
    assert sum((each.length for each in (*out, *inside)), timedelta()) == span.length
    assert not any(one.overlap(each) for one in out for each in allowed)


@pytest.mark.parametrize("text", ["", "19-7", "25:00-07:00", "19:00-07:60", "19:00 to 07:00"])
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="not hours such as"):
        parse_hours(text)
