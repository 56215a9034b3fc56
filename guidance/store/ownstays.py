"""The stays of one plate, as billing wrote them, for whoever owns it."""

from datetime import datetime
from typing import Any

from parking.ids import Plate
from parking.plumbing.database import Connection

LIST_OWN = """
SELECT s.stay_id::text, s.berth_id, s.section_id, s.state, s.plate, s.arrived_latest_at,
       s.departed_earliest_at, c.amount_fen, c.tariff
  FROM stays AS s
  LEFT JOIN LATERAL (SELECT amount_fen, tariff FROM charges WHERE charges.stay_id = s.stay_id
                      ORDER BY version DESC LIMIT 1) AS c ON true
 WHERE s.plate = %s AND s.state IN ('open', 'closed', 'held')
   AND (s.arrived_latest_at, s.stay_id::text) < (%s, %s)
 ORDER BY s.arrived_latest_at DESC, s.stay_id::text DESC LIMIT %s"""
FIELDS = (
    "stay_id", "berth_id", "section_id", "state", "plate", "arrived_at", "departed_at", "amount_fen",
    "tariff",
)  # fmt: skip


def list_own_stays(
    connection: Connection, plate: Plate, before: tuple[datetime, str], limit: int
) -> list[dict[str, Any]]:
    """Stays of a plate that began before (arrival, id), newest first, with what was charged last."""
    found = connection.execute(LIST_OWN, (plate, *before, limit)).fetchall()
    return [dict(zip(FIELDS, row, strict=True)) for row in found]
