"""Planted scenes through door, rules and keys: nobody is accused wrongly, and what can be found is found."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from enforcement.drafting import Bench
from enforcement.keys import weigh
from enforcement.kinds import Violation
from enforcement.observing import observe
from enforcement.rightslist import ListedRights
from enforcement.rule import Addressee
from enforcement.rulebook import load_rulebook
from enforcement.scenes import judge_scenes
from parking.city import City
from parking.observations import Observation
from parking.plumbing.cityfiles import load_city
from parking.readings import RawMessage
from simulators.offences import Planted, Truth, plant, tell
from tests.support.enforcement import HEALTHY

SUIZHOU = Path(__file__).resolve().parents[2] / "cities" / "suizhou"
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
COUNT = 120


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(SUIZHOU)


def heard(city: City, planted: list[Planted]) -> list[Observation]:
    found = []
    for at, topic, payload in tell(city.city_id, planted, boot=1):
        raw = RawMessage(topic=topic, payload=payload, received_at=at + timedelta(seconds=1))
        observation = observe(raw, city)
        assert isinstance(observation, Observation), observation
        found.append(observation)
    return found


def judged(city: City, seen: list[Observation]) -> list[Violation]:
    bench = Bench(
        rulebook=load_rulebook(SUIZHOU / "rules.toml"), rights=ListedRights((), ()), zone=city.timezone
    )
    sections = sorted({each.section_id for each in seen})
    drafts = [
        draft
        for name in sections
        for draft in judge_scenes(
            bench, city.berths, name, [each for each in seen if each.section_id == name]
        )
    ]
    weighed = [weigh(draft, None, frozenset(), HEALTHY, detected_at=NOON) for draft in drafts]
    return [each for each in weighed if each is not None]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_wrong_accusation_and_full_recall(city: City, seed: int) -> None:
    planted = plant(city, NOON, COUNT, seed)
    found = judged(city, heard(city, planted))
    truth = {each.plate: each.truth for each in planted}
    drivers = [each for each in found if each.addressee is Addressee.SQUAD]
    told = Counter((truth[each.plate or ""], each.state.value) for each in drivers)
    assert told == {
        (Truth.SEEN_BY_TWO, "actionable"): COUNT // 4,
        (Truth.SEEN_BY_ONE, "lead"): COUNT // 4,
    }
    tasks = {each.berth_id for each in found if each.addressee is Addressee.CITY}
    assert tasks == {each.berth for each in planted if each.truth is Truth.MARKED}
    assert all(each.plate is None for each in found if each.addressee is Addressee.CITY)


def test_what_is_told_is_as_documented(city: City) -> None:
    document = yaml.safe_load(Path("deploy/asyncapi.yaml").read_text(encoding="utf-8"))
    schema = {"$ref": "#/components/schemas/AreaObservation", "components": document["components"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for _, _, payload in tell(city.city_id, plant(city, NOON, 8, 1), boot=0):
        assert list(checker.iter_errors(yaml.safe_load(payload))) == []
