"""The table of rights that an office keeps."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing.rightsfile import COLUMNS, parse_rights
from parking.city import City
from parking.errors import SourceError
from parking.plumbing.cityfiles import load_city
from parking.rights import RightKind

ROOT = Path(__file__).resolve().parents[2]
HEADER = ",".join(COLUMNS)
GOOD = "R-1,exempt,鄂S·12345,2026-11-01,2026-11-30,S001 S002,postal,随邮〔2026〕1号"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(ROOT / "cities" / "suizhou")


def test_a_right_lasts_whole_local_days(city: City) -> None:
    (recorded,) = parse_rights(Path("rights.csv"), f"{HEADER}\n{GOOD}\n", city)
    right = recorded.right
    assert (right.right_id, right.kind, right.plate) == ("R-1", RightKind.EXEMPT, "鄂S12345")
    assert right.span.start_at == datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert right.span.end_at == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert right.section_ids == {"S001", "S002"}
    assert (right.reason, recorded.document) == ("postal", "随邮〔2026〕1号")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (GOOD.replace("exempt", "free"), "kind must be one of"),
        (GOOD.replace("鄂S·12345", "鄂S·1234"), "a serial has 5 characters"),
        (GOOD.replace("2026-11-30", "2026-10-30"), "is before from_on"),
        (GOOD.replace("2026-11-30", "soon"), "must be a day"),
        (GOOD.replace("S002", "S999999"), "no section 'S999999'"),
        (GOOD.replace("postal", ""), "reason is empty"),
        (f"{GOOD}\n{GOOD}", "stands twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(city: City, row: str, words: str) -> None:
    with pytest.raises(SourceError, match=rf"rights.csv:\d+: .*{words}"):
        parse_rights(Path("rights.csv"), f"{HEADER}\n{row}\n", city)
