"""Loads the stays of vehicles one after another, for tariffs that sum over several."""

from collections.abc import Mapping
from datetime import datetime

from billing.rating import Site
from billing.records import charge_of, stay_of
from billing.runs import QUIET, RunStay, by_plate, earlier_stays, since_quiet
from billing.stays import Stay
from billing.tariff import EarlierStay
from parking.ids import BerthId, Plate
from parking.plumbing.database import Connection

# All closed stays of a plate from where its last pause before a moment ended.
LIST_RUNS = """
WITH touched AS (SELECT * FROM unnest(%(plates)s::text[], %(ats)s::timestamptz[]) AS t(plate, at)),
starts AS (
    SELECT t.plate, coalesce((
        SELECT max(q.at) FROM (
            SELECT s.arrived_latest_at AS at, max(s.departed_earliest_at) OVER (
                ORDER BY s.arrived_latest_at, s.stay_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS left_at
            FROM stays AS s
            WHERE s.plate = t.plate AND s.state = 'closed' AND s.arrived_latest_at <= t.at
        ) AS q WHERE q.left_at IS NULL OR q.left_at < q.at - %(quiet)s::interval), t.at) AS from_at
    FROM touched AS t)
SELECT s.stay_id, s.berth_id, s.state, s.arrived_earliest_at, s.arrived_latest_at, s.departed_earliest_at,
       s.departed_latest_at, s.plate, s.plate_colour, s.plate_confidence, s.arrival_seq, s.departure_seq,
       s.note, s.witnessed_from_at, s.witnessed_until_at,
       c.charge_id, c.stay_id, c.version, c.amount_fen, c.zone_class, c.tariff, c.document_no, c.lines,
       c.notes, c.charged_from_at, c.charged_to_at, c.minutes, c.cause, c.replaces, c.rated_at, c.book_digest
FROM starts AS f
JOIN stays AS s ON s.plate = f.plate AND s.arrived_latest_at >= f.from_at AND s.state = 'closed'
LEFT JOIN LATERAL (SELECT * FROM charges WHERE stay_id = s.stay_id ORDER BY version DESC LIMIT 1) AS c ON true
WHERE %(until)s::timestamptz IS NULL OR s.arrived_latest_at <= %(until)s
ORDER BY s.plate, s.arrived_latest_at, s.stay_id"""
_STAY_COLUMNS = 15


def load_runs(
    connection: Connection,
    touched: Mapping[Plate, datetime],
    sites: Mapping[BerthId, Site],
    until: datetime | None = None,
) -> dict[Plate, list[RunStay]]:
    """Load what may bear on, and depend on, the stays of these plates from these moments on."""
    arguments = {"plates": list(touched), "ats": list(touched.values()), "quiet": QUIET, "until": until}
    run = []
    for row in connection.execute(LIST_RUNS, arguments):
        stay, charge = stay_of(row[:_STAY_COLUMNS]), row[_STAY_COLUMNS:]
        if stay.berth_id in sites:
            kept = charge_of(charge) if charge[0] is not None else None
            run.append(RunStay(stay=stay, site=sites[stay.berth_id], charge=kept))
    return by_plate(run)


def load_earlier(
    connection: Connection, stay: Stay, sites: Mapping[BerthId, Site]
) -> tuple[EarlierStay, ...]:
    """What a tariff that sums over stays must know of those before this one."""
    if stay.read is None:
        return ()
    at = stay.arrived.latest_at
    run = load_runs(connection, {stay.read.plate: at}, sites, until=at).get(stay.read.plate, [])
    before = [each for each in run if (each.stay.arrived.latest_at, each.stay.stay_id) < (at, stay.stay_id)]
    this = RunStay(stay=stay, site=sites[stay.berth_id], charge=None)
    return earlier_stays(since_quiet([*before, this])[:-1])
