"""Reading counts and holidays: what is wrong is said with its row, what is right is read."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from guidance.forecast.countsfile import LISTED, load_calendar, load_counts
from guidance.forecast.daytypes import DayType
from parking.errors import SetupError, SourceError

HEADER = "at,site,capacity,occupied\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "counts.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_bad_rows_are_named_and_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER
        + "2026-03-02T08:00,A,10,3\n"
        + "yesterday,A,10,3\n"
        + "2026-03-02T08:05,,10,3\n"
        + "2026-03-02T08:10,A,0,0\n"
        + "2026-03-02T08:15,A,10,-1\n"
        + "2026-03-02T08:20,A,10,nan\n"
        + "2026-03-02T08:25,A,10\n"
        + "\n"
        + "2026-03-02 08:30:00,B,10,14\n",
    )
    counts, findings = load_counts(path)
    assert counts.sites == ("A", "B")
    assert counts.occupied.tolist() == [3.0, 10.0]
    assert counts.at.tolist() == [
        np.datetime64("2026-03-02T08:00", "s"),
        np.datetime64("2026-03-02T08:30", "s"),
    ]
    assert (findings.rows, findings.refused, findings.clamped) == (8, 6, 1)
    assert [row for row, _ in findings.listed] == [3, 4, 5, 6, 7, 8]
    whys = " / ".join(why for _, why in findings.listed)
    for word in (
        "at is not a time",
        "site is empty",
        "capacity is less",
        "occupied is negative",
        "not a number",
    ):
        assert word in whys


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    path = written(tmp_path, "﻿occupied,note,Site,at,capacity\n4,x,A,2026-03-02T08:00,8\n")
    counts, _ = load_counts(path)
    assert counts.sites == ("A",)
    assert (counts.occupied[0], counts.capacity[0]) == (4.0, 8.0)


def test_only_the_first_bad_rows_are_kept_word_for_word(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "2026-03-02T08:00,A,10,3\n" + "x,A,1,1\n" * 50)
    _, findings = load_counts(path)
    assert findings.refused == 50
    assert len(findings.listed) == LISTED


def test_a_file_without_a_good_row_is_refused_with_its_first_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"counts.csv:2: at is not a time"):
        load_counts(written(tmp_path, HEADER + "x,A,1,1\n"))
    with pytest.raises(SourceError, match=r"counts.csv:2: expected at least one row"):
        load_counts(written(tmp_path, HEADER))


def test_a_missing_column_or_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="missing capacity"):
        load_counts(written(tmp_path, "at,site,occupied\n"))
    with pytest.raises(SetupError, match="cannot read"):
        load_counts(tmp_path / "nothing.csv")
    path = tmp_path / "binary.csv"
    path.write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(SetupError, match="cannot read"):
        load_counts(path)


def test_holidays(tmp_path: Path) -> None:
    path = tmp_path / "holidays.csv"
    path.write_text("on,kind\n2026-10-01,restday\n2026-10-10,workday\n", encoding="utf-8")
    assert load_calendar(path) == {date(2026, 10, 1): DayType.RESTDAY, date(2026, 10, 10): DayType.WORKDAY}
    path.write_text("on,kind\n2026-10-01,feast\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"holidays.csv:2: expected a day"):
        load_calendar(path)
