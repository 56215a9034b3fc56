"""Signs over a simulated day: what they would have shown, out of what devices said, against the truth.

Messages go through the real codecs, intake and belief; views, forecasts and frames are guidance's own. Two
sets of signs look at the same street: one speaks of the arrival, one only of the moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from app.bench.cityday import history_of, view_of
from app.scoring.street import Played, ScoredStreet, Step
from guidance.board import Ints, Shown, View
from guidance.desk import Desk
from guidance.forecast.learning import fit
from guidance.forecast.live import LiveHistory, make_outlook
from guidance.forecast.model import Model
from guidance.honesty import Honesty, ShownFrame, free_by_section, score_signs
from guidance.outlook import Outlook
from guidance.service.foresight import local_of
from guidance.signbook import SignBook, SignStatus
from guidance.signplan import SignPlan
from guidance.signs import Frame
from parking.city import City
from parking.clock import Clock
from parking.ids import BerthId, SignId
from parking.span import Span
from simulators.days import World

# Signs look minutes ahead; farther horizons say nothing to them.
HORIZONS_MIN = (5, 10, 15)
OUTLOOK_EVERY = timedelta(minutes=5)
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Signs:
    """One set of signs: what each shows, since when, and what it showed before."""

    plan: SignPlan
    book: SignBook
    sums: Ints | None = None
    since: dict[SignId, datetime] = field(default_factory=dict)
    shown: list[ShownFrame] = field(default_factory=list)

    def look(self, city: City, view: View, outlook: Outlook | None) -> None:
        """Give new frames to signs that have to show something else."""
        sums = self.plan.add_up(view, outlook)
        suspects = city.signs if self.sums is None else self.plan.changed(self.sums, sums)
        self.sums = sums
        for sign_id in suspects:
            rows = self.plan.rows(sign_id, sums, view.at, fresh=view.fresh)
            before = self.book.find(sign_id)
            if before is not None and before.frame.rows == rows:
                continue
            self.end(sign_id, view.at)
            frame = Frame(
                sign_id=sign_id,
                frame_no=1,
                rows=rows,
                as_of=view.as_of,
                published_at=view.at,
                expires_at=view.at + timedelta(days=1),  # renewed as long as the process lives
                cause="change",
            )
            self.book.put(SignStatus(frame=frame))
            self.since[sign_id] = view.at

    def end(self, sign_id: SignId, at: datetime) -> None:
        """Note what a sign showed until now."""
        status = self.book.find(sign_id)
        if status is not None and at > self.since[sign_id]:
            rows = status.frame.rows
            self.shown.append(
                ShownFrame(
                    sign_id=sign_id,
                    shown=Span(start_at=self.since[sign_id], end_at=at),
                    words=tuple(row.word for row in rows),
                    frees=tuple(row.free for row in rows),
                )
            )


class SignDay:
    """Watches a street that is played; `history_days` of simulated days before it are learnt from."""

    def __init__(self, city: City, world: World, clock: Clock, from_at: datetime, history_days: int) -> None:
        self._city, self._zone = city, world.zone
        self._desk = Desk.of(city, clock)
        self._history: LiveHistory = history_of(
            self._desk, world, from_at.astimezone(world.zone).date(), history_days
        )
        self._model: Model = fit(self._history.history(), HORIZONS_MIN)
        self._outlook: Outlook | None = None
        self._closed = np.array([berth.closed for berth in city.berths.values()])
        self._order: Ints | None = None
        self.ways = {"arrival": self._signs(), "moment": self._signs()}

    def watch(self, step: Step, street: ScoredStreet) -> None:
        """Look at the street after a step."""
        if self._order is None:
            number = {berth_id: place for place, berth_id in enumerate(street.belief.berth_ids)}
            self._order = np.array([number[berth_id] for berth_id in self._city.berths], dtype=np.int64)
        believed = street.belief.engine.shown((step.now - _EPOCH) // MICROSECOND)[self._order]
        states = np.where(self._closed, Shown.CLOSED, believed).astype(np.uint8)
        view = view_of(self._desk, states, step.now)
        if self._outlook is None or step.now >= self._outlook.made_at + OUTLOOK_EVERY:
            self._outlook = self._foresee(view)
        for way, signs in self.ways.items():
            signs.look(self._city, view, self._outlook if way == "arrival" else None)

    def scores(self, world: World, played: Played, window: Span) -> dict[str, dict[int, Honesty]]:
        """How honest each set of signs was, by level."""
        for signs in self.ways.values():
            for sign_id in signs.since:
                signs.end(sign_id, window.end_at)
        free = free_by_section(self._city, _stays(world, played), window)
        return {way: score_signs(self._city, signs.shown, free, window) for way, signs in self.ways.items()}

    def _signs(self) -> Signs:
        book, desk = SignBook(), self._desk
        return Signs(SignPlan(self._city, desk.board, desk.streets, book, desk.overrides), book)

    def _foresee(self, view: View) -> Outlook:
        local = local_of(view.at, self._zone)
        free, occupied = view.sections[:, Shown.FREE], view.sections[:, Shown.OCCUPIED]
        self._history.note(local, free.astype(np.float32), occupied.astype(np.float32))
        days = self._history.days_seen
        return make_outlook(self._model, self._history.history(), local, view.at, days, HORIZONS_MIN)


def _stays(world: World, played: Played) -> Iterator[tuple[BerthId, Span]]:
    """Every stay once, though two days tell of those over midnight."""
    ids = world.layout.berths.ids
    told = {
        (berth, arrive_ms, depart_ms)
        for day in played.days.values()
        for berth, arrive_ms, depart_ms in zip(
            day.stays.berth.tolist(),
            day.stays.arrive_ms.tolist(),
            day.stays.depart_ms.tolist(),
            strict=True,
        )
    }
    for berth, arrive_ms, depart_ms in told:
        start, end = (datetime.fromtimestamp(at / 1000, UTC) for at in (arrive_ms, depart_ms))
        yield ids[berth], Span(start_at=start, end_at=end)
