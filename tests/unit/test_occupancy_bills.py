"""What doubt in the belief does to a bill: from the engine's rows to the stays that follow."""

from datetime import UTC, datetime, timedelta

from billing.stays import History, Stay, StayState, derive
from parking.ids import BerthId, Partition
from parking.readings import ReadingKind
from parking.span import Moment
from parking.states import BerthState, Transition
from tests.support.believing import Street, Word

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
BEAT = ReadingKind.HEARTBEAT


def stays_of(street: Street) -> list[tuple[StayState, float, float]]:
    """State and charged minutes of the stays that billing makes of a street's rows."""

    def at(minute: float) -> datetime:
        return MIDNIGHT + timedelta(minutes=minute)

    rows = tuple(
        Transition(
            partition=Partition(0), seq=row.seq, berth_id=BerthId("B0"),
            from_state=BerthState(row.from_state), to_state=BerthState(row.to_state),
            moment=Moment(earliest_at=at(row.earliest), latest_at=at(row.latest)),
            confidence=1.0, cause=row.cause, reading_id=None, replaces_seq=row.replaces or None,
        )
        for row in street.rows[0]
    )  # fmt: skip

    def charged(stay: Stay) -> tuple[float, float]:
        span = stay.charged()
        return (span.start_at - MIDNIGHT) / timedelta(minutes=1), (span.end_at - MIDNIGHT) / timedelta(
            minutes=1
        )

    return [
        (stay.state, *charged(stay)) for stay in derive(History(berth_id=BerthId("B0"), transitions=rows))
    ]


def test_late_departure_shortens_the_stay_that_was_booked_from_a_status() -> None:
    street = Street()
    street.hear(Word(1, 0), Word(10, 1), Word(60, 0, kind=BEAT))
    assert stays_of(street) == [(StayState.CLOSED, 10, 10)]

    street.hear(Word(45, 0, received=61))

    assert stays_of(street) == [(StayState.CLOSED, 10, 45)]


def test_backlog_after_silence_leaves_one_whole_stay() -> None:
    street = Street()
    street.hear(Word(1, 0), Word(10, 1), now=95)
    street.hear(Word(40, 1, kind=BEAT, received=100), Word(70, 0, received=100), now=100)

    assert stays_of(street) == [(StayState.CLOSED, 10, 70)]


def test_vehicle_that_only_the_sensor_sees_is_held() -> None:
    street = Street()
    camera = street.camera
    street.hear(Word(1, 0), Word(1, 0, device=camera, kind=BEAT))
    street.hear(Word(10, 1), Word(20, 0, device=camera, kind=BEAT), Word(80, 0), now=81)

    assert stays_of(street) == [(StayState.HELD, 10, 80)]


def test_dispute_about_a_departure_leaves_the_stay_whole() -> None:
    street = Street()
    camera = street.camera
    street.hear(Word(1, 0), Word(1, 0, device=camera, kind=BEAT), Word(10, 1), Word(10, 1, device=camera))
    street.hear(Word(40, 1, device=camera, kind=BEAT), Word(50, 0), now=53)
    street.hear(Word(55, 1), Word(70, 1, device=camera, kind=BEAT), Word(90, 0), Word(90, 0, device=camera))

    assert stays_of(street) == [(StayState.CLOSED, 10, 90)]
