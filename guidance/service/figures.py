"""Follows stays, charges, violations and rejects once a second, for the figures and the live stream."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from guidance.desk import Desk
from guidance.figures import Figures
from guidance.live import Event
from guidance.store.money import (
    Bill,
    count_behind,
    list_bills_of,
    list_changed_stays,
    list_newest_bills,
    list_out_positions,
    list_unsettled,
    sum_since,
)
from guidance.store.rejects import count_by_reason
from guidance.store.violations import (
    ViolationEvent,
    count_standing,
    list_events_after,
    list_newest_events,
)
from parking.clock import day_span, local_day
from parking.plates import mask_plate
from parking.plumbing.database import connect, transaction

TURN_S = 1.0
BILLS_KEPT = 60
VIOLATIONS_KEPT = 400
CHANGES_LIMIT = 200
# A stay that changed long after it was charged is no new bill.
LATE_BILL = timedelta(minutes=1)
SEEN_KEPT = 50_000


class Newest:
    """The newest bills and violations, for whoever starts to listen. Safe to read from another thread."""

    def __init__(self) -> None:
        self._bills: deque[Event] = deque(maxlen=BILLS_KEPT)
        self._violations: OrderedDict[str, Event] = OrderedDict()

    def events(self) -> list[Event]:
        """Everything kept, oldest first."""
        return [*tuple(self._bills), *tuple(self._violations.values())]

    def note_bill(self, event: Event) -> None:
        """Keep a bill, let the oldest go."""
        self._bills.append(event)

    def note_violation(self, violation_id: str, event: Event) -> None:
        """Keep the newest event of a violation, let the violation unchanged for longest go."""
        self._violations.pop(violation_id, None)
        self._violations[violation_id] = event
        if len(self._violations) > VIOLATIONS_KEPT:
            self._violations.popitem(last=False)


class FiguresReader:
    """One open reader of what the other services wrote. `on_events` is called from its thread."""

    def __init__(
        self,
        url: str,
        desk: Desk,
        newest: Newest,
        on_events: Callable[[list[Event]], None],
        turn_s: float = TURN_S,
    ) -> None:
        self._desk, self._newest, self._on_events, self._turn_s = desk, newest, on_events, turn_s
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._rejects: dict[str, int] = {}
        self._reject_id = 0
        self._event_no = 0
        self._connection = connect(url, "guidance-figures")
        try:
            with transaction(self._connection):
                self._start(desk.clock.now())
                self._tell()
        except BaseException:
            self.close()
            raise

    def step(self) -> None:
        """Take in what came since the last turn, then wait for the next."""
        with transaction(self._connection):
            if self._day_start != self._start_of_day(self._desk.clock.now()):
                self._start_day(self._desk.clock.now())
            events = [*self._follow_bills(), *self._follow_violations()]
            reasons, self._reject_id = count_by_reason(self._connection, self._reject_id, self._day_start)
            for reason, count in reasons.items():
                self._rejects[reason] = self._rejects.get(reason, 0) + count
            self._tell()
        if events:
            self._on_events(events)
        time.sleep(self._turn_s)

    def close(self) -> None:
        """Let go of the database; what it told is no longer of the moment."""
        self._connection.close()
        self._desk.figures = Figures()

    def _start(self, now: datetime) -> None:
        self._positions = list_out_positions(self._connection)
        self._unsettled = list_unsettled(self._connection)
        for bill in list_newest_bills(self._connection, BILLS_KEPT):
            self._note_bill(bill)
        for each in list_newest_events(self._connection, VIOLATIONS_KEPT):
            self._note_violation(each)
        self._start_day(now)

    def _start_day(self, now: datetime) -> None:
        self._day_start = self._start_of_day(now)
        self._bills, self._revenue = sum_since(self._connection, self._day_start)
        self._rejects, self._reject_id = count_by_reason(self._connection, 0, self._day_start)

    def _start_of_day(self, now: datetime) -> datetime:
        zone = self._desk.city.timezone
        return day_span(local_day(now, zone), zone).start_at

    def _follow_bills(self) -> Iterable[Event]:
        changed = list_changed_stays(self._connection, self._positions, CHANGES_LIMIT)
        for partition, seq, stay_id, state in changed:
            self._positions[partition] = max(self._positions[partition], seq)
            if state in {"open", "held"}:
                self._unsettled[stay_id] = state
            else:
                self._unsettled.pop(stay_id, None)
        since = self._desk.clock.now() - LATE_BILL
        stay_ids = sorted({stay_id for _, _, stay_id, _ in changed})
        for bill in list_bills_of(self._connection, stay_ids, since) if stay_ids else ():
            if bill.charge_id not in self._seen:
                self._bills += bill.version == 1
                self._revenue += bill.added_fen
                yield self._note_bill(bill)

    def _follow_violations(self) -> Iterable[Event]:
        for each in list_events_after(self._connection, self._event_no, CHANGES_LIMIT):
            yield self._note_violation(each)

    def _note_bill(self, bill: Bill) -> Event:
        self._seen[bill.charge_id] = None
        if len(self._seen) > SEEN_KEPT:
            self._seen.popitem(last=False)
        body = _public(asdict(bill))
        del body["added_fen"]
        event = Event("bill", body)
        self._newest.note_bill(event)
        return event

    def _note_violation(self, each: ViolationEvent) -> Event:
        self._event_no = max(self._event_no, each.event_no)
        event = Event("violation", _public(asdict(each)))
        self._newest.note_violation(each.violation_id, event)
        return event

    def _tell(self) -> None:
        states = list(self._unsettled.values())
        self._desk.figures = Figures(
            stays_open=states.count("open"),
            stays_held=states.count("held"),
            bills_today=self._bills,
            revenue_today_fen=self._revenue,
            violations_open=count_standing(self._connection, self._day_start),
            rejects_by_reason=dict(self._rejects),
            billing_behind=count_behind(self._connection),
        )


def _public(body: dict[str, Any]) -> dict[str, Any]:
    """The same record as anybody may see it."""
    return {**body, "plate": None if body["plate"] is None else mask_plate(body["plate"])}
