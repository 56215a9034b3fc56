"""`citypark tariff` and `citypark bench rating`, as they are typed."""

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.commands import bench_rating
from app.commands.tariffearlier import load_earlier
from app.language import choose
from app.main import main
from parking.errors import SetupError
from tests.support.tariffcases import TariffCase, golden_files

ROOT = Path(__file__).resolve().parents[2]
STREET = str(ROOT / "cities/suizhou/tariffs/2021.toml")
STAY = ("--arrive", "2024-05-15T08:00", "--depart", "2024-05-15T10:10")
STAY_UTC = ("--arrive", "2024-05-15T00:00Z", "--depart", "2024-05-15T02:10Z")
CASES = [
    (cases.tariff, case) for _, cases in golden_files(ROOT / "tests/golden/tariffs") for case in cases.cases
]


@pytest.fixture(autouse=True)
def _english() -> Any:  # noqa: ANN401  a generator fixture
    choose("en")
    yield
    choose("zh")


def priced(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["tariff", "price", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def words_of(case: TariffCase) -> list[str]:
    """The flags by which a golden case is typed."""
    stay = case.stay
    given = {
        "--class": stay.zone_class,
        "--arrive": stay.arrive_at.isoformat(),
        "--depart": stay.depart_at.isoformat(),
        "--vehicle": stay.vehicle.value,
        "--energy": stay.energy.value,
        "--berths": str(stay.berths_occupied),
        "--exempt": stay.exemption,
        "--pass": stay.passes[0] if stay.passes else None,
        "--paid": stay.paid_at.isoformat() if stay.paid_at else None,
    }
    return [word for flag, value in given.items() if value for word in (flag, value)]


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}: {case.line}" for file, case in CASES])
def test_every_golden_value_comes_out_of_the_command(
    file: str, case: TariffCase, capsys: pytest.CaptureFixture[str]
) -> None:
    assert priced(capsys, str(ROOT / file), *words_of(case))["total_fen"] == case.fen


def test_a_price_as_json_has_lines_document_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    bill = priced(
        capsys, STREET, "--class", "I", *STAY,
        "--energy", "nev",
    )  # fmt: skip

    assert (bill["total_fen"], bill["document"], bill["notes"]) == (350, "随发改价格〔2020〕16号", [])
    assert [line["amount_fen"] for line in bill["lines"]] == [300, 400, -350]


def test_a_time_without_offset_is_on_the_citys_clocks(capsys: pytest.CaptureFixture[str]) -> None:
    local = priced(capsys, STREET, "--class", "I", *STAY)
    utc = priced(
        capsys, STREET, "--class", "I", "--arrive", "2024-05-15T00:00Z", "--depart", "2024-05-15T02:10Z"
    )

    assert local == utc
    assert local["arrive_at"] == "2024-05-15T08:00:00+08:00"


def test_a_price_for_people_lists_lines_and_total(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--class", "I", "--arrive", "2024-05-15 08:00", "--depart", "2024-05-15 10:10"]
    assert main(["tariff", "price", STREET, *arguments]) == 0

    out = capsys.readouterr().out
    assert "      4.00  class I, charging hours 05-15 09:00–10:10: 2 × 60 min at 2.00 = 4.00 yuan" in out
    assert "      7.00  total" in out


def test_earlier_stays_count(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = Path(STREET).read_text(encoding="utf-8")
    shared = tmp_path / "shared.toml"
    shared.write_text(
        text.replace('order = ["cap", "nev", "berths"]', "").replace(
            'cap = [{ amount = "20", per = "day" }]', 'cap = [{ amount = "20", per = "day", over = "plate" }]'
        ),
        encoding="utf-8",
    )
    morning = ["--class", "I", "--arrive", "2024-05-15T07:30", "--depart", "2024-05-15T14:30"]
    evening = ["--class", "I", "--arrive", "2024-05-15T15:00", "--depart", "2024-05-15T20:00"]
    before = tmp_path / "before.json"
    before.write_text(json.dumps([priced(capsys, str(shared), *morning)]), encoding="utf-8")
    least = tmp_path / "least.json"
    least.write_text(
        json.dumps([{"arrive_at": "2024-05-15T07:30", "depart_at": "2024-05-15T14:30", "total_fen": 1500}]),
        encoding="utf-8",
    )

    assert priced(capsys, str(shared), *evening)["total_fen"] == 1100
    assert priced(capsys, str(shared), *evening, "--previous", str(before))["total_fen"] == 500
    assert priced(capsys, str(shared), *evening, "--previous", str(least))["total_fen"] == 500


def test_a_directory_is_a_book_of_versions(capsys: pytest.CaptureFixture[str]) -> None:
    book = str(ROOT / "cities/suizhou/tariffs")
    station = priced(capsys, book, *STAY, "--road", "火车站停车场")
    old = priced(capsys, book, "--class", "I", "--arrive", "2020-05-15T08:00", "--depart", "2020-05-15T10:10")

    assert (station["tariff"], station["total_fen"]) == ("suizhou-station", 700)
    assert (old["tariff"], old["total_fen"]) == ("suizhou-2019", 1100)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([*STAY], "zone classes: I, II, III"),
        (["--class", "I", *STAY, "--arrive", "8"], "--arrive: expected a time"),
        (
            ["--class", "I", "--arrive", "2024-05-15T08:00", "--depart", "2024-05-15T07:00"],
            "before it begins",
        ),
        (
            [
                "--class",
                "I",
                "--arrive",
                "2024-05-15T08:00",
                "--depart",
                "2024-05-15T09:00",
                "--previous",
                "x",
            ],
            "x: cannot be read",
        ),
    ],
)
def test_what_cannot_be_priced_is_one_sentence_and_exit_code_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tariff", "price", STREET, *arguments]) == 2
    assert expected in capsys.readouterr().err


def test_earlier_stays_that_say_too_little_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "before.json"
    path.write_text('[{"arrive_at": "2024-05-15T07:30"}]', encoding="utf-8")

    with pytest.raises(SetupError, match="stay 1: expected arrive_at, depart_at and total_fen"):
        load_earlier(path, ZoneInfo("Asia/Shanghai"))


def test_check_prints_days_steps_and_caps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "check", str(ROOT / "cities/examples/qianjiang.toml")]) == 0

    out = capsys.readouterr().out
    assert "days: 731, each covered exactly once" in out
    assert "0 min 0.00 · 121 min 3.00 · 181 min 4.00" in out
    assert "cap 15.00 yuan per 24 h: from minute 901" in out
    assert "the price never falls" in out
    assert "result: fit for use" in out


