"""Drives the signs: frames out over retained MQTT, acknowledgements in.

A frame is logged before it is sent, so the log holds everything that a sign can have shown. Where the
content stands, the same frame goes out again every minute with a new expiry, and its row's expiry moves:
one row per content, not per minute. Without broker or database nothing is sent, and signs fall back by
themselves when their frame expires.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from prometheus_client import Counter

from guidance.board import Ints, View
from guidance.desk import Desk
from guidance.signbook import SignStatus
from guidance.signs import RENEW_EVERY, Frame, FrameRow, encode_frame
from guidance.store.overrides import list_standing
from guidance.store.signlog import (
    Confirmation,
    confirm_frames,
    last_number,
    list_newest,
    renew_frames,
    save_frames,
    try_lock,
)
from parking.errors import UnavailableError
from parking.ids import SignId
from parking.plumbing.broker import BrokerLink, Delivery
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.health import Health
from parking.topics import parse_sign, sign_frame_topic

WAIT_S = 1.0
ACK_LIMIT = 1000

FRAMES = Counter("citypark_sign_frames_total", "Frames given to signs", ["cause"])
RENEWALS = Counter("citypark_sign_renewals_total", "Frames sent again unchanged, with a new expiry")
ACKS = Counter("citypark_sign_acks_total", "Acknowledgements of signs", ["outcome"])


class Ack(msgspec.Struct, frozen=True):
    """A sign says what it shows."""

    v: int
    sign: str
    frame_no: int
    shown_at: datetime


class SignService:
    """One open sign driver. `on_status` is called from its thread whenever a sign's status changed."""

    def __init__(
        self,
        url: str,
        link: BrokerLink,
        desk: Desk,
        health: Health,
        on_status: Callable[[SignStatus], None],
    ) -> None:
        self._link, self._health, self._on_status = link, health, on_status
        self._desk = desk
        self._city, self._latest, self._book, self._clock = desk.city, desk.latest, desk.signs, desk.clock
        self._overrides, self._plan = desk.overrides, desk.plan
        self._seen = 0
        self._sums: Ints | None = None
        self._was_fresh = False
        self._standing: dict[SignId, int] = {}
        self._connection_no = 0
        self._connection = connect(url, "guidance-signs")
        try:
            with transaction(self._connection) as connection:
                self._number = self._take_over(connection)
        except BaseException:
            self.close()
            raise

    def step(self) -> None:
        """Wait for a view or a second; then hear acknowledgements and send what is due."""
        self._seen, view = self._latest.wait(self._seen, WAIT_S)
        self._hear(self._link.receive(ACK_LIMIT, timeout_s=0))
        if not self._link.connected:
            self._health.fail("broker", f"MQTT broker at {self._link.address} does not answer")
            return
        self._health.pass_("broker")
        self._send(view, self._clock.now())

    def close(self) -> None:
        """Let go of the database; the broker link belongs to the caller."""
        self._connection.close()

    def _take_over(self, connection: Connection) -> int:
        if not try_lock(connection):
            raise UnavailableError("another process drives the signs; this one waits for it to end")
        for frame, shown_at in list_newest(connection, list(self._city.signs)):
            self._book.put(SignStatus(frame=frame, shown_at=shown_at))
        self._overrides.replace_all(list_standing(connection, self._clock.now()))
        return last_number(connection)

    def _send(self, view: View, now: datetime) -> None:
        reconnected = self._connection_no != self._link.connection_no
        self._connection_no = self._link.connection_no
        changed = self._new_frames(view, now)
        renewed = self._renewals({frame.sign_id for frame in changed}, view, now, every=reconnected)
        if not changed and not renewed:
            return
        with transaction(self._connection) as connection:
            save_frames(connection, changed)
            renew_frames(connection, renewed, now)
        for frame in changed:
            self._publish(SignStatus(frame=frame, heard_at=self._heard_at(frame.sign_id)))
            FRAMES.labels(frame.cause).inc()
        for frame in renewed:
            before = self._book.find(frame.sign_id)
            self._publish(replace(before, frame=frame) if before else SignStatus(frame=frame))
            RENEWALS.inc()

    def _new_frames(self, view: View, now: datetime) -> list[Frame]:
        sums, standing = self._plan.add_up(view, self._desk.outlook), self._plan.standing(now)
        frames = []
        for sign_id in self._suspects(view, sums, standing):
            status = self._book.find(sign_id)
            rows = self._plan.rows(sign_id, sums, now, fresh=view.fresh)
            if status is None or status.frame.rows != rows:
                cause = "override" if sign_id in standing else "change" if status else "first"
                frames.append(self._frame(sign_id, rows, view, now, cause))
        self._sums, self._was_fresh, self._standing = sums, view.fresh, standing
        return frames

    def _suspects(self, view: View, sums: Ints, standing: Mapping[SignId, int]) -> Iterable[SignId]:
        """Signs that may have to show something else than before."""
        if self._sums is None or view.fresh != self._was_fresh:
            return self._city.signs
        turned = {sign_id for sign_id, _ in standing.items() ^ self._standing.items()}
        return turned.union(self._plan.changed(self._sums, sums)).intersection(self._city.signs)

    def _frame(
        self, sign_id: SignId, rows: Sequence[FrameRow], view: View, now: datetime, cause: str
    ) -> Frame:
        self._number += 1
        return Frame(
            sign_id=sign_id,
            frame_no=self._number,
            rows=tuple(rows),
            as_of=view.as_of,
            published_at=now,
            expires_at=self._plan.expiry(sign_id, view, now),
            cause=cause,
        )

    def _renewals(self, changed: set[SignId], view: View, now: datetime, *, every: bool) -> list[Frame]:
        """Frames that stand and are due; all of them after a gap in the connection."""
        standing = (status.frame for status in self._book.list_all())
        return [
            replace(frame, published_at=now, expires_at=self._plan.expiry(frame.sign_id, view, now))
            for frame in standing
            if frame.sign_id in self._city.signs
            and frame.sign_id not in changed
            and (every or now - frame.published_at >= RENEW_EVERY)
        ]

    def _publish(self, status: SignStatus) -> None:
        frame = status.frame
        topic = sign_frame_topic(self._city.city_id, frame.sign_id)
        self._link.publish(topic, encode_frame(frame), qos=1, retain=True)
        self._book.put(status)
        self._on_status(status)

    def _hear(self, deliveries: Sequence[Delivery]) -> None:
        confirmations = [each for each in map(self._confirmation, deliveries) if each is not None]
        if confirmations:
            with transaction(self._connection) as connection:
                confirm_frames(connection, confirmations)
        self._link.acknowledge(deliveries)
        for frame_no, sign_id, shown_at in confirmations:
            status = self._book.find(sign_id)
            if status is not None and status.frame.frame_no == frame_no:
                self._book.put(replace(status, shown_at=shown_at))
                self._on_status(replace(status, shown_at=shown_at))

    def _confirmation(self, delivery: Delivery) -> Confirmation | None:
        """What an acknowledgement adds to the log; None where it is broken or says nothing new."""
        sign_id = parse_sign(delivery.raw.topic)
        try:
            ack = msgspec.json.decode(delivery.raw.payload, type=Ack)
        except msgspec.MsgspecError:
            ACKS.labels("malformed").inc()
            return None
        status = self._book.find(SignId(ack.sign))
        if status is None or sign_id != ack.sign or ack.shown_at.tzinfo is None:
            ACKS.labels("unknown_sign").inc()
            return None
        self._book.put(replace(status, heard_at=delivery.raw.received_at))
        if status.frame.frame_no == ack.frame_no and status.shown_at is not None:
            ACKS.labels("repeated").inc()
            return None
        ACKS.labels("shown" if status.frame.frame_no == ack.frame_no else "earlier").inc()
        return ack.frame_no, SignId(ack.sign), min(ack.shown_at, delivery.raw.received_at)

    def _heard_at(self, sign_id: SignId) -> datetime | None:
        status = self._book.find(sign_id)
        return status.heard_at if status else None
