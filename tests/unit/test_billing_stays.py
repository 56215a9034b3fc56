"""Stays from transitions and sightings: each outcome that the module promises."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.presence import Note
from billing.stays import Anchor, History, Stay, StayState, changes, derive
from parking.ids import BerthId, StayId
from parking.span import Moment
from parking.states import BerthState, Sighting, Transition, TransitionCause
from tests.support.streetrows import StreetRows

BERTH = "SZ1-0001"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
FREE, OCCUPIED, UNKNOWN = BerthState
MINE, OTHER = "鄂S12345", "鄂A77777"


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def stays_of(street: StreetRows, anchor: Anchor | None = None) -> tuple[Stay, ...]:
    transitions = tuple(row for row in street.rows if isinstance(row, Transition))
    sightings = tuple(row for row in street.rows if isinstance(row, Sighting))
    return derive(
        History(berth_id=BerthId(BERTH), anchor=anchor, transitions=transitions, sightings=sightings)
    )


def summary(stay: Stay) -> tuple[StayState, float, float | None, set[str]]:
    """State, charged from and to in minutes after noon, notes."""
    from_min = (stay.arrived.latest_at - NOON).total_seconds() / 60
    until = stay.departed_earliest_at
    return (
        stay.state,
        from_min,
        None if until is None else (until - NOON).total_seconds() / 60,
        {note.value for note in stay.notes},
    )


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


def test_arrival_opens_and_departure_closes(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    assert [summary(stay) for stay in stays_of(street)] == [(StayState.OPEN, 0, None, set())]
    street.depart(BERTH, minutes(130))
    (stay,) = stays_of(street)
    assert summary(stay) == (StayState.CLOSED, 0, 130, set())
    assert stay.stay_id == "SZ1-0001-20261123T040000000Z"
    assert stay.departed_latest_at == minutes(130)


def test_bounds_are_read_in_the_drivers_favour(street: StreetRows) -> None:
    street.turn(BERTH, FREE, minutes(-60), cause=TransitionCause.FIRST_SEEN)
    street.turn(BERTH, OCCUPIED, minutes(30), since=minutes(0), cause=TransitionCause.STATUS)
    street.turn(BERTH, FREE, minutes(90), since=minutes(60), cause=TransitionCause.STATUS)
    (stay,) = stays_of(street)
    assert summary(stay) == (StayState.CLOSED, 30, 60, set())
    assert (stay.arrived.earliest_at, stay.departed_latest_at) == (minutes(0), minutes(90))


def test_bounds_that_overlap_charge_nothing(street: StreetRows) -> None:
    street.turn(BERTH, OCCUPIED, minutes(30), since=minutes(0), cause=TransitionCause.STATUS)
    street.turn(BERTH, FREE, minutes(40), since=minutes(20), cause=TransitionCause.STATUS)
    (stay,) = stays_of(street)
    assert stay.charged().length == timedelta(0)


@pytest.mark.parametrize("cause", [TransitionCause.FIRST_SEEN, TransitionCause.RETURN])
def test_an_arrival_that_nobody_saw_is_marked(street: StreetRows, cause: TransitionCause) -> None:
    street.turn(BERTH, OCCUPIED, minutes(5), cause=cause)
    assert [summary(stay) for stay in stays_of(street)] == [(StayState.OPEN, 5, None, {"arrival_unseen"})]


def test_silence_interrupts_at_the_last_proof(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.silence(BERTH, minutes(60), minutes(140))
    (stay,) = stays_of(street)
    assert summary(stay) == (StayState.OPEN, 0, 60, set())
    assert stay.departed_latest_at is None


def test_free_after_silence_closes_at_the_last_proof(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.silence(BERTH, minutes(60), minutes(140))
    street.back(BERTH, FREE, minutes(200))
    (stay,) = stays_of(street)
    assert summary(stay) == (StayState.CLOSED, 0, 60, set())
    assert stay.departed_latest_at == minutes(200)


def test_occupied_after_silence_holds_both_stays(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.silence(BERTH, minutes(60), minutes(140))
    street.back(BERTH, OCCUPIED, minutes(200))
    street.depart(BERTH, minutes(230))
    assert [summary(stay) for stay in stays_of(street)] == [
        (StayState.HELD, 0, 60, {"gap_after"}),
        (StayState.HELD, 200, 230, {"arrival_unseen", "gap_before"}),
    ]


def test_one_sure_plate_on_both_sides_of_silence_is_one_stay(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, MINE, minutes(1))
    street.silence(BERTH, minutes(60), minutes(140))
    street.back(BERTH, OCCUPIED, minutes(200))
    assert len(stays_of(street)) == 2
    street.see(BERTH, MINE, minutes(201))
    street.depart(BERTH, minutes(230))
    (stay,) = stays_of(street)
    assert summary(stay) == (StayState.CLOSED, 0, 230, {"gap_bridged"})


def test_two_sure_plates_around_silence_are_two_stays(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, MINE, minutes(1))
    street.silence(BERTH, minutes(60), minutes(140))
    street.back(BERTH, OCCUPIED, minutes(200))
    street.see(BERTH, OTHER, minutes(201))
    street.depart(BERTH, minutes(230))
    assert [summary(stay) for stay in stays_of(street)] == [
        (StayState.CLOSED, 0, 60, set()),
        (StayState.CLOSED, 200, 230, {"arrival_unseen"}),
    ]


def test_an_unsure_plate_proves_nothing_across_silence(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, MINE, minutes(1))
    street.silence(BERTH, minutes(60), minutes(140))
    street.back(BERTH, OCCUPIED, minutes(200))
    street.see(BERTH, MINE, minutes(201), confidence=0.7)
    assert [stay.state for stay in stays_of(street)] == [StayState.HELD, StayState.HELD]


def test_a_plate_seen_during_silence_belongs_to_neither_side(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.silence(BERTH, minutes(60), minutes(140))
    street.see(BERTH, MINE, minutes(120))
    street.back(BERTH, OCCUPIED, minutes(200))
    assert [stay.read for stay in stays_of(street)] == [None, None]


def test_evidence_delivered_late_mends_the_silence(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.silence(BERTH, minutes(60), minutes(140))
    street.back(BERTH, OCCUPIED, minutes(90))
    street.depart(BERTH, minutes(230))
    assert [summary(stay) for stay in stays_of(street)] == [(StayState.CLOSED, 0, 230, set())]


def test_the_better_reading_gives_the_plate(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, OTHER, minutes(1), confidence=0.6)
    street.see(BERTH, MINE, minutes(2), confidence=0.8)
    street.see(BERTH, OTHER, minutes(3), confidence=0.8)
    (stay,) = stays_of(street)
    assert stay.read is not None
    assert (stay.read.plate, stay.state) == (MINE, StayState.OPEN)


def test_two_sure_plates_hold_the_stay(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, MINE, minutes(1), confidence=0.95)
    street.see(BERTH, OTHER, minutes(9), confidence=0.99)
    street.depart(BERTH, minutes(30))
    assert [summary(stay) for stay in stays_of(street)] == [(StayState.HELD, 0, 30, {"two_plates"})]


def test_two_plates_seen_twice_each_are_two_stays(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    for plate, minute in ((MINE, 1), (MINE, 20), (OTHER, 30), (OTHER, 90)):
        street.see(BERTH, plate, minutes(minute))
    street.see(BERTH, MINE, minutes(25), confidence=0.5)
    street.depart(BERTH, minutes(100))
    first, second = stays_of(street)
    assert summary(first) == (StayState.CLOSED, 0, 20, {"followed"})
    assert summary(second) == (StayState.CLOSED, 30, 100, {"followed"})
    assert first.departed_latest_at == minutes(30)
    assert (first.departure_seq, second.arrived.earliest_at) == (None, minutes(20))
    assert first.read is not None
    assert second.read is not None
    assert (first.read.plate, second.read.plate) == (MINE, OTHER)


@pytest.mark.parametrize(
    "seen",
    [
        ((MINE, 1), (OTHER, 30), (OTHER, 90)),
        ((MINE, 1), (MINE, 20), (OTHER, 30)),
        ((MINE, 1), (MINE, 20), (OTHER, 30), (OTHER, 40), (MINE, 50), (MINE, 60)),
    ],
)
def test_two_plates_with_less_proof_hold_the_stay(
    street: StreetRows, seen: tuple[tuple[str, int], ...]
) -> None:
    street.arrive(BERTH, minutes(0))
    for plate, minute in seen:
        street.see(BERTH, plate, minutes(minute))
    street.depart(BERTH, minutes(100))
    assert [summary(stay) for stay in stays_of(street)] == [(StayState.HELD, 0, 100, {"two_plates"})]


def test_a_follower_that_silence_overtakes_is_proven_no_further(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    for plate, minute in ((MINE, 1), (MINE, 20), (OTHER, 30), (OTHER, 40)):
        street.see(BERTH, plate, minutes(minute))
    street.silence(BERTH, minutes(60), minutes(140))
    assert [summary(stay)[1:3] for stay in stays_of(street)] == [(0, 20), (30, 60)]


def test_a_confusable_plate_is_the_same_vehicle(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, "鄂S80345", minutes(1), confidence=0.95)
    street.see(BERTH, "鄂SB0345", minutes(9), confidence=0.99)
    (stay,) = stays_of(street)
    assert stay.state is StayState.OPEN


def test_an_unreadable_plate_is_marked_and_not_used(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, "鄂SIIII", minutes(1))
    (stay,) = stays_of(street)
    assert stay.read is None
    assert stay.notes == {Note.UNREADABLE_PLATE}


def test_a_plate_is_written_in_one_form(street: StreetRows) -> None:
    street.arrive(BERTH, minutes(0))
    street.see(BERTH, "鄂s·12345", minutes(1))
    (stay,) = stays_of(street)
    assert stay.read is not None
    assert stay.read.plate == MINE


def test_a_camera_may_see_the_car_before_the_sensor_does(street: StreetRows) -> None:
    street.park(BERTH, minutes(0), minutes(10))
    street.see(BERTH, OTHER, minutes(9.9))
    street.see(BERTH, MINE, minutes(19.5))
    street.arrive(BERTH, minutes(20))
    first, second = stays_of(street)
    assert first.read is not None
    assert second.read is not None
    assert (first.read.plate, second.read.plate) == (OTHER, MINE)


def test_a_plate_seen_in_an_empty_berth_belongs_to_nobody(street: StreetRows) -> None:
    street.park(BERTH, minutes(0), minutes(10))
    street.see(BERTH, MINE, minutes(15))
    street.park(BERTH, minutes(20), minutes(30))
    assert [stay.read for stay in stays_of(street)] == [None, None]


def test_nothing_of_before_the_anchor_is_counted(street: StreetRows) -> None:
    anchor = Anchor(
        stay_id=StayId("SZ1-0001-20261123T040000000Z"),
        departure_seq=0,
        departed=Moment(earliest_at=minutes(0), latest_at=minutes(10)),
    )
    street.see(BERTH, OTHER, minutes(10))
    street.turn(BERTH, OCCUPIED, minutes(10.5))
    (stay,) = stays_of(street, anchor)
    assert (stay.arrived, stay.read) == (Moment.exactly(minutes(10.5)), None)


def test_times_that_run_backwards_are_moved_to_where_they_can_be(street: StreetRows) -> None:
    street.park(BERTH, minutes(0), minutes(60))
    street.park(BERTH, minutes(50), minutes(45))
    assert [summary(stay) for stay in stays_of(street)] == [
        (StayState.CLOSED, 0, 60, set()),
        (StayState.CLOSED, 60, 60, {"clock_disorder"}),
    ]


def test_stays_of_one_instant_keep_different_names(street: StreetRows) -> None:
    for _ in range(3):
        street.park(BERTH, minutes(0), minutes(0))
    names = [stay.stay_id for stay in stays_of(street)]
    assert [name.removeprefix("SZ1-0001-20261123T040000000Z") for name in names] == ["", ".2", ".3"]


def test_repeated_and_pointless_turns_change_nothing(street: StreetRows) -> None:
    street.turn(BERTH, UNKNOWN, minutes(-9))
    street.turn(BERTH, FREE, minutes(-8))
    street.turn(BERTH, FREE, minutes(-7), from_state=UNKNOWN)
    street.arrive(BERTH, minutes(0))
    street.turn(BERTH, OCCUPIED, minutes(1), from_state=UNKNOWN)
    street.silence(BERTH, minutes(30), minutes(110))
    street.turn(BERTH, UNKNOWN, minutes(120), from_state=OCCUPIED)
    assert [summary(stay) for stay in stays_of(street)] == [(StayState.OPEN, 0, 30, set())]


def test_a_correction_moves_the_departure(street: StreetRows) -> None:
    _, departure = street.park(BERTH, minutes(0), minutes(60))
    street.park(BERTH, minutes(100), minutes(110))
    street.turn(BERTH, FREE, minutes(50), replaces=departure, from_state=OCCUPIED)
    assert [summary(stay)[1:3] for stay in stays_of(street)] == [(0, 50), (100, 110)]


def test_a_correction_of_a_correction_counts(street: StreetRows) -> None:
    _, departure = street.park(BERTH, minutes(0), minutes(60))
    street.park(BERTH, minutes(100), minutes(110))
    first = street.turn(BERTH, FREE, minutes(50), replaces=departure, from_state=OCCUPIED)
    street.turn(BERTH, FREE, minutes(40), replaces=first, from_state=OCCUPIED)
    assert [summary(stay)[1:3] for stay in stays_of(street)] == [(0, 40), (100, 110)]


def test_a_transition_can_be_taken_back(street: StreetRows) -> None:
    _, departure = street.park(BERTH, minutes(0), minutes(60))
    arrival = street.arrive(BERTH, minutes(61))
    street.depart(BERTH, minutes(90))
    street.turn(BERTH, OCCUPIED, minutes(60), replaces=departure, from_state=OCCUPIED)
    street.turn(BERTH, OCCUPIED, minutes(61), replaces=arrival, from_state=OCCUPIED)
    assert [summary(stay)[1:3] for stay in stays_of(street)] == [(0, 90)]


def test_one_transition_can_be_replaced_by_several(street: StreetRows) -> None:
    _, departure = street.park(BERTH, minutes(0), minutes(60))
    street.arrive(BERTH, minutes(90))
    street.turn(BERTH, FREE, minutes(20), replaces=departure, from_state=OCCUPIED)
    street.turn(BERTH, OCCUPIED, minutes(30), replaces=departure, from_state=FREE)
    street.turn(BERTH, FREE, minutes(60), replaces=departure, from_state=OCCUPIED)
    assert [summary(stay)[1:3] for stay in stays_of(street)] == [(0, 20), (30, 60), (90, None)]


def test_changes_are_what_differs_and_what_vanished(street: StreetRows) -> None:
    arrival, _ = street.park(BERTH, minutes(0), minutes(60))
    (before,) = stays_of(street)
    known, seqs = {before.stay_id: before}, [row.seq for row in street.rows]
    assert changes(known, stays_of(street), seqs) == []
    street.turn(BERTH, OCCUPIED, minutes(5), replaces=arrival, from_state=FREE)
    gone, new = changes(known, stays_of(street), seqs)
    assert (gone.stay_id, gone.state) == (before.stay_id, StayState.VOID)
    assert new.stay_id != before.stay_id


def test_a_stay_whose_rows_are_no_longer_kept_stands(street: StreetRows) -> None:
    street.park(BERTH, minutes(0), minutes(60))
    known = {stay.stay_id: stay for stay in stays_of(street)}
    assert changes(known, (), []) == []
