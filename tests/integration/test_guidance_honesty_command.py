"""`citypark signs honesty`: from the log and a truth file to a score, and what it says of a wrong file."""

import json
from pathlib import Path

import pytest

from app.main import main
from guidance.signs import Frame
from guidance.store.signlog import confirm_frames, save_frames
from parking.ids import SignId
from parking.plumbing.database import Connection
from tests.support.database import ROOT
from tests.support.guidance import FREE as FREE_BERTH
from tests.support.guidance import NOON, belief, minutes, small_desk
from tests.support.smallcity import TEXTS

pytestmark = pytest.mark.database
SIGN = SignId("L2-01")


@pytest.fixture
def city_directory(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("CITYPARK_CITY", str(tmp_path))
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.chdir(ROOT)
    return tmp_path


def honesty(truth: Path) -> int:
    hour = ["--from", NOON.isoformat(), "--until", minutes(60).isoformat()]
    return main(["--lang", "en", "signs", "honesty", "--truth", str(truth), *hour, "--json"])


def test_the_score_comes_from_what_signs_confirmed(
    city_directory: Path, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = small_desk(belief("B-1", FREE_BERTH))
    rows = desk.plan.rows(SIGN, desk.plan.add_up(desk.latest.view), NOON, fresh=True)
    frames = [
        Frame(
            sign_id=SIGN, frame_no=number, rows=rows, as_of=NOON, published_at=minutes(at),
            expires_at=minutes(at + 20), cause="change",
        )
        for number, at in ((1, 0), (2, 30))
    ]  # fmt: skip
    save_frames(connection, frames)
    confirm_frames(connection, [(1, SIGN, NOON)])  # the second was never confirmed
    truth = city_directory / "truth.jsonl"
    stay = {"berth": "B-1", "arrive_at": minutes(10).isoformat(), "depart_at": minutes(90).isoformat()}
    truth.write_text(json.dumps(stay) + "\n", encoding="utf-8")

    code = honesty(truth)

    score = json.loads(capsys.readouterr().out)["2"]
    assert code == 0
    # Of the first twenty minutes the row tells of B-1: ten with it free, less the drive of 50 s.
    assert (score["told"], score["broken"]) == (40, 40 - score["kept"])
    assert score["kept"] == 18
    assert score["silent"] == 240 - 40


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"berth": "B-1"}', '{"berth": 1, "arrive_at": 2, "depart_at": 3}']
)
def test_a_wrong_truth_file_is_named_with_its_line(
    city_directory: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = city_directory / "truth.jsonl"
    truth.write_text(line + "\n", encoding="utf-8")

    assert honesty(truth) == 2
    assert f"{truth}:1: " in capsys.readouterr().err
