"""Figures by class of fault, and the worst single cases."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.scoring.acts import Judged
from app.scoring.case import Case, States
from simulators.draws import Ints
from simulators.faults.mishaps import Fault, Mishaps
from simulators.layout import Layout
from simulators.messages import InstantText
from simulators.scoring.acts import score_acts
from simulators.scoring.money import Money

Figures = dict[str, Any]
HOUR_MS = 3_600_000
# Cases of one sort that are told.
WORST = 20


def fault_figures(case: Case, states: States, money: Money) -> Figures:
    """By class of fault: how many and for how long, accuracy meanwhile, money charged wrongly meanwhile."""
    views = _views(case.world.layout)
    figures: Figures = {}
    for fault in Fault:
        berth, from_ms, to_ms = _stretches(case.truth.mishaps, fault, views)
        length = np.maximum(
            np.minimum(to_ms, case.window.until_ms) - np.maximum(from_ms, case.window.from_ms), 0
        )
        total = int(length.sum())
        figures[fault.name.lower()] = {
            "count": int(((from_ms < case.window.until_ms) & (to_ms >= case.window.from_ms)).sum()),
            "berth_hours": round(total / HOUR_MS, 2),
            **{
                name: round(1 - int(wrong.between(berth, from_ms, to_ms).sum()) / total, 4) if total else None
                for name, wrong in (("fused", states.fused), ("geomagnetic", states.sensor))
            },
            "overcharged_fen": _charged_meanwhile(money, berth, from_ms, to_ms),
        }
    return figures


def _views(layout: Layout) -> dict[int, list[int]]:
    """The berths that each device sees."""
    views: dict[int, list[int]] = defaultdict(list)
    for device, berth in zip(layout.view_device.tolist(), layout.view_berth.tolist(), strict=True):
        views[device].append(berth)
    return views


def _stretches(mishaps: Mishaps, fault: Fault, views: Mapping[int, Sequence[int]]) -> tuple[Ints, Ints, Ints]:
    """Berth, begin and end of each fault; of a device's fault one row for each berth that it sees."""
    chosen = mishaps.pick(mishaps.fault == fault)
    rows = [
        (seen, from_ms, to_ms)
        for device, berth, from_ms, to_ms in zip(
            chosen.device.tolist(),
            chosen.berth.tolist(),
            chosen.from_ms.tolist(),
            chosen.to_ms.tolist(),
            strict=True,
        )
        for seen in ((berth,) if berth >= 0 else views.get(device, ()))
    ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def _charged_meanwhile(money: Money, berth: Ints, from_ms: Ints, to_ms: Ints) -> int:
    """Fen overcharged by bills that such a fault touches; a bill may count for several classes."""
    total = 0
    for each in money.over:
        touched = (berth == each.berth) & (from_ms <= each.to_ms) & (to_ms >= each.from_ms)
        total += each.fen if touched.any() else 0
    return total


def case_figures(case: Case, money: Money, judged: Judged) -> Figures:
    """The worst single cases, for whoever looks into them: where, when, and the faults that touch them."""
    worst = sorted(money.over, key=lambda each: -each.fen)[:WORST]
    _, wrong = score_acts(judged.offences, judged.accusations, case.window)
    return {
        "overcharged": [
            {"fen": each.fen, "ghost": each.ghost, **_where(case, each.berth, each.from_ms, each.to_ms)}
            for each in worst
        ],
        "wrong_violations": [
            {
                "rule": each.rule,
                "plate": each.plate,
                "stands": each.stands,
                **_where(case, each.berth, each.since_ms, each.until_ms),
            }
            for each in wrong[:WORST]
        ],
    }


def _where(case: Case, berth: int, from_ms: int, to_ms: int) -> Figures:
    """Place and time, the true stays there, and the faults of its sensors at that time."""
    truth, instant = case.truth, InstantText(case.world.zone)
    mishaps, stays = truth.mishaps, truth.stays
    touching = (mishaps.berth == berth) & (mishaps.from_ms <= to_ms) & (mishaps.to_ms >= from_ms)
    return {
        "berth": case.world.layout.berths.ids[berth],
        "from": instant(from_ms),
        "to": instant(to_ms),
        "camera": bool(case.camera[berth]),
        "faults": sorted({Fault(code).name.lower() for code in mishaps.fault[touching].tolist()}),
        "truth": [
            [
                instant(int(stays.arrive_ms[row])),
                instant(int(stays.depart_ms[row])),
                truth.vehicles[row].plate,
            ]
            for row in truth.rows_of(berth)
            if stays.arrive_ms[row] <= to_ms + HOUR_MS and stays.depart_ms[row] >= from_ms - HOUR_MS
        ],
    }
