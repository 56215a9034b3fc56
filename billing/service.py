"""The billing loop: read what is new, work it out, store it with the new positions in one transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import Counter

from billing.books import PublishedBook
from billing.loading import load_accounts, load_closed_under, read_rows
from billing.rating import Site, rate
from billing.register import list_changes, rights_of, save_mark
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
from parking.plumbing.database import Wakeups, connect, transaction
from parking.plumbing.feed import Positions, advance
from parking.span import Span

log = logging.getLogger(__name__)

# Rows of one partition in one turn: a backlog is eaten in turns of some thousand rows.
ROWS_PER_PARTITION = 40
# Changes of rights in one turn; each may touch a month of stays.
CHANGES_LIMIT = 200
POLL_S = 1.0

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
    ) -> None:
        self._sites = sites
        self._book = published.book
        self._book_digest = published.digest
        self._clock = clock
        self._limit = rows_per_partition
        self._connection = connect(database_url, "billing")
        self._wakeups_connection = connect(database_url, "billing-wakeups")
        self._wakeups = Wakeups(self._wakeups_connection, ["transitions", "sightings", "rights"])
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
        """Take in what is new, at once or not at all; returns the number of rows."""
        with transaction(self._connection) as connection:
            last_change, touched = list_changes(connection, CHANGES_LIMIT)
            rows = [] if touched else read_rows(connection, self._progress.seqs, self._limit)
            if touched:
                after = self._take_rights(last_change, touched)
            elif rows:
                after = self._take_rows(rows)
        if touched or rows:
            self._progress = after
        ROWS.inc(len(rows))
        return len(touched) + len(rows)

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

    def _turn(self, accounts: Mapping[BerthId, Account], plates: Iterable[Plate]) -> Turn:
        rights = rights_of(self._connection, plates)
        return Turn(
            sites=self._sites,
            rate=lambda stay, site: rate(self._book, stay, site, rights),
            accounts=accounts,
            now=self._clock.now(),
            book_digest=self._book_digest,
        )

    def _save(self, outcome: Outcome, seqs: Positions, now: datetime) -> Progress:
        after = Progress(seqs=seqs, out_seqs=outcome.out_seqs)
        save_progress(self._connection, self._progress, after)
        save_stays(self._connection, outcome.stays.values(), now)
        save_charges(self._connection, outcome.charges)
        save_entries(self._connection, outcome.entries)
        CHANGED_STAYS.inc(len(outcome.stays))
        for charge in outcome.charges:
            CHARGES.labels(charge.cause.value).inc()
        return after
