"""A reading that says nothing of occupancy leaves the belief of its berth as it was."""

from datetime import UTC, datetime

from occupancy.belief import Belief
from parking.ids import BerthId, DeviceId, Plate, ReadingId, partition_of
from parking.readings import PlateReading, Reading, ReadingKind
from tests.support.cities import small_city

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def test_plate_on_a_berth_never_heard_of_is_a_sighting_and_no_more() -> None:
    city = small_city()
    belief = Belief(city, {partition_of(berth_id): 0 for berth_id in city.berths})
    reading = Reading(
        device_id=DeviceId("C9"), family="hikvision", boot=-1, seq=1, kind=ReadingKind.SIGHTING,
        observed_at=NOW, berth_id=BerthId("B1"), occupied=None,
        plate=PlateReading(plate=Plate("鄂S12345"), colour="blue", confidence=0.9),
    )  # fmt: skip

    evidence = belief.evidence([ReadingId(1)], [(BerthId("B1"), reading, NOW)])
    taken = belief.take(evidence, [reading], NOW)

    assert [sighting.plate for sighting in taken.sightings] == ["鄂S12345"]
    assert not taken.transitions
    assert belief.unsaved_heard() == ([], [])
