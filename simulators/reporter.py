"""Tells people how far the simulation has come: a file for `citypark up`, a line now and then for the log."""

import logging
from time import monotonic

from simulators.files import Files, RunProgress
from simulators.messages import InstantText
from simulators.stream import Stream

log = logging.getLogger(__name__)

# Live is what lags less than this behind the clock.
_LIVE_MS = 5_000
_LOG_EVERY_S = 5.0


class Every:
    """True once per so many seconds, the first time at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        """Whether the time has come; if so, it begins anew."""
        now = monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class Reporter:
    """Follows the stream from where it stands to `target_ms`, the replay; after that it is live."""

    def __init__(self, files: Files, stream: Stream, instant: InstantText, target_ms: int) -> None:
        self._files, self._stream, self._instant = files, stream, instant
        self._target_ms = target_ms
        self._total = stream.count_until(target_ms)
        self._live = False
        self._saving, self._logging = Every(0.5), Every(_LOG_EVERY_S)

    def tell(self, due_ms: int, *, over: bool) -> None:
        """Write where we are, not more often than useful."""
        if not self._saving.is_due():
            return
        position_ms = self._stream.position_ms
        if not self._live and (over or position_ms >= due_ms - _LIVE_MS):
            self._live = True
            log.info("caught up", extra={"at": self._instant(position_ms), "messages": self._total})
        left = 0 if self._live else self._stream.count_until(self._target_ms)
        phase = "live" if self._live else "replay"
        published = max(0, self._total - left)
        self._files.save_progress(
            RunProgress(phase=phase, at=self._instant(position_ms), published=published, total=self._total)
        )
        if not self._live and self._logging.is_due():
            log.info(
                "replaying",
                extra={"at": self._instant(position_ms), "published": published, "total": self._total},
            )
