"""Followers (跟车) told apart, from the stays that billing derived."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from app.scoring.case import Case, States
from billing.presence import Note
from billing.stays import Stay, StayState
from simulators.scoring.followers import Boundary, score_followers
from simulators.scoring.timelines import (
    Tally,
    Window,
)

Figures = dict[str, Any]
MINUTE_MS = 60_000


def follower_figures(case: Case, stays: Sequence[Sequence[Stay]], states: States) -> Figures:
    """Recall and precision of followers, with a camera over the berth and without."""
    splits, claims = [], []
    held: dict[int, list[tuple[int, int]]] = {}
    for berth, each in enumerate(stays):
        for boundary, told in _boundaries(berth, each):
            splits.append(boundary)
            if told or not _cleared(states.sensor_free, boundary):
                claims.append(boundary)
        held[berth] = [_bounds(stay, case.window) for stay in each if stay.state is StayState.HELD]
    scores = score_followers(case.truth, splits, claims, held, case.camera.tolist(), case.window)
    return {
        name: {
            **asdict(scores[camera]),
            "recall": scores[camera].recall,
            "precision": scores[camera].precision,
        }
        for name, camera in (("with_camera", True), ("without_camera", False))
    }


def _boundaries(berth: int, stays: Sequence[Stay]) -> Iterator[tuple[Boundary, bool]]:
    """Where one standing stay follows another, and whether billing says so of itself (跟车)."""
    standing = [stay for stay in stays if stay.state in {StayState.OPEN, StayState.CLOSED}]
    for before, after in pairwise(standing):
        if before.departed_earliest_at is not None:
            earliest, latest = before.departed_earliest_at, after.arrived.latest_at
            boundary = Boundary(berth=berth, earliest_ms=_ms(earliest), latest_ms=_ms(max(earliest, latest)))
            yield boundary, Note.FOLLOWED in before.notes & after.notes


def _cleared(free: Tally, boundary: Boundary) -> bool:
    """Whether the sensor alone said, around the boundary, that the berth was free."""
    berth, low, high = (
        np.array([value], dtype=np.int64)
        for value in (boundary.berth, boundary.earliest_ms - MINUTE_MS, boundary.latest_ms + MINUTE_MS)
    )
    return bool(free.between(berth, low, high)[0])


def _bounds(stay: Stay, window: Window) -> tuple[int, int]:
    departed = stay.departed_latest_at
    return _ms(stay.arrived.earliest_at), _ms(departed) if departed else window.until_ms


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
