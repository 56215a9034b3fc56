"""Reads tariff cases that a clerk can write: what, when, how long = yuan.

class I nev  working day 08:00  +130min  = 3.50
small  2024-05-15 18:30  to 21:30  = 7.00
working day 08:00  +150min  paid after 130min  = 7.00
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from billing.tariff import Bill, EarlierStay, PricedStay, Tariff, earlier_stay, price
from parking.money import Fen, parse_yuan
from parking.rights import Energy, VehicleClass
from parking.span import Span

LOCAL = ZoneInfo("Asia/Shanghai")
_CASE = re.compile(
    r"(?P<who>.*?)\s*(?P<day>working day|non-working day|\d{4}-\d\d-\d\d)\s+(?P<from>\d\d:\d\d)\s+"
    r"(?:\+(?P<minutes>\d+)min|to (?P<until>(?:\d{4}-\d\d-\d\d )?\d\d:\d\d))"
    r"(?:\s+paid after (?P<paid>\d+)min)?\s*=\s*(?P<yuan>[\d.]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffCase:
    """One line: the stay and what it costs."""

    line: str
    stay: PricedStay
    fen: Fen
    is_later: bool = False


@dataclass(slots=True)
class CaseFile:
    """The cases of a file and the tariff that it names, relative to the project."""

    tariff: str = ""
    days: dict[str, date] = field(default_factory=dict)
    cases: list[TariffCase] = field(default_factory=list)


def read_cases(text: str, days: dict[str, date] | None = None) -> CaseFile:
    """Parse a file or block of cases; raises ValueError at a line that is not one."""
    found = CaseFile(days=dict(days or {}))
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if line.startswith("tariff "):
            found.tariff = line.removeprefix("tariff ").strip()
        elif named := re.fullmatch(r"((?:non-)?working day) = (\S+)", line):
            found.days[named[1]] = date.fromisoformat(named[2])
        elif line:
            found.cases.append(_read_case(line, found.days))
    return found


def price_cases(tariff: Tariff, cases: list[TariffCase]) -> Iterator[tuple[TariffCase, Bill]]:
    """Price every case; a later stay is priced with those before it."""
    earlier: tuple[EarlierStay, ...] = ()
    for case in cases:
        stay = replace(case.stay, earlier=earlier if case.is_later else ())
        bill = price(tariff, stay)
        earlier = (*stay.earlier, earlier_stay(stay, bill))
        yield case, bill


def golden_files(folder: Path) -> Iterator[tuple[str, CaseFile]]:
    """Every case file of a folder, by name."""
    for path in sorted(folder.glob("*.txt")):
        yield path.name, read_cases(path.read_text(encoding="utf-8"))


def _read_case(line: str, days: dict[str, date]) -> TariffCase:
    match = _CASE.fullmatch(line)
    if match is None:
        raise ValueError(f"not a tariff case: {line!r}")
    on = days[match["day"]] if match["day"] in days else date.fromisoformat(match["day"])
    arrive_at = datetime.combine(on, time.fromisoformat(match["from"]), tzinfo=LOCAL)
    if match["minutes"]:
        depart_at = arrive_at + timedelta(minutes=int(match["minutes"]))
    else:
        depart_at = _until(match["until"], arrive_at)
    paid_at = arrive_at + timedelta(minutes=int(match["paid"])) if match["paid"] else None
    who = match["who"].split()
    is_later = who[:1] == ["then"]
    stay = _stay(who[is_later:], arrive_at, depart_at, paid_at)
    return TariffCase(line=line, stay=stay, fen=parse_yuan(match["yuan"]), is_later=is_later)


def _until(text: str, arrive_at: datetime) -> datetime:
    if " " in text:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    until = datetime.combine(arrive_at.date(), time.fromisoformat(text), tzinfo=LOCAL)
    return until if until > arrive_at else until + timedelta(days=1)


def _stay(words: list[str], arrive_at: datetime, depart_at: datetime, paid_at: datetime | None) -> PricedStay:
    """Words in any order: `class X`, a vehicle class, `nev`, `N berths`, `exempt WHY`, `pass ID`, ..."""
    said: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word in {"class", "exempt", "pass", "channel", "plate", "berth", "charging", "zone"}:
            said[word] = next(rest)
        elif word in {member.value for member in VehicleClass}:
            said["vehicle"] = word
        elif word.isdigit():
            said["berths"] = word
            next(rest)
        else:
            said["energy"] = Energy(word).value
    charged = timedelta(minutes=int(said.get("charging", "0min").removesuffix("min")))
    return PricedStay(
        arrive_at=arrive_at,
        depart_at=depart_at,
        zone_class=said.get("class", ""),
        vehicle=VehicleClass(said.get("vehicle", "small")),
        energy=Energy(said.get("energy", "fuel")),
        plate_kind=said.get("plate", ""),
        channel=said.get("channel", ""),
        berth_kind=said.get("berth", "ordinary"),
        berths_occupied=int(said.get("berths", "1")),
        exemption=said.get("exempt"),
        passes=(said["pass"],) if "pass" in said else (),
        paid_at=paid_at,
        zone=said.get("zone", ""),
        charging=(Span(start_at=arrive_at, end_at=arrive_at + charged),) if charged else (),
    )
