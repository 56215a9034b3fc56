"""How often somebody may ask: a bucket of tokens each, filled at a steady rate."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

# Whoever asked longest ago is forgotten beyond this many, so that a flood of addresses fills no memory.
BUCKETS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second in the long run, and how many at once."""

    per_s: float
    burst: int


class Buckets:
    """Buckets by name of who asks."""

    def __init__(self, kept: int = BUCKETS_KEPT) -> None:
        self._kept = kept
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, name: Hashable, rate: Rate, now_s: float) -> float:
        """Take one token; returns 0, or the seconds after which there is one where none was left."""
        tokens, since_s = self._left.pop(name, (float(rate.burst), now_s))
        tokens = min(rate.burst, tokens + max(0.0, now_s - since_s) * rate.per_s)
        wait_s = 0.0 if tokens >= 1 else (1 - tokens) / rate.per_s
        self._left[name] = (tokens if wait_s else tokens - 1, now_s)
        if len(self._left) > self._kept:
            self._left.popitem(last=False)
        return wait_s
