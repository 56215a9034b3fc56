"""What is to be played, where it begins, and how fast event time may go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from parking.clock import day_span, local_day
from parking.errors import SetupError
from parking.ids import SignId
from simulators.calendar import to_ms
from simulators.files import Checkpoint

# A gap longer than this is not made up for: the city was silent, and the platform has seen it so.
LONGEST_GAP = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Without `from_at` the day so far, without `until_at` for ever.

    `speed` is event time over real time; None is as fast as the platform takes it, and then live. A run that
    `exits` ends when all of it is stored, or fails when nothing moves for its `patience`. `listens` is False
    where no street process is there to hold the stream back. `signs` are those whose controllers are played.
    """

    from_at: datetime | None = None
    until_at: datetime | None = None
    speed: float | None = None
    exits: bool = False
    listens: bool = True
    patience: timedelta = timedelta(minutes=2)
    signs: tuple[SignId, ...] = ()

    @property
    def name(self) -> str:
        """Tells runs apart whose checkpoints must not be mixed."""
        bounds = (self.from_at, self.until_at)
        return "..".join(bound.isoformat() if bound else "" for bound in bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A run's first instant, the one from which to publish, and the one up to which all is known stored."""

    first_ms: int
    position_ms: int
    stored_ms: int = 0


def find_start(run: Run, mark: Checkpoint, stored: Checkpoint | None, now: datetime, zone: ZoneInfo) -> Start:
    """Begin, or go on from the stored checkpoint; `mark` describes the present run.

    Raises SetupError where another simulation has published the same period: its messages would carry the
    same numbers and be taken for repeats.
    """
    first_ms = to_ms(run.from_at or day_span(local_day(now, zone), zone).start_at)
    if run.until_at is not None and to_ms(run.until_at) <= first_ms:
        raise SetupError(
            f"the simulation would end at {run.until_at.isoformat()}, before it begins: give --from"
        )
    fresh = Start(first_ms=first_ms, position_ms=first_ms)
    if stored is None:
        return fresh
    if (stored.seed, stored.scenario) != (mark.seed, mark.scenario):
        if first_ms >= stored.published_until_ms:
            return fresh
        raise SetupError(
            f"this period was already simulated with seed {stored.seed} and scenario {stored.scenario}: "
            "run `citypark reset --yes`, or set CITYPARK_HOME and the database to other ones"
        )
    too_old = run.from_at is None and to_ms(now) - stored.published_until_ms > LONGEST_GAP / timedelta(
        milliseconds=1
    )
    if stored.run != mark.run or too_old:
        return fresh
    return Start(
        first_ms=stored.first_ms, position_ms=stored.published_until_ms, stored_ms=stored.stored_until_ms
    )


class Pace:
    """Up to which event time messages are due."""

    def __init__(self, run: Run, start_ms: int, now_ms: int) -> None:
        self._speed = run.speed
        self._until_ms = to_ms(run.until_at) if run.until_at else None
        self._start_ms, self._began_ms = start_ms, now_ms

    def due_ms(self, now_ms: int) -> int:
        """Messages published before this instant are due."""
        if self._speed is not None:
            due_ms = self._start_ms + int((now_ms - self._began_ms) * self._speed)
        elif self._until_ms is not None:
            return self._until_ms
        else:
            due_ms = now_ms
        return due_ms if self._until_ms is None else min(due_ms, self._until_ms)

    def wait_s(self, next_ms: int, now_ms: int) -> float:
        """Real seconds until a message of this event time is due."""
        return max(0.0, (next_ms - self.due_ms(now_ms)) / 1000 / (self._speed or 1.0))

    def is_over(self, position_ms: int) -> bool:
        """Whether nothing is left to publish, now or later."""
        return self._until_ms is not None and position_ms >= self._until_ms
