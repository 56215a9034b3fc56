"""A small city for tests of billing: berths of every class, the tariffs of Suizhou, a clock that stands."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from billing.books import PublishedBook, load_book
from billing.rating import Site
from billing.service import BillingService
from parking.ids import BerthId, SectionId, ZoneId
from parking.plumbing.database import Connection

ROOT = Path(__file__).resolve().parents[2]
# Monday, 10:00 in Suizhou: a working day inside charging hours.
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)


class StandingClock:
    """Always tells the same time."""

    def __init__(self, at: datetime = NOW) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


def after(minutes: float) -> datetime:
    """Minutes after 10:00."""
    return MORNING + timedelta(minutes=minutes)


def site(zone_class: str) -> Site:
    """A site of a class, on a road that only this test city has."""
    return Site(
        section_id=SectionId(f"S-{zone_class}"),
        zone_id=ZoneId(f"Z-{zone_class}"),
        zone_class=zone_class,
        road="试验路",
        berth_kind="ordinary",
    )


SITES: Mapping[BerthId, Site] = {
    BerthId(f"{zone_class}-{number:02d}"): site(zone_class)
    for zone_class in ("I", "II", "III")
    for number in range(20)
}


def suizhou() -> PublishedBook:
    """The tariffs of Suizhou as they are shipped."""
    return load_book(ROOT / "cities" / "suizhou")


def open_billing(
    database_url: str,
    book: PublishedBook,
    *,
    rows_per_partition: int = 40,
    sites: Mapping[BerthId, Site] = SITES,
    now: datetime = NOW,
) -> BillingService:
    """Open the service as its command does, on the test city."""
    return BillingService(
        database_url, sites, book, StandingClock(now), rows_per_partition=rows_per_partition
    )


def run_billing(
    database_url: str,
    book: PublishedBook,
    sites: Mapping[BerthId, Site] = SITES,
    now: datetime = NOW,
) -> None:
    """Let billing read everything that is there."""
    service = open_billing(database_url, book, sites=sites, now=now)
    try:
        while service.turn():
            pass
    finally:
        service.close()


STAYS = """
SELECT stay_id, partition, berth_id, section_id, zone_id, zone_class, state, arrived_earliest_at,
       arrived_latest_at, departed_earliest_at, departed_latest_at, plate, plate_colour, plate_confidence,
       arrival_seq, departure_seq, note, witnessed_from_at, witnessed_until_at FROM stays ORDER BY stay_id"""
CHARGES = """
SELECT charge_id, stay_id, version, amount_fen, zone_class, tariff, document_no, lines, notes,
       charged_from_at, charged_to_at, minutes, cause, replaces FROM charges ORDER BY charge_id"""
ENTRIES = """
SELECT transaction_id, book, account, amount_fen, cause, charge_id
FROM ledger_entries ORDER BY transaction_id, account"""
POSITIONS = "SELECT partition, seq, out_seq FROM billing_positions ORDER BY partition"


def everything(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """All that billing wrote, without the times of writing and without what depends on how work was cut."""
    return [connection.execute(query).fetchall() for query in (STAYS, CHARGES, ENTRIES, POSITIONS)]
