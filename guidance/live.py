"""The events of the live stream and what is in them; `README.md` beside this file gives them to readers."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from guidance.board import Board, View

# When more than this share of the berths changed at once, a new snapshot is smaller than a delta.
SNAPSHOT_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Event:
    """One event before it is numbered: its name and a body that JSON can hold."""

    kind: str
    body: dict[str, Any]


def snapshot_body(board: Board, view: View) -> dict[str, Any]:
    """All states and counts; the caller adds `layout` and `kpi`."""
    return {
        "at": view.at,
        "as_of": view.as_of,
        "states": base64.b64encode(view.states.tobytes()).decode(),
        "sections": dict(zip(board.section_ids, view.sections.tolist(), strict=True)),
    }


def delta_body(board: Board, before: View, after: View) -> dict[str, Any] | None:
    """What changed between two views, None where nothing did."""
    moved = np.flatnonzero(before.states != after.states)
    counted = np.flatnonzero((before.sections != after.sections).any(axis=1))
    if not len(moved) and not len(counted):
        return None
    pairs = np.column_stack((moved, after.states[moved]))
    return {
        "at": after.at,
        "as_of": after.as_of,
        "berths": pairs.tolist(),
        "sections": {board.section_ids[number]: after.sections[number].tolist() for number in counted},
    }


def wants_snapshot(before: View, after: View) -> bool:
    """Whether so much changed that a snapshot serves better than a delta."""
    changed = np.count_nonzero(before.states != after.states)
    return bool(changed > len(after.states) * SNAPSHOT_SHARE)
