"""The two keys, and what changes in the book when a berth is judged again."""

from dataclasses import replace

import pytest

from enforcement.changes import find_changes
from enforcement.keys import weigh
from enforcement.kinds import (
    Backing,
    Doubt,
    Statement,
    Stay,
    Violation,
    ViolationEvent,
    ViolationState,
    WithdrawReason,
)
from enforcement.rules import judge_stay
from parking.ids import DeviceId, Partition, ReadingId
from parking.states import Sighting
from tests.support.enforcement import BERTHS, CHARGING, HEALTHY, LIMITED, bench, minute, sighting, stay


def statement(device: str, *, sound: bool = True, reading: int = 1) -> Statement:
    return Statement(
        reading_id=ReadingId(reading), device_id=DeviceId(device), observed_at=minute(0), sound=sound
    )


def backing(*statements: Statement, silent: bool = False) -> Backing:
    return Backing(transitions=((Partition(3), 1),), statements=statements, silent=silent)


SENSOR = backing(statement("G-1"))


def weighed(
    one: Stay, *sightings: Sighting, behind: Backing = SENSOR, unsound: frozenset[ReadingId] = frozenset()
) -> Violation:
    (draft,) = judge_stay(bench(), BERTHS[one.berth_id], one, [one], sightings)
    found = weigh(draft, behind, unsound, HEALTHY, detected_at=minute(500))
    assert found is not None
    return found


def test_a_sensor_alone_makes_a_lead() -> None:
    violation = weighed(stay(LIMITED, 0, 120))
    assert (violation.state, violation.doubts) == (ViolationState.LEAD, (Doubt.SECOND_KEY,))


def test_a_sensor_and_a_plate_seen_over_the_whole_time_make_an_overstay_actionable() -> None:
    seen = sighting(LIMITED, 1, seq=2), sighting(LIMITED, 72, seq=3, device="P-1")
    violation = weighed(stay(LIMITED, 0, 120), *seen)
    assert (violation.state, violation.doubts) == (ViolationState.ACTIONABLE, ())
    assert violation.evidence["keys"] == [["G-1"], ["C-1", "P-1"]]


def test_a_plate_seen_late_may_be_of_the_next_car() -> None:
    # The sensor missed a departure: the patrol meets another car, which has just come.
    violation = weighed(stay(LIMITED, 0, 120), sighting(LIMITED, 80, device="P-1"))
    assert violation.doubts == (Doubt.SECOND_KEY,)
    seen = sighting(LIMITED, 30, seq=2), sighting(LIMITED, 99, seq=3, device="P-1")
    assert weighed(stay(LIMITED, 0, 120), *seen).doubts == (Doubt.SECOND_KEY,)


def test_one_sighting_and_the_sensor_make_a_missing_right_actionable() -> None:
    seen = sighting(CHARGING, 3), sighting(CHARGING, 4, seq=3, device="P-1")
    assert weighed(stay(CHARGING, 0, 30), *seen).state is ViolationState.ACTIONABLE


def test_a_plate_that_one_device_read_needs_a_second_reader_or_a_squad() -> None:
    one, seen = stay(CHARGING, 0, 30), (sighting(CHARGING, 3), sighting(CHARGING, 9, seq=3))
    assert weighed(one, *seen).doubts == (Doubt.ONE_READER,)
    (draft,) = judge_stay(bench(), BERTHS[CHARGING], one, [one], seen)
    confirmed = replace(draft, confirmed=True)
    violation = weigh(confirmed, SENSOR, frozenset(), HEALTHY, detected_at=minute(500))
    assert violation is not None
    assert violation.state is ViolationState.ACTIONABLE


def test_an_overstay_of_no_plate_is_a_lead_however_many_devices_prove_the_presence() -> None:
    # They prove that the berth was taken, not that it was one vehicle.
    behind = backing(statement("G-1"), statement("C-1", reading=2))
    violation = weighed(stay(LIMITED, 0, 120), behind=behind)
    assert (violation.state, violation.doubts) == (ViolationState.LEAD, (Doubt.ONE_READER,))
    assert violation.evidence["keys"] == [["C-1"], ["G-1"]]


def test_one_camera_is_one_key_even_if_it_says_both() -> None:
    behind = backing(statement("C-1"))
    violation = weighed(stay(CHARGING, 0, 30), sighting(CHARGING, 3), behind=behind)
    assert violation.doubts == (Doubt.SECOND_KEY,)


