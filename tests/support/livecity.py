"""A small live city for the pages: the real board, stream and routes of the real city, moved by a seeded die.

No database and no broker: what the other rooms would have written (stays, bills, violations, sign frames)
is made up here in the API's own shapes.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

from guidance.board import Belief, Ints, View
from guidance.desk import Desk
from guidance.figures import Figures
from guidance.kpi import kpi_body
from guidance.live import Event, delta_body, snapshot_body
from guidance.service.stream import Stream, Streams
from guidance.signbook import SignStatus
from guidance.signs import Frame, SignTotals, compose, expiry
from parking.city import Berth, City
from parking.ids import BerthId, SignId
from parking.plumbing.systemclock import SystemClock
from parking.states import BerthState

OCCUPIED_SHARE = 0.62
RULES = ("overstay", "no-right-charging", "no-right-disabled", "no-right-resident", "no-right-loading")
JsonObject = dict[str, Any]


class LiveCity:
    """The city and its die. `step` moves berths; everything else follows from that."""

    def __init__(self, city: City, seed: int = 7) -> None:
        self.random = Random(seed)  # noqa: S311  a die, not a secret
        self.clock = SystemClock()
        self.city = city
        self.desk = Desk.of(city, self.clock)
        self.totals = SignTotals(city.signs.values(), self.desk.board.section_no)
        self.bills: list[JsonObject] = []
        self.violations: list[JsonObject] = []
        self.frame_no = 0
        self.is_lost = self.was_lost = False
        self.fill()
        self.open()

    def open(self) -> None:
        """Begin a new stream, as a server that starts again does."""
        name = f"live{time.monotonic_ns()}"
        self.streams = Streams(
            staff=Stream(f"{name}s", lambda: self.snapshot(for_staff=True)),
            public=Stream(f"{name}p", lambda: self.snapshot(for_staff=False)),
        )

    def fill(self) -> None:
        """Give every berth a first state, some bills, some violations, and every sign a frame."""
        now = self.clock.now()
        silent = set(self.random.sample(list(self.city.berths), 60))
        self.believe(
            [
                (
                    berth_id,
                    self.random.random() < OCCUPIED_SHARE,
                    now - timedelta(minutes=self.random.expovariate(1 / 50)),
                )
                for berth_id in self.city.berths
                if berth_id not in silent
            ]
        )
        self.view = self.desk.board.view(now)
        self.desk.latest.put(self.view)
        for _ in range(30):
            self.bills.append(
                self.make_bill(self.pick(), now - timedelta(seconds=self.random.randrange(900)))
            )
        for number in range(24):
            self.violations.append(self.make_violation(number))
        for sign in self.city.signs:
            self.frame(sign)
        self.figure()

    def believe(self, changes: list[tuple[BerthId, bool, datetime]]) -> None:
        """Set states, heard right now."""
        now = self.clock.now()
        self.desk.board.apply(
            (
                Belief(
                    berth_id=berth_id,
                    state=BerthState.OCCUPIED if occupied else BerthState.FREE,
                    since_at=since,
                    confidence=0.98,
                    heard_until=now,
                    received_at=now,
                )
                for berth_id, occupied, since in changes
            ),
            now,
        )

    def pick(self) -> Berth:
        """Any open berth."""
        while True:
            berth = self.city.berths[self.random.choice(self.desk.board.berth_ids)]
            if not berth.closed:
                return berth

    def step(self, moves: int) -> None:
        """Move so many berths and tell everybody."""
        now = self.clock.now()
        changes = []
        for _ in range(0 if self.is_lost else moves):
            berth = self.pick()
            number = self.desk.board.berth_no[berth.berth_id]
            was_occupied = int(self.view.states[number]) == BerthState.OCCUPIED
            changes.append((berth.berth_id, not was_occupied, now))
            if was_occupied and self.random.random() < 0.1:
                self.add_bill(self.make_bill(berth, now))
        self.believe(changes) if changes else None
        self.publish(now)

    def _totals_of(self, view: View) -> Ints:
        return self.totals.add_up(self.desk.streets.for_anybody(view))

    def publish(self, now: datetime) -> None:
        """Send what differs from the view before."""
        before, self.view = self.view, self.desk.board.view(now)
        self.desk.latest.put(self.view)
        delta = delta_body(self.desk.board, before, self.view)
        if delta is not None:
            self.streams.append(Event("delta", delta))
        moved = self.totals.changed(self._totals_of(before), self._totals_of(self.view))
        for sign_id in moved[:3]:
            self.frame(sign_id)
            self.streams.append(Event("sign", self.sign_event(sign_id)))

    def tell(self) -> None:
        """Send the figures, as every second."""
        self.figure()
        view = self.desk.board.view(self.clock.now())
        lost = {"fresh": False, "database": "does not answer"} if self.is_lost else {}
        for stream, for_staff in ((self.streams.staff, True), (self.streams.public, False)):
            stream.append(Event("kpi", kpi_body(self.desk, view, for_staff=for_staff) | lost))
        if self.is_lost is not self.was_lost:
            self.was_lost = self.is_lost
            for sign_id in self.city.signs:
                self.frame(sign_id)
                self.streams.append(Event("sign", self.sign_event(sign_id)))

    def figure(self) -> None:
        """Count what is made up here."""
        self.desk.figures = Figures(
            stays_open=int(self.view.zones[:, 1].sum()),
            stays_held=4,
            bills_today=18234 + len(self.bills),
            revenue_today_fen=9123400 + sum(bill["amount_fen"] for bill in self.bills),
            violations_open=sum(one["state"] != "withdrawn" for one in self.violations),
            rejects_by_reason={"duplicate": 9, "malformed": 3},
            billing_behind=0,
        )

    def add_bill(self, bill: JsonObject) -> None:
        """Book and tell one bill."""
        self.bills = [*self.bills[-59:], bill]
        self.streams.staff.append(Event("bill", bill))

    def make_bill(self, berth: Berth, departed: datetime) -> JsonObject:
        """Make up the bill of one stay that ended at this moment."""
        minutes = min(int(self.random.expovariate(1 / 77)) + 3, 700)
        hours = 0 if minutes <= 30 else -(-minutes // 60)
        amount = (
            0 if hours == 0 else min({"I": 100, "II": 200, "III": 0}[berth.zone_class] + hours * 200, 2000)
        )
        number = self.random.randrange(10**9)
        return {
            "charge_id": f"C{number}",
            "stay_id": f"{berth.berth_id}@{number}",
            "version": 1,
            "berth_id": berth.berth_id,
            "section_id": berth.section_id,
            "zone_id": berth.zone_id,
            "zone_class": berth.zone_class,
            "plate": None
            if self.random.random() < 0.3
            else f"鄂S{self.random.choice('ABCDE12345')}***{self.random.randrange(10)}",
            "arrived_at": departed - timedelta(minutes=minutes),
            "departed_at": departed,
            "amount_fen": amount,
            "tariff": "2021",
            "cause": "departure",
            "rated_at": departed,
        }

    def make_violation(self, number: int) -> JsonObject:
        """Make up one violation in an occupied berth."""
        berth = self.pick()
        while int(self.view.states[self.desk.board.berth_no[berth.berth_id]]) != BerthState.OCCUPIED:
            berth = self.pick()
        since = self.clock.now() - timedelta(minutes=self.random.randrange(12, 300))
        return {
            "event_no": number,
            "event": "detected",
            "at": since,
            "violation_id": f"V{number}",
            "rule": self.random.choice(RULES),
            "state": self.random.choice(("lead", "actionable", "lead")),
            "berth_id": berth.berth_id,
            "section_id": berth.section_id,
            "plate": None if number % 5 == 0 else f"鄂S{number % 10}***{number % 7}",
            "since_at": since,
        }

    def frame(self, sign_id: SignId) -> None:
        """Give one sign a new frame."""
        now = self.clock.now()
        sums = self.totals.rows_of(sign_id, self._totals_of(self.view))
        self.frame_no += 1
        frame = Frame(
            sign_id=sign_id,
            frame_no=self.frame_no,
            rows=compose(self.city.signs[sign_id], sums, fresh=not self.is_lost),
            as_of=self.view.as_of,
            published_at=now,
            expires_at=expiry(now, now + timedelta(minutes=5)),
            cause="change",
        )
        shown = None if self.random.random() < 0.1 else now
        self.desk.signs.put(SignStatus(frame=frame, shown_at=shown, heard_at=now))

    def sign_event(self, sign_id: SignId) -> JsonObject:
        """One sign as the stream tells it."""
        sign, status = self.city.signs[sign_id], self.desk.signs.find(sign_id)
        assert status is not None
        frame = status.frame
        return {
            "sign_id": sign_id,
            "level": sign.level,
            "name": sign.name,
            "name_en": sign.name_en,
            "frame_no": frame.frame_no,
            "as_of": frame.as_of,
            "published_at": frame.published_at,
            "expires_at": frame.expires_at,
            "shown_at": status.shown_at,
            "cause": frame.cause,
            "rows": [asdict(row) for row in frame.rows],
        }

    def snapshot(self, *, for_staff: bool) -> Iterator[Event]:
        """Everything, as a stream begins."""
        view: View = self.desk.board.view(self.clock.now())
        body = snapshot_body(self.desk.board, view)
        yield Event(
            "snapshot",
            {**body, "layout": self.desk.layout, "kpi": kpi_body(self.desk, view, for_staff=for_staff)},
        )
        for bill in self.bills if for_staff else ():
            yield Event("bill", bill)
        for violation in self.violations if for_staff else ():
            yield Event("violation", violation)
        for sign_id in self.city.signs:
            yield Event("sign", self.sign_event(sign_id))
