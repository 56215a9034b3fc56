"""How long what grows is kept: a period for each stream, and what bills and cases still need beyond it.

Not listed, and so never deleted: stays, charges, the ledger, transitions and sightings, of which bills are
made, and violations, cases and their logs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import guidance.store.retention
import ingest.habitstore
import ingest.held
import ingest.store
import occupancy.retention
from parking.errors import SetupError
from parking.plumbing.database import Connection

# A debt may be claimed for three years (Civil Code, article 188); nothing is held back for longer.
LONGEST_CLAIM: Final = timedelta(days=3 * 366)
# Readings from this instant on are evidence: of a stay that is open or in doubt, of a bill that is not paid,
# of a case that is not over or an act that may still become one.
NEEDED_SINCE: Final = """
SELECT least(
    (SELECT min(arrived_earliest_at) FROM stays WHERE state IN ('open', 'held')),
    (SELECT min(arrived_earliest_at) FROM (
        SELECT s.arrived_earliest_at FROM stays AS s
        JOIN charges AS c USING (stay_id) JOIN ledger_entries AS e USING (charge_id)
        WHERE e.account = 'receivable' AND s.arrived_earliest_at >= %(oldest)s
        GROUP BY s.stay_id HAVING sum(e.amount_fen) > 0) AS unpaid),
    (SELECT min(v.since_at) FROM violations AS v LEFT JOIN cases AS c USING (violation_id)
     WHERE v.state = 'actionable' AND v.since_at >= %(oldest)s
       AND coalesce(c.state, '') NOT IN ('closed', 'dismissed', 'withdrawn')))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A table that grows: how many days are kept unless said otherwise, and how older rows go.

    `drop` returns how many rows went, by part of the table (-1: not counted).
    """

    days: int
    drop: Callable[[Connection, datetime], dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What was deleted of a stream: everything before an instant, which others' needs may have moved back."""

    stream: str
    before: datetime
    parts: dict[str, int]
    is_held_back: bool


def _whole(name: str, drop: Callable[[Connection, datetime], int]) -> Callable[..., dict[str, int]]:
    return lambda connection, before: {name: drop(connection, before)}


STREAMS: Final[Mapping[str, Stream]] = {
    "readings": Stream(
        days=400, drop=lambda connection, before: ingest.store.drop_before(connection, before.date())
    ),
    "rejects": Stream(days=90, drop=_whole("rejects", ingest.held.drop_rejects)),
    "discovered_devices": Stream(days=90, drop=_whole("discovered_devices", ingest.held.drop_discovered)),
    "batches": Stream(days=7, drop=_whole("batches", occupancy.retention.drop_batches)),
    "silence_limits": Stream(days=30, drop=_whole("silence_limits", ingest.habitstore.drop_limits)),
    "section_counts": Stream(days=730, drop=_whole("section_counts", occupancy.retention.drop_counts)),
    "device_health": Stream(days=400, drop=_whole("device_health", occupancy.retention.drop_health)),
    "sign_frames": Stream(days=180, drop=_whole("sign_frames", guidance.store.retention.drop_frames)),
    "audit_log": Stream(days=730, drop=_whole("audit_log", guidance.store.retention.drop_audit)),
}


def parse_periods(text: str) -> dict[str, int]:
    """Read `readings=400,rejects=90`; streams that it does not name keep their own period."""
    days = {name: stream.days for name, stream in STREAMS.items()}
    for part in (each.strip() for each in text.split(",") if each.strip()):
        name, _, number = part.partition("=")
        if name not in STREAMS:
            raise SetupError(f"{name!r} is none of the streams: {', '.join(STREAMS)}")
        if not number.isascii() or not number.isdigit() or int(number) < 1:
            raise SetupError(f"{part!r}: write how many days, at least 1, as {name}=90")
        days[name] = int(number)
    return days


def drop_old(connection: Connection, days: Mapping[str, int], now: datetime) -> list[Gone]:
    """Delete what is older than its period, in the caller's transaction, and return what went."""
    needed = _needed_since(connection, now)
    gone = []
    for name, stream in STREAMS.items():
        before = now - timedelta(days=days[name])
        is_held_back = name == "readings" and needed is not None and needed < before
        if is_held_back and needed is not None:
            before = needed
        gone.append(
            Gone(
                stream=name,
                before=before,
                parts=stream.drop(connection, before),
                is_held_back=is_held_back,
            )
        )
    return gone


def _needed_since(connection: Connection, now: datetime) -> datetime | None:
    row = connection.execute(NEEDED_SINCE, {"oldest": now - LONGEST_CLAIM}).fetchone()
    # A device may tell late of what it saw: the days before count too.
    return row[0] - timedelta(days=1) if row and row[0] else None
