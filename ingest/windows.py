"""Which messages of a device were taken already: exact, and almost free while they come in order.

A window knows the highest sequence number seen and the ranges below it that are still missing. A number in
a missing range is late, not repeated; any other number at or below the highest is a repetition.
"""

from dataclasses import dataclass, field

# A device that leaves more gaps than this is broken; its oldest gaps are then taken for filled.
MAX_GAPS = 64


@dataclass(slots=True)
class Window:
    """Sequence numbers of one device since one start of it. `gaps` are closed ranges, ascending."""

    highest: int
    gaps: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def opened_by(cls, seq: int) -> "Window":
        """Start with the first number heard; all numbers below it may still come."""
        return cls(seq, [(0, seq - 1)] if seq > 0 else [])

    def take(self, seq: int) -> bool:
        """Note the number; False when it was taken before."""
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
