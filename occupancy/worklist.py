"""Which devices the maintenance crew should see first, and why in words.

Pure. A job's value is what is at stake in a day (fees of the berths that depend on the device, and their
hours of which something would be known) times how certain it is that the device is bad.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import prod
from statistics import NormalDist
from types import MappingProxyType
from typing import Final

from occupancy.health import DeviceHealth
from parking.ids import BerthId, DeviceId
from parking.states import QuarantineReason

# What an hour of knowing a berth is worth besides its fee: quiet berths are repaired too (an assumption).
HOUR_FEN: Final = 20
# Good sites publish 99 percent, disturbed ones 87: below this a device is worse than its kind.
LEAST_ACCURACY: Final = 0.95
# Lithium thionyl chloride cells, as berth sensors have them, hold 3.6 V and fall off quickly below this.
EMPTY_V: Final = 3.0
# A crew plans a month ahead: a battery that lasts longer is no job yet.
PLANNED_AHEAD: Final = timedelta(days=30)
# Regular reports are lost on the way too; a share of missed ones below this says nothing of the device.
LOST_ON_THE_WAY: Final = 0.1
# Where a device was compared less often than this, published figures stand in for its accuracy.
FEWEST_COMPARED: Final = 5.0
# A device whose changes are taken back this often is as good as broken.
WORST_DRIFT: Final = 0.5
FEWEST_CERTAIN: Final = 0.05
# A squad that stood there and says so is wrong about one sensor in five (an assumption).
SQUAD_ERRS: Final = 0.2
# Nothing tells of a repair but a new sensor: what squads said counts until the crew must have been there.
HEEDED_FOR: Final = timedelta(days=14)

_IN_QUARANTINE: Final = 0.95
_QUARANTINE_WORDS: Final = {
    QuarantineReason.INACCURATE: ("与其他来源经常矛盾", "other sources contradict it often"),
    QuarantineReason.STUCK: ("状态长期不变", "it repeats one state"),
    QuarantineReason.DRIFTING: ("基线漂移", "its base line drifts"),
    QuarantineReason.SILENT: ("多日没有消息", "nothing was heard for days"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What depends on a device in a day: fees, and hours of berths; divided among the devices of a berth."""

    fen_per_day: float = 0.0
    berth_hours_per_day: float = 0.0

    @property
    def value_fen(self) -> float:
        """Both in money."""
        return self.fen_per_day + HOUR_FEN * self.berth_hours_per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How often squads on the spot called a device faulty, and when last."""

    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One sign that a device is bad: how certain it makes that, and its words."""

    certainty: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One device to be seen; jobs are in the order in which they should be done."""

    health: DeviceHealth
    stake: Stake
    certainty: float
    signs: tuple[Sign, ...]
    battery_empty_at: datetime | None

    @property
    def value_fen(self) -> float:
        """What seeing to it is worth in a day."""
        return self.stake.value_fen * self.certainty


def stakes_of(
    watched: Mapping[DeviceId, Sequence[BerthId]], fen_per_day: Mapping[BerthId, float]
) -> dict[DeviceId, Stake]:
    """What hangs on each device, from the berths that it watches; a berth is shared by all that watch it."""
    watchers: dict[BerthId, int] = {}
    for berth_ids in watched.values():
        for berth_id in berth_ids:
            watchers[berth_id] = watchers.get(berth_id, 0) + 1
    return {
        device_id: Stake(
            fen_per_day=sum(fen_per_day.get(berth_id, 0.0) / watchers[berth_id] for berth_id in berth_ids),
            berth_hours_per_day=sum(24 / watchers[berth_id] for berth_id in berth_ids),
        )
        for device_id, berth_ids in watched.items()
    }


def rank_jobs(
    healths: Iterable[DeviceHealth],
    stakes: Mapping[DeviceId, Stake],
    told: Mapping[DeviceId, Told],
    now: datetime,
    suspected: Mapping[DeviceId, Sequence[Sign]] = MappingProxyType({}),
) -> list[Job]:
    """Devices with signs of being bad, the most valuable job first; `suspected` are signs found elsewhere."""
    jobs = []
    for health in healths:
        found = [*suspected.get(health.device_id, ()), *_signs(health, told.get(health.device_id), now)]
        signs = tuple(sorted(found, key=lambda sign: -sign.certainty))
        certainty = 1 - prod(1 - sign.certainty for sign in signs)
        if certainty >= FEWEST_CERTAIN:
            jobs.append(
                Job(
                    health=health,
                    stake=stakes.get(health.device_id, Stake()),
                    certainty=certainty,
                    signs=signs,
                    battery_empty_at=battery_empty_at(health, now),
                )
            )
    return sorted(jobs, key=lambda job: (-job.value_fen, -job.certainty, job.health.device_id))


def battery_empty_at(health: DeviceHealth, now: datetime) -> datetime | None:
    """When the battery will be empty if it goes on as it did; None where that is not known."""
    volts, per_day = health.battery_v, health.battery_v_per_day
    if volts is None:
        return None
    if volts <= EMPTY_V:
        return now
    if per_day is None or per_day >= 0:
        return None
    days = (volts - EMPTY_V) / -per_day
    # Beyond ten years a trend says no more than that there is none.
    return now + timedelta(days=days) if days < 3650 else None


def _signs(health: DeviceHealth, told: Told | None, now: datetime) -> list[Sign]:
    found = (
        _told(told),
        _unheard(health),
        _quarantine(health),
        _inaccuracy(health),
        _silence(health),
        _battery(health, now),
        _drift(health),
    )
    return [sign for sign in found if sign is not None]


def _told(told: Told | None) -> Sign | None:
    if told is None:
        return None
    last = f"{told.last_at:%Y-%m-%d %H:%M}Z"
    return Sign(
        certainty=1 - SQUAD_ERRS**told.times,
        zh=f"现场人员报告传感器故障 {told.times} 次，最近 {last}",
        en=f"called faulty on the spot, {told.times} in all, last at {last}",
    )


def _unheard(health: DeviceHealth) -> Sign | None:
    """Never a word: as certain a fault as any, be it in the device, its mounting or its registration."""
    if health.heard_until is not None or health.compared > 0:
        return None
    since = f"{health.as_of:%Y-%m-%d %H:%M}Z"
    return Sign(
        certainty=_IN_QUARANTINE,
        zh=f"自 {since} 绑定以来从未发声",
        en=f"never heard since its binding at {since}",
    )


def _quarantine(health: DeviceHealth) -> Sign | None:
    if health.quarantine_reason is None or health.quarantined_since is None:
        return None
    zh, en = _QUARANTINE_WORDS[health.quarantine_reason]
    since = f"{health.quarantined_since:%Y-%m-%d %H:%M}Z"
    return Sign(
        certainty=_IN_QUARANTINE, zh=f"自 {since} 起隔离：{zh}", en=f"in quarantine since {since}: {en}"
    )


def _inaccuracy(health: DeviceHealth) -> Sign | None:
    """How likely its true accuracy lies below what is asked for; the interval is taken for a normal one."""
    if health.compared < FEWEST_COMPARED:
        return None
    spread = max((health.accuracy_high - health.accuracy_low) / (2 * NormalDist().inv_cdf(0.975)), 1e-6)
    certainty = NormalDist(health.accuracy, spread).cdf(LEAST_ACCURACY)
    if certainty < FEWEST_CERTAIN:
        return None
    low, high = f"{health.accuracy_low:.0%}", f"{health.accuracy_high:.0%}"
    return Sign(
        certainty=certainty,
        zh=f"准确率 {health.accuracy:.0%}（{low} 至 {high}，比对 {health.compared:.0f} 次）",
        en=f"right in {health.accuracy:.0%} ({low} to {high}, {health.compared:.0f} comparisons)",
    )


def _silence(health: DeviceHealth) -> Sign | None:
    """Missed reports, less what is lost on the way."""
    if health.beats_expected < 1 or health.heard_until is None:
        return None
    share = min(1.0, health.beats_missed / health.beats_expected)
    certainty = (share - LOST_ON_THE_WAY) / (1 - LOST_ON_THE_WAY)
    if certainty < FEWEST_CERTAIN:
        return None
    missed, due = f"{health.beats_missed:.0f}", f"{health.beats_expected:.0f}"
    return Sign(
        certainty=certainty,
        zh=f"约一天内应报 {due} 次，缺 {missed} 次",
        en=f"{missed} of {due} regular reports of about a day never came",
    )


def _battery(health: DeviceHealth, now: datetime) -> Sign | None:
    empty_at = battery_empty_at(health, now)
    if empty_at is None or empty_at - now >= PLANNED_AHEAD:
        return None
    return Sign(
        certainty=max(FEWEST_CERTAIN, 1 - (empty_at - now) / PLANNED_AHEAD),
        zh=f"电池 {health.battery_v:.2f} V，预计 {empty_at:%Y-%m-%d} 耗尽",
        en=f"battery at {health.battery_v:.2f} V, empty about {empty_at:%Y-%m-%d}",
    )


def _drift(health: DeviceHealth) -> Sign | None:
    certainty = min(_IN_QUARANTINE, health.drift / WORST_DRIFT)
    if certainty < FEWEST_CERTAIN:
        return None
    return Sign(
        certainty=certainty,
        zh=f"近期变化中 {health.drift:.0%} 被撤回或有争议",
        en=f"{health.drift:.0%} of its latest changes were taken back or disputed",
    )
