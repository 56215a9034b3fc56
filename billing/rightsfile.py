"""Rights as an office keeps them: a CSV table, one right a row. Pure."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from parking.city import City
from parking.clock import day_span
from parking.ids import SectionId
from parking.plates import ParsedPlate, parse_plate
from parking.rights import Right, RightKind
from parking.sourcetable import Row, parse_table
from parking.span import Span

COLUMNS: Final = ("right_id", "kind", "plate", "from_on", "to_on", "sections", "reason", "document")
_KINDS: Final = {kind.value: kind for kind in RightKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRight:
    """A right and the document that grants it. The reason of a pass is its name in the tariff."""

    right: Right
    document: str


def parse_rights(path: Path, text: str, city: City) -> list[RecordedRight]:
    """Read the table; raises SourceError with the line of the first thing that is wrong."""
    found: dict[str, RecordedRight] = {}
    for row in parse_table(path, text, COLUMNS):
        recorded = _recorded(row, city)
        if recorded.right.right_id in found:
            raise row.error(f"right_id {recorded.right.right_id!r} stands twice in this file")
        found[recorded.right.right_id] = recorded
    return list(found.values())


def _recorded(row: Row, city: City) -> RecordedRight:
    plate = parse_plate(row.required("plate"))
    if not isinstance(plate, ParsedPlate):
        raise row.error(f"plate {plate.text!r} is none: {plate.detail}")
    right = Right(
        right_id=row.identifier("right_id"),
        kind=row.choice("kind", _KINDS),
        plate=plate.plate,
        span=_span(row, city.timezone),
        section_ids=_sections(row, city),
        reason=row.required("reason"),
    )
    return RecordedRight(right=right, document=row.text("document"))


def _span(row: Row, timezone: ZoneInfo) -> Span:
    """Whole local days, the last one included."""
    first, last = _day(row, "from_on"), _day(row, "to_on")
    if last < first:
        raise row.error(f"to_on {last} is before from_on {first}")
    return Span(start_at=day_span(first, timezone).start_at, end_at=day_span(last, timezone).end_at)


def _day(row: Row, column: str) -> date:
    try:
        return date.fromisoformat(row.required(column))
    except ValueError:
        raise row.error(f"{column} must be a day such as 2026-11-23, not {row.text(column)!r}") from None


def _sections(row: Row, city: City) -> frozenset[SectionId]:
    named = row.text("sections").split()
    for section_id in named:
        if SectionId(section_id) not in city.sections:
            raise row.error(f"the city has no section {section_id!r}; leave the cell empty for everywhere")
    return frozenset(SectionId(section_id) for section_id in named)
