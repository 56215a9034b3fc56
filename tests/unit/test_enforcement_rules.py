"""The rules: what they find in a stay, and what they must leave alone."""

from datetime import date, timedelta

import pytest

from enforcement.drafting import Bench
from enforcement.kinds import Doubt, Draft, Stay, StayState
from enforcement.nearplates import near_plates
from enforcement.rules import judge_loose, judge_stay
from parking.ids import Plate
from parking.plates import PlateKind, find_plate
from parking.rights import RightKind
from parking.states import Sighting
from tests.support.enforcement import (
    BERTHS,
    CHARGING,
    DISABLED,
    FUEL,
    LIMITED,
    NEV,
    ORDINARY,
    OTHER_FUEL,
    OVERSTAY,
    bench,
    minute,
    right,
    sighting,
    stay,
)


def judged(one: Stay, *sightings: Sighting, at: Bench | None = None) -> list[Draft]:
    return judge_stay(at or bench(), BERTHS[one.berth_id], one, [one], sightings)


def test_overstay_begins_after_limit_and_grace() -> None:
    # 10:00 arrival      11:00 limit   11:10 grace   11:11 departure
    assert judged(stay(LIMITED, 0, 70)) == []
    (draft,) = judged(stay(LIMITED, 0, 71))
    assert (draft.span.start_at, draft.span.end_at) == (minute(70), minute(71))
    assert draft.plate is None


def test_only_the_certain_part_of_a_stay_counts() -> None:
    # arrived between 10:00 and 10:20, left between 11:25 and 13:00: certain are 65 minutes
    assert judged(stay(LIMITED, (0, 20), (85, 180))) == []
    assert len(judged(stay(LIMITED, (0, 20), (91, 180)))) == 1


def test_a_running_stay_lasts_as_long_as_it_was_heard() -> None:
    assert judged(stay(LIMITED, 0)) == []
    assert judged(stay(LIMITED, 0, proven=60)) == []
    assert len(judged(stay(LIMITED, 0, proven=80))) == 1


@pytest.mark.parametrize("state", [StayState.HELD, StayState.VOID])
def test_doubtful_stays_make_no_violation(state: StayState) -> None:
    assert judged(stay(LIMITED, 0, 300, state=state)) == []
    assert judged(stay(CHARGING, 0, 300, state=state), sighting(CHARGING, 10)) == []


def test_no_rule_looks_at_an_ordinary_berth_or_before_its_first_day() -> None:
    assert judged(stay(ORDINARY, 0, 3000), sighting(ORDINARY, 10)) == []
    years = 10 * 365 * 24 * 60
    assert judged(stay(LIMITED, -years, 3000 - years)) == []
    assert not OVERSTAY.applies(BERTHS[LIMITED], date(2019, 8, 31))
    assert OVERSTAY.applies(BERTHS[LIMITED], date(2019, 9, 1))


def test_a_fuel_car_in_a_charging_berth_has_no_right() -> None:
    (draft,) = judged(stay(CHARGING, 0, 30), sighting(CHARGING, 3))
    assert (draft.plate, draft.span.start_at) == (FUEL, minute(5))
    assert draft.doubts == frozenset()
    assert judged(stay(CHARGING, 0, 30), sighting(CHARGING, 3, NEV)) == []


def test_waiting_time_must_be_proven() -> None:
    assert judged(stay(CHARGING, 0, 5), sighting(CHARGING, 3)) == []
    assert judged(stay(CHARGING, 0, (4, 60)), sighting(CHARGING, 3)) == []


@pytest.mark.parametrize("plate", ["鄂S1234", "鄂O12345", "??"])
def test_an_unreadable_plate_is_nobody(plate: str) -> None:
    assert judged(stay(CHARGING, 0, 30), sighting(CHARGING, 3, Plate(plate))) == []


def test_a_weak_reading_is_not_heard() -> None:
    assert judged(stay(CHARGING, 0, 30), sighting(CHARGING, 3, confidence=0.79)) == []


def test_a_right_excuses_where_and_when_it_holds() -> None:
    one, seen = stay(DISABLED, 0, 30), sighting(DISABLED, 3)
    assert judged(one, seen, at=bench(right(FUEL, RightKind.DISABLED))) == []
    assert len(judged(one, seen, at=bench(right(FUEL, RightKind.RESIDENT)))) == 1
    assert len(judged(one, seen, at=bench(right(OTHER_FUEL, RightKind.DISABLED)))) == 1
    assert judged(one, seen, at=bench(right(FUEL, RightKind.EXEMPT))) == []


def test_an_exempt_vehicle_may_overstay() -> None:
    one, seen = stay(LIMITED, 0, 300), sighting(LIMITED, 3)
    assert judged(one, seen, at=bench(right(FUEL, RightKind.EXEMPT))) == []
    police = find_plate("鄂S1234警")
    assert police is not None
    assert police.kind is PlateKind.POLICE
    assert judged(one, sighting(LIMITED, 3, police.plate)) == []


