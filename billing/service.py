"""The billing loop: read what is new, work it out, store it with the new positions in one transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import Counter

from billing.books import PublishedBook
from billing.decisionlog import add_decision, find_newest_evidence, list_new, list_silent
from billing.decisionlog import save_mark as save_decisions_mark
from billing.decisions import lapse_of
from billing.ledger import entries_for
from billing.loading import Start, load_accounts, load_accounts_since, load_closed_under, read_rows
from billing.prepaid import entries_of_topup
from billing.prepaidlog import Topup, list_topups, list_waiting
from billing.prepaidlog import save_mark as save_topups_mark
from billing.rating import Site, rate
from billing.register import list_changes, rights_of, save_mark
from billing.runloading import load_runs
from billing.runs import rate_run
from billing.settling import settle
from billing.sightings import ARRIVAL_SLACK
from billing.store import (
    Progress,
    load_progress,
    save_book,
    save_charges,
    save_entries,
    save_progress,
    save_stays,
)
from billing.turn import Account, Outcome, Row, Turn, plates_seen
from parking.clock import Clock
from parking.ids import BerthId, Plate
from parking.plumbing.database import Connection, Wakeups, connect, transaction
from parking.plumbing.feed import Positions, advance
from parking.span import Span

log = logging.getLogger(__name__)

# Rows of one partition in one turn: a backlog is eaten in turns of some thousand rows.
ROWS_PER_PARTITION = 40
# Changes of rights in one turn; each may touch a month of stays.
CHANGES_LIMIT = 200
POLL_S = 1.0
FEEDS = ("transitions", "sightings", "rights", "stay_decisions", "prepaid_topups")
# A stay whose sensor has been silent for so long ends at its last proof: in the driver's favour, and no
# device that only lost its network for a night is cut off.
LAPSE_AFTER = timedelta(hours=24)
LAPSES_EVERY = timedelta(minutes=1)
LAPSES_LIMIT = 500

ROWS = Counter("citypark_billing_rows_total", "Transitions and sightings taken in")
CHANGED_STAYS = Counter("citypark_billing_stays_total", "Changes of stays stored")
CHARGES = Counter("citypark_billing_charges_total", "Charges stored", ["cause"])
UNKNOWN_BERTHS = Counter(
    "citypark_billing_unknown_berths_total", "Rows passed over: the city has no such berth"
)


class BillingService:
    """One writer of stays, charges and ledger. Holds nothing that the database does not."""

    def __init__(
        self,
        database_url: str,
        sites: Mapping[BerthId, Site],
        published: PublishedBook,
        clock: Clock,
        *,
        rows_per_partition: int = ROWS_PER_PARTITION,
        lapse_after: timedelta = LAPSE_AFTER,
    ) -> None:
        self._sites = sites
        self._book = published.book
        self._book_digest = published.digest
        self._clock = clock
        self._limit = rows_per_partition
        self._lapse_after = lapse_after
        self._lapses_due_at = clock.now()
        self._connection = connect(database_url, "billing")
        self._wakeups_connection = connect(database_url, "billing-wakeups")
        self._wakeups = Wakeups(self._wakeups_connection, FEEDS)
        with transaction(self._connection) as connection:
            self._progress = load_progress(connection)
            save_book(connection, published, clock.now())
            # The tables grow from nothing to millions of rows: a plan made early must not be kept.
            connection.execute("SET plan_cache_mode = force_custom_plan")

    def step(self) -> None:
        """Take one turn, or wait for something new for at most a second."""
        if not self.turn():
            self._wakeups.wait(POLL_S)

    def turn(self) -> int:
        """Take in what is new, at once or not at all; returns how much it was."""
        with transaction(self._connection) as connection:
            taken, after = self._take(connection)
        if after is not None:
            self._progress = after
        return taken

    def _take(self, connection: Connection) -> tuple[int, Progress | None]:
        """Take one kind of news: rights, decisions, rows, and when there is none of them, silence."""
        last_change, touched = list_changes(connection, CHANGES_LIMIT)
        if touched:
            return len(touched), self._take_rights(last_change, touched)
        if decided := list_new(connection, CHANGES_LIMIT):
            return len(decided), self._take_decisions(decided)
        if topups := list_topups(connection, CHANGES_LIMIT):
            return len(topups), self._take_topups(topups)
        if rows := read_rows(connection, self._progress.seqs, self._limit):
            ROWS.inc(len(rows))
            return len(rows), self._take_rows(rows)
        return self._note_silence(connection), None

    def close(self) -> None:
        """Let go of the database; what was not stored is read again."""
        self._wakeups_connection.close()
        self._connection.close()

    def _take_rows(self, rows: list[Row]) -> Progress:
        known = [row for row in rows if row.berth_id in self._sites]
        if len(known) < len(rows):
            strange = sorted({row.berth_id for row in rows if row.berth_id not in self._sites})
            UNKNOWN_BERTHS.inc(len(rows) - len(known))
            log.warning("rows of berths that the city does not have", extra={"berths": ",".join(strange)})
        accounts = load_accounts(self._connection, known, self._progress.seqs)
        seqs = advance(self._progress.seqs, ((row.partition, row.seq) for row in rows))
        turn = self._turn(accounts, plates_seen(known, accounts.values()))
        return self._save(turn.take(known, self._progress.out_seqs), seqs, turn.now)

    def _take_rights(self, last_change: int, touched: Sequence[tuple[Plate, Span]]) -> Progress:
        """Rate the stays again that changed rights concern."""
        accounts = load_closed_under(self._connection, touched)
        accounts = {berth_id: each for berth_id, each in accounts.items() if berth_id in self._sites}
        turn = self._turn(accounts, {plate for plate, _ in touched})
        save_mark(self._connection, last_change)
        return self._save(turn.rate_again(self._progress.out_seqs), self._progress.seqs, turn.now)

    def _take_decisions(self, decided: Sequence[tuple[int, BerthId, int, datetime]]) -> Progress:
        """Derive the stays again that decisions are about."""
        starts: dict[BerthId, Start] = {}
        for _, berth_id, seq, at in decided:
            before = starts.get(berth_id, Start(seq, None))
            seen_at = at - ARRIVAL_SLACK
            starts[berth_id] = Start(
                min(seq, before.seq), seen_at if before.seen_at is None else min(seen_at, before.seen_at)
            )
        save_decisions_mark(self._connection, decided[-1][0])
        starts = {berth_id: start for berth_id, start in starts.items() if berth_id in self._sites}
        accounts = load_accounts_since(self._connection, starts, self._progress.seqs)
        turn = self._turn(accounts, plates_seen((), accounts.values()))
        return self._save(turn.derive_again(self._progress.out_seqs), self._progress.seqs, turn.now)

    def _take_topups(self, topups: Sequence[Topup]) -> Progress:
        """Book what came in, then pay with it what waited for it."""
        now = self._clock.now()
        save_topups_mark(self._connection, topups[-1].topup_no)
        save_entries(
            self._connection,
            [
                entry
                for each in topups
                for entry in entries_of_topup(
                    each.topup_id, each.account_id, each.amount_fen, each.channel, now
                )
            ],
        )
        waiting = list_waiting(self._connection, {each.account_id for each in topups})
        save_entries(self._connection, settle(self._connection, waiting, now))
        return self._progress

    def _note_silence(self, connection: Connection) -> int:
        """Record which stays silence has ended, by the street's own time; only when no rows wait."""
        now = self._clock.now()
        if now < self._lapses_due_at:
            return 0
        self._lapses_due_at = now + LAPSES_EVERY
        heard_at = find_newest_evidence(connection)
        if heard_at is None:
            return 0
        until_at = min(now, heard_at)
        silent = list_silent(connection, until_at - self._lapse_after, LAPSES_LIMIT)
        lapsed = [each for each in silent if each[1] in self._sites]
        for stay_id, berth_id in lapsed:
            reason = f"silent for {self._lapse_after}"
            add_decision(connection, lapse_of(stay_id, berth_id, until_at, reason, now))
        return len(lapsed)

    def _turn(self, accounts: Mapping[BerthId, Account], plates: Iterable[Plate]) -> Turn:
        rights = rights_of(self._connection, plates)
        return Turn(
            sites=self._sites,
            rate=lambda stay, site: rate(self._book, stay, site, rights),
            accounts=accounts,
            now=self._clock.now(),
            book_digest=self._book_digest,
            sums_stays=self._book.sums_stays,
        )

    def _rate_runs(self, outcome: Outcome, now: datetime) -> None:
        """Add what the stays of the touched vehicles owe, where it depends on one another."""
        runs = load_runs(self._connection, outcome.touched, self._sites)
        rights = rights_of(self._connection, runs)
        for run in runs.values():
            made = rate_run(self._book, run, rights, now, self._book_digest)
            save_charges(self._connection, [charge for charge, _ in made])
            for charge, replaced in made:
                outcome.charges.append(charge)
                outcome.entries += entries_for(charge, replaced, now)

    def _save(self, outcome: Outcome, seqs: Positions, now: datetime) -> Progress:
        after = Progress(seqs=seqs, out_seqs=outcome.out_seqs)
        save_progress(self._connection, self._progress, after)
        save_stays(self._connection, outcome.stays.values(), now)
        save_charges(self._connection, outcome.charges)
        if self._book.sums_stays:
            self._rate_runs(outcome, now)
        concerned = {*outcome.stays, *(charge.stay_id for charge in outcome.charges)}
        outcome.entries += settle(self._connection, concerned, now)
        save_entries(self._connection, outcome.entries)
        CHANGED_STAYS.inc(len(outcome.stays))
        for charge in outcome.charges:
            CHARGES.labels(charge.cause.value).inc()
        return after
