"""A sensor that counts how long its former state lasted tells of changes whose messages were lost."""

from datetime import UTC, datetime, timedelta

from app.past import with_past
from ingest.intake import Accepted
from occupancy.belief import Belief
from parking.ids import BerthId, DeviceId, ReadingId, partition_of
from parking.readings import Quality, RawMessage, Reading, ReadingKind
from parking.span import Moment
from parking.states import BerthState
from tests.support.cities import small_city

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def said(minute: float, *, occupied: bool, since: tuple[float, float] | None = None) -> Accepted:
    def at(minute: float) -> datetime:
        return NOON + timedelta(minutes=minute)

    reading = Reading(
        device_id=DeviceId("G0"), family="geo", boot=0, seq=int(minute), kind=ReadingKind.CHANGE,
        observed_at=at(minute), berth_id=None, occupied=occupied,
        previous_since=since and Moment(earliest_at=at(since[0]), latest_at=at(since[1])),
    )  # fmt: skip
    raw = RawMessage(topic="t", payload=b"", received_at=at(minute))
    return Accepted(raw=raw, reading=reading, berth_id=BerthId("B0"))


def told(*accepted: Accepted) -> list[tuple[str, float, float]]:
    city = small_city()
    belief = Belief(city, {partition_of(berth_id): 0 for berth_id in city.berths})
    rows = with_past(accepted)
    evidence = belief.evidence(
        [ReadingId(place) for place in range(len(rows))],
        [(each.berth_id, each.reading, each.raw.received_at) for each in rows],
    )
    taken = belief.take(evidence, [each.reading for each in rows], accepted[-1].raw.received_at)
    return [
        (
            BerthState(row.to_state).name,
            (row.moment.earliest_at - NOON) / timedelta(minutes=1),
            (row.moment.latest_at - NOON) / timedelta(minutes=1),
        )
        for row in taken.transitions
    ]


def test_lost_arrival_is_bounded_by_how_long_the_stay_lasted() -> None:
    assert told(said(0, occupied=False), said(60, occupied=False, since=(20, 25))) == [
        ("FREE", 0, 0), ("OCCUPIED", 0, 25), ("FREE", 60, 60),
    ]  # fmt: skip


def test_count_of_a_stay_whose_arrival_was_heard_changes_nothing() -> None:
    arrived = said(22, occupied=True)

    assert told(said(0, occupied=False), arrived, said(60, occupied=False, since=(20, 25))) == [
        ("FREE", 0, 0), ("OCCUPIED", 22, 22), ("FREE", 60, 60),
    ]  # fmt: skip


def test_what_is_told_of_the_past_is_marked_as_history() -> None:
    past, change = with_past([said(60, occupied=False, since=(20, 25))])

    assert past.reading.quality & Quality.HISTORY
    assert past.reading.occupied is True
    assert change.reading.occupied is False
