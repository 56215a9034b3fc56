"""Carries the feed to webhooks: in order, signed, again after a pause, and in the end as a dead letter."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import Final

from prometheus_client import Counter

from enforcement.ports import Post
from enforcement.store import webhooks as store
from enforcement.webhooks import MOST_ATTEMPTS, Letter, Webhook, WebhookId, pause_after, write_letter
from parking.clock import Clock
from parking.errors import UnavailableError
from parking.plumbing.database import connect, transaction

# Receivers that are sent to at the same time.
AT_ONCE: Final = 8
# The feed is looked at this often while everybody is told everything.
IDLE_S: Final = 0.5

SENT = Counter("citypark_webhook_letters_total", "Letters to webhooks", ["outcome"])


class Courier:
    """One open courier. Another one waits until this one has gone."""

    def __init__(self, database_url: str, post: Post, clock: Clock, stop: Event) -> None:
        self._post, self._clock, self._stop = post, clock, stop
        self._connection = connect(database_url, "enforcement-courier")
        if not store.try_lock(self._connection):
            self._connection.close()
            raise UnavailableError("another courier delivers from this database")
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier")

    def step(self) -> None:
        """Send what is due; wait a little where nothing is."""
        if not self.work():
            self._stop.wait(IDLE_S)

    def close(self) -> None:
        """Let go of the database; a letter whose answer was not noted is sent again."""
        self._threads.shutdown()
        self._connection.close()

    def work(self) -> int:
        """Send one letter to every receiver that is due; returns how many were sent."""
        now = self._clock.now()
        with transaction(self._connection) as connection:
            due = store.list_due(connection, now)
            events = [store.find_next(connection, webhook.after_no) for webhook in due]
        letters = [
            (webhook, write_letter(webhook, event, now))
            for webhook, event in zip(due, events, strict=True)
            if event is not None
        ]
        answers = self._threads.map(self._send, letters)
        for (webhook, letter), error in zip(letters, answers, strict=True):
            self._note(webhook, letter, error)
        return len(letters)

    def _send(self, addressed: tuple[Webhook, Letter]) -> str | None:
        webhook, letter = addressed
        return self._post.send(webhook.url, letter.body, letter.headers)

    def _note(self, webhook: Webhook, letter: Letter, error: str | None) -> None:
        now = self._clock.now()
        with transaction(self._connection) as connection:
            if error is None:
                store.move_on(connection, webhook, letter.event_no, now)
                SENT.labels("taken").inc()
            elif webhook.attempts + 1 >= MOST_ATTEMPTS:
                store.bury(connection, webhook, letter.event_no, error, now)
                SENT.labels("dead").inc()
            else:
                store.put_off(connection, webhook, now + pause_after(webhook.attempts + 1), error)
                SENT.labels("put_off").inc()


def retry_dead(database_url: str, post: Post, clock: Clock, webhook_id: WebhookId) -> tuple[int, int]:
    """Send the dead letters of a receiver once more; returns how many were taken, and how many not."""
    with closing(connect(database_url, "enforcement-retry")) as connection:
        with transaction(connection):
            dead = [
                (event_no, webhook, store.find_event(connection, event_no))
                for event_no, webhook in store.list_dead(connection, webhook_id)
            ]
        taken = 0
        for event_no, webhook, event in dead:
            if event is None:
                continue
            letter = write_letter(webhook, event, clock.now())
            if post.send(webhook.url, letter.body, letter.headers) is None:
                with transaction(connection):
                    store.raise_dead(connection, webhook_id, event_no)
                taken += 1
    return taken, len(dead) - taken
