"""Loading a city: what its files become, and one clear error for each thing that can be wrong in them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from parking.city import BerthKind, Direction, Position, ZoneClass
from parking.cityparse import CITY_FILES
from parking.errors import SetupError, SourceError
from parking.ids import BerthId, CameraId, DeviceId, SectionId, SignId
from parking.plumbing.cityfiles import load_city
from tests.support.smallcity import TEXTS, small_city


def write_city(directory: Path, *, name: str = "", old: str = "", new: str = "") -> Path:
    """Write the small city, with one text replaced in one file."""
    for file_name, text in TEXTS.items():
        if file_name == name:
            assert old in text
            text = text.replace(old, new, 1)  # noqa: PLW2901  the one file that differs
        (directory / file_name).write_text(text, encoding="utf-8")
    return directory


def test_records_hold_what_the_files_say(tmp_path: Path) -> None:
    city = load_city(write_city(tmp_path))
    berth = city.berths[BerthId("A-1")]
    assert (berth.zone_class, berth.time_limit) == (ZoneClass.I, timedelta(hours=1))
    assert berth.position == Position(lon=113.3801, lat=31.7)
    assert city.berths[BerthId("A-2")].kind is BerthKind.RESIDENT
    assert city.berths[BerthId("B-2")].closed
    assert not city.sections[SectionId("S001")].simulated
    assert city.cameras[CameraId("C-1")].berth_ids == ("A-1", "A-2")
    assert [(device.family, device.berth_id) for device in city.devices.values()] == [
        ("geo", "A-1"), ("geo", "A-2"), ("geo", "B-1"), ("camera", None), ("patrol", None),
    ]  # fmt: skip
    assert city.devices[DeviceId("P-01")].heartbeat == timedelta(hours=1)
    first, second = city.signs[SignId("L2-01")].rows
    assert (first.direction, second.section_ids) == (Direction.AHEAD, ("S001", "S002"))
    assert str(city.timezone) == "Asia/Shanghai"


def test_spreadsheets_may_add_a_byte_order_mark_carriage_returns_and_empty_cells(tmp_path: Path) -> None:
    write_city(tmp_path)
    text = TEXTS["streets.csv"].replace("# a note, skipped", '"# a note, skipped",,,') + ",,,\n"
    (tmp_path / "streets.csv").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_city(tmp_path) == small_city()


@pytest.mark.parametrize("name", CITY_FILES)
def test_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_city(tmp_path) / name).unlink()
    with pytest.raises(SetupError, match=rf"{re.escape(str(tmp_path / name))}: no such file"):
        load_city(tmp_path)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    (write_city(tmp_path) / "signs.toml").unlink()
    (tmp_path / "signs.toml").mkdir()
    with pytest.raises(SetupError, match=r"signs\.toml: cannot be read"):
        load_city(tmp_path)


def test_other_encoding_is_refused_at_its_line(tmp_path: Path) -> None:
    write_city(tmp_path)
    (tmp_path / "streets.csv").write_bytes(TEXTS["streets.csv"].encode("gb18030"))
    with pytest.raises(SourceError, match=r"streets\.csv:3: not UTF-8"):
        load_city(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "expected"),
    [
        ("city.toml", '"Asia/Shanghai"', '"Asia/Suizhou"', 4, "timezone must be a name like"),
        ("city.toml", '"Asia/Shanghai"', '"../etc"', 4, "timezone must be a name like"),
        ("city.toml", "[113.38, 31.70]", "[31.70, 113.38]", 5, r"centre must hold \[longitude, latitude\]"),
        ("city.toml", 'name_en = "Small City"\n', "", 1, "name_en is missing"),
        ("city.toml", 'name = "小城"', "name = 3", 2, "name must be a text"),
        ("city.toml", "notice_en", "notice_english", 7, "'notice_english' is unknown here"),
        ("city.toml", '"P-01"', '"P/01"', 10, "device_id must be 1 to 32 letters"),
        ("city.toml", '"P-01"', '"G-A-1"', 10, "device G-A-1 stands here a second time"),
        ("city.toml", "= 60", "= 0", 11, "heartbeat_min must be a whole number from 1"),
        ("city.toml", "[[patrol]]", "[patrol]", 9, "patrol must be an array of tables"),
        ("city.toml", "= 60", "= ", 11, "not valid TOML"),
        ("zones.toml", '"III"', '"IV"', 11, "zone_class must be one of I, II, III, not 'IV'"),
        ("zones.toml", '"Z3"', '"Z1"', 10, "zone Z1 stands here a second time"),
        ("zones.toml", "[113.37, 31.69]]", "[113.37, 31.68]]", 7, "outline must .* end where it began"),
        ("zones.toml", "[113.39, 31.69]", "[13.39, 31.69]", 7, "over 60 km from the city's centre"),
        ("zones.toml", '["解放路"]', "[3]", 6, "boundary_roads must be a list of texts"),
        ("zones.toml", '["解放路"]', '["甲", "甲"]', 6, "boundary_roads names 甲 twice"),
        ("streets.csv", "rank,", "", 2, "column rank is missing"),
        ("streets.csv", "rank,", "rank,rank,", 2, "column 'rank' is unknown or repeated"),
        ("streets.csv", "trunk", "lane", 3, "rank must be one of trunk, street, not 'lane'"),
        ("streets.csv", "113.40 31.70", "113.40 north", 3, "longitude and latitude must be numbers"),
        ("streets.csv", "113.40 31.70", "nan nan", 3, "outside the city's zones"),
        ("streets.csv", "Jiefang Road", '"Jiefang" Road', 3, "not valid CSV"),
        ("streets.csv", ";113.38 31.701;113.40 31.70", "", 3, "path must have two places"),
        ("sections.csv", "S002", "S001", 3, "section S001 stands here a second time"),
        ("sections.csv", "Z3", "Z9", 3, "zone 'Z9' is unknown; zones.toml has Z1, Z3"),
        ("sections.csv", "Z1,解放路", "Z1,解放道", 2, "road '解放道' is unknown"),
        ("sections.csv", "测试路段", "", 2, "name is empty"),
        ("sections.csv", ",no,", ",maybe,", 2, "simulated must be one of yes, no, not 'maybe'"),
        ("sections.csv", ",no,", ",", 2, "7 cells expected, as in the header, not 6"),
        ("berths.csv", "A-2", "A-1", 3, "berth A-1 stands here a second time"),
        ("berths.csv", "A-2", "A 2", 3, "berth_id must be 1 to 32 letters"),
        ("berths.csv", "B-1,S002", "B-1,S009", 4, "section 'S009' is unknown"),
        ("berths.csv", "resident", "president", 3, "kind must be one of ordinary, charging"),
        ("berths.csv", ",60,", ",0,", 2, "limit_min must be from 1 to 10080, not 0"),
        ("berths.csv", ",60,", ",an hour,", 2, "limit_min must be a number, not 'an hour'"),
        (
            "berths.csv",
            "113.3802,31.70",
            "31.70,113.3802",
            3,
            "31.7 113.38 lies outside .* longitude comes first",
        ),
        ("berths.csv", "berth_id", "berth", 1, "column berth_id is missing"),
        ("devices.csv", "G-A-2", "G-A-1", 3, "device G-A-1 stands here a second time"),
        ("devices.csv", "geo,A-2", "geo,A-9", 3, "berth 'A-9' is unknown"),
        ("devices.csv", "geo,A-2", "geo,A-1", 3, "berth A-1 already has device G-A-1 of family geo"),
        ("devices.csv", "30", "99999", 2, "heartbeat_min must be from 1 to 10080"),
        ("cameras.csv", "C-1", "G-A-1", 2, "device G-A-1 stands here a second time"),
        ("cameras.csv", "A-1 A-2", "A-1 B-1", 2, "berth B-1 is repeated or not in section S001"),
        ("cameras.csv", "A-1 A-2", "A-1 A-1", 2, "berth A-1 is repeated"),
        ("cameras.csv", "A-1 A-2", "", 2, "berth_ids is empty"),
        ("signs.toml", "level = 2", "level = 4", 3, "level must be a whole number from 1 to 3, not 4"),
        ("signs.toml", "level = 2", "level = true", 3, "level must be a whole number"),
        ("signs.toml", "[113.379, 31.70]", "[114.379, 31.70]", 6, "outside the city's zones"),
        ("signs.toml", '["S001"]', '["S007"]', 13, "section 'S007' is unknown"),
        ("signs.toml", '["S001"]', "[]", 13, "section_ids must name at least one section"),
        ("signs.toml", '  "S001",\n', '  "S002",\n', 20, "section_ids names S002 twice"),
        ("signs.toml", '"left"', '"back"', 18, "direction must be one of left, ahead, right"),
        ("signs.toml", 'direction = "left"\n', "", 15, "direction is missing"),
    ],
)
def test_error_names_file_line_and_what_is_expected(
    tmp_path: Path, name: str, old: str, new: str, line: int, expected: str
) -> None:
    with pytest.raises(SourceError, match=expected) as caught:
        load_city(write_city(tmp_path, name=name, old=old, new=new))
    assert (caught.value.path, caught.value.line) == (str(tmp_path / name), line)


@pytest.mark.parametrize("name", [name for name in CITY_FILES if name.endswith(".csv")])
def test_empty_table_wants_its_header(tmp_path: Path, name: str) -> None:
    (write_city(tmp_path) / name).write_text("# nothing here yet\n", encoding="utf-8")
    with pytest.raises(SourceError, match="a header is expected"):
        load_city(tmp_path)


def test_city_without_zones_is_refused(tmp_path: Path) -> None:
    (write_city(tmp_path) / "zones.toml").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match=r"zones\.toml:1: at least one \[\[zone\]\] is expected"):
        load_city(tmp_path)


def test_sign_without_rows_is_refused(tmp_path: Path) -> None:
    text = TEXTS["signs.toml"].split("[[sign.row]]")[0]
    (write_city(tmp_path) / "signs.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"sign L2-01 needs at least one"):
        load_city(tmp_path)
