"""Texts that people put on a sign by hand, each with an end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from guidance.signs import FrameRow
from guidance.signwords import Word
from parking.city import Sign
from parking.ids import SignId

LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line by hand; the English one is ASCII."""

    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Lines that stand on a sign in place of its rows from the top; rows without one stay dark."""

    override_no: int
    sign_id: SignId
    lines: tuple[Line, ...]
    reason: str
    set_by: str
    set_at: datetime
    until_at: datetime


class Overrides:
    """The overrides that stand. Safe to read from another thread."""

    def __init__(self) -> None:
        self._by_sign: dict[SignId, Override] = {}

    def replace_all(self, overrides: Iterable[Override]) -> None:
        """Forget everything and take these."""
        self._by_sign = {each.sign_id: each for each in overrides}

    def put(self, override: Override) -> None:
        """Let an override stand in place of an earlier one of the same sign."""
        self._by_sign = {**self._by_sign, override.sign_id: override}

    def lift(self, sign_id: SignId) -> None:
        """Let none stand on this sign."""
        self._by_sign = {name: each for name, each in self._by_sign.items() if name != sign_id}

    def find(self, sign_id: SignId, now: datetime) -> Override | None:
        """Return what stands on a sign at this moment."""
        override = self._by_sign.get(sign_id)
        return override if override is not None and now < override.until_at else None

    def standing(self, now: datetime) -> dict[SignId, Override]:
        """Everything that stands at this moment."""
        return {name: each for name, each in self._by_sign.items() if now < each.until_at}


def override_rows(sign: Sign, override: Override) -> tuple[FrameRow, ...]:
    """Rows of the sign with the lines in their place."""
    dark = Line(text="", text_en="")
    lines = (*override.lines, *[dark] * len(sign.rows))[: len(sign.rows)]
    return tuple(
        FrameRow(
            name=row.name,
            name_en=row.name_en,
            direction=row.direction,
            distance_m=row.distance_m,
            free=None,
            unknown=0,
            word=Word.MANUAL,
            text=line.text,
            text_en=line.text_en,
        )
        for row, line in zip(sign.rows, lines, strict=True)
    )
