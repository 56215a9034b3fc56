"""What is charged where a sensor alone saw a stay: the time for which somebody names its plate."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.presence import Note
from billing.rating import sites_of
from billing.stays import History, Stay, StayState, derive
from parking.ids import BerthId
from parking.states import Sighting, Transition
from tests.support.simulated import make_city
from tests.support.streetrows import StreetRows

BERTH = "SZ1-0001"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MINE, OTHER = "鄂S12345", "鄂A77777"


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def stays_of(street: StreetRows, *, needs_witness: bool = True) -> tuple[Stay, ...]:
    transitions = tuple(row for row in street.rows if isinstance(row, Transition))
    sightings = tuple(row for row in street.rows if isinstance(row, Sighting))
    return derive(
        History(
            berth_id=BerthId(BERTH),
            transitions=transitions,
            sightings=sightings,
            needs_witness=needs_witness,
        )
    )


def charged(stay: Stay) -> tuple[float, float]:
    """Minutes after noon from when and until when the stay is charged."""
    span = stay.charged()
    return (span.start_at - NOON) / timedelta(minutes=1), (span.end_at - NOON) / timedelta(minutes=1)


def pay(street: StreetRows, plate: str, since: float, at: float) -> None:
    """What the two sightings of a payment are."""
    street.see(BERTH, plate, minutes(at), confidence=1.0)
    street.see(BERTH, plate, minutes(since), confidence=1.0)


@pytest.fixture
def street() -> StreetRows:
    """A sensor says that somebody stood there from noon for 130 minutes."""
    rows = StreetRows()
    rows.arrive(BERTH, minutes(0))
    rows.depart(BERTH, minutes(130))
    return rows


def test_a_stay_that_nobody_witnessed_charges_nobody(street: StreetRows) -> None:
    (stay,) = stays_of(street)

    assert stay.state is StayState.CLOSED
    assert charged(stay) == (0, 0)
    assert set(stay.notes) == {Note.UNWITNESSED}


def test_elsewhere_a_sensor_alone_is_believed(street: StreetRows) -> None:
    (stay,) = stays_of(street, needs_witness=False)

    assert (charged(stay), set(stay.notes), stay.witnessed) == ((0, 130), set(), None)


def test_who_pays_for_his_whole_stay_is_charged_for_it(street: StreetRows) -> None:
    pay(street, MINE, since=0, at=128)
    (stay,) = stays_of(street)

    assert (charged(stay), set(stay.notes), stay.witnessed) == ((0, 130), set(), None)
    assert stay.read is not None
    assert stay.read.plate == MINE


def test_who_came_after_somebody_else_is_charged_from_when_he_came(street: StreetRows) -> None:
    pay(street, MINE, since=70, at=129)
    (stay,) = stays_of(street)

    assert (charged(stay), set(stay.notes)) == ((70, 129), {Note.PARTLY_WITNESSED})
    assert stay.arrived.latest_at == minutes(0), "what the sensor says stays on record"


def test_who_paid_and_left_unnoticed_is_charged_until_he_paid(street: StreetRows) -> None:
    pay(street, MINE, since=0, at=60)
    (stay,) = stays_of(street)

    assert (charged(stay), set(stay.notes)) == ((0, 60), {Note.PARTLY_WITNESSED})


def test_two_who_pay_one_after_the_other_are_two_stays(street: StreetRows) -> None:
    pay(street, MINE, since=0, at=59)
    pay(street, OTHER, since=61, at=129)
    one, other = stays_of(street)

    assert (charged(one), charged(other)) == ((0, 59), (61, 129))
    assert Note.FOLLOWED in one.notes & other.notes


def test_two_who_claim_the_same_time_are_held(street: StreetRows) -> None:
    pay(street, MINE, since=0, at=59)
    pay(street, OTHER, since=0, at=129)
    (stay,) = stays_of(street)

    assert (stay.state, Note.TWO_PLATES in set(stay.notes)) == (StayState.HELD, True)


def test_who_does_not_pay_is_charged_for_the_time_between_two_looks(street: StreetRows) -> None:
    street.see(BERTH, MINE, minutes(20))
    (stay,) = stays_of(street)
    assert (charged(stay), set(stay.notes)) == ((20, 20), {Note.UNWITNESSED})

    street.see(BERTH, MINE, minutes(90))
    (stay,) = stays_of(street)
    assert (charged(stay), set(stay.notes)) == ((20, 90), {Note.PARTLY_WITNESSED})


def test_a_late_word_for_an_earlier_time_is_heard(street: StreetRows) -> None:
    pay(street, MINE, since=100, at=129)
    street.see(BERTH, MINE, minutes(40))
    (stay,) = stays_of(street)

    assert charged(stay) == (40, 129)


def test_a_doubtful_reading_proves_nothing_and_a_confused_one_does(street: StreetRows) -> None:
    pay(street, MINE, since=60, at=129)
    street.see(BERTH, MINE, minutes(5), confidence=0.6)
    assert charged(stays_of(street)[0]) == (60, 129)

    street.see(BERTH, "鄂S1Z345", minutes(30), confidence=0.97)
    assert charged(stays_of(street)[0]) == (30, 129)


def test_what_runs_is_not_judged_yet() -> None:
    rows = StreetRows()
    rows.arrive(BERTH, minutes(0))
    (stay,) = stays_of(rows)

    assert (stay.state, set(stay.notes), stay.witnessed) == (StayState.OPEN, set(), None)


def test_only_berths_with_a_code_and_without_a_camera_need_a_witness() -> None:
    city = make_city(codes=True)
    watched = {berth_id for camera in city.cameras.values() for berth_id in camera.berth_ids}
    sites = sites_of(city)

    assert {berth_id for berth_id, site in sites.items() if site.needs_witness} == set(sites) - watched
    assert not any(site.needs_witness for site in sites_of(make_city()).values())
