"""Scenario files: everything may be set, and what is wrong is named with its line."""

from pathlib import Path

import pytest

from parking.city import BerthKind, ZoneClass
from parking.errors import SetupError, SourceError
from simulators.scenario import Scenario
from simulators.scenariofile import load_scenario, parse_scenario

SCENARIOS = Path("cities/suizhou/scenarios")


def parse(text: str) -> Scenario:
    return parse_scenario(Path("day.toml"), text)


def test_an_empty_file_is_the_quiet_city() -> None:
    assert parse("") == Scenario()


def test_the_quiet_file_says_what_the_defaults_are() -> None:
    quiet = load_scenario(SCENARIOS / "quiet.toml")

    assert quiet.name == "quiet"
    assert quiet.demand.stay_spread == Scenario().demand.stay_spread
    assert dict(quiet.demand.kinds) == dict(Scenario().demand.kinds)
    assert dict(quiet.demand.busy_share) == dict(Scenario().demand.busy_share)
    assert quiet.fingerprint == Scenario().fingerprint


def test_values_replace_only_what_they_name() -> None:
    read = parse(
        "[demand]\nbusy_stays = [5, 9]\n"
        "[demand.busy_share]\nI = 0.9\n"
        "[demand.kinds.loading]\nnight_share = 0.2\n"
    )

    assert read.demand.busy_stays == (5.0, 9.0)
    assert read.demand.busy_share[ZoneClass.I] == 0.9
    assert read.demand.busy_share[ZoneClass.II] == Scenario().demand.busy_share[ZoneClass.II]
    assert read.demand.kinds[BerthKind.LOADING].night_share == 0.2
    assert read.demand.kinds[BerthKind.LOADING].length_factor == 0.3
    assert read.fingerprint != Scenario().fingerprint


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("name = 3", 1, "must be a text"),
        ("[demand]\nmean_stay_min = 'long'", 2, "must be a number from 0"),
        ("[demand]\nmean_stay_min = -1", 2, "must be a number from 0"),
        ("[demand]\nmean_stay_min = true", 2, "must be a number from 0"),
        ("[demand]\nbusy_stays = [4]", 2, "a list of 2 numbers"),
        ("[demand]\nbusy_stays = [8, 4]", 2, "ascending"),
        ("[demand]\nmeans = 3", 2, "unknown key 'means'"),
        ("[demand.busy_share]\nIV = 0.1", 2, "unknown key 'IV'"),
        ("[demand.busy_share]\nI = 1.1", 2, "at most 1"),
        ("[demand]\nworkday_dispersion = 1", 2, "above 1"),
        ("demand = 3", 1, "must be a table"),
        ("[demand.kinds]\ncharging = 1", 2, "must be a table"),
        ("[demand]\nbusy_share = 1", 2, "must be a table"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, expected: str) -> None:
    with pytest.raises(SourceError, match=expected) as caught:
        parse(text)

    assert caught.value.line == line


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SetupError, match=r"nowhere\.toml"):
        load_scenario(Path("nowhere.toml"))
