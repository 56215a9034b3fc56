"""Adapter: counts and holidays from CSV files, and what was wrong with each row; row 1 is the header."""

import csv
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np

from guidance.forecast.daytypes import Calendar, DayType
from guidance.forecast.history import Counts
from parking.errors import SetupError, SourceError

COLUMNS = ("at", "site", "capacity", "occupied")
LISTED = 10  # findings kept word for word; the rest is counted
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  local times are counted, never compared with an instant


@dataclass(slots=True, kw_only=True)
class Findings:
    """What reading a file of counts found."""

    rows: int = 0
    refused: int = 0
    clamped: int = 0  # more occupied than there is capacity: read as full
    listed: list[tuple[int, str]] = field(default_factory=list)  # the first refused rows and why

    def refuse(self, row: int, why: str) -> None:
        """Count a row that is left out."""
        self.refused += 1
        if len(self.listed) < LISTED:
            self.listed.append((row, why))


def load_counts(path: Path) -> tuple[Counts, Findings]:
    """Read all good rows; raises SetupError or SourceError where there is none."""
    findings = Findings()
    sites: dict[str, int] = {}
    site, second, capacity, occupied = array("q"), array("q"), array("d"), array("d")
    for row, fields in _rows(path, COLUMNS):
        findings.rows += 1
        try:
            at, name, places, cars = _parse(fields)
        except ValueError as error:
            findings.refuse(row, str(error))
            continue
        findings.clamped += cars > places
        site.append(sites.setdefault(name, len(sites)))
        second.append(at)
        capacity.append(places)
        occupied.append(min(cars, places))
    if not sites:
        row, why = findings.listed[0] if findings.listed else (2, "expected at least one row of counts")
        raise SourceError(path, row, why)
    counts = Counts(
        sites=tuple(sites),
        site=np.array(site, dtype=np.int64),
        at=np.array(second, dtype=np.int64).astype("datetime64[s]"),
        capacity=np.array(capacity, dtype=np.float32),
        occupied=np.array(occupied, dtype=np.float32),
    )
    return counts, findings


def load_calendar(path: Path) -> Calendar:
    """Read `on,kind` rows: workday, saturday or restday; raises SourceError at the first wrong row."""
    calendar: dict[date, DayType] = {}
    for row, (on, kind) in _rows(path, ("on", "kind")):
        try:
            calendar[date.fromisoformat(on)] = DayType[kind.upper()]
        except (ValueError, KeyError) as error:
            raise SourceError(
                path, row, "expected a day like 2026-10-01 and workday, saturday or restday"
            ) from error
    return calendar


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Row number and the named columns of each row, in that order; columns that a row lacks are empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip().lower() for name in next(reader, [])]
            if missing := [name for name in columns if name not in header]:
                raise SourceError(
                    path, 1, f"expected the columns {','.join(columns)}; missing {','.join(missing)}"
                )
            order = [header.index(name) for name in columns]
            for fields in reader:
                if fields:
                    yield reader.line_num, [fields[n].strip() if n < len(fields) else "" for n in order]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"cannot read {path}: {error}") from error


def _parse(fields: list[str]) -> tuple[int, str, float, float]:
    at, name, capacity, occupied = fields
    if not name:
        raise ValueError("site is empty")
    try:
        local = datetime.fromisoformat(at).replace(tzinfo=None)
    except ValueError as error:
        raise ValueError(f"at is not a time like 2016-04-01T08:15: {at!r}") from error
    places, cars = _number("capacity", capacity), _number("occupied", occupied)
    if places < 1:
        raise ValueError(f"capacity is less than 1: {capacity}")
    if cars < 0:
        raise ValueError(f"occupied is negative: {occupied}")
    return int((local - _EPOCH).total_seconds()), name, places, cars


def _number(column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise ValueError(f"{column} is not a number: {text!r}") from error
    if not math.isfinite(number):
        raise ValueError(f"{column} is not a number: {text!r}")
    return number
