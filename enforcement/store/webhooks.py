"""Webhooks and their dead letters; the only writer of both, in the caller's transaction."""

from datetime import datetime
from typing import Any

from enforcement.webhooks import Webhook, WebhookId
from parking.plumbing.database import Connection

TRY_LOCK = "SELECT pg_try_advisory_lock(4116207007)"
LIST_DUE = """
SELECT w.webhook_id, w.url, w.secret, w.after_no, w.attempts FROM webhooks AS w
WHERE w.removed_at IS NULL AND w.next_try_at <= %s
  AND EXISTS (SELECT FROM violation_events AS e WHERE e.event_no > w.after_no)
ORDER BY w.next_try_at"""
NEXT_EVENT = """
SELECT event_no, violation_id, event, at, body FROM violation_events
WHERE event_no > %s ORDER BY event_no LIMIT 1"""
FIND_EVENT = "SELECT event_no, violation_id, event, at, body FROM violation_events WHERE event_no = %s"
MOVE_ON = """
UPDATE webhooks SET after_no = %s, attempts = 0, next_try_at = %s, last_error = NULL WHERE webhook_id = %s"""
PUT_OFF = """
UPDATE webhooks SET attempts = %s, next_try_at = %s, last_error = %s WHERE webhook_id = %s"""
BURY = """
INSERT INTO dead_letters (webhook_id, event_no, attempts, error, died_at) VALUES (%s, %s, %s, %s, %s)"""
ADD = """
INSERT INTO webhooks (webhook_id, url, secret, after_no, next_try_at, added_at)
SELECT %s, %s, %s, coalesce(max(event_no), 0), %s, %s FROM violation_events"""
REMOVE = "UPDATE webhooks SET removed_at = %s WHERE webhook_id = %s AND removed_at IS NULL"
LIST_ALL = """
SELECT w.webhook_id, w.url, w.after_no, w.attempts, w.last_error,
       (SELECT count(*) FROM dead_letters AS d WHERE d.webhook_id = w.webhook_id)
FROM webhooks AS w WHERE w.removed_at IS NULL ORDER BY w.webhook_id"""
LIST_DEAD = """
SELECT d.event_no, w.webhook_id, w.url, w.secret, w.after_no, w.attempts
FROM dead_letters AS d JOIN webhooks AS w USING (webhook_id) WHERE webhook_id = %s ORDER BY d.event_no"""
RAISE_DEAD = "DELETE FROM dead_letters WHERE webhook_id = %s AND event_no = %s"


def try_lock(connection: Connection) -> bool:
    """Become the one that delivers, for as long as the connection lasts."""
    row = connection.execute(TRY_LOCK).fetchone()
    return row is not None and bool(row[0])


def list_due(connection: Connection, now: datetime) -> list[Webhook]:
    """Receivers for whom there is something to send now."""
    return [_webhook(row) for row in connection.execute(LIST_DUE, (now,))]


def find_next(connection: Connection, after_no: int) -> dict[str, Any] | None:
    """Return the event after a number, or None."""
    return _event(connection.execute(NEXT_EVENT, (after_no,)).fetchone())


def find_event(connection: Connection, event_no: int) -> dict[str, Any] | None:
    """Return one event, or None."""
    return _event(connection.execute(FIND_EVENT, (event_no,)).fetchone())


def move_on(connection: Connection, webhook: Webhook, event_no: int, now: datetime) -> None:
    """Note that everything up to the event was delivered."""
    connection.execute(MOVE_ON, (event_no, now, webhook.webhook_id))


def put_off(connection: Connection, webhook: Webhook, next_try_at: datetime, error: str) -> None:
    """Note a failed attempt."""
    connection.execute(PUT_OFF, (webhook.attempts + 1, next_try_at, error, webhook.webhook_id))


def bury(connection: Connection, webhook: Webhook, event_no: int, error: str, now: datetime) -> None:
    """Give an event up for a receiver, keep it as a dead letter, and go on with the next."""
    connection.execute(BURY, (webhook.webhook_id, event_no, webhook.attempts + 1, error, now))
    move_on(connection, webhook, event_no, now)


def add_webhook(connection: Connection, webhook_id: WebhookId, url: str, secret: str, now: datetime) -> None:
    """Tell somebody from now on."""
    connection.execute(ADD, (webhook_id, url, secret, now, now))


def remove_webhook(connection: Connection, webhook_id: WebhookId, now: datetime) -> bool:
    """Tell somebody no more; False where nobody of that id is told."""
    return connection.execute(REMOVE, (now, webhook_id)).rowcount == 1


def list_webhooks(connection: Connection) -> list[tuple[Any, ...]]:
    """Receivers: (webhook_id, url, after_no, attempts, last_error, dead letters)."""
    return connection.execute(LIST_ALL).fetchall()


def list_dead(connection: Connection, webhook_id: WebhookId) -> list[tuple[int, Webhook]]:
    """Dead letters of a receiver, in order."""
    return [(row[0], _webhook(row[1:])) for row in connection.execute(LIST_DEAD, (webhook_id,))]


def raise_dead(connection: Connection, webhook_id: WebhookId, event_no: int) -> None:
    """Strike a dead letter that was delivered after all."""
    connection.execute(RAISE_DEAD, (webhook_id, event_no))


def _webhook(row: tuple[Any, ...]) -> Webhook:
    return Webhook(webhook_id=WebhookId(row[0]), url=row[1], secret=row[2], after_no=row[3], attempts=row[4])


def _event(row: tuple[Any, ...] | None) -> dict[str, Any] | None:
    names = ("event_no", "violation_id", "event", "at", "body")
    return None if row is None else dict(zip(names, row, strict=True))
