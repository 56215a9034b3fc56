"""Works every stay and charge out again from the street's rows, and adds the ledger up: nothing is believed.

Reads in pieces, so that a month of a city fits into little memory.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from billing.books import restore_book
from billing.charges import Charge
from billing.dossier import compare_charge, compare_stay
from billing.ledger import FIRST_HASH, chain
from billing.loading import Start, load_accounts_since
from billing.rating import Rights, Site
from billing.records import chained_of
from billing.register import rights_of
from billing.runloading import load_earlier
from billing.stays import Stay, derive
from billing.tariff import EarlierStay, TariffBook
from billing.turn import Account, plates_seen
from parking.ids import BerthId
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions

READ_POSITIONS = "SELECT partition, seq FROM billing_positions"
FIND_BOOK = "SELECT files FROM tariff_books WHERE digest = %s"
SUM_REVENUE = """
SELECT substr(account, 9), -sum(amount_fen)::bigint FROM ledger_entries
WHERE account LIKE 'revenue/%%' GROUP BY account"""
LIST_ENTRIES = """
SELECT entry_no, transaction_id, book, account, amount_fen, cause, charge_id, booked_at, hash
FROM ledger_entries ORDER BY entry_no"""
BERTHS_AT_ONCE: Final = 100
DIFFERENCES_KEPT: Final = 20

Progress = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class Findings:
    """What the audit found. Sums are fen by zone class, of lines as worked out, charges, and ledger."""

    stay_count: int = 0
    charge_count: int = 0
    difference_count: int = 0
    differences: list[str] = field(default_factory=list)
    lines_fen: Counter[str] = field(default_factory=Counter)
    charges_fen: Counter[str] = field(default_factory=Counter)
    ledger_fen: Counter[str] = field(default_factory=Counter)
    entry_count: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees."""
        return not self.difference_count and self.lines_fen == self.charges_fen == self.ledger_fen

    def note(self, difference: str) -> None:
        """Count a difference, and keep the first ones in words."""
        self.difference_count += 1
        if len(self.differences) < DIFFERENCES_KEPT:
            self.differences.append(difference)


class _Beside(NamedTuple):
    """What prices rest on beside the stay itself."""

    rights: Rights
    books: Mapping[str, TariffBook | None]
    earlier: Callable[[Stay], tuple[EarlierStay, ...]]


def audit(connection: Connection, sites: Mapping[BerthId, Site], progress: Progress) -> Findings:
    """Work everything out again; call it on one unchanging view of the database."""
    findings = Findings()
    seqs: Positions = dict(connection.execute(READ_POSITIONS).fetchall())
    books: dict[str, TariffBook | None] = {}
    berth_ids = list(sites)
    for start in range(0, len(berth_ids), BERTHS_AT_ONCE):
        accounts = _load(connection, berth_ids[start : start + BERTHS_AT_ONCE], seqs)
        rights = rights_of(connection, plates_seen((), accounts.values()))
        beside = _Beside(rights, books, lambda stay: load_earlier(connection, stay, sites))
        for berth_id, account in accounts.items():
            for stay_id in account.charges:
                digest = account.charges[stay_id].book_digest
                if digest not in books:
                    books[digest] = _find_book(connection, digest)
            _audit_berth(account, sites[berth_id], beside, findings)
        progress(min(start + BERTHS_AT_ONCE, len(berth_ids)), len(berth_ids))
    _audit_ledger(connection, findings)
    return findings


def _load(connection: Connection, berth_ids: Sequence[BerthId], seqs: Positions) -> dict[BerthId, Account]:
    """Everything that was ever known of these berths."""
    return load_accounts_since(connection, dict.fromkeys(berth_ids, Start(0, None)), seqs)


def _audit_berth(account: Account, site: Site, beside: _Beside, findings: Findings) -> None:
    history = replace(account.history, needs_witness=site.needs_witness)
    derived = {stay.stay_id: stay for stay in derive(history)}
    for stay_id in derived.keys() - account.stays.keys():
        findings.note(f"{stay_id}: stay: none is booked, one follows from the evidence")
    for stay_id, stay in account.stays.items():
        last = account.charges.get(stay_id)
        book = beside.books.get(last.book_digest) if last else None
        earlier = beside.earlier(stay) if book is not None and book.sums_stays else ()
        difference = compare_stay(stay, derived.get(stay_id)) or compare_charge(
            stay, last, site, beside.rights, book, earlier
        )
        if difference is not None:
            findings.note(f"{stay_id}: {difference}")
        findings.stay_count += 1
        if last is not None:
            findings.charge_count += 1
            _add(findings, last)


def _add(findings: Findings, charge: Charge) -> None:
    if charge.amount_fen:
        findings.charges_fen[charge.zone_class] += charge.amount_fen
        findings.lines_fen[charge.zone_class] += sum(line["amount_fen"] for line in charge.lines)


def _audit_ledger(connection: Connection, findings: Findings) -> None:
    findings.ledger_fen = Counter({name: fen for name, fen in connection.execute(SUM_REVENUE) if fen})
    last_no, last_hash = 0, FIRST_HASH
    for columns in _stream(connection):
        booked = chained_of(columns)
        (expected,) = chain([booked.entry], last_no, last_hash)
        if booked != expected:
            findings.note(
                f"entries.{booked.entry_no}: not as it was sealed, or entries are missing before it"
            )
        last_no, last_hash = booked.entry_no, booked.hash
        findings.entry_count += 1


def _stream(connection: Connection) -> Iterator[tuple[object, ...]]:
    with connection.cursor("billing_audit") as cursor:
        cursor.itersize = 10_000
        cursor.execute(LIST_ENTRIES)
        yield from cursor


def _find_book(connection: Connection, digest: str) -> TariffBook | None:
    row = connection.execute(FIND_BOOK, (digest,)).fetchone()
    return restore_book(row[0]).book if row else None
