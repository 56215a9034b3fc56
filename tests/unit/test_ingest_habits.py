"""Clocks that are wrong, and devices that speak more often than their profile says."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.habits import Habit, Habits
from ingest.intake import Intake
from parking.ids import BerthId, DeviceId
from parking.readings import Quality, RawMessage, Reading, ReadingKind, RejectReason
from tests.support.cities import small_city
from tests.unit.test_ingest_intake import geo

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
G0 = DeviceId("G0")


def said(
    at: datetime, *, kind: ReadingKind = ReadingKind.HEARTBEAT, quality: int = 0, device: str = "G0"
) -> Reading:
    return Reading(
        device_id=DeviceId(device), family="geo", boot=0, seq=1, kind=kind, observed_at=at, berth_id=None,
        occupied=True, quality=quality,
    )  # fmt: skip


def sent(number: int, offset: timedelta, *, minutes: float = 2, device: str = "G0") -> RawMessage:
    """Message of a device whose clock is wrong by the offset, received as soon as it was sent."""
    received_at = NOW + number * timedelta(minutes=minutes)
    raw = geo(number, device=device, at=received_at + offset)
    return RawMessage(topic=raw.topic, payload=raw.payload, received_at=received_at)


@pytest.mark.parametrize("offset", [timedelta(hours=8), timedelta(days=3), timedelta(minutes=-40)])
def test_clock_that_is_wrong_is_found_out_and_set_right(offset: timedelta) -> None:
    intake = Intake(small_city())
    for number in range(1, 6):
        intake.admit([sent(number, offset)])

    accepted, _ = intake.admit([sent(6, offset)])

    reading = accepted[0].reading
    assert abs(reading.observed_at - accepted[0].raw.received_at) < timedelta(seconds=1)
    assert reading.quality & Quality.CLOCK_OFF
    assert intake.habits.known[G0].offset == offset


def test_refused_messages_of_such_a_clock_go_through_later() -> None:
    intake, offset = Intake(small_city()), timedelta(hours=8)
    first = sent(1, offset)
    assert intake.admit([first])[1][0].reason is RejectReason.FUTURE
    for number in range(2, 7):
        intake.admit([sent(number, offset)])

    accepted, _ = intake.admit([first])

    assert accepted[0].reading.observed_at == first.received_at


def test_clock_that_was_never_set_is_set_right() -> None:
    intake = Intake(small_city())
    offset = datetime(1970, 1, 1, tzinfo=UTC) - NOW
    for number in range(1, 7):
        accepted, rejected = intake.admit([sent(number, offset)])

    assert not rejected
    assert accepted[0].reading.observed_at == accepted[0].raw.received_at


def test_backlog_is_no_wrong_clock() -> None:
    intake = Intake(small_city())
    backlog = [
        geo(number, at=NOW - timedelta(hours=6) + number * timedelta(minutes=5)) for number in range(60)
    ]

    accepted, _ = intake.admit(backlog)

    assert not intake.habits.wrong
    assert accepted[0].reading.observed_at == NOW - timedelta(hours=6)


def test_street_that_is_late_as_a_whole_has_no_wrong_clocks() -> None:
    intake, late = Intake(small_city()), timedelta(hours=-2)
    for number in range(1, 8):
        accepted, _ = intake.admit([sent(number, late, device=device) for device in ("G0", "G1", "G2")])

    assert len(intake.habits.wrong) == 3
    assert not any(each.reading.quality & Quality.CLOCK_OFF for each in accepted)
    assert accepted[0].reading.observed_at == accepted[0].raw.received_at + late


def test_one_clock_ahead_of_many_is_set_right_without_the_others() -> None:
    intake = Intake(small_city())
    for number in range(1, 8):
        wrong, right = sent(number, timedelta(days=1)), sent(number, timedelta(0), device="G1")
        accepted, _ = intake.admit([wrong, right])

    assert [bool(each.reading.quality & Quality.CLOCK_OFF) for each in accepted] == [True, False]


def test_clock_that_jumps_to_the_end_of_time_costs_its_own_message_only() -> None:
    intake = Intake(small_city())
    for number in range(1, 7):
        intake.admit([sent(number, datetime(1970, 1, 1, tzinfo=UTC) - NOW)])
    raw = geo(7, at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))

    _, rejected = intake.admit([RawMessage(topic=raw.topic, payload=raw.payload, received_at=NOW)])

    assert [each.reason for each in rejected] == [RejectReason.FUTURE]


def test_device_without_a_clock_has_no_offset() -> None:
    habits = Habits()
    for number in range(20):
        at = NOW + number * timedelta(minutes=30)
        habits.note(said(at, quality=int(Quality.NO_CLOCK)), at)

    assert habits.known[G0].offset is None
    assert habits.known[G0].interval == timedelta(minutes=30)


def test_one_lost_heartbeat_does_not_change_the_rhythm() -> None:
    habits = Habits()
    for number in (n for n in range(14) if n != 6):
        at = NOW + number * timedelta(minutes=10)
        habits.note(said(at), at)

    assert habits.known[G0].interval == timedelta(minutes=10)


def test_backlog_at_once_and_repetitions_make_no_rhythm() -> None:
    habits = Habits()
    for _ in range(20):
        habits.note(said(NOW), NOW)

    assert habits.known[G0].interval is None


def test_habits_outlive_a_restart() -> None:
    habits, again = Habits(), Habits()
    for number in range(12):
        at = NOW + number * timedelta(minutes=10)
        habits.note(said(at + timedelta(hours=1)), at)

    again.load(habits.take_unsaved())

    assert again.wrong == {G0: timedelta(hours=1)}
    assert again.intervals() == {G0: timedelta(minutes=10)}
    assert habits.take_unsaved() == []


def test_clock_that_was_set_right_is_believed_at_once() -> None:
    intake, offset = Intake(small_city()), timedelta(hours=8)
    for number in range(1, 8):
        intake.admit([sent(number, offset)])

    accepted, _ = intake.admit([sent(8, timedelta(0))])

    assert G0 in intake.habits.wrong
    assert accepted[0].reading.observed_at == accepted[0].raw.received_at
    assert not accepted[0].reading.quality & Quality.CLOCK_OFF


def test_message_that_comes_again_is_one_look_at_the_clock() -> None:
    habits = Habits()
    for number in range(20):
        habits.note(said(NOW + timedelta(days=1)), NOW + number * timedelta(minutes=2))

    assert not habits.wrong


def test_message_that_comes_again_after_each_of_many_restarts_is_one_look_at_the_clock() -> None:
    habits = Habits()
    for number in range(20):
        habits.note(said(NOW + timedelta(days=1)), NOW + number * timedelta(seconds=2))
        again = Habits()
        again.load([(G0, Habit(heard_at=each.heard_at, gaps_s=each.gaps_s, delays_s=each.delays_s))
                    for each in habits.known.values()])  # fmt: skip
        habits = again

    assert not habits.wrong


def test_camera_that_goes_round_its_berths_has_no_rhythm() -> None:
    habits = Habits()
    for number in range(20):
        at = NOW + number * timedelta(minutes=1)
        habits.note(said(at)._replace(berth_id=BerthId(f"B{number % 5}")), at)

    assert habits.known[G0].interval is None


def test_clock_that_is_wrong_now_and_then_is_never_set_right() -> None:
    intake, day = Intake(small_city()), timedelta(days=1)
    for number in range(1, 40):
        is_wrong = number % 5 != 0
        accepted, rejected = intake.admit([sent(number, day if is_wrong else timedelta(0))])

        assert (len(accepted), len(rejected)) == ((0, 1) if is_wrong else (1, 0))
    assert not intake.habits.wrong


def test_known_offset_survives_one_message_that_was_held_up_and_not_two() -> None:
    intake, offset = Intake(small_city()), timedelta(hours=8)
    for number in range(1, 6):
        intake.admit([sent(number, offset)])
    intake.admit([sent(6, offset - timedelta(minutes=4))])
    assert intake.habits.wrong == {G0: offset}

    intake.admit([sent(7, offset - timedelta(minutes=20))])
    assert not intake.habits.wrong


def test_what_is_being_stored_does_not_change_meanwhile() -> None:
    intake = Intake(small_city())
    for number in range(1, 6):
        intake.admit([sent(number, timedelta(0))])
    ((_, taken),) = intake.habits.take_unsaved()
    before = taken.copy()

    intake.admit([sent(6, timedelta(hours=8))])

    assert taken == before != intake.habits.known[G0]
