"""The loop: follow stays and sightings, judge what they touch, store violations and positions together."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter, Gauge

from enforcement.rulebook import Rulebook
from enforcement.service.court import Court
from enforcement.service.news import FEEDS, SIGHTINGS, Feeds
from enforcement.store import facts
from parking.city import City
from parking.clock import Clock
from parking.errors import UnavailableError
from parking.ids import BerthId, StayId
from parking.plumbing.database import Connection, Wakeups, connect, transaction

WAIT_S: Final = 1.0
# Any fixed number: the lock that keeps two enforcement processes apart.
_LOCK_KEY: Final = 4_116_207_004
TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"

STEPS = Counter("citypark_violation_events_total", "Steps of violations told on the feed")
LAST_BATCH = Gauge("citypark_enforcement_last_batch_rows", "Rows taken from the feeds in the last batch")


class Enforcement:
    """One open enforcement process: the only one that writes violations.

    `afterwards` is called whenever the feeds are read to the end, at most about a second apart.
    """

    def __init__(
        self,
        database_url: str,
        city: City,
        rulebook: Rulebook,
        clock: Clock,
        afterwards: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock, self._court, self._afterwards = clock, Court(city, rulebook), afterwards
        self._watched = _watched(city, rulebook)
        # Open stays already judged beyond a rule's threshold; rebuilt by judging them once more.
        self._settled: set[tuple[StayId, timedelta]] = set()
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(connect(database_url, "enforcement")))
            listening = opened.enter_context(closing(connect(database_url, "enforcement-wakeups")))
            with transaction(self._connection):
                _lock(self._connection)
                self._feeds = Feeds(self._connection, [city.berths[name] for name, _ in self._watched])
            self._wakeups = Wakeups(listening, [*FEEDS, "berth_states"])
            self._open = opened.pop_all()

    def step(self) -> None:
        """Judge what the feeds touched; wait up to a second where they are read to the end."""
        if not self.work():
            self._afterwards()
            self._wakeups.wait(WAIT_S)

    def close(self) -> None:
        """Let go of the database; positions not stored are read again."""
        self._open.close()

    def work(self) -> int:
        """Take one batch in one transaction; returns the number of rows taken from the feeds."""
        now = self._clock.now()
        with transaction(self._connection) as connection:
            news = self._feeds.read(connection)
            due = self._due(connection, now)
            named = news.stay_ids | {stay_id for stay_id, _ in due}
            touched = self._court.touched(connection, named, news.places)
            seen = news.positions[SIGHTINGS]
            told = 0 if touched.is_empty else self._court.judge(connection, touched, seen, now)
            self._feeds.save(connection, news)
        self._feeds.accept(news)
        self._settled |= due
        STEPS.inc(told)
        LAST_BATCH.set(news.taken)
        return news.taken

    def _due(self, connection: Connection, now: datetime) -> set[tuple[StayId, timedelta]]:
        due = set(facts.list_due(connection, self._watched, now))
        self._settled &= due
        return due - self._settled


def _lock(connection: Connection) -> None:
    row = connection.execute(TRY_LOCK, (_LOCK_KEY,)).fetchone()
    if row is None or not row[0]:
        raise UnavailableError("another enforcement process works on this database")


def _watched(city: City, rulebook: Rulebook) -> list[tuple[BerthId, timedelta]]:
    """Each berth that a rule looks at, with every length of presence at which one may speak."""
    return [
        (berth.berth_id, needed)
        for berth in city.berths.values()
        for needed in sorted({rule.proof_needed(berth) for rule in rulebook.concerning(berth)})
    ]
