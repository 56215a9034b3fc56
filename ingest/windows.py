"""Which messages of a device were taken already: exact, and almost free while they come in order.

A window knows the highest sequence number seen and the ranges below it that are still missing. A number in
a missing range is late, not repeated; any other number at or below the highest is a repetition.

Some counters begin anew without saying so (a sensor got a new battery, and its network server is told not to
mind). Where a network server dates the messages, its clock tells a repetition from a new count: a repeated
message still carries the date of the first time.

Devices that number nothing are known by a hash of each message; the last few thousand are remembered.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

# A device that leaves more gaps than this is broken; its oldest gaps are then taken for filled.
MAX_GAPS = 64
# How much later than the newest message a number taken before must be dated to mean a new count: more than
# a network server's clock is ever set back.
NEW_COUNT_AFTER = timedelta(minutes=2)
# Hashes that are remembered of one device: as many messages as the street takes before it acknowledges.
MAX_HASHES = 5_000

Ranges = list[tuple[int, int]]


class Memory(Protocol):
    """What is remembered of one device's messages."""

    def take(self, seq: int, server_at: datetime | None = None) -> bool:
        """Note the number; False when it was taken before."""

    def follows(self, seq: int) -> bool:
        """Whether the number is the very next one, so that no message was missed."""


@dataclass(slots=True)
class Window:
    """Sequence numbers of one device since one start of it. `gaps` are closed ranges, ascending.

    `newest_at` and `began_at` are the network server's: of the newest message, and of the first of a count
    that began anew.
    """

    highest: int
    gaps: Ranges = field(default_factory=list)
    newest_at: datetime | None = None
    began_at: datetime | None = None

    @classmethod
    def opened_by(cls, seq: int, server_at: datetime | None = None) -> "Window":
        """Start with the first number heard; all numbers below it may still come."""
        return cls(seq, [(0, seq - 1)] if seq > 0 else [], server_at)

    def take(self, seq: int, server_at: datetime | None = None) -> bool:
        """Note the number; False when it was taken before, or belongs to a count that has ended."""
        if server_at is None:
            return self._take(seq)
        if self.began_at is not None and server_at < self.began_at:
            return False
        if not self._take(seq):
            return self._begin_anew(seq, server_at)
        if self.newest_at is None or server_at > self.newest_at:
            self.newest_at = server_at
        return True

    def follows(self, seq: int) -> bool:
        """Whether the number is the very next one, so that no message was missed."""
        return seq == self.highest + 1

    def _take(self, seq: int) -> bool:
        if seq == self.highest + 1:
            self.highest = seq
            return True
        if seq > self.highest:
            self.gaps.append((self.highest + 1, seq - 1))
            del self.gaps[:-MAX_GAPS]
            self.highest = seq
            return True
        return self._fill(seq)

    def _fill(self, seq: int) -> bool:
        for index, (low, high) in enumerate(self.gaps):
            if low <= seq <= high:
                self.gaps[index : index + 1] = [
                    (a, b) for a, b in ((low, seq - 1), (seq + 1, high)) if a <= b
                ]
                return True
        return False

    def _begin_anew(self, seq: int, server_at: datetime) -> bool:
        if self.newest_at is None or server_at - self.newest_at <= NEW_COUNT_AFTER:
            return False
        self.highest, self.gaps = seq, [(0, seq - 1)] if seq > 0 else []
        self.newest_at = self.began_at = server_at
        return True


@dataclass(slots=True)
class Hashes:
    """Hashes of the last messages of one device that numbers nothing, oldest first."""

    taken: dict[int, None] = field(default_factory=dict)

    def take(self, seq: int, server_at: datetime | None = None) -> bool:  # noqa: ARG002  a hash needs no date
        """Note the hash; False when it was taken before."""
        if seq in self.taken:
            return False
        if len(self.taken) == MAX_HASHES:
            del self.taken[next(iter(self.taken))]
        self.taken[seq] = None
        return True

    def follows(self, seq: int) -> bool:  # noqa: ARG002  a hash has no successor
        """Never: hashes have no order."""
        return False
