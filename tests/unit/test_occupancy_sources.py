"""Several sources, none of them always right: who is believed, when, and what is said where nobody knows.

Minutes after midnight; the sensor S and the camera C each repeat themselves every half hour.
"""

import pytest

from occupancy.cells import REASONS
from parking.readings import ReadingKind
from parking.states import BerthState, QuarantineReason, TransitionCause
from tests.support.believing import Row, Street, Word

FREE, OCCUPIED, UNKNOWN = (int(state) for state in BerthState)
BEAT, SEEN = ReadingKind.HEARTBEAT, ReadingKind.SIGHTING


@pytest.fixture
def street() -> Street:
    """Return one berth, free at midnight as sensor and camera agree."""
    street = Street()
    street.hear(Word(0, 0, kind=BEAT), Word(0, 0, device=street.camera, kind=BEAT), now=0)
    return street


def states(rows: list[Row]) -> list[tuple[int, int, float, float, TransitionCause]]:
    return [row[:5] for row in rows]


def test_camera_that_sees_a_car_follow_another_makes_two_stays(street: Street) -> None:
    #   S  10 occupied ............................ 90 free
    #   C  10 occupied  40 free  40.5 occupied .... 90 free
    camera = street.camera
    street.hear(Word(10, 1), Word(10, 1, device=camera))
    street.hear(Word(30, 1, kind=BEAT), Word(40, 0, device=camera), Word(40.5, 1, device=camera))
    street.hear(Word(60, 1, kind=BEAT), Word(90, 0, device=camera), Word(90.05, 0))

    assert street.standing() == [
        (FREE, 0, 0), (OCCUPIED, 10, 10), (FREE, 40, 40), (OCCUPIED, 40.5, 40.5), (FREE, 90, 90),
    ]  # fmt: skip


def test_departure_that_the_sensor_misses_is_the_cameras_to_tell(street: Street) -> None:
    camera = street.camera
    street.hear(Word(10, 1), Word(10, 1, device=camera))
    street.hear(Word(50, 0, device=camera), now=51)
    rows = []
    for minute in (60, 90, 120, 150):
        rows += street.hear(Word(minute, 1, kind=BEAT), now=minute)
        rows += street.hear(Word(minute + 5, 0, device=camera, kind=BEAT), now=minute + 5)

    assert rows == []
    assert street.standing()[-1] == (FREE, 50, 50)


def test_arrival_without_an_answer_is_unknown_and_then_dated_by_who_reported_it(street: Street) -> None:
    camera = street.camera
    street.hear(Word(40, 0, device=camera, kind=BEAT), now=40)

    assert street.hear(Word(50, 1), now=51) == []
    assert states(doubt := street.hear(Word(53, 1, berth=0, kind=BEAT), now=53)) == [
        (FREE, UNKNOWN, 50, 50, TransitionCause.CONFLICT)
    ]
    assert states(street.hear(Word(70, 1, device=camera, kind=BEAT))) == [
        (UNKNOWN, OCCUPIED, 50, 50, TransitionCause.CHANGE)
    ]
    assert doubt[0].replaces == 0


def test_departure_that_the_camera_denies_lets_the_stay_go_on(street: Street) -> None:
    #   S  10 occupied  50 free (a high chassis)  55 occupied     C  10 occupied  60 still occupied
    camera = street.camera
    street.hear(Word(10, 1), Word(10, 1, device=camera), Word(40, 1, device=camera, kind=BEAT))
    street.hear(Word(50, 0), now=50)
    street.hear(Word(53, 0, kind=BEAT), now=53)
    rows = street.hear(Word(55, 1), Word(70, 1, device=camera, kind=BEAT), now=71)

    assert states(rows) == [(UNKNOWN, OCCUPIED, 50, 50, TransitionCause.CHANGE)]


