"""All figures of one run, from what was played and what is true."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from app.scoring.acts import Judged
from app.scoring.bills import Office, TrueCosts, believed_stays, claims_of
from app.scoring.street import Plan, Played, Words
from billing.presence import Note
from billing.stays import Stay, StayState
from parking.city import City
from parking.staleness import berth_limits
from parking.states import BerthState
from simulators.days import World
from simulators.draws import Flags, Ints
from simulators.faults.mishaps import Fault, Mishaps
from simulators.layout import Layout
from simulators.messages import InstantText
from simulators.scoring.acts import score_acts
from simulators.scoring.followers import Boundary, score_followers
from simulators.scoring.money import Money, score_money
from simulators.scoring.timelines import (
    Tally,
    Timeline,
    Window,
    last_words,
    tally_state,
    tally_wrong,
    true_timeline,
)
from simulators.scoring.truth import Truth

Figures = dict[str, Any]
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
# Cases of one sort that are told.
WORST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run: what was played, what is true, and by which numbers berths are known to the truth."""

    city: City
    world: World
    plan: Plan
    played: Played
    truth: Truth
    office: Office
    window: Window
    camera: Flags

    @classmethod
    def of(cls, city: City, world: World, plan: Plan, played: Played, office: Office) -> "Case":
        """Put a run beside its truth."""
        layout = world.layout
        camera = np.zeros(len(layout.berths), dtype=np.bool_)
        camera[layout.view_berth[layout.sensors :]] = True
        window = Window(from_ms=_ms(plan.from_at), until_ms=_ms(plan.until_at), berths=len(layout.berths))
        truth = Truth.of([played.days[on] for on in sorted(played.days)])
        return cls(
            city=city, world=world, plan=plan, played=played, truth=truth, office=office,
            window=window, camera=camera,
        )  # fmt: skip


def report(case: Case, judged: Judged) -> Figures:
    """Return the figures that `citypark score --json` prints."""
    states = States.of(case)
    berth_ids = case.world.layout.berths.ids
    stays = [believed_stays(case.played, berth_id) for berth_id in berth_ids]
    claims = [claim for number, each in enumerate(stays) for claim in claims_of(case.office, each, number)]
    costs = TrueCosts(case.office, case.truth, berth_ids)
    money = score_money(case.truth, claims, costs, case.camera.tolist(), case.window)
    return {
        "accuracy": states.accuracies(case.camera),
        **money_figures(money),
        **act_figures(judged, case.window),
        "tailgating": follower_figures(case, stays, states),
        "lost": case.played.lost,
        "messages": {
            "sent": case.played.sent,
            "accepted": case.played.accepted,
            "rejected": dict(sorted(case.played.rejected.items())),
        },
        "by_fault": fault_figures(case, states, money),
        "cases": case_figures(case, money, judged),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """How long each source was wrong or silent. `sensor_occupied` is what the sensors alone say."""

    fused: Tally
    unknown: Tally
    sensor: Tally
    camera: Tally
    sensor_free: Tally

    @classmethod
    def of(cls, case: Case) -> "States":
        """Tally a run."""
        window, truth = case.window, true_timeline(case.truth.stays, case.truth.blocked, case.window)
        shown, sensor, camera = _shown(case), _alone(case, "geo"), _alone(case, "camera")
        return cls(
            fused=tally_wrong(shown, truth, window),
            unknown=tally_state(shown, BerthState.UNKNOWN, window),
            sensor=tally_wrong(sensor, truth, window),
            camera=tally_wrong(camera, truth, window),
            sensor_free=tally_state(sensor, BerthState.FREE, window),
        )

    def accuracies(self, camera: Flags) -> dict[str, float]:
        """Shares of berth-time in which the state was the true one; `unknown` is a share of all time."""
        everywhere = np.ones_like(camera)
        return {
            "fused": _right(self.fused, everywhere),
            "geomagnetic": _right(self.sensor, everywhere),
            "camera": _right(self.camera, camera),
            "fused_with_camera": _right(self.fused, camera),
            "fused_without_camera": _right(self.fused, ~camera),
            "geomagnetic_with_camera": _right(self.sensor, camera),
            "geomagnetic_without_camera": _right(self.sensor, ~camera),
            "unknown": round(self.unknown.share(everywhere), 6),
            "unknown_with_camera": round(self.unknown.share(camera), 6),
        }


def _right(wrong: Tally, chosen: Flags) -> float:
    return round(1 - wrong.share(chosen), 6) if chosen.any() else 0.0


def _shown(case: Case) -> Timeline:
    """What was published, by the truth's numbers of berths."""
    played = case.played
    berth = _places(case)[np.array(played.shown_berth, dtype=np.int64)]
    known = berth >= 0
    at_ms = np.array(played.shown_us, dtype=np.int64) // 1000
    return Timeline.of(berth[known], at_ms[known], np.array(played.shown_state, dtype=np.int8)[known])


def _alone(case: Case, family: str) -> Timeline:
    """What devices of one family say by themselves."""
    words = case.played.words.get(family, Words())
    berth = _places(case)[np.array(words.berth, dtype=np.int64)]
    known = berth >= 0
    limits = berth_limits(case.city)
    limit_ms = [limits[berth_id].total_seconds() * 1000 for berth_id in case.world.layout.berths.ids]
    return last_words(
        berth[known],
        np.array(words.observed_us, dtype=np.int64)[known] // 1000,
        np.array(words.received_us, dtype=np.int64)[known] // 1000,
        np.array(words.occupied, dtype=np.bool_)[known],
        np.array(limit_ms, dtype=np.int64),
    )


def _places(case: Case) -> Ints:
    """The truth's number of each berth of the belief, -1 for berths that are not simulated."""
    number = {berth_id: place for place, berth_id in enumerate(case.world.layout.berths.ids)}
    return np.array([number.get(berth_id, -1) for berth_id in case.played.berth_ids], dtype=np.int64)


def money_figures(money: Money) -> Figures:
    """Sums in fen, and counts of stays."""
    elsewhere = money.billed_fen - money.billed_with_camera_fen
    over = money.over_fen - money.over_with_camera_fen
    return {
        "ghosts": money.ghosts,
        "billed_fen": money.billed_fen,
        "owed_fen": money.owed_fen,
        "overcharged_fen": money.over_fen,
        "overcharged_with_camera_fen": money.over_with_camera_fen,
        "overcharged_share_without_camera": round(over / elsewhere, 7) if elsewhere else 0.0,
        "undercharged_fen": money.under_fen,
        "undercharged_held_fen": money.under_held_fen,
        "wrong_plate_fen": money.wrong_plate_fen,
        "unidentified_fen": money.unidentified_fen,
        "stays": money.stays,
        "stays_exact": money.exact,
        "stays_held": money.held,
        "stays_running": money.running,
    }


def act_figures(judged: Judged, window: Window) -> Figures:
    """Violations that were actionable and wrong at any time, and each rule's figures."""
    scores, wrong = score_acts(judged.offences, judged.accusations, window)
    return {
        "wrong_violations": len(wrong),
        "enforcement": {rule: asdict(score) for rule, score in scores.items()},
        "corrections": {"planted": judged.planted, "withdrawn": judged.withdrawn},
    }


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


def _charged_meanwhile(money: Money, berth: Ints, from_ms: Ints, to_ms: Ints) -> int:
    """Fen overcharged by bills that such a fault touches; a bill may count for several classes."""
    total = 0
    for each in money.over:
        touched = (berth == each.berth) & (from_ms <= each.to_ms) & (to_ms >= each.from_ms)
        total += each.fen if touched.any() else 0
    return total


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
