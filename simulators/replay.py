"""How far a replay has come, and what is due once in a while."""

from simulators.files import RunProgress
from simulators.messages import InstantText
from simulators.stream import Stream

# Live is what lags less than this behind what is due.
_LIVE_MS = 5_000


class Every:
    """True once per so many seconds, the first time at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether the time has come; if so, it begins anew."""
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._seconds
        return True


class Replay:
    """Follows the stream from where it stands to `target_ms`; once it has caught up it is live for good."""

    def __init__(self, stream: Stream, instant: InstantText, target_ms: int) -> None:
        self._stream, self._instant, self._target_ms = stream, instant, target_ms
        self._total = stream.count_until(target_ms)
        self._live = False

    def look(self, due_ms: int, *, over: bool) -> RunProgress:
        """How far it is, given up to when messages are due and whether none will come."""
        position_ms = self._stream.position_ms
        self._live = self._live or over or position_ms >= due_ms - _LIVE_MS
        left = 0 if self._live else self._stream.count_until(self._target_ms)
        return RunProgress(
            phase="live" if self._live else "replay",
            at=self._instant(position_ms),
            published=max(0, self._total - left),
            total=self._total,
        )
