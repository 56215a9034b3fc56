"""A small case of each bench of guidance, so that they cannot rot."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.bench.askers import WAYS
from app.bench.tiles import tile
from app.main import main
from parking.plumbing.cityfiles import load_city
from tests.support.database import ROOT

STANDARD = "cities/suizhou/scenarios/standard.toml"


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run `citypark bench`; returns what it printed."""
    assert main(["--lang", "en", "bench", *arguments, "--json"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


@pytest.mark.e2e
@pytest.mark.database
@pytest.mark.broker
def test_the_api_is_measured_beside_a_bare_route(capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(capsys, "api", "--berths", "300", "--clients", "4", "--rounds", "1", "--seconds", "0.5")

    assert found["berths"] == 300
    for name in ("nearby", "berth", "bare"):
        assert found[name]["refused"] == 0
        assert found[name]["rps"] > 0
        assert 0 < found[name]["p50_ms"] <= found[name]["p99_ms"]


def test_drivers_sent_to_different_streets_find_a_berth_more_often(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"GUIDED_SHARE": 0.1, "PLACES": 1, "OUTLOOK_S": 4 * 3600, "VIEW_S": 120}.items():
        monkeypatch.setattr(f"app.bench.askers.{name}", value)

    found = figures(capsys, "guidance", "--on", "2026-11-18", "--history-days", "1")

    assert all(found[way]["asked"] > 1000 for way in WAYS)
    assert found["recommended"]["first_section"] > found["counts"]["first_section"]
    assert found["recommended"]["first_section"] > found["nearest"]["first_section"]


def test_signs_that_speak_of_the_arrival_promise_too_much_less_often(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = figures(
        capsys, "signs", "--scenario", STANDARD, "--from", "2026-11-24T10:00", "--hours", "0.5",
        "--history-days", "2", "--share", "20", "--step", "30",
    )  # fmt: skip

    assert found["arrival"]["all"]["told"] > 0
    assert found["arrival"]["all"]["over"] <= found["moment"]["all"]["over"]


@pytest.mark.parametrize("berths", [300, 8_400, 20_000])
def test_a_city_of_any_size_is_whole(berths: int) -> None:
    city = tile(load_city(Path(ROOT / "cities/suizhou")), berths)

    assert len(city.berths) == berths
    assert {berth.section_id for berth in city.berths.values()} <= set(city.sections)
    assert {section.zone_id for section in city.sections.values()} <= set(city.zones)
    assert {each.berth_id for each in city.devices.values()} - {None} <= set(city.berths)
    assert len({berth.position for berth in city.berths.values()}) > 0.99 * berths
