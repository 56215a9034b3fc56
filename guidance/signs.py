"""What a guidance sign should show for these counts, in Chinese and in ASCII, and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np

from guidance.board import Counts, Ints, Shown
from guidance.outlook import Outlook
from guidance.signwords import Word, choose_number, choose_word
from guidance.streets import Singles, Usable
from parking.city import Direction, Sign, SignRow
from parking.ids import SectionId, SignId

# A frame is renewed long before it expires; a sign that hears nothing for this long shows its fallback.
RENEW_EVERY = timedelta(seconds=60)
EXPIRE_AFTER = timedelta(minutes=5)
# City traffic on the way from the sign to the berths.
DRIVE_M_PER_S = 6.0
LIKELY = 0.5

_ARROWS = {Direction.LEFT: ("←", "<-"), Direction.AHEAD: ("↑", "^"), Direction.RIGHT: ("→", "->")}


_SPOKEN = {Word.FULL: ("满", "FULL"), Word.CLOSED: ("关闭", "CLOSED"), Word.STALE: ("--", "--")}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One line as it should appear. `free` is rounded, and None where the word is closed or stale.

    `unknown` is how many berths of the row nobody can vouch for.
    """

    name: str
    name_en: str
    direction: Direction
    distance_m: int
    free: int | None
    unknown: int
    word: Word
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One numbered text for one sign. Renewing moves `published_at` and `expires_at` only.

    `as_of` is the newest evidence from the street when it was made, None where there was none.
    """

    sign_id: SignId
    frame_no: int
    rows: tuple[FrameRow, ...]
    as_of: datetime | None
    published_at: datetime
    expires_at: datetime
    cause: str

    @property
    def text(self) -> str:
        """What stands on the sign, a line a row."""
        return "\n".join(row.text for row in self.rows)


class SignTotals:
    """Sums section counts into the rows of all signs at once, and looks ahead to the arrival there."""

    def __init__(self, signs: Iterable[Sign], section_no: Mapping[SectionId, int]) -> None:
        self._rows: dict[SignId, slice] = {}
        numbers: list[int] = []
        starts: list[int] = []
        drive_min: list[float] = []
        for sign in signs:
            first = len(starts)
            for row in sign.rows:
                starts.append(len(numbers))
                numbers += [section_no[section_id] for section_id in row.section_ids]
                drive_min += [row.distance_m / DRIVE_M_PER_S / 60] * len(row.section_ids)
            self._rows[sign.sign_id] = slice(first, len(starts))
        self._numbers = np.array(numbers, dtype=np.int64)
        self._starts = np.array(starts, dtype=np.int64)
        self._drive_min = np.array(drive_min, dtype=np.float32)

    def add_up(self, usable: Usable, outlook: Outlook | None = None) -> Ints:
        """Counts of every row of every sign, given those of every section.

        With forecasts, what will be taken when a driver who reads the sign now gets there counts as taken.
        """
        if not len(self._starts):
            return np.zeros((0, len(Shown)), dtype=np.int64)
        counts = usable.counts[self._numbers]
        sums = np.add.reduceat(counts, self._starts, axis=0)
        if outlook is None:
            return sums
        free, known, rate = usable.known[self._numbers].T
        then = outlook.middle_at(self._numbers, rate, self._drive_min)
        left = np.minimum(np.maximum(free + (rate - then) * known, 0), known)
        there = _whole_berths(np.add.reduceat(left, self._starts))
        taken = np.maximum(sums[:, Shown.FREE] - there, 0)
        sums[:, Shown.FREE] -= taken
        sums[:, Shown.OCCUPIED] += taken
        return sums

    def rows_of(self, sign_id: SignId, totals: Ints) -> list[Counts]:
        """The counts of one sign's rows, out of what `add_up` gave."""
        return [Counts(*row) for row in totals[self._rows[sign_id]].tolist()]

    def changed(self, before: Ints, after: Ints) -> list[SignId]:
        """Signs of which a row differs between two results of `add_up`."""
        moved = (before != after).any(axis=1)
        return [sign_id for sign_id, rows in self._rows.items() if moved[rows].any()]


def compose(
    sign: Sign, counts: Sequence[Counts], *, fresh: bool, before: Sequence[FrameRow] = ()
) -> tuple[FrameRow, ...]:
    """Rows of a sign, given the summed counts of each of its rows in their order, and what it showed."""
    shown = before if len(before) == len(sign.rows) else [None] * len(sign.rows)
    return tuple(
        _compose_row(row, each, last, fresh=fresh)
        for row, each, last in zip(sign.rows, counts, shown, strict=True)
    )


def multi(rows: Iterable[FrameRow]) -> str:
    """The rows as NTCIP 1203 MULTI, for signs that speak it: ASCII, lines parted by [nl]."""
    return "[nl]".join(row.text_en.replace("[", "[[").replace("]", "]]") for row in rows)


def encode_frame(frame: Frame) -> bytes:
    """The frame as it is published; `deploy/asyncapi.yaml` documents it."""
    return msgspec.json.encode({
        "v": 1,
        "sign": frame.sign_id,
        "frame_no": frame.frame_no,
        "published_at": frame.published_at,
        "expires_at": frame.expires_at,
        "rows": frame.rows,
        "multi": multi(frame.rows),
    })  # fmt: skip


def expiry(now: datetime, fresh_until: datetime) -> datetime:
    """When a frame must be gone from the sign: a number never outlives the data behind it."""
    return min(now + EXPIRE_AFTER, fresh_until) if fresh_until > now else now + EXPIRE_AFTER


def _whole_berths(free: Singles) -> Ints:
    """Expected free berths, rounded down; as long as one is likelier than none, it is one."""
    whole = np.floor(free + np.float32(1e-3))
    return np.where((free >= LIKELY) & (free < 1), 1, whole).astype(np.int64)


def _compose_row(row: SignRow, counts: Counts, before: FrameRow | None, *, fresh: bool) -> FrameRow:
    word = choose_word(counts, fresh=fresh, before=before.word if before else None)
    is_number = word in {Word.FREE, Word.LOW, Word.FULL}
    free = choose_number(counts.free, before.free if before else None) if is_number else None
    spoken, spoken_en = _SPOKEN.get(word, (str(free), str(free)))
    if word is Word.LOW:
        spoken, spoken_en = f"余少 {free}", f"LOW {free}"
    arrow, arrow_en = _ARROWS[row.direction]
    return FrameRow(
        name=row.name,
        name_en=row.name_en,
        direction=row.direction,
        distance_m=row.distance_m,
        free=free,
        unknown=counts.unknown,
        word=word,
        text=f"{row.name} {arrow} {spoken}",
        text_en=f"{_ascii(row.name_en)} {arrow_en} {spoken_en}",
    )


def _ascii(text: str) -> str:
    """The text as signs without Chinese fonts can show it."""
    return text.encode("ascii", "replace").decode()
