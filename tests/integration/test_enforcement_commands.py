"""The commands of enforcement, as an operator types them."""

import json
import re
import zipfile
from pathlib import Path
from random import Random

import pytest

from app.main import main
from enforcement.evidence.package import verify_package
from parking.plumbing.database import Connection
from tests.support.enforcement_cases import Office, open_office

pytestmark = pytest.mark.database


@pytest.fixture
def office(
    database_url: str, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYPARK_HOME", str(tmp_path))
    return open_office(database_url, connection, tmp_path)


def test_a_case_is_exported_and_verified_offline(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id, target = office.notified(), tmp_path / "case.zip"
    assert main(["--lang", "en", "evidence", "export", case_id, "--out", str(target)]) == 0
    (head,) = re.findall(r"ends with ([0-9a-f]{64})", capsys.readouterr().out)
    with zipfile.ZipFile(target) as archive:
        names = set(archive.namelist())
        violation = json.loads(archive.read("violation.json"))
        readings = json.loads(archive.read("readings.json"))
        devices = json.loads(archive.read("devices.json"))
        assert archive.read("summary.pdf").startswith(b"%PDF")
    assert len([name for name in names if name.startswith("items/")]) == 2
    named = {each["reading"] for each in violation["evidence"]["sightings"]}
    assert named <= {reading["reading_id"] for reading in readings}
    assert devices[0]["devices"][0]["approval_document"] == "随审〔2026〕1号"
    monkeypatch.delenv("CITYPARK_DATABASE_URL")
    assert main(["--lang", "en", "evidence", "verify", str(target), "--head", head]) == 0
    assert "as exported" in capsys.readouterr().out
    assert main(["--lang", "en", "evidence", "verify", str(target), "--head", "0" * 64]) == 1
    changed = bytearray(target.read_bytes())
    with zipfile.ZipFile(target) as archive:
        place = archive.getinfo("violation.json").header_offset
    changed[place + 200] ^= 1
    target.write_bytes(changed)
    capsys.readouterr()
    assert main(["--lang", "en", "evidence", "verify", str(target)]) == 1
    assert capsys.readouterr().out.startswith("violation.json: was changed")


def test_a_changed_byte_in_any_file_of_a_package_is_named(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "case.zip"
    assert main(["evidence", "export", office.notified(), "--out", str(target)]) == 0
    monkeypatch.delenv("CITYPARK_DATABASE_URL")
    body = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        members = [
            (each.filename, each.header_offset + 30 + len(each.filename.encode()), each.file_size)
            for each in archive.infolist()
        ]
    assert len(members) == 13
    dice = Random(7)  # noqa: S311  repeatable, not secret
    for name, start, size in members:
        for at in {start, start + size - 1, *(start + dice.randrange(size) for _ in range(3))}:
            changed = bytearray(body)
            changed[at] ^= 1 << dice.randrange(8)
            faults = verify_package(bytes(changed)).faults
            assert any(fault.startswith(name) for fault in faults), (name, at - start, faults)
    capsys.readouterr()


@pytest.mark.usefixtures("office")
def test_wrong_names_end_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, text in (
        (["evidence", "export", "C2026-999999"], "there is no case C2026-999999"),
        (["evidence", "verify", "nowhere.zip"], "nowhere.zip: No such file"),
        (["staff", "leave", "X-9"], "nobody acts as X-9"),
        (["staff", "add", "O-9", "--name", "x", "--role", "officer"], "have a --certificate"),
        (["staff", "add", "O-1", "--name", "x", "--role", "treasury"], "the id O-1 is in use"),
        (["webhook", "add", "http://example.org/"], "is not encrypted"),
        (["webhook", "remove", "W-9"], "there is no W-9"),
    ):
        assert main(["--lang", "en", *arguments]) == 2, arguments
        assert text in capsys.readouterr().err


def test_staff_come_and_go(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                *[
                    "--lang",
                    "zh",
                    "staff",
                    "add",
                    "O-9",
                    "--role",
                    "officer",
                    "--certificate",
                    "42-9",
                    "--name",
                ],
                "测试",
            ]
        )
        == 0
    )
    (token,) = re.findall(r"：(\S+)", capsys.readouterr().out)
    header = {"Authorization": f"Bearer {token}"}
    assert office.caller.get("/cases", headers=header).status_code == 200
    assert main(["staff", "list"]) == 0
    assert "O-9  officer  测试  42-9" in capsys.readouterr().out
    assert main(["staff", "leave", "O-9"]) == 0
    assert office.caller.get("/cases", headers=header).status_code == 401


@pytest.mark.usefixtures("office")
def test_webhooks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "webhook", "add", "http://127.0.0.1:9/x"]) == 0
    (name,) = re.findall(r"(W-\w+) secret: \S{40,}", capsys.readouterr().out)
    assert main(["--lang", "en", "webhook", "list"]) == 0
    assert capsys.readouterr().out == f"{name} http://127.0.0.1:9/x told up to 0, 0 dead letters\n"
    assert main(["--lang", "en", "webhook", "retry", name]) == 0
    assert main(["--lang", "en", "webhook", "remove", name]) == 0