def test_missing_number_of_the_camera_settles_what_it_did_not_answer() -> None:
    #   berth 0: occupied 10, sensor free 50; the camera's number 9 is missing when it next speaks, of berth 1
    street = Street(berths=2)
    camera = street.camera
    street.hear(Word(0, 0), Word(10, 1), Word(10, 1, device=camera, seq=7))
    street.hear(Word(41, 1, device=camera, kind=BEAT, seq=8), now=41)
    street.hear(Word(50, 0), now=50)
    assert street.engine.state[0] == OCCUPIED

    rows = street.hear(Word(51, 0, berth=1, device=camera, kind=BEAT, seq=10), now=51)

    assert (OCCUPIED, FREE, 50, 50, TransitionCause.CHANGE) in states(rows)


def test_lost_departure_shows_when_the_device_reports_another_arrival(street: Street) -> None:
    street = Street()
    street.hear(Word(0, 0), Word(10, 1), Word(40, 1, kind=BEAT))

    rows = street.hear(Word(55, 1))

    assert states(rows) == [
        (OCCUPIED, FREE, 40, 55, TransitionCause.STATUS),
        (FREE, OCCUPIED, 55, 55, TransitionCause.CHANGE),
    ]


def test_hand_held_that_sees_a_car_opens_a_stay_that_the_sensor_missed(street: Street) -> None:
    street = Street()
    street.hear(Word(0, 0), Word(30, 0, kind=BEAT))

    rows = street.hear(Word(40, 1, device=street.walker, kind=SEEN), Word(60, 0, kind=BEAT))

    assert states(rows) == [(FREE, OCCUPIED, 30, 40, TransitionCause.STATUS)]


def test_hand_held_does_not_stand_in_the_way_of_the_next_departure() -> None:
    street = Street()
    street.hear(Word(0, 0), Word(10, 1), Word(40, 1, device=street.walker, kind=SEEN))

    rows = street.hear(Word(41, 0))

    assert states(rows) == [(OCCUPIED, FREE, 41, 41, TransitionCause.CHANGE)]


def test_backlog_from_before_the_silence_takes_the_silence_back() -> None:
    #   occupied 0; silent until the gateway is back at 100 with what the device said at 30, 60 and 95
    street = Street()
    silence = street.hear(Word(0, 1), now=81)[-1]
    assert states([silence]) == [(OCCUPIED, UNKNOWN, 0, 80, TransitionCause.SILENCE)]

    rows = street.hear(Word(30, 1, kind=BEAT, received=100), Word(60, 0, received=100), now=100)

    assert [(row.to_state, row.latest, row.replaces) for row in rows] == [(FREE, 60, silence.seq)]
    assert street.standing() == [(OCCUPIED, 0, 0), (FREE, 60, 60)]


def test_next_number_of_the_device_proves_that_nothing_was_said_in_between() -> None:
    street = Street()
    silence = street.hear(Word(0, 1, seq=4), now=81)[-1]

    rows = street.hear(Word(150, 0, seq=5), now=150)

    assert [(row.to_state, row.earliest, row.latest, row.cause, row.replaces) for row in rows] == [
        (FREE, 150, 150, TransitionCause.CHANGE, silence.seq)
    ]


def test_silence_with_missing_numbers_stays_and_the_return_says_so() -> None:
    street = Street()
    street.hear(Word(0, 1, seq=4), now=81)

    rows = street.hear(Word(150, 0, seq=6), now=150)

    assert states(rows) == [(UNKNOWN, FREE, 150, 150, TransitionCause.RETURN)]


def play_days(street: Street, days: int, frozen_from: float) -> None:
    """Four stays a day; the camera sees them, the sensor too until it freezes at occupied."""
    for half in range(days * 48):
        minute, occupied = half * 30.0, int(half % 12 < 6)
        kind = ReadingKind.CHANGE if half % 6 == 0 else BEAT
        sensor = occupied if minute < frozen_from else 1
        street.hear(
            Word(minute, sensor, kind=kind if minute < frozen_from else BEAT),
            Word(minute + 10, occupied, device=street.camera, kind=kind),
            now=minute + 11,
        )


def reason(street: Street, device: int) -> QuarantineReason | None:
    found: QuarantineReason | None = REASONS[int(street.engine.devices["reason"][device])]
    return found


