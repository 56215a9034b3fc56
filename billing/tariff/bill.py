"""The bill of one stay: lines that add up to the total exactly, each explainable on its own.

Texts are made from a line's fields when somebody reads them; the stored form carries both.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from billing.tariff.choices import Words
from parking.money import Fen, format_yuan

_NOTHING = Fen(0)


class LineKind(StrEnum):
    """What a line does to the total."""

    UNITS = "units"
    FREE_BAND = "free_band"
    FREE_MINUTES = "free_minutes"
    PASS = "pass"  # noqa: S105  not a password
    CHARGING = "charging"
    SURCHARGE = "surcharge"
    CAP = "cap"
    DISCOUNT = "discount"
    FACTOR = "factor"
    ROUNDING = "rounding"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `unit_min` is 0 for a flat price; a reduction has a negative amount.

    A cap's line runs from the moment at which the cap was reached. `limit_fen` is the cap itself or the
    amount before a discount or rounding.
    """

    kind: LineKind
    words: Words
    start_at: datetime
    end_at: datetime
    amount_fen: Fen
    minutes: int = 0
    units: int = 0
    unit_min: int = 0
    unit_fen: Fen = _NOTHING
    limit_fen: Fen = _NOTHING

    @property
    def zh(self) -> str:
        """The line in Chinese."""
        return f"{self.words.zh} {_span_text(self)}：{_detail_zh(self)}"

    @property
    def en(self) -> str:
        """The line in English."""
        return f"{self.words.en} {_span_text(self)}: {_detail_en(self)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a stay costs and why. `document` is the number (文号) of the tariff, empty if it has none."""

    total_fen: Fen
    lines: tuple[Line, ...]
    document: str
    tariff: str
    arrive_at: datetime
    depart_at: datetime
    minutes: int
    notes: tuple[Words, ...] = ()


def bill_to_json(bill: Bill) -> dict[str, Any]:
    """The bill as plain JSON values, with the text of every line in both languages."""
    return {
        "total_fen": bill.total_fen,
        "document": bill.document,
        "tariff": bill.tariff,
        "arrive_at": bill.arrive_at.isoformat(),
        "depart_at": bill.depart_at.isoformat(),
        "minutes": bill.minutes,
        "lines": [_line_to_json(line) for line in bill.lines],
        "notes": [{"zh": note.zh, "en": note.en} for note in bill.notes],
    }


def bill_from_json(body: dict[str, Any]) -> Bill:
    """Read what `bill_to_json` wrote; raises KeyError or ValueError when it is not that."""
    return Bill(
        total_fen=Fen(body["total_fen"]),
        lines=tuple(_line_from_json(line) for line in body["lines"]),
        document=body["document"],
        tariff=body["tariff"],
        arrive_at=datetime.fromisoformat(body["arrive_at"]),
        depart_at=datetime.fromisoformat(body["depart_at"]),
        minutes=body["minutes"],
        notes=tuple(Words(note["zh"], note["en"]) for note in body["notes"]),
    )


def _line_to_json(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "name_zh": line.words.zh,
        "name_en": line.words.en,
        "start_at": line.start_at.isoformat(),
        "end_at": line.end_at.isoformat(),
        "minutes": line.minutes,
        "units": line.units,
        "unit_min": line.unit_min,
        "unit_fen": line.unit_fen,
        "limit_fen": line.limit_fen,
        "amount_fen": line.amount_fen,
        "zh": line.zh,
        "en": line.en,
    }


def _line_from_json(body: dict[str, Any]) -> Line:
    return Line(
        kind=LineKind(body["kind"]),
        words=Words(body["name_zh"], body["name_en"]),
        start_at=datetime.fromisoformat(body["start_at"]),
        end_at=datetime.fromisoformat(body["end_at"]),
        amount_fen=Fen(body["amount_fen"]),
        minutes=body["minutes"],
        units=body["units"],
        unit_min=body["unit_min"],
        unit_fen=Fen(body["unit_fen"]),
        limit_fen=Fen(body["limit_fen"]),
    )


def _span_text(line: Line) -> str:
    start, end = line.start_at, line.end_at
    last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
    return f"{start:%m-%d %H:%M}–{last}"


def _detail_zh(line: Line) -> str:
    amount = format_yuan(line.amount_fen)
    limit = format_yuan(line.limit_fen)
    match line.kind:
        case LineKind.UNITS | LineKind.SURCHARGE:
            each = f"每{line.unit_min}分钟" if line.unit_min else "每次"
            return f"{line.units} × {each}{format_yuan(line.unit_fen)}元 = {amount}元"
        case LineKind.FREE_BAND | LineKind.FREE_MINUTES | LineKind.PASS | LineKind.CHARGING:
            return f"{line.minutes}分钟，不收费"
        case LineKind.CAP:
            return f"封顶{limit}元，减{format_yuan(Fen(-line.amount_fen))}元"
        case LineKind.EXEMPT:
            return f"免收{limit}元"
        case LineKind.DISCOUNT | LineKind.FACTOR | LineKind.ROUNDING:
            return f"{limit}元 → {format_yuan(Fen(line.limit_fen + line.amount_fen))}元"


def _detail_en(line: Line) -> str:
    amount = format_yuan(line.amount_fen)
    limit = format_yuan(line.limit_fen)
    match line.kind:
        case LineKind.UNITS | LineKind.SURCHARGE:
            each = f"{line.unit_min} min" if line.unit_min else "once"
            return f"{line.units} × {each} at {format_yuan(line.unit_fen)} = {amount} yuan"
        case LineKind.FREE_BAND | LineKind.FREE_MINUTES | LineKind.PASS | LineKind.CHARGING:
            return f"{line.minutes} min, no charge"
        case LineKind.CAP:
            return f"capped at {limit}, {format_yuan(Fen(-line.amount_fen))} yuan less"
        case LineKind.EXEMPT:
            return f"{limit} yuan waived"
        case LineKind.DISCOUNT | LineKind.FACTOR | LineKind.ROUNDING:
            return f"{limit} → {format_yuan(Fen(line.limit_fen + line.amount_fen))} yuan"
