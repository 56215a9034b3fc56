"""The sign-honesty score: what drivers found against what signs had shown them.

At every moment of a grid a driver passes every row of every sign, drives to what it names, and looks. Truth
is the stays that really were; what was shown is the log of frames that signs confirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from guidance.board import Ints
from guidance.signs import DRIVE_M_PER_S
from guidance.signwords import Word
from parking.city import BerthKind, City, Sign
from parking.ids import BerthId, SignId
from parking.span import Span

STEP = timedelta(seconds=30)

_NOTHING, _FULL, _NO_NUMBER = -1, 0, -2


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrame:
    """A frame as a sign showed it; `frees` are None where a row gave no number."""

    sign_id: SignId
    shown: Span
    words: tuple[Word, ...]
    frees: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """Passings of drivers, by what a row told them and what they found."""

    kept: int = 0  # a number was shown, and a berth was free on arrival
    broken: int = 0  # a number was shown, and none was free
    full: int = 0  # "full" was shown, and at that moment none was free
    false_full: int = 0  # "full" was shown though berths were free
    silent: int = 0  # `--`, closed, lines by hand, or a dark sign
    over: int = 0  # among numbers: more than were free at that moment

    @property
    def told(self) -> int:
        """Passings at which the sign said something about free berths."""
        return self.kept + self.broken + self.full + self.false_full

    @property
    def score(self) -> float | None:
        """Share of what was told that held; None where nothing was told."""
        return (self.kept + self.full) / self.told if self.told else None

    def __add__(self, other: "Honesty") -> "Honesty":
        return Honesty(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )


def free_by_section(city: City, stays: Iterable[tuple[BerthId, Span]], window: Span) -> Ints:
    """Free berths that really were, one row a section and a column each STEP of the window.

    Only berths that any driver may use are looked for; closed ones and those of sections that nobody
    simulates count as not free.
    """
    steps = _steps(window)
    number = {section_id: index for index, section_id in enumerate(city.sections)}
    changes = np.zeros((len(number), steps + 1), dtype=np.int64)
    open_berths = {
        berth.berth_id: number[berth.section_id]
        for berth in city.berths.values()
        if not berth.closed and berth.kind is BerthKind.ORDINARY and city.sections[berth.section_id].simulated
    }
    for section in open_berths.values():
        changes[section, 0] += 1
    for berth_id, stay in stays:
        if berth_id in open_berths:
            changes[open_berths[berth_id], _step(stay.start_at, window)] -= 1
            changes[open_berths[berth_id], _step(stay.end_at, window)] += 1
    return changes.cumsum(axis=1)[:, :steps]


def score_signs(city: City, frames: Iterable[ShownFrame], free: Ints, window: Span) -> dict[int, Honesty]:
    """Score by level of sign, given what was shown and what `free_by_section` gave."""
    number = {section_id: index for index, section_id in enumerate(city.sections)}
    by_sign: dict[SignId, list[ShownFrame]] = {}
    for frame in frames:
        by_sign.setdefault(frame.sign_id, []).append(frame)
    scores: dict[int, Honesty] = {}
    for sign in city.signs.values():
        shown = _shown(sign, by_sign.get(sign.sign_id, []), window)
        for row, told in zip(sign.rows, shown, strict=True):
            truth = free[[number[section_id] for section_id in row.section_ids]].sum(axis=0)
            found = _score_row(told, truth, round(row.distance_m / DRIVE_M_PER_S / STEP.total_seconds()))
            scores[sign.level] = scores.get(sign.level, Honesty()) + found
    return scores


def total(scores: Mapping[int, Honesty]) -> Honesty:
    """All levels together."""
    return sum(scores.values(), Honesty())


def _shown(sign: Sign, frames: Iterable[ShownFrame], window: Span) -> Ints:
    """What each row told at each step: a number, or one of the negative marks."""
    told = np.full((len(sign.rows), _steps(window)), _NOTHING, dtype=np.int64)
    for frame in sorted(frames, key=lambda frame: frame.shown.start_at):
        begin, end = _step(frame.shown.start_at, window), _step(frame.shown.end_at, window)
        told[:, begin:] = _NOTHING  # a sign shows one frame at a time
        if len(frame.words) == len(sign.rows):
            marks = [_mark(word, free) for word, free in zip(frame.words, frame.frees, strict=True)]
            told[:, begin:end] = np.array(marks)[:, None]
    return told


def _mark(word: Word, free: int | None) -> int:
    if word is Word.FULL:
        return _FULL
    return _NO_NUMBER if free is None else free


def _score_row(told: Ints, truth: Ints, drive_steps: int) -> Honesty:
    steps = len(told)
    on_arrival = truth[np.minimum(np.arange(steps) + drive_steps, steps - 1)]
    numbers, full = told > 0, told == _FULL
    return Honesty(
        kept=_count(numbers & (on_arrival > 0)),
        broken=_count(numbers & (on_arrival <= 0)),
        full=_count(full & (truth <= 0)),
        false_full=_count(full & (truth > 0)),
        silent=_count(told < 0),
        over=_count(numbers & (told > truth)),
    )


def _count(where: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(where))


def _steps(window: Span) -> int:
    return -(-window.length // STEP)


def _step(at: datetime, window: Span) -> int:
    """First step at or after an instant, within the window."""
    return min(max(-(-(at - window.start_at) // STEP), 0), _steps(window))