def test_check_refuses_a_gap_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "gap.toml"
    text = Path(STREET).read_text(encoding="utf-8")
    path.write_text(
        text.replace('to = "07:30", band = "free"', 'to = "07:00", band = "free"'), encoding="utf-8"
    )

    assert main(["tariff", "check", str(path)]) == 2
    assert "no band holds at 07:00" in capsys.readouterr().err


def test_check_fails_a_tariff_with_a_rate_that_is_never_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "twice.toml"
    text = (ROOT / "cities/examples/qianjiang.toml").read_text(encoding="utf-8")
    path.write_text(
        text.replace("[[adjust]]", '[[rate]]\nname = "x"\nprice.day = [{ price = "1" }]\n\n[[adjust]]'),
        "utf-8",
    )

    assert main(["tariff", "check", str(path)]) == 1
    assert "problem: x: never used" in capsys.readouterr().out


def test_explain_speaks_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "explain", STREET]) == 0

    out = capsys.readouterr().out
    assert "charging hours: 0–60 min 3.00 once, then 2.00 per 60 min" in out
    assert "收费时段：0–60分钟3.00元，其后每60分钟2.00元" in out
    assert out.index("document: 随发改价格〔2020〕16号") < out.index("文号：随发改价格〔2020〕16号")


def test_diff_names_what_changes_and_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    old = str(ROOT / "cities/suizhou/tariffs/2019.toml")
    assert main(["tariff", "diff", old, STREET]) == 0

    out = capsys.readouterr().out
    assert "-   cap 50.00 yuan per day" in out
    assert "+   cap 20.00 yuan per day" in out
    assert "130: 11.00 → 7.00" in out


def test_diff_of_a_tariff_with_itself_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "diff", STREET, STREET]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["  no price differs"]


def test_bench_rating_measures_suizhou_and_the_most_complex_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = argparse.ArgumentParser()
    bench_rating.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["rating", "--cities", str(ROOT / "cities"), "--stays", "50", "--json"])

    assert arguments.run(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["suizhou-2021", "shenzhen"]
    assert all(figures["stays_per_cpu_s"] > 0 for figures in result.values())


def test_bench_rating_needs_tariffs(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no tariffs"):
        bench_rating.bench_rating(tmp_path)
    with pytest.raises(SetupError, match="at least 1"):
        bench_rating.bench_rating(ROOT / "cities", 0)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = [sys.executable, "-m", "app.main", "tariff", "check", STREET]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == b""
    assert running.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize(
    ("old", "new", "chinese"),
    [
        ('to = "21:00"', 'to = "20:00"', ":43：20:00 没有时段：任何时刻须恰有一个时段"),
        ("minutes = 30", "minuets = 30", ":31：缺少 free.0.minutes：是否写成了 minuets？"),
        (
            'amount = "20"',
            'amount = "2"',
            ":53：封顶 2.00 元低于 charged 首个单元 3.00 元：封顶不得低于首个单元",
        ),
        (
            'number = "随发改价格〔2020〕16号"',
            "",
            ":11：document：须有文号 number，或以 unnumbered 说明为何没有",
        ),
    ],
)
def test_a_clerk_is_told_in_chinese_what_is_wrong_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, chinese: str
) -> None:
    text = Path(STREET).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "tariff.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    choose("zh")
    assert main(["tariff", "check", str(path)]) == 2
    assert capsys.readouterr().err == f"citypark: {path}{chinese}\n"
