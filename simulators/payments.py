"""How drivers pay where a berth bears a code: they name their plate, say since when they stood there, leave.

The page shows the arrival that the sensor reported. A driver who came then confirms it; one who came later,
because the sensor still saw the vehicle before him, says when. Nobody pays, or needs to, for a stay that is
free by its length.
"""

from typing import Final

import numpy as np

from parking.readings import ReadingKind
from simulators.draws import Ints
from simulators.events import Events, spoken
from simulators.faults.scene import MINUTE_MS, Scene
from simulators.sensing import Seen
from simulators.stays import Stays, stay_at

# Whoever stays no longer owes nothing, in every tariff of the city; a night may be free as well.
FREE_MS: Final = 30 * MINUTE_MS
# From the payment to the departure: at most so long, and at most half of the stay.
_TO_LEAVE_MS: Final = 2 * MINUTE_MS
# A driver does not mind, or notice, an arrival that is wrong by less.
_NOTICED_MS: Final = 5 * MINUTE_MS


def payments(stays: Stays, seen: Seen, scene: Scene) -> Events:
    """The payments of a day; `seen` is what sensors took for occupied."""
    layout, day, draws, faults = scene.layout, scene.day, scene.draws, scene.faults
    today = (stays.depart_ms >= day.start_ms) & (stays.depart_ms < day.end_ms)
    owing = stays.depart_ms - stays.arrive_ms > FREE_MS
    there = np.isin(stays.berth, layout.paid_at)
    if not len(layout.payments):
        there[:] = False
    key = (layout.berths.key[stays.berth], stays.arrive_ms)
    willing = ~draws.chance(faults.unpaid_share, "unpaid", *key)
    payer = np.flatnonzero(today & owing & there & willing)
    key = (layout.berths.key[stays.berth[payer]], stays.arrive_ms[payer])
    arrive, depart = stays.arrive_ms[payer], stays.depart_ms[payer]
    leaving = (_TO_LEAVE_MS * draws.uniform("leaving", *key)).astype(np.int64)
    paid = np.maximum(depart - leaving, day.start_ms)
    shown = _shown_arrivals(seen, scene, stays.berth[payer], paid, arrive)
    agrees = np.abs(shown - arrive) <= _NOTICED_MS
    agrees |= draws.chance(faults.careless_share, "careless", *key)
    return spoken(
        at_ms=paid,
        device=np.full(len(payer), layout.payments[0] if len(payer) else -1),
        berth=stays.berth[payer],
        kind=int(ReadingKind.SIGHTING),
        occupied=np.ones(len(payer), dtype=np.bool_),
        vehicle=payer,
        confidence=np.full(len(payer), 100, dtype=np.int64),
        since_ms=np.where(agrees, shown, arrive),
    )


def _shown_arrivals(seen: Seen, scene: Scene, berth: Ints, at_ms: Ints, arrive_ms: Ints) -> Ints:
    """The arrival that the berth's sensor has reported; the true one where it saw none."""
    sensors = scene.layout.sensors
    view_of = np.full(len(scene.layout.berths), -1, dtype=np.int64)
    view_of[scene.layout.view_berth[:sensors]] = np.arange(sensors)
    row = stay_at(seen.view, seen.arrive_ms, seen.depart_ms, view_of[berth], at_ms)
    shown: Ints = np.where(row >= 0, seen.arrive_ms[row], arrive_ms) if len(seen) else arrive_ms
    return shown