def test_two_devices_that_saw_the_plate_are_two_keys() -> None:
    seen = sighting(CHARGING, 3, seq=2), sighting(CHARGING, 9, seq=3, device="P-1")
    violation = weighed(stay(CHARGING, 0, 30), *seen, behind=backing())
    assert violation.state is ViolationState.ACTIONABLE
    assert violation.evidence["keys"] == [["C-1"], ["P-1"]]


def test_a_silent_or_unsound_device_is_no_key() -> None:
    one, seen = stay(CHARGING, 0, 30), sighting(CHARGING, 3)
    silent = weighed(one, seen, behind=backing(statement("G-1"), silent=True))
    assert silent.doubts == (Doubt.SILENCE, Doubt.ONE_READER)
    clockless = weighed(one, seen, behind=backing(statement("G-1", sound=False)))
    assert clockless.doubts == (Doubt.SECOND_KEY, Doubt.UNSOUND)
    blurred = weighed(one, seen, unsound=frozenset({seen.reading_id}))
    assert blurred.doubts == (Doubt.SECOND_KEY, Doubt.UNSOUND)


def test_evidence_names_what_it_rests_on() -> None:
    violation = weighed(stay(CHARGING, 0, 30), *(sighting(CHARGING, at, seq=at) for at in (3, 4, 5)))
    assert violation.evidence == {
        "article": "第五十六条",
        "proof_needed_s": 300,
        "keys": [["G-1"], ["C-1"]],
        "sighting_count": 3,
        "sightings": [
            {
                "sighting": [violation_partition(), seq],
                "reading": 1000 + seq,
                "device": "C-1",
                "at": minute(seq).isoformat(),
                "confidence": 0.95,
                "sound": True,
            }
            for seq in (3, 5)
        ],
        "presence": {
            "from": minute(0).isoformat(),
            "until": minute(30).isoformat(),
            "transitions": [[3, 1]],
            "statements": [{"reading": 1, "device": "G-1", "at": minute(0).isoformat(), "sound": True}],
        },
        "health": [{"device": "C-1", "verdict": "healthy"}, {"device": "G-1", "verdict": "healthy"}],
    }


def violation_partition() -> int:
    return sighting(CHARGING, 0).partition


@pytest.fixture
def lead() -> Violation:
    return weighed(stay(LIMITED, 0, 120))


def changed(old: Violation | None, new: Violation | None) -> list[tuple[ViolationEvent | None, str]]:
    stored = {old.violation_id: old} if old else {}
    found = [new] if new else []
    changes = find_changes(stored, found, lambda _: WithdrawReason.STAY_VOID)
    return [(change.event, change.violation.state.value) for change in changes]


def test_each_step_is_told_once(lead: Violation) -> None:
    actionable = replace(lead, state=ViolationState.ACTIONABLE, doubts=())
    withdrawn = replace(lead, state=ViolationState.WITHDRAWN)
    assert changed(None, lead) == [(ViolationEvent.DETECTED, "lead")]
    assert changed(lead, lead) == []
    assert changed(lead, actionable) == [(ViolationEvent.UPGRADED, "actionable")]
    assert changed(actionable, lead) == [(ViolationEvent.DOWNGRADED, "lead")]
    assert changed(lead, replace(lead, doubts=(Doubt.PLATE,))) == [(ViolationEvent.AMENDED, "lead")]
    assert changed(lead, None) == [(ViolationEvent.WITHDRAWN, "withdrawn")]
    assert changed(withdrawn, None) == []
    assert changed(withdrawn, lead) == [(ViolationEvent.REINSTATED, "lead")]
    assert changed(lead, replace(lead, until_at=minute(900))) == [(None, "lead")]


def test_the_first_detection_is_kept(lead: Violation) -> None:
    later = replace(lead, detected_at=minute(999), until_at=minute(999))
    (change,) = find_changes({lead.violation_id: lead}, [later], lambda _: WithdrawReason.NOT_PROVEN)
    assert change.violation.detected_at == lead.detected_at
    (change,) = find_changes({lead.violation_id: lead}, [], lambda _: WithdrawReason.NOT_PROVEN)
    assert change.reason is WithdrawReason.NOT_PROVEN