def test_while_no_such_rights_are_on_record_nobody_lacks_one() -> None:
    one, seen = stay(DISABLED, 0, 30), sighting(DISABLED, 3)
    assert judged(one, seen, at=bench(known=())) == []
    assert len(judged(one, seen)) == 1


def test_two_plates_in_one_stay_are_in_doubt() -> None:
    seen = [
        sighting(CHARGING, 3, seq=2),
        sighting(CHARGING, 5, seq=3),
        sighting(CHARGING, 6, OTHER_FUEL, seq=4),
    ]
    (draft,) = judged(stay(CHARGING, 0, 30), *seen)
    assert draft.plate == FUEL
    assert draft.doubts == {Doubt.PLATE}


def test_a_green_plate_read_as_a_fuel_plate_is_in_doubt() -> None:
    (draft,) = judged(stay(CHARGING, 0, 30), sighting(CHARGING, 3, colour="green"))
    assert draft.doubts == {Doubt.PLATE}
    (draft,) = judged(stay(CHARGING, 0, 30), sighting(CHARGING, 3, colour="blue"))
    assert draft.doubts == frozenset()


def test_the_same_act_keeps_its_name_however_much_is_known() -> None:
    first, later = sighting(CHARGING, 3, seq=5), sighting(CHARGING, 20, seq=9)
    (early,) = judged(stay(CHARGING, 0, proven=10), first)
    (late,) = judged(stay(CHARGING, 0, 30, name="S-2"), later, first)
    (loose,) = judge_loose(bench(), BERTHS[CHARGING], [], [later, first])
    assert early.violation_id == late.violation_id == loose.violation_id


def test_seen_twice_outside_any_stay_is_a_lead_at_most() -> None:
    once = sighting(CHARGING, 3)
    assert judge_loose(bench(), BERTHS[CHARGING], [], [once]) == []
    (draft,) = judge_loose(bench(), BERTHS[CHARGING], [], [once, sighting(CHARGING, 9, seq=3)])
    assert draft.stay is None
    assert draft.doubts == {Doubt.NO_STAY}


def test_a_gap_makes_two_acts() -> None:
    seen = [sighting(CHARGING, at, seq=number) for number, at in enumerate([0, 10, 45, 60], start=2)]
    drafts = judge_loose(bench(), BERTHS[CHARGING], [], seen)
    assert [draft.span.start_at for draft in drafts] == [minute(5), minute(50)]
    close = [sighting(CHARGING, at, seq=number) for number, at in enumerate([0, 10, 40, 60], start=2)]
    assert len(judge_loose(bench(), BERTHS[CHARGING], [], close)) == 1


def test_sightings_that_a_void_stay_holds_are_not_loose() -> None:
    void = stay(CHARGING, 0, 60, state=StayState.VOID)
    seen = [sighting(CHARGING, 3), sighting(CHARGING, 20, seq=3)]
    assert judge_loose(bench(), BERTHS[CHARGING], [void], seen) == []


def test_a_sighting_between_two_stays_belongs_to_neither() -> None:
    # first stay 10:00 to 10:30, second from 10:31; seen at 10:30:30
    first = stay(CHARGING, 0, 30, name="S-1")
    second = stay(CHARGING, 31, 60, name="S-2", arrival_seq=20)
    between = sighting(CHARGING, 30.5)
    for one in (first, second):
        assert judge_stay(bench(), BERTHS[CHARGING], one, [first, second], [between]) == []
    just_before = sighting(CHARGING, 29)
    assert len(judge_stay(bench(), BERTHS[CHARGING], first, [first, second], [just_before])) == 1
    assert judge_stay(bench(), BERTHS[CHARGING], second, [first, second], [just_before]) == []


def test_a_camera_may_see_the_car_just_before_the_sensor() -> None:
    (draft,) = judged(stay(CHARGING, 0, 30), sighting(CHARGING, -1.5))
    assert draft.plate == FUEL
    assert judged(stay(CHARGING, 0, 30), sighting(CHARGING, -2.5)) == []


def test_rules_have_their_own_patience() -> None:
    assert OVERSTAY.proof_needed(BERTHS[LIMITED]) == timedelta(minutes=70)


def test_near_plates_are_one_character_away() -> None:
    near = near_plates(FUEL)
    assert {"鄂S12346", "豫S12345", "鄂A12345", "鄂SD12345"} <= near
    assert not near & {FUEL, "鄂S12354", "鄂S1234", "鄂SI2345"}
    assert FUEL in near_plates(NEV)
    assert all(find_plate(plate) for plate in near)
    assert near_plates(Plate("")) == frozenset()
