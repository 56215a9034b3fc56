"""`citypark city` as people run it."""

from pathlib import Path

import pytest

from app import language
from app.main import main
from parking.plumbing.cityfiles import load_city


@pytest.fixture(autouse=True)
def _language_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_chosen", "zh")


def test_generate_writes_a_city_that_check_accepts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "new" / "suizhou"
    assert main(["--lang", "en", "city", "generate", "--out", str(directory), "--seed", "5"]) == 0
    assert main(["--lang", "zh", "city", "check", str(directory)]) == 0
    english, chinese = capsys.readouterr().out.splitlines()
    assert "8400 berths (I 2100 / II 6000 / III 300)" in english
    assert "泊位 8400" in chinese
    assert "--seed 5\n" in (directory / "berths.csv").read_text(encoding="utf-8")


def test_generate_replaces_only_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "holidays.toml").write_text("kept", encoding="utf-8")
    assert main(["city", "generate", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "holidays.toml").read_text(encoding="utf-8") == "kept"
    assert load_city(tmp_path).city_id == "suizhou"


def test_check_of_an_empty_directory_is_one_sentence_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["city", "check", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert str(tmp_path / "city.toml") in captured.err


def test_generate_into_a_file_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert main(["--lang", "en", "city", "generate", "--out", str(tmp_path / "taken")]) == 2
    assert "choose another directory with --out" in capsys.readouterr().err