def test_sensor_that_contradicts_the_camera_for_long_is_put_into_quarantine_and_weighs_nothing() -> None:
    street = Street()
    play_days(street, days=3, frozen_from=1440)

    assert reason(street, 0) is not None
    assert street.engine.devices["weight"][0] == 0
    assert reason(street, street.camera) is None


def test_sensor_that_agrees_with_the_camera_keeps_its_weight() -> None:
    street = Street()
    play_days(street, days=3, frozen_from=10**6)

    assert reason(street, 0) is None
    assert street.engine.devices["weight"][0] > 4


def test_repaired_sensor_is_released_when_it_agrees_again() -> None:
    street = Street()
    play_days(street, days=3, frozen_from=1440)
    engine = street.engine
    for half in range(3 * 48, 14 * 48):
        minute, occupied = half * 30.0, int(half % 12 < 6)
        kind = ReadingKind.CHANGE if half % 6 == 0 else BEAT
        street.hear(
            Word(minute, occupied, kind=kind),
            Word(minute + 10, occupied, device=street.camera, kind=kind),
            now=minute + 11,
        )

    assert reason(street, 0) is None
    assert engine.devices["weight"][0] > 2


def test_sensor_that_froze_without_a_witness_stops_billing_as_of_its_last_change() -> None:
    street = Street()
    for half in range(6 * 48):
        minute = half * 30.0
        occupied = int(half % 12 < 6) if minute < 4 * 1440 - 30 else 1
        kind = ReadingKind.CHANGE if half % 6 == 0 and minute < 4 * 1440 - 30 else BEAT
        street.hear(Word(minute, occupied, kind=kind), now=minute + 1)

    assert reason(street, 0) is QuarantineReason.STUCK
    last = street.rows[0][-1]
    assert (last.to_state, last.cause) == (UNKNOWN, TransitionCause.QUARANTINE)
    assert last.earliest == street.rows[0][-2].latest


def test_one_missed_arrival_seen_by_a_patrol_ten_times_is_one_error() -> None:
    street = Street()
    street.hear(Word(1, 0))
    for beat in range(1, 10):
        street.hear(Word(30 * beat, 0, kind=BEAT), now=30 * beat)
    for look in range(20):
        street.hear(Word(271 + 10 * look, 1, device=street.walker, kind=SEEN), now=272 + 10 * look)
    for beat in range(16, 60):
        street.hear(Word(30 * beat, 0, kind=BEAT), now=30 * beat)

    assert reason(street, 0) is None


def overlooked(street: Street) -> None:
    """Let the sensor report an arrival at 10 that the camera, at 20, knows nothing of."""
    street.hear(Word(10, 1), now=10)
    street.hear(Word(20, 0, device=street.camera, kind=BEAT), now=20)


def test_vehicle_that_the_camera_overlooks_is_seen_and_disputed(street: Street) -> None:
    overlooked(street)
    street.hear(Word(30, 1, kind=BEAT), Word(50, 0, device=street.camera, kind=BEAT), now=51)

    assert street.standing()[-1] == (OCCUPIED, 10, 10)
    assert street.rows[0][-1].cause is TransitionCause.CONFLICT
    assert states(street.hear(Word(70, 0))) == [(OCCUPIED, FREE, 70, 70, TransitionCause.CHANGE)]


def test_camera_that_comes_to_see_the_vehicle_begins_a_stay_beyond_dispute(street: Street) -> None:
    overlooked(street)

    rows = street.hear(Word(45, 1, device=street.camera))

    assert states(rows) == [
        (OCCUPIED, FREE, 20, 45, TransitionCause.STATUS),
        (FREE, OCCUPIED, 45, 45, TransitionCause.CHANGE),
    ]


def test_toggle_of_a_minute_that_the_camera_does_not_see_is_no_vehicle(street: Street) -> None:
    street.hear(Word(10, 1), Word(11, 0), now=15)
    street.hear(Word(20, 0, device=street.camera, kind=BEAT), now=20)

    assert street.standing() == [(FREE, 0, 0)]
