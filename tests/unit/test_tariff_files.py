"""A tariff file that would make a bill unclear is refused, with file, line and what was expected."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from billing.tariff import HolidayCalendar, load_calendar, load_tariff, load_tariff_book
from parking.errors import SetupError, SourceError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "billing/tariff/tariff.schema.json").read_text(encoding="utf-8"))
GOOD = """\
format = 1
id = "t"
name = "标准"
order = ["nev", "cap"]

[document]
number = "1号"

[band.day]
name = "日间"

[[schedule]]
bands = [{ from = "07:30", to = "21:00", band = "day" }, { from = "21:00", to = "07:30", band = "free" }]

[[rate]]
class = "I"
name = "一类区"
price.day = [{ upto = 60, price = "3" }, { unit = 60, price = "2" }]
cap = [{ amount = "20", per = "day" }]

[[adjust]]
id = "nev"
name = "减半"
energy = "nev"
pay = "50%"
"""

# What is changed in the good file, the line that the error must name, and what it must say.
FAULTS = {
    "gap": ('from = "21:00", to = "07:30"', 'from = "21:00", to = "07:00"', 13, "no band holds at 07:00"),
    "overlap": ('from = "21:00", to = "07:30"', 'from = "20:00", to = "07:30"', 13, "2 bands hold at 20:00"),
    "unknown key": ('amount = "20"', 'amuont = "20"', 19, "amount is missing: did you write amuont?"),
    "unknown key beside": (
        'per = "day" }]',
        'per = "day", pre = 1 }]',
        19,
        "unknown key pre in rate.0.cap.0: did",
    ),
    "unknown table": ("[[adjust]]", "[rebate]\nx = 1\n[[adjust]]", 21, "unknown key rebate"),
    "cap below the first unit": ('"20"', '"2.99"', 19, "cap 2.99 is below the first unit 3.00"),
    "no document number": ('number = "1号"', 'title = "x"', 6, "its number (文号), or unnumbered"),
    "number and reason": ('number = "1号"', 'number = "1"\nunnumbered = "x"', 7, "or unnumbered"),
    "float": ('price = "3"', "price = 3.5", 18, "yuan in quotes"),
    "third decimal": ('price = "3"', 'price = "3.333"', 18, "at most two decimals"),
    "negative": ('price = "3"', "price = -3", 18, "yuan in quotes"),
    "time of day": ('"07:30", to', '"7:30", to', 13, 'like "07:30"'),
    "band without price": ('band = "day"', 'band = "dusk"', 13, "band dusk is not defined"),
    "rate without band": ("price.day", "price.dusk", 18, "band dusk is not defined"),
    "unpriced band": ("price.day = ", "# price.day = ", 15, "no price for band day"),
    "open steps": ("upto = 60, ", "", 18, "only the last step may lack upto"),
    "closed steps": (', { unit = 60, price = "2" }', "", 18, "the last step has no upto"),
    "steps backwards": ("{ unit = 60", '{ upto = 30, price = "1" }, { unit = 60', 18, "at least 61"),
    "tail of a flat price": (
        '{ unit = 60, price = "2" }',
        '{ price = "2", tail = "down" }',
        18,
        "flat price",
    ),
    "unknown tail": (
        '{ unit = 60, price = "2" }',
        '{ unit = 60, price = "2", tail = "off" }',
        18,
        '"up", "down"',
    ),
    "unknown choice": ('per = "day"', 'per = "week"', 19, "must be one of stay, 24h, day, window, band"),
    "unknown energy": ('energy = "nev"', 'energy = "hydrogen"', 24, "expected one of fuel, nev"),
    "percent": ('"50%"', '"half"', 25, "in percent"),
    "order misses": ('order = ["nev", "cap"]', 'order = ["cap"]', 4, "order: nev is missing"),
    "order repeats": ('"nev", "cap"', '"nev", "cap", "nev"', 4, "stands there twice"),
    "order unknown": ('"nev", "cap"', '"nev", "cap", "etc"', 4, "etc is not an operation"),
    "wrong day": ("[[schedule]]", '[[schedule]]\ndays = "workday"', 13, "day word workday has no meaning"),
    "day without schedule": ("[[schedule]]", '[[schedule]]\ndays = "working"', 16, "no schedule names"),
    "reserved id": ('id = "nev"', 'id = "cap"', 22, "id cap is reserved"),
    "format": ("format = 1", "format = 2", 1, "expected 1"),
    "not TOML": ('name = "标准"', "name = 标准", 3, "not valid TOML"),
    "shared per stay": ('per = "day" }]', 'per = "stay", over = "plate" }]', 19, "summed per"),
    "ladder per day": ('amount = "20"', 'ladder = ["20", "10"]', 19, 'per must be "24h"'),
    "scaled for nothing": (
        '"nev", "cap"]',
        '"cap", "nev"]\nrules = { cap_scaled = true }',
        4,
        "cap_scaled needs",
    ),
    "zone": ('id = "t"', 'id = "t"\ntimezone = "Asia/Suizhou"', 3, "time zone"),
}


def written(folder: Path, text: str) -> Path:
    path = folder / "tariff.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    good, bad, line, expected = FAULTS[name]
    assert GOOD.count(good) >= 1
    path = written(tmp_path, GOOD.replace(good, bad, 1))

    with pytest.raises(SourceError) as caught:
        load_tariff(path)

    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_the_good_file_is_good(tmp_path: Path) -> None:
    assert load_tariff(written(tmp_path, GOOD)).tariff_id == "t"
    jsonschema.validate(tomllib.loads(GOOD), SCHEMA)


@pytest.mark.parametrize(
    "name",
    ["unknown key beside", "unknown table", "no document number", "number and reason", "float", "percent"],
)
def test_the_schema_refuses_it_too(name: str) -> None:
    good, bad, _, _ = FAULTS[name]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(GOOD.replace(good, bad, 1)), SCHEMA)


def test_a_document_may_say_why_it_has_no_number(tmp_path: Path) -> None:
    text = GOOD.replace('number = "1号"', 'unnumbered = "draft"')

    assert load_tariff(written(tmp_path, text)).terms.document.unnumbered == "draft"


def test_an_element_of_a_long_list_has_its_own_line(tmp_path: Path) -> None:
    schedule = """bands = [
    { from = "07:30", to = "21:00", band = "day" },
    # by night
    { from = "21:00", to = "07:30", band = "dusk" },
]"""
    one_line = next(line for line in GOOD.splitlines() if line.startswith("bands = "))
    path = written(tmp_path, GOOD.replace(one_line, schedule))

    with pytest.raises(SourceError, match="band dusk is not defined") as caught:
        load_tariff(path)
    assert caught.value.line == 16


def test_overlapping_intervals_are_refused(tmp_path: Path) -> None:
    interval = '[[interval]]\nname = "x"\nfrom = 2024-02-09T20:30:00\nto = 2024-02-13T07:30:00\n'

    with pytest.raises(SourceError, match="overlaps"):
        load_tariff(written(tmp_path, GOOD + interval + interval))
    with pytest.raises(SourceError, match="whole minutes"):
        load_tariff(written(tmp_path, GOOD + interval.replace("20:30:00", "20:30:01")))


def test_two_versions_in_force_at_once_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.toml").write_text(GOOD.replace('id = "t"', 'id = "u"'), encoding="utf-8")

    with pytest.raises(SetupError, match="in force at the same time and place"):
        load_tariff_book(tmp_path)


def test_one_id_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")

    with pytest.raises(SetupError, match="is also that of"):
        load_tariff_book(tmp_path)


def test_a_missing_file_or_an_empty_directory_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        load_tariff(tmp_path / "none.toml")
    with pytest.raises(SetupError, match="no tariff"):
        load_tariff_book(tmp_path)


CALENDAR = """\
[[year]]
year = 2024
notice = "1号"
working = [2024-02-04]
holiday = [{ id = "spring_festival", from = 2024-02-10, to = 2024-02-17 }]
"""


def test_a_calendar_knows_its_days(tmp_path: Path) -> None:
    calendar: HolidayCalendar = load_calendar(written(tmp_path, CALENDAR))

    assert sorted(calendar.holidays.values()) == ["spring_festival"] * 8
    assert calendar.notices == {2024: "1号"}


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ("[2024-02-04]", "[2024-02-05]", "Saturdays and Sundays"),
        ("[2024-02-04]", "[2024-02-10]", "that are no holiday"),
        ("to = 2024-02-17", "to = 2024-02-09", "to on or after from"),
        ('id = "spring_festival"', 'id = "working"', "is reserved"),
        ("from = 2024-02-10", 'from = "2024"', "a day such as"),
        ("notice", "number", "year.0.notice is missing"),
    ],
)
def test_a_wrong_calendar_is_refused(good: str, bad: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=expected):
        load_calendar(written(tmp_path, CALENDAR.replace(good, bad)))
