"""Which word and which number a line of a sign shows, and when it changes them.

A number on a sign is a promise: it is rounded down, and falls at once with what is known. It rises, and a
word gives way to a better one, only when the change is clear, so that a sign does not flicker on a border.
"""

from enum import StrEnum

from guidance.board import Counts

# Small numbers are exact, because there every berth matters to the driver; large ones would flicker.
EXACT_BELOW = 50
COARSE_FROM = 200
# Above a step by this share of it, a number rises to it.
RISE_SHARE = 0.4
# Nothing free is "full" only where at most this share of the berths is unknown; from `--` back to it, less.
DOUBT_SHARE = 0.2
DOUBT_LEFT_SHARE = 0.15
# At most this share free, or one single berth, is "low"; to leave it takes more.
LOW_SHARE = 0.1
LOW_LEFT_SHARE = 0.15


class Word(StrEnum):
    """What a row says, for machines; its texts say it to people."""

    FREE = "free"
    LOW = "low"
    FULL = "full"
    CLOSED = "closed"
    STALE = "stale"
    MANUAL = "manual"


def choose_word(counts: Counts, *, fresh: bool, before: Word | None = None) -> Word:
    """Word for a row with these counts, where it showed `before`."""
    usable = counts.free + counts.occupied + counts.unknown
    if not usable:
        return Word.CLOSED
    if not fresh:
        return Word.STALE
    if not counts.free:
        doubt = DOUBT_LEFT_SHARE if before is Word.STALE else DOUBT_SHARE
        return Word.FULL if counts.unknown <= usable * doubt else Word.STALE
    low = LOW_LEFT_SHARE if before is Word.LOW else LOW_SHARE
    return Word.LOW if counts.free <= max(1, usable * low) else Word.FREE


def choose_number(free: int, before: int | None = None) -> int:
    """Number for this many free berths, where it showed `before`: never more than are free."""
    number = round_down(free)
    if before is None or number <= before or free < EXACT_BELOW:
        return number
    is_clear = free >= number + _step(number) * RISE_SHARE
    return number if is_clear else max(before, round_down(number - 1))


def round_down(free: int) -> int:
    """Free berths as a sign gives them: exact below 50, in fives below 200, else in tens."""
    return free - free % _step(free)


def _step(free: int) -> int:
    if free < EXACT_BELOW:
        return 1
    return 5 if free < COARSE_FROM else 10
