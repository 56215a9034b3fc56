"""`citypark forecast backtest` as people run it."""

import json
from pathlib import Path

import pytest

from app.main import main
from tests.support.forecastcounts import made_up_counts, rows_of

KEYS = {"mae", "rmse", "brier", "ece", "brier_at_risk", "ece_at_risk", "n", "n_at_risk"}
UNTIL = ["--train-until", "2026-03-14", "--test-until", "2026-03-16T23:59"]


@pytest.fixture
def counts(tmp_path: Path) -> str:
    path = tmp_path / "counts.csv"
    text = rows_of(made_up_counts(days=16)).splitlines()
    text.insert(5, "never,site 0,40,1")
    text[10] = text[10].rsplit(",", 1)[0] + ",41"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return str(path)


def backtest(*arguments: str) -> int:
    return main(["--lang", "en", "forecast", "backtest", *arguments])


def test_json_has_the_agreed_shape(counts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest("--counts", counts, *UNTIL, "--horizons", "30,60", "--json") == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert set(report) == {"30", "60"}
    for result in report.values():
        assert set(result) == KEYS | {"baselines"}
        assert set(result["baselines"]) == {"persistence", "seasonal", "seasonal_damped"}
        assert all(set(one) == KEYS for one in result["baselines"].values())
        assert 0 < result["mae"] < 0.5
        assert 0 <= result["ece"] <= 1
    assert "counts.csv:6: at is not a time" in err
    assert "1 of 1537 rows are wrong" in err
    assert "1 rows tell more occupied" in err
    assert "60 min 0%" in err


def test_a_table_for_people(counts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest("--counts", counts, *UNTIL, "--horizons", "15,60") == 0
    out, err = capsys.readouterr()
    assert "60 min ahead, 188 cells" in out
    assert "seasonal+damped" in out
    assert "counts come about every 30 min; 15 min cannot be scored" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--horizons", "15,x"], "like 15,30,60"),
        (["--horizons", "200"], "5 to 180"),
        (["--test-until", "soon"], "not a time"),
        (["--test-until", "2026-03-01"], "must be later"),
        (["--train-until", "2027-01-01", "--test-until", "2027-01-02"], "to test on"),
        (["--counts", "missing.csv"], "cannot read missing.csv"),
        (["--holidays", "missing.csv"], "cannot read missing.csv"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    counts: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert backtest("--counts", counts, *UNTIL, *arguments) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1].startswith("citypark: ")
    assert said in err[-1]


def test_help_is_chinese_first(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--lang", "zh", "forecast", "backtest", "--help"])
    assert "提前分钟数" in capsys.readouterr().out
