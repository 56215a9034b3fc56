"""The simulator's loop: publishes a city's messages at the right pace, plays its signs, mends itself."""

import logging
from collections.abc import Callable
from datetime import date, timedelta
from time import monotonic

from parking.clock import Clock
from parking.errors import ParkingError
from parking.plumbing.settings import Settings
from parking.readings import RawMessage
from parking.topics import parse_sign, progress_topic, sign_ack_topic
from simulators.backlog import MOST_AHEAD, Backlog, decode_progress
from simulators.calendar import to_ms
from simulators.days import SimulatedDay, World, published_on
from simulators.devices.sign import SignBoard, decode_frame, encode_ack
from simulators.files import Checkpoint, Files
from simulators.link import Outbox
from simulators.messages import Encoder, InstantText
from simulators.replay import Every, Replay
from simulators.run import Pace, Run, find_start
from simulators.stream import Stream
from simulators.truth import fault_lines, stay_lines

log = logging.getLogger(__name__)

_NAP_S = 0.5
# A restart repeats this much, and a new connection this much more: repeats are dropped by their key.
_OVERLAP_MS, _REWIND_MS = 2_000, 120_000


class SimulationError(ParkingError):
    """A run that should end did not: the platform stopped taking what was published."""


class SimulatorService:
    """Simulates from the checkpoint on; opened again after an error, it loses and doubles nothing.

    Raises UnavailableError where the broker does not answer; `finish` is called when a run that exits ends.
    """

    def __init__(
        self, settings: Settings, clock: Clock, world: World, run: Run, finish: Callable[[], object]
    ) -> None:
        self._clock, self._world, self._run, self._finish = clock, world, run, finish
        self._files = Files(settings.home)
        self._first_ms = 0
        start = find_start(run, self._mark(), self._files.load_checkpoint(), clock.now(), world.zone)
        self._first_ms = start.first_ms
        self._outbox = Outbox(settings, world.layout.city_id, run.signs, clock)
        self._stream = Stream(self._generate, Encoder(world), world.zone)
        self._stream.seek(start.position_ms)
        self._pace = Pace(run, start.position_ms, self._now_ms)
        target_ms = self._pace.due_ms(self._now_ms)
        self._replay = Replay(self._stream, InstantText(world.zone), target_ms)
        self._backlog = Backlog(
            start.position_ms,
            stored_ms=start.stored_ms,
            lead_ms=round(world.scenario.faults.clock_lead_s * 1000),
            in_order=not world.layout.devices.is_mixed,
        )
        self._signs, self._signs_changed = SignBoard(), False
        self._connection_no, self._rewind_due = 0, True
        self._active_ms = self._now_ms
        self._phase = "replay"
        self._saving, self._telling, self._warning, self._logging = map(Every, (1.0, 0.5, 10.0, 5.0))

    def step(self) -> None:
        """Publish what is due and may go out, hear the platform, keep the books."""
        self._note_connection(self._outbox.connection_no)
        self._hear(0)
        self._keep_books()
        if not self._may_publish():
            self._rest(_NAP_S)
            return
        room = min(self._outbox.room, self._backlog.room) if self._run.listens else self._outbox.room
        messages = self._stream.take(room, self._pace.due_ms(self._now_ms)) if room else []
        if messages:
            self._outbox.send(messages)
            self._backlog.publish(len(messages), messages[-1].publish_ms)
            self._active_ms = self._now_ms
        elif self._outbox.oldest_ms is not None:
            self._outbox.send([])
        elif self._is_over:
            self._end()
        else:
            self._rest(self._pace.wait_s(self._stream.position_ms, self._now_ms) or _NAP_S)

    def close(self) -> None:
        """Store how far the run has come and let the broker go."""
        self._save_checkpoint()
        self._outbox.close()

    @property
    def _now_ms(self) -> int:
        return to_ms(self._clock.now())

    @property
    def _is_over(self) -> bool:
        return self._pace.is_over(self._stream.position_ms)

    def _generate(self, on: date) -> SimulatedDay:
        simulated = published_on(self._world, on)
        layout, zone = self._world.layout, self._world.zone
        self._files.save_lines(f"truth-{on}.jsonl", stay_lines(simulated, layout, zone))
        if not self._world.scenario.is_faultless:
            self._files.save_lines(f"faults-{on}.jsonl", fault_lines(simulated, layout, zone))
        return simulated

    def _may_publish(self) -> bool:
        """Whether the broker is there and the platform has been heard since; goes back where need be."""
        if not self._outbox.connected:
            return False
        if self._run.listens and not self._backlog.heard:
            if self._warning.is_due(monotonic()):
                log.warning("the street process has not been heard yet; waiting for it (citypark street)")
            return False
        if self._rewind_due:
            self._rewind()
        return True

    def _rewind(self) -> None:
        """Go back to what is stored for sure, and a little further.

        A broker that keeps its sessions in memory forgets what it had confirmed when it is restarted.
        """
        self._rewind_due = False
        oldest_ms = self._outbox.oldest_ms
        position_ms = self._stream.position_ms if oldest_ms is None else oldest_ms
        safe_ms = self._backlog.safe_ms if self._run.listens else position_ms
        if safe_ms is None:
            safe_ms = self._stream.earlier_ms(MOST_AHEAD)
        back_ms = max(self._first_ms, min(position_ms, safe_ms) - _REWIND_MS)
        if back_ms < self._stream.position_ms:
            log.info("repeating", extra={"seconds": (self._stream.position_ms - back_ms) // 1000})
            self._outbox.forget()
            self._stream.seek(back_ms)
            self._backlog.rewind()

    def _note_connection(self, connection_no: int) -> None:
        if connection_no != self._connection_no:
            self._connection_no, self._rewind_due = connection_no, True
            self._backlog.lose_connection()

    def _rest(self, seconds: float) -> None:
        """Wait for messages; raises SimulationError when a run that should end cannot."""
        self._hear(min(seconds, _NAP_S))
        silent_ms = self._now_ms - max(self._active_ms, self._backlog.moved_at_ms)
        if self._run.exits and timedelta(milliseconds=silent_ms) > self._run.patience:
            raise SimulationError(
                f"nothing was stored for {self._run.patience.total_seconds():.0f} s, "
                f"{self._backlog.ahead} messages are open: is `citypark street` running on this broker?"
            )

    def _end(self) -> None:
        if self._run.exits and (not self._run.listens or self._backlog.is_stored(self._now_ms)):
            self._save_checkpoint()
            log.info("everything is stored" if self._run.listens else "everything is published")
            self._finish()
        else:
            self._rest(_NAP_S)

    def _hear(self, timeout_s: float) -> None:
        for connection_no, raw in self._outbox.receive(timeout_s):
            self._note_connection(max(connection_no, self._connection_no))
            if raw.topic == progress_topic(self._world.layout.city_id):
                progress = decode_progress(raw.payload)
                if progress is not None and connection_no == self._connection_no:
                    self._backlog.hear(progress, self._now_ms)
            else:
                self._show(raw)

    def _show(self, raw: RawMessage) -> None:
        """Let the sign that is meant show its frame, and say so where it is a new one."""
        if not raw.payload:
            return  # a retained frame was withdrawn: what is shown expires by itself
        sign_id, frame = parse_sign(raw.topic), decode_frame(raw.payload)
        if sign_id is None or frame is None:
            log.warning("not a sign frame", extra={"topic": raw.topic})
            return
        now = self._clock.now()
        if self._signs.take(sign_id, frame, now):
            topic = sign_ack_topic(self._world.layout.city_id, sign_id)
            self._outbox.say(topic, encode_ack(sign_id, frame.frame_no, now))
            self._signs_changed = True

    def _keep_books(self) -> None:
        now_s = monotonic()
        if self._saving.is_due(now_s):
            self._save_checkpoint()
            if self._signs.advance(self._clock.now()) or self._signs_changed:
                self._files.save_signs(self._signs.shown())
                self._signs_changed = False
        if self._telling.is_due(now_s):
            self._tell(now_s)

    def _tell(self, now_s: float) -> None:
        """Show where we are: in the file always, in the log until it is live."""
        progress = self._replay.look(self._pace.due_ms(self._now_ms), over=self._is_over)
        if self._phase == "replay" and (progress.phase == "live" or self._logging.is_due(now_s)):
            told = {"at": progress.at, "published": progress.published, "total": progress.total}
            log.info("caught up" if progress.phase == "live" else "replaying", extra=told)
        self._phase = progress.phase
        self._files.save_progress(progress)

    def _save_checkpoint(self) -> None:
        oldest_ms = self._outbox.oldest_ms
        position_ms = self._stream.position_ms if oldest_ms is None else oldest_ms
        published_ms = max(self._first_ms, position_ms - _OVERLAP_MS)
        self._files.save_checkpoint(self._mark(published_ms, self._backlog.safe_ms or 0))

    def _mark(self, published_until_ms: int = 0, stored_until_ms: int = 0) -> Checkpoint:
        return Checkpoint(
            seed=self._world.seed,
            scenario=self._world.scenario.fingerprint,
            run=self._run.name,
            first_ms=self._first_ms,
            published_until_ms=published_until_ms,
            stored_until_ms=stored_until_ms,
        )
