"""Rules over area observations: whom they accuse, whom they do not, and when two devices agree."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from enforcement.drafting import Bench
from enforcement.keys import weigh
from enforcement.kinds import Doubt, Draft, Violation, ViolationState
from enforcement.rule import Addressee, Rule, RuleKind
from enforcement.scenes import judge_scenes
from parking.city import Position
from parking.ids import DeviceId
from parking.observations import Observation, Scene
from parking.plates import PlateKind
from parking.readings import PlateReading
from parking.rights import RightKind
from tests.support.enforcement import (
    BERTHS,
    FUEL,
    HEALTHY,
    LIMITED,
    ORDINARY,
    RULEBOOK,
    SECTION,
    bench,
    minute,
    right,
    rule,
)

PLACE = Position(lon=113.39, lat=31.71)
CAR = PlateReading(plate=FUEL, colour="blue", confidence=0.95)


def scene_rule(
    kind: RuleKind, *scenes: Scene, wait: float = 5, addressee: Addressee = Addressee.SQUAD
) -> Rule:
    one = rule(f"{kind}-{scenes[0]}", kind, timedelta(minutes=wait))
    return replace(one, scenes=frozenset(scenes), addressee=addressee)


RULES = (
    scene_rule(RuleKind.SEEN, Scene.SIDEWALK, Scene.TACTILE_PAVING),
    scene_rule(RuleKind.SEEN, Scene.FIRE_LANE),
    scene_rule(RuleKind.SEEN, Scene.BUS_STOP),
    scene_rule(RuleKind.SEEN, Scene.ACROSS_BERTHS),
    scene_rule(RuleKind.SEEN, Scene.AGAINST_DIRECTION),
    scene_rule(RuleKind.SEEN, Scene.CLOSED_BERTH),
    scene_rule(RuleKind.OBSTACLE, Scene.GROUND_LOCK, wait=0, addressee=Addressee.CITY),
    scene_rule(RuleKind.BERTH_CONFLICT, Scene.TACTILE_PAVING, wait=0, addressee=Addressee.CITY),
    scene_rule(RuleKind.STRAY_CYCLE, Scene.STRAY_CYCLE, addressee=Addressee.OPERATOR),
)


def observed(scene: Scene, at: float, device: str = "C-1", **other: Any) -> Observation:  # noqa: ANN401
    facts: dict[str, Any] = {
        "berth_id": None, "position": PLACE, "track": "t-1", "plate": CAR, "fleet": "", "confidence": 0.95,
        **other,
    }  # fmt: skip
    return Observation(
        device_id=DeviceId(device), boot=0, seq=int(at * 10), scene=scene, observed_at=minute(at),
        section_id=SECTION, **facts,
    )  # fmt: skip


def judged(*seen: Observation, at: Bench | None = None, closed: bool = False) -> list[Draft]:
    court = replace(at or bench(), rulebook=replace(RULEBOOK, rules=RULES))
    berths = {name: replace(each, closed=closed) for name, each in BERTHS.items()}
    return judge_scenes(court, berths, SECTION, seen)


def weighed(draft: Draft) -> Violation:
    violation = weigh(draft, None, frozenset(), HEALTHY, detected_at=minute(500))
    assert violation is not None
    return violation


@pytest.mark.parametrize(
    ("scene", "berth_id"),
    [
        (Scene.SIDEWALK, None),
        (Scene.TACTILE_PAVING, None),
        (Scene.FIRE_LANE, None),
        (Scene.BUS_STOP, None),
        (Scene.ACROSS_BERTHS, LIMITED),
        (Scene.AGAINST_DIRECTION, LIMITED),
        (Scene.CLOSED_BERTH, LIMITED),
    ],
)
def test_two_devices_that_each_saw_it_long_enough_are_two_keys(scene: Scene, berth_id: object) -> None:
    looks = [observed(scene, at, device, berth_id=berth_id) for device in ("C-1", "P-1") for at in (0, 3, 6)]
    (draft,) = judged(*looks, closed=True)
    assert (draft.plate, draft.position) == (FUEL, PLACE)
    assert (draft.span.start_at, draft.span.end_at) == (minute(5), minute(6))
    violation = weighed(draft)
    assert (violation.state, violation.evidence["keys"]) == (ViolationState.ACTIONABLE, [["C-1"], ["P-1"]])
    (alone,) = judged(*looks[:3], closed=True)
    assert weighed(alone).doubts == (Doubt.SECOND_KEY,)
    assert alone.violation_id == draft.violation_id


def test_a_glance_is_no_act() -> None:
    assert judged(observed(Scene.FIRE_LANE, 0), observed(Scene.FIRE_LANE, 4)) == []
    assert judged(*(observed(Scene.FIRE_LANE, at, confidence=0.5) for at in (0, 10))) == []


def test_a_car_that_leaves_and_returns_makes_two_acts() -> None:
    looks = [observed(Scene.FIRE_LANE, at) for at in (0, 10, 100, 110)]
    assert len(judged(*looks)) == 2


def test_without_a_plate_the_device_own_name_keeps_vehicles_apart_and_in_doubt() -> None:
    looks = [observed(Scene.BUS_STOP, at, plate=None, track=track) for track in "ab" for at in (0, 10)]
    drafts = judged(*looks)
    assert [draft.plate for draft in drafts] == [None, None]
    assert {draft.doubts for draft in drafts} == {frozenset({Doubt.PLATE})}


def test_a_marked_berth_on_tactile_paving_is_the_citys_to_correct() -> None:
    looks = [observed(Scene.TACTILE_PAVING, at, berth_id=ORDINARY) for at in (0, 10)]
    (draft,) = judged(*looks)
    assert (draft.rule.addressee, draft.plate, draft.rule.kind) == (
        Addressee.CITY, None, RuleKind.BERTH_CONFLICT,
    )  # fmt: skip


def test_a_marked_berth_on_the_sidewalk_excuses_the_driver() -> None:
    assert judged(*(observed(Scene.SIDEWALK, at, berth_id=ORDINARY) for at in (0, 10))) == []


def test_an_open_berth_is_not_closed_because_a_camera_says_so() -> None:
    assert judged(*(observed(Scene.CLOSED_BERTH, at, berth_id=ORDINARY) for at in (0, 10))) == []


def test_bicycles_are_reports_without_a_plate() -> None:
    looks = [observed(Scene.STRAY_CYCLE, at, fleet="hello") for at in (0, 10)]
    (draft,) = judged(*looks)
    assert (draft.rule.addressee, draft.plate) == (Addressee.OPERATOR, None)
    assert weighed(draft).evidence["observations"][0]["fleet"] == "hello"  # type: ignore[index,call-overload]


def test_a_lock_in_a_berth_is_told_without_a_plate() -> None:
    (draft,) = judged(observed(Scene.GROUND_LOCK, 0, berth_id=ORDINARY))
    assert (draft.rule.addressee, draft.plate, draft.berth) == (
        Addressee.CITY, None, replace(BERTHS[ORDINARY], closed=False),
    )  # fmt: skip
    assert judged(observed(Scene.GROUND_LOCK, 0)) == []


def test_exempt_vehicles_are_left_alone() -> None:
    looks = [observed(Scene.FIRE_LANE, at) for at in (0, 10)]
    assert judged(*looks, at=bench(right(FUEL, RightKind.EXEMPT))) == []
    assert PlateKind.POLICE in RULEBOOK.excused


def test_a_device_without_a_clock_is_no_key() -> None:
    looks = [observed(Scene.FIRE_LANE, at, device, quality=1) for device in ("C-1", "P-1") for at in (0, 10)]
    (draft,) = judged(*looks)
    assert weighed(draft).doubts == (Doubt.SECOND_KEY, Doubt.UNSOUND)
