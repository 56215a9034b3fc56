"""`citypark score` on a small part of the city: the whole pipeline, offices included, against the truth."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.commands.score import in_words
from app.main import main
from tests.support.database import ROOT

pytestmark = pytest.mark.database

SCENARIOS = ROOT / "cities" / "suizhou" / "scenarios"


@cache
def shown(scenario: Path, *arguments: str) -> str:
    """Run the command once for all tests; returns its JSON."""
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda text: lines.append(str(text)))
        patch.setenv("CITYPARK_CITY", str(ROOT / "cities" / "suizhou"))
        assert main(["--lang", "en", "score", "--scenario", str(scenario), "--json", *arguments]) == 0
    return lines[0]


def score(name: str) -> dict[str, Any]:
    """Score four hours of a morning on a few sections."""
    span = ("--from", "2026-11-24T08:00", "--hours", "4", "--warm-up", "1", "--share", "40", "--step", "10")
    return dict(json.loads(shown(SCENARIOS / f"{name}.toml", *span)))


def test_on_a_quiet_day_every_state_stay_and_fen_is_the_truth() -> None:
    figures = score("quiet")
    assert set(figures["accuracy"].values()) == {0.0, 1.0}
    assert figures["accuracy"]["unknown"] == 0.0
    assert figures["stays"] == figures["stays_exact"] > 50
    assert figures["billed_fen"] == figures["owed_fen"] > 0
    assert (figures["overcharged_fen"], figures["undercharged_fen"], figures["ghosts"]) == (0, 0, 0)
    assert (figures["stays_held"], figures["lost"], figures["wrong_violations"]) == (0, 0, 0)
    assert (figures["stays_unwitnessed"], figures["unwitnessed_fen"], figures["unidentified_fen"]) == (
        0,
        0,
        0,
    )


def test_with_published_faults_nothing_is_lost_and_nobody_is_wrongly_accused() -> None:
    figures = score("standard")
    assert (figures["lost"], figures["stale_s"]) == (0, 0.0)
    assert figures["messages"]["sent"] > figures["messages"]["accepted"] > 1000
    assert figures["wrong_violations"] == 0
    assert figures["corrections"]["planted"] == figures["corrections"]["withdrawn"]
    assert 0.9 < figures["accuracy"]["fused"] < 1
    assert figures["overcharged_share_without_camera"] <= 0.0002
    assert min(figures["stays_held"], figures["stays_unwitnessed"], figures["unwitnessed_fen"]) > 0
    assert {name for name, fault in figures["by_fault"].items() if fault["count"]} >= {
        "loss",
        "duplicate",
        "delay",
    }


def test_people_get_the_main_figures_in_words() -> None:
    figures = score("standard")
    words = in_words(figures)
    assert f"{figures['accuracy']['fused']:.4%}" in words
    assert f"{figures['stays']:,}" in words


def test_what_cannot_be_scored_is_said_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = str(SCENARIOS / "quiet.toml")
    assert main(["--lang", "en", "score", "--scenario", scenario, "--hours", "0"]) == 2
    assert "--hours" in capsys.readouterr().err
    assert main(["--lang", "en", "score", "--scenario", scenario, "--share", "0"]) == 2
    assert "--share" in capsys.readouterr().err
