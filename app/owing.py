"""What plates owe, from the operator's ledger: the answer to enforcement's port."""

from collections.abc import Collection, Mapping

from parking.ids import Plate
from parking.money import Fen
from parking.plumbing.database import Connection

# A stay is paid within days as a rule; only what is open for longer counts as a debt.
LIST_OWED = """
SELECT s.plate, sum(e.amount_fen)
FROM stays AS s JOIN charges AS c USING (stay_id) JOIN ledger_entries AS e USING (charge_id)
WHERE s.plate = ANY(%s) AND s.departed_latest_at < now() - interval '15 days' AND e.account = 'receivable'
GROUP BY s.plate HAVING sum(e.amount_fen) > 0"""


def owed_by_plates(connection: Connection, plates: Collection[Plate]) -> Mapping[Plate, Fen]:
    """Return what these plates owe for stays that ended at least fifteen days ago."""
    rows = connection.execute(LIST_OWED, (sorted(plates),))
    return {Plate(plate): Fen(int(owed)) for plate, owed in rows}
