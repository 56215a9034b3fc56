"""One run beside its truth, and how long each source was wrong."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from app.scoring.bills import Office
from app.scoring.street import Plan, Played, Words
from parking.city import City
from parking.staleness import berth_limits
from parking.states import BerthState
from simulators.days import World
from simulators.draws import Flags, Ints
from simulators.scoring.timelines import (
    Tally,
    Timeline,
    Window,
    last_words,
    tally_beyond,
    tally_state,
    tally_wrong,
    true_timeline,
)
from simulators.scoring.truth import Truth


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


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """How long each source was wrong or silent. `sensor_occupied` is what the sensors alone say."""

    fused: Tally
    unknown: Tally
    sensor: Tally
    camera: Tally
    sensor_free: Tally
    stale: Tally

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
            stale=tally_beyond(shown, _heard(case), window),
        )

    @property
    def stale_s(self) -> float:
        """Seconds of berth-time in which a state was published beyond the berth's limit of silence."""
        return float(self.stale.of_berths().sum()) / 1000

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
    return last_words(
        berth[known],
        np.array(words.observed_us, dtype=np.int64)[known] // 1000,
        np.array(words.received_us, dtype=np.int64)[known] // 1000,
        np.array(words.occupied, dtype=np.bool_)[known],
        _limits_ms(case),
    )


def _heard(case: Case) -> Timeline:
    """UNKNOWN where no device was heard within the berth's limit; a step more is how often we look."""
    words = case.played.words.values()
    received = np.array([us // 1000 for each in words for us in each.received_us], dtype=np.int64)
    berth = _places(case)[np.array([place for each in words for place in each.berth], dtype=np.int64)]
    order = np.argsort(received, kind="stable")
    order = order[berth[order] >= 0]
    berth, received = berth[order], received[order]
    step_ms = round(case.plan.step.total_seconds() * 1000)
    alive = np.zeros(len(berth), dtype=np.bool_)
    return last_words(berth, received, received, alive, _limits_ms(case) + step_ms)


def _limits_ms(case: Case) -> Ints:
    """How long each berth may be unheard."""
    limits = berth_limits(case.city)
    seconds = [limits[berth_id].total_seconds() for berth_id in case.world.layout.berths.ids]
    return (np.array(seconds) * 1000).astype(np.int64)


def _places(case: Case) -> Ints:
    """The truth's number of each berth of the belief, -1 for berths that are not simulated."""
    number = {berth_id: place for place, berth_id in enumerate(case.world.layout.berths.ids)}
    return np.array([number.get(berth_id, -1) for berth_id in case.played.berth_ids], dtype=np.int64)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
