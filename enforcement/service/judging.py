"""The loop: follow the feeds, judge what they touch, store violations and positions together."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import Counter, Gauge

from enforcement.hours import closed_since
from enforcement.rule import Rule, RuleKind
from enforcement.rulebook import Rulebook
from enforcement.service.court import Court
from enforcement.service.news import FEEDS, Feeds, News
from enforcement.service.touching import Toucher
from enforcement.store import debts, facts, health
from enforcement.store.debts import Arrears, nothing_owed
from enforcement.store.facts import Due, Watch
from parking.city import City
from parking.clock import Clock
from parking.errors import UnavailableError
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection, Wakeups, connect, transaction

WAIT_S: Final = 1.0
# Quarantines and payments are asked for this often: they have no feed to follow.
ASK_EVERY: Final = timedelta(seconds=5)
# A checkup may be committed a little after the time that it bears.
OVERLAP: Final = timedelta(minutes=1)
# While the feeds are being drained, stays are asked for that have become due only this often.
DUE_EVERY: Final = timedelta(seconds=1)
# Any fixed number: the lock that keeps two enforcement processes apart.
_LOCK_KEY: Final = 4_116_207_004
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
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
        arrears: Arrears = nothing_owed,
    ) -> None:
        self._clock, self._afterwards, self._arrears = clock, afterwards, arrears
        self._city = city
        self._court = Court(city, rulebook, arrears)
        self._toucher = Toucher(city, rulebook, arrears)
        self._watches, self._slow_watches = list(_watches(city, rulebook)), list(_slow(city, rulebook))
        self._hourly = [(rule, _berths_of(city, rule)) for rule in rulebook.rules if rule.hours]
        self._thresholds = {
            rule.rule_id: rule.threshold_fen for rule in rulebook.rules if rule.kind is RuleKind.ARREARS
        }
        # Open stays already judged beyond a rule's threshold; rebuilt by judging them once more.
        self._settled: set[Due] = set()
        self._slowly_settled: set[Due] = set()
        self._quarantined: dict[DeviceId, datetime] = {}
        self._asked_at: datetime | None = None
        self._due_at: datetime | None = None
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(connect(database_url, "enforcement")))
            listening = opened.enter_context(closing(connect(database_url, "enforcement-wakeups")))
            with transaction(self._connection):
                _lock(self._connection)
                special = [each for each in city.berths.values() if rulebook.concerning(each)]
                self._feeds = Feeds(self._connection, special)
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
        quarantined = self._quarantined
        with transaction(self._connection) as connection:
            news = self._feeds.read(connection)
            due = self._due(connection, now) if not news.taken or self._is_due(now) else set()
            asked, slowly = news, set[Due]()
            if is_asking := self._asked_at is None or abs(now - self._asked_at) >= ASK_EVERY:
                quarantined = health.list_quarantined(connection, list(self._city.devices))
                asked = self._ask(connection, news, quarantined, now)
                slowly = self._slowly_due(connection, now)
            touched = self._toucher.touched(connection, asked, [stay_id for stay_id, _, _ in due | slowly])
            told = 0 if touched.is_empty else self._court.judge(connection, touched, news.positions, now)
            self._feeds.save(connection, news)
        self._feeds.accept(news)
        self._settled |= due
        self._slowly_settled |= slowly
        self._quarantined = quarantined
        self._asked_at = now if is_asking else self._asked_at
        STEPS.inc(told)
        LAST_BATCH.set(news.taken)
        return news.taken

    def _is_due(self, now: datetime) -> bool:
        return self._due_at is None or abs(now - self._due_at) >= DUE_EVERY

    def _due(self, connection: Connection, now: datetime) -> set[Due]:
        self._due_at = now
        hours = self._hour_watches(now)
        due = set(facts.list_due(connection, [*self._watches, *hours], now))
        self._settled &= due
        return due - self._settled

    def _slowly_due(self, connection: Connection, now: datetime) -> set[Due]:
        due = set(facts.list_due(connection, self._slow_watches, now))
        self._slowly_settled &= due
        return due - self._slowly_settled

    def _hour_watches(self, now: datetime) -> Iterator[Watch]:
        """Each berth with permitted hours, watched since they last ended."""
        for rule, berth_ids in self._hourly:
            since_at = closed_since(now, rule.hours, self._city.timezone)
            if since_at is not None:
                yield from (Watch(berth_id, rule.patience, since_at) for berth_id in berth_ids)

    def _ask(
        self, connection: Connection, news: News, quarantined: dict[DeviceId, datetime], now: datetime
    ) -> News:
        """Add what rests on devices whose quarantine began or ended, and debts that were paid."""
        changed = dict(quarantined.items() ^ self._quarantined.items())
        rows = health.list_resting(connection, changed, min(changed.values())) if changed else []
        rows += health.list_checked(connection, (self._asked_at or _EVER) - OVERLAP, now)
        paid = debts.list_paid(connection, self._arrears, self._thresholds, now)
        return replace(
            news,
            stay_ids=news.stay_ids | paid | {row[0] for row in rows if row[0] is not None},
            places=(*news.places, *((row[1], row[3]) for row in rows if row[0] is None and not row[4])),
            scenes=(*news.scenes, *((row[2], row[3]) for row in rows if row[4])),
        )


def _lock(connection: Connection) -> None:
    row = connection.execute(TRY_LOCK, (_LOCK_KEY,)).fetchone()
    if row is None or not row[0]:
        raise UnavailableError("another enforcement process works on this database")


def _watches(city: City, rulebook: Rulebook) -> Iterator[Watch]:
    """Each berth that has rules of its own, with every length of presence at which one may speak."""
    for berth in city.berths.values():
        lengths = {rule.proof_needed(berth) for rule in rulebook.concerning(berth) if not rule.hours}
        yield from (Watch(berth.berth_id, needed, _EVER) for needed in sorted(lengths))


def _slow(city: City, rulebook: Rulebook) -> Iterator[Watch]:
    """Every berth, with the lengths at which rules for any berth may speak: days, so nobody is in a hurry."""
    lengths = sorted({rule.patience for rule in rulebook.anywhere() if rule.patience})
    for berth_id in city.berths:
        yield from (Watch(berth_id, needed, _EVER) for needed in lengths)


def _berths_of(city: City, rule: Rule) -> list[BerthId]:
    return [each.berth_id for each in city.berths.values() if each.section_id in rule.section_ids]
