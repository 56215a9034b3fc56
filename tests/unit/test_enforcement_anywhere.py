"""Rules over stays beyond limits and rights: hours, debts, locks, clones."""

from dataclasses import replace
from datetime import timedelta

from enforcement.clones import Visit, judge_clones
from enforcement.drafting import Bench
from enforcement.hours import parse_hours
from enforcement.keys import weigh
from enforcement.kinds import Backing, Doubt, Draft, Statement, ViolationState
from enforcement.rule import Addressee, Rule, RuleKind
from enforcement.rules import judge_stay
from parking.city import Position
from parking.ids import DeviceId, Partition, Plate, ReadingId, StayId
from parking.money import Fen
from parking.rights import RightKind
from parking.states import Sighting
from tests.support.enforcement import (
    BERTHS,
    FUEL,
    HEALTHY,
    NEV,
    ORDINARY,
    RULEBOOK,
    SECTION,
    bench,
    berth,
    minute,
    right,
    rule,
    sighting,
    stay,
)

# Ten in the morning is minute 0; the night ends three hours before.
HOURS = replace(
    rule("hours", RuleKind.OUTSIDE_HOURS, timedelta(minutes=15)),
    section_ids=frozenset({SECTION}),
    hours=(parse_hours("19:00-07:00"),),
)
ARREARS = replace(
    rule("arrears", RuleKind.ARREARS, timedelta()), addressee=Addressee.OPERATOR, threshold_fen=Fen(5000)
)
LOCK = rule("lock", RuleKind.GROUND_LOCK, timedelta(days=3))
CLONE = replace(rule("clone", RuleKind.CLONED_PLATE, timedelta()), fastest_kmh=120, least_metres=500)
FAR = replace(
    berth(ORDINARY),
    berth_id=BERTHS[ORDINARY].berth_id.__class__("B-1"),
    position=Position(lon=113.48, lat=31.70),
)


def court(one: Rule, owed: dict[Plate, Fen] | None = None) -> Bench:
    return replace(bench(), rulebook=replace(RULEBOOK, rules=(one,)), owed=owed or {})


def found(at: Bench, arrived: float, departed: float, *seen: Sighting) -> list[Draft]:
    one = stay(ORDINARY, arrived, departed)
    return judge_stay(at, BERTHS[ORDINARY], one, [one], seen)


def test_only_what_lies_outside_the_hours_counts() -> None:
    assert found(court(HOURS), -600, -180) == []
    assert found(court(HOURS), -600, -165) == []
    (draft,) = found(court(HOURS), -600, 60)
    assert (draft.span.start_at, draft.span.end_at) == (minute(-165), minute(60))
    assert draft.needed == timedelta(minutes=15)


def test_plates_seen_within_the_hours_prove_nothing_of_the_time_after() -> None:
    (draft,) = found(court(HOURS), -600, 60, sighting(ORDINARY, -300), sighting(ORDINARY, -60, seq=3))
    assert [each.observed_at for each in draft.sightings] == [minute(-60)]
    backing = Backing(transitions=(), statements=(statement(-600),), silent=False)
    violation = weigh(draft, backing, frozenset(), HEALTHY, detected_at=minute(60))
    assert violation is not None
    assert violation.doubts == (Doubt.SECOND_KEY,)


def statement(at: float) -> Statement:
    return Statement(reading_id=ReadingId(1), device_id=DeviceId("G-1"), observed_at=minute(at), sound=True)


def test_a_debt_above_the_threshold_is_word_for_the_operator() -> None:
    seen = sighting(ORDINARY, 1)
    assert found(court(ARREARS, {FUEL: Fen(4999)}), 0, 10, seen) == []
    assert found(court(ARREARS, {NEV: Fen(9000)}), 0, 10, seen) == []
    (draft,) = found(court(ARREARS, {FUEL: Fen(5000)}), 0, 10, seen)
    assert (draft.plate, draft.rule.addressee) == (FUEL, Addressee.OPERATOR)


def test_who_is_exempt_is_not_reminded() -> None:
    at = replace(court(ARREARS, {FUEL: Fen(5000)}), rights=bench(right(FUEL, RightKind.EXEMPT)).rights)
    assert found(at, 0, 10, sighting(ORDINARY, 1)) == []


def test_days_without_a_plate_are_suspicious_and_no_more() -> None:
    days = 4 * 24 * 60
    assert found(court(LOCK), 0, 100) == []
    assert found(court(LOCK), 0, days, sighting(ORDINARY, 1)) == []
    (draft,) = found(court(LOCK), 0, days)
    assert draft.doubts == {Doubt.SUSPECTED}


def visit(name: str, place: object, arrived: float, departed: float, *seen: Sighting) -> Visit:
    at = FAR if place is FAR else BERTHS[ORDINARY]
    one = replace(
        stay(ORDINARY, arrived, departed, name=name), berth_id=at.berth_id, plate=FUEL, partition=Partition(1)
    )
    return Visit(stay=one, berth=at, seen=seen)


def seen_twice(at: float) -> tuple[Sighting, Sighting]:
    return sighting(ORDINARY, at, seq=2, device="C-1"), sighting(ORDINARY, at + 1, seq=3, device="P-1")


def clones(*visits: Visit) -> list[Draft]:
    return list(judge_clones(court(CLONE), visits))


def test_one_plate_in_two_places_at_once() -> None:
    here, there = visit("S-1", None, 0, 60, *seen_twice(5)), visit("S-2", FAR, 30, 90, *seen_twice(35))
    (draft,) = clones(there, here)
    assert (draft.stay, draft.elsewhere, draft.doubts) == (there.stay, StayId("S-1"), frozenset())
    backing = Backing(transitions=(), statements=(statement(30),), silent=False)
    violation = weigh(draft, backing, frozenset(), HEALTHY, detected_at=minute(90))
    assert violation is not None
    assert (violation.state, violation.evidence["elsewhere"]) == (ViolationState.ACTIONABLE, "S-1")


def test_faster_than_anybody_drives_is_impossible_and_slower_is_not() -> None:
    # 9.5 km apart: 4.7 minutes at 120 km/h.
    here = visit("S-1", None, 0, 60, *seen_twice(5))
    assert len(clones(here, visit("S-2", FAR, 63, 90, *seen_twice(65)))) == 1
    assert clones(here, visit("S-2", FAR, 66, 90, *seen_twice(68))) == []


def test_one_reader_at_either_place_makes_a_suspicion() -> None:
    here = visit("S-1", None, 0, 60, sighting(ORDINARY, 5))
    (draft,) = clones(here, visit("S-2", FAR, 30, 90, *seen_twice(35)))
    assert draft.doubts == {Doubt.SUSPECTED}


def test_neighbouring_berths_are_one_place() -> None:
    here, there = visit("S-1", None, 0, 60, *seen_twice(5)), visit("S-2", None, 30, 90, *seen_twice(35))
    assert clones(here, there) == []


def test_only_one_act_however_many_stays_came_before() -> None:
    visits = [visit(f"S-{number}", None, number, 60, *seen_twice(5)) for number in range(3)]
    drafts = clones(*visits, visit("S-9", FAR, 30, 90, *seen_twice(35)))
    assert [draft.elsewhere for draft in drafts] == [StayId("S-0")]
