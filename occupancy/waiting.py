"""What time does to a belief without any new evidence: silence, contradiction without answer, distrust."""

from typing import TYPE_CHECKING, Final

import numpy as np

from occupancy.cells import (
    CAUSE_CODE,
    DISPUTED,
    DISTRUSTED,
    PLAIN,
    RECORD,
    SILENT,
    UNKNOWN,
    Cells,
    heard_us,
)
from occupancy.evidence import Changes, Flags, Int8, Int64, join_changes, no_changes
from occupancy.fusion import ENTER, GRACE_US, is_contradicted, is_unanswered, log_odds
from parking.states import TransitionCause

if TYPE_CHECKING:
    from occupancy.engine import Engine

# The message that tells of a change leaves some seconds after it.
LOST_SLACK_S: Final = 15
_CAUSES: Final = {
    PLAIN: CAUSE_CODE[TransitionCause.CHANGE],
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
    """Settle contradictions that stand without an answer.

    Where a number of the silent device is missing just then, its message was lost: it says nothing now, and
    the other one is believed. Elsewhere, after a while, nobody knows.
    """
    row = np.flatnonzero(is_contradicted(engine.cells) & (engine.cells["why"] != SILENT))
    row = row[is_unanswered(engine.cells[row])]
    lost = _has_lost(engine, row)
    settled = _settle(engine, row[lost])
    row = row[~lost]
    row = row[(engine.state[row] != UNKNOWN) & (engine.cells["turn_to_us"][row] + GRACE_US <= street_us)]
    cells = engine.cells[row]
    odds, _ = log_odds(cells, street_us, engine.devices["weight"], engine.fresh_us(row))
    row, cells = row[np.abs(odds) < ENTER], cells[np.abs(odds) < ENTER]
    since = cells["since_us"]
    latest = np.maximum(cells["turn_to_us"], since)
    doubted = _unknown(engine, row, np.clip(cells["turn_from_us"], since, latest), latest, DISPUTED)
    return join_changes([settled, doubted])


def _silent_channel(engine: "Engine", row: Int64) -> Int64:
    """Which channel of these berths has not answered."""
    said_us = engine.cells["said_us"][row]
    silent: Int64 = np.argmin(said_us, axis=1)
    return silent


def _has_lost(engine: "Engine", row: Int64) -> Flags:
    """Whether the device that has not answered lost a message at the time in question."""
    cells = engine.cells[row]
    device = engine.devices[cells["device"][np.arange(len(row)), _silent_channel(engine, row)]]
    turn_s = cells["turn_to_us"] // 1_000_000
    lost: Flags = (device["lost_from_s"] - LOST_SLACK_S <= turn_s) & (device["lost_to_s"] >= turn_s)
    return lost & (cells["turn_to_us"] >= cells["since_us"])


def _settle(engine: "Engine", berth: Int64) -> Changes:
    """Forget the opinion of the device that lost its message, and believe the other."""
    cells = engine.cells[berth]
    row, silent = np.arange(len(berth)), _silent_channel(engine, berth)
    state = cells["said"][row, 1 - silent]
    moment = cells["turn_from_us"], cells["turn_to_us"]
    cells["said"][row, silent] = -1
    cells["lean"] = state
    earliest, latest = np.maximum(moment[0], cells["since_us"]), moment[1]
    return _turn(engine, berth, cells, (earliest, latest), state, PLAIN)


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
    """Turn berths UNKNOWN."""
    state = np.full(len(berth), UNKNOWN, dtype=np.int8)
    bounds = earliest_us, np.maximum(earliest_us, latest_us)
    return _turn(engine, berth, engine.cells[berth], bounds, state, why)


def _turn(
    engine: "Engine", berth: Int64, cells: Cells, bounds: tuple[Int64, Int64], state: Int8, why: int
) -> Changes:
    """Turn berths to a state, and write into the journal that time did it."""
    if not len(berth):
        return no_changes()
    records = np.zeros(len(berth), dtype=RECORD)
    before = engine.cells[berth]
    records["berth"] = berth
    records["before"] = before
    records["reading_id"] = records["kind"] = records["occupied"] = -1
    records["observed_us"] = np.maximum(bounds[1], heard_us(cells)) if why == SILENT else heard_us(cells)
    records["to_state"] = state[:, None]
    records["earliest_us"][:, 1], records["latest_us"][:, 1] = bounds
    cells["state"], cells["why"], cells["since_us"] = state, why, bounds[1]
    engine.cells[berth] = cells
    numbers = engine.journal.append(records)
    count, changed = len(berth), before["state"] != state
    return Changes(
        berth=berth,
        from_state=before["state"].copy(),
        to_state=state,
        earliest_us=bounds[0],
        latest_us=bounds[1],
        confidence=np.ones(count, dtype=np.float32),
        cause=np.full(count, _CAUSES[why], dtype=np.int8),
        reading_id=np.full(count, -1, dtype=np.int64),
        place=numbers * 2 + 1,
        replaces=np.zeros(count, dtype=np.int64),
    ).pick(changed)
