"""A flooding device is held back, the others are not."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.flood import WINDOW, Floodgate
from parking.readings import RawMessage, RejectReason

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def message(topic: str, number: int = 0) -> RawMessage:
    return RawMessage(topic=topic, payload=b"%d" % number, received_at=NOW)


def test_beyond_the_number_the_rest_is_refused_in_one_row_that_counts() -> None:
    gate = Floodgate(most=3)
    flood = [message("citypark/x/up/geo/F", number) for number in range(5)]

    passed, refused = gate.hold_back([*flood, message("citypark/x/up/geo/G")], NOW)

    assert passed == [*flood[:3], message("citypark/x/up/geo/G")]
    ((refusal, number),) = refused
    assert (refusal.reason, refusal.raw, number) == (RejectReason.FLOODING, flood[3], 2)
    assert refusal.detail.startswith("2 messages refused")


def test_count_goes_on_over_batches_and_ends_with_the_minute() -> None:
    gate = Floodgate(most=3)
    topic = "citypark/x/up/geo/F"

    first, _ = gate.hold_back([message(topic)] * 2, NOW)
    second, refused = gate.hold_back([message(topic)] * 3, NOW + timedelta(seconds=30))
    third, none_refused = gate.hold_back([message(topic)] * 3, NOW + WINDOW)

    assert (len(first), len(second), len(third)) == (2, 1, 3)
    assert [number for _, number in refused] == [2]
    assert not none_refused


@pytest.mark.parametrize("topic", ["ctwing/x/notice", "citypark/x/up/payment/PAY-1"])
def test_topic_that_many_share_is_not_held_back(topic: str) -> None:
    shared = [message(topic, number) for number in range(5)]

    assert Floodgate(most=3).hold_back(shared, NOW) == (shared, [])
