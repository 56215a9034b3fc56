"""A device that floods is held back, so that the others are not: beyond a number a minute its messages are
refused, in one row for each batch that says how many. Pure.
"""  # noqa: D205  one sentence reads better than a summary

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ingest.codecs import citypark_payment
from parking.readings import RawMessage, Rejected, RejectReason

WINDOW: Final = timedelta(minutes=1)
# A sensor that comes back after a day with a message a minute sends half as many at once.
MOST_A_WINDOW: Final = 3_000
# A flood of made-up names begins a new count earlier: memory is bounded, and such names are refused anyway.
MOST_TOPICS: Final = 200_000
# Here one topic speaks for many devices, or for many drivers who pay.
SHARED: Final = ("ctwing/", "frigate/")
PAID: Final = f"/up/{citypark_payment.FAMILY}/"


class Floodgate:
    """Counts the messages of each topic in the present minute."""

    def __init__(self, most: int = MOST_A_WINDOW) -> None:
        self._most = most
        self._counts: dict[str, int] = {}
        self._began_at: datetime | None = None

    def hold_back(
        self, messages: Sequence[RawMessage], now: datetime
    ) -> tuple[Sequence[RawMessage], list[tuple[Rejected, int]]]:
        """Messages that may go on, in their order, and for each flooding topic one refusal of so many."""
        if self._began_at is None or now - self._began_at >= WINDOW or len(self._counts) > MOST_TOPICS:
            self._counts.clear()
            self._began_at = now
        before = Counter([each.topic for each in messages])
        over: dict[str, int] = {}
        for topic, count in before.items():
            total = self._counts[topic] = self._counts.get(topic, 0) + count
            if total > self._most and not _is_shared(topic):
                over[topic] = min(total - self._most, count)
        return self._without(messages, before, over) if over else (messages, [])

    def _without(
        self, messages: Sequence[RawMessage], counts: Counter[str], over: dict[str, int]
    ) -> tuple[list[RawMessage], list[tuple[Rejected, int]]]:
        """Leave out the last so many messages of each of these topics."""
        passing = {topic: counts[topic] - number for topic, number in over.items()}
        kept: list[RawMessage] = []
        first: dict[str, RawMessage] = {}
        for each in messages:
            left = passing.get(each.topic)
            if left:
                passing[each.topic] = left - 1
            if left is None or left:
                kept.append(each)
            else:
                first.setdefault(each.topic, each)
        return kept, [(self._refusal(first[topic], number), number) for topic, number in over.items()]

    def _refusal(self, raw: RawMessage, number: int) -> Rejected:
        minutes = WINDOW / timedelta(minutes=1)
        detail = f"{number} messages refused, this the first: more than {self._most} in {minutes:g} min"
        return Rejected(raw=raw, reason=RejectReason.FLOODING, detail=detail)


def _is_shared(topic: str) -> bool:
    return topic.startswith(SHARED) or PAID in topic
