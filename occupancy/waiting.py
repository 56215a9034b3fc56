"""What time does to a belief without any new evidence: silence, contradiction without answer, distrust."""

from typing import TYPE_CHECKING, Final

import numpy as np

from occupancy.cells import (
    CAUSE_CODE,
    DISPUTED,
    DISTRUSTED,
    RECORD,
    SILENT,
    UNKNOWN,
    heard_us,
)
from occupancy.evidence import Changes, Int64, no_changes
from occupancy.fusion import ENTER, GRACE_US, is_contradicted, is_unanswered, log_odds
from parking.states import TransitionCause

if TYPE_CHECKING:
    from occupancy.engine import Engine

_CAUSES: Final = {
    SILENT: CAUSE_CODE[TransitionCause.SILENCE],
    DISPUTED: CAUSE_CODE[TransitionCause.CONFLICT],
    DISTRUSTED: CAUSE_CODE[TransitionCause.QUARANTINE],
}


def fall_silent(engine: "Engine", now_us: int) -> Changes:
    """Turn berths UNKNOWN that were not heard beyond their limit: the vehicle can have left at once."""
    evidence_us = engine.evidence_us
    deadline = np.maximum(evidence_us, engine.received_us) + engine.limit_us
    silent = np.flatnonzero((deadline < now_us) & (engine.state != UNKNOWN))
    return _unknown(engine, silent, evidence_us[silent], deadline[silent], SILENT)


def dispute(engine: "Engine", street_us: int) -> Changes:
    """Turn berths UNKNOWN whose sources have contradicted each other for a while without an answer."""
    row = np.flatnonzero(is_contradicted(engine.cells) & (engine.state != UNKNOWN))
    cells = engine.cells[row]
    row = row[is_unanswered(cells) & (cells["turn_to_us"] + GRACE_US <= street_us)]
    cells = engine.cells[row]
    odds, _ = log_odds(cells, street_us, engine.devices["weight"], engine.fresh_us(row))
    row, cells = row[np.abs(odds) < ENTER], cells[np.abs(odds) < ENTER]
    since = cells["since_us"]
    latest = np.maximum(cells["turn_to_us"], since)
    return _unknown(engine, row, np.clip(cells["turn_from_us"], since, latest), latest, DISPUTED)


def distrust(engine: "Engine") -> Changes:
    """Turn berths UNKNOWN of which only devices in quarantine speak, as of the last change."""
    bad = np.flatnonzero((engine.devices["reason"] > 0)[:-1])
    if not len(bad):
        return no_changes()
    concerned = np.isin(engine.cells["device"], bad).any(axis=1) & (engine.state != UNKNOWN)
    row = np.flatnonzero(concerned)
    cells = engine.cells[row]
    heard = np.where(cells["said"] >= 0, engine.devices["weight"][cells["device"]], 0).max(axis=1, initial=0)
    row, cells = row[heard < ENTER], cells[heard < ENTER]
    return _unknown(engine, row, cells["since_us"], heard_us(cells), DISTRUSTED)


def _unknown(engine: "Engine", berth: Int64, earliest_us: Int64, latest_us: Int64, why: int) -> Changes:
    """Turn berths UNKNOWN, and write into the journal that time did it."""
    if not len(berth):
        return no_changes()
    latest_us = np.maximum(earliest_us, latest_us)
    cells = engine.cells[berth]
    records = np.zeros(len(berth), dtype=RECORD)
    records["berth"] = berth
    records["before"] = cells
    records["reading_id"] = records["kind"] = records["occupied"] = -1
    records["observed_us"] = np.maximum(latest_us, heard_us(cells)) if why == SILENT else heard_us(cells)
    records["to_state"] = UNKNOWN
    records["earliest_us"][:, 1] = earliest_us
    records["latest_us"][:, 1] = latest_us
    before = cells["state"].copy()
    cells["state"], cells["why"], cells["since_us"] = UNKNOWN, why, latest_us
    engine.cells[berth] = cells
    numbers = engine.journal.append(records)
    count = len(berth)
    return Changes(
        berth=berth,
        from_state=before,
        to_state=np.full(count, UNKNOWN, dtype=np.int8),
        earliest_us=earliest_us,
        latest_us=latest_us,
        confidence=np.ones(count, dtype=np.float32),  # that we do not know is certain
        cause=np.full(count, _CAUSES[why], dtype=np.int8),
        reading_id=np.full(count, -1, dtype=np.int64),
        place=numbers * 2 + 1,
        replaces=np.zeros(count, dtype=np.int64),
    )
