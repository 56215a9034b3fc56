"""How good each device is: learnt from agreement between sources, a quarter of an hour at a time.

Only records that can no longer change are learnt from, so what is learnt does not depend on the order in
which they came. A regular report is set against what the other channel of the berth said last, if that is
fresh and nothing changed just before. Where both agree, both gain. Where they do not, the blame is shared
by how likely each is to be the one in error. Neighbouring reports err together, so each counts a quarter;
of those who pass by again and again only the first look counts, and it counts fully.
The counts begin as those of a good device and fade with a half-life of a week: an old sin is forgotten, a
repaired device comes back.

Quarantine, with its reason; nothing that the device says counts until `RELEASE` of its late words are true:

- inaccurate: its accuracy is below `BAD` even at the upper end of its interval (95 percent);
- drifting: the same, for one that also takes back a good part of its changes within minutes;
- stuck: it says one thing for days while it used to change several times a day, or while others contradict.
- silent devices need none: they say nothing. They are listed as such.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

from occupancy.cells import NEVER, REASON_CODE, SENSOR, WITNESS, Devices, Records
from occupancy.evidence import Flags, Float, Int64
from parking.readings import ReadingKind
from parking.states import QuarantineReason

if TYPE_CHECKING:
    from occupancy.engine import Engine

# A good sensor, and a good camera: accuracy, and how many comparisons it takes to change our mind.
GOOD: Final = {SENSOR: 0.99, WITNESS: 0.997}
PRIOR_COUNT: Final = 8.0
REPEAT_COUNTS: Final = 0.25
SETTLED_US: Final = 180_000_000
HALF_LIFE_S: Final = 7 * 86_400.0
DAY_S: Final = 86_400.0

BAD: Final = 0.8
RELEASE: Final = 0.9
ENOUGH: Final = 4.0
DRIFT_BAD: Final = 0.3
TAKEN_BACK_US: Final = 240_000_000
STUCK_S: Final = 36 * 3_600
USUAL_TURNS: Final = 2.0
# Of the normal distribution: 95 percent lie within so many deviations.
Z: Final = 1.96

_INACCURATE = REASON_CODE[QuarantineReason.INACCURATE]
_DRIFTING = REASON_CODE[QuarantineReason.DRIFTING]
_STUCK = REASON_CODE[QuarantineReason.STUCK]


def first_weight(is_sensor: Flags) -> Float:
    """The weight of devices of which nothing was learnt."""
    return np.where(is_sensor, _logit(GOOD[SENSOR]), _logit(GOOD[WITNESS])).astype(np.float32)


def learn(engine: "Engine", quarters: int) -> None:
    """Learn from the records that became final in so many quarters of an hour, and judge the devices."""
    journal, devices = engine.journal, engine.devices
    numbers = journal.open_rows()
    slots = numbers % journal.capacity
    slots = slots[journal.rows["observed_us"][slots] <= engine.final_us]
    records = journal.rows[slots]
    journal.rows["is_done"][slots] = True
    _fade(devices, quarters)
    records = records[records["reading_id"] >= 0]
    if len(records):
        _compare(devices, records, engine.fresh_us(records["berth"]))
        _count_turns(devices, records)
    _judge(engine)


def accuracy(devices: Devices, is_sensor: Flags) -> tuple[Float, Float, Float]:
    """Expected share of true statements of each device, and the ends of its interval (95 percent)."""
    good = np.where(is_sensor, GOOD[SENSOR], GOOD[WITNESS])
    agreed = devices["agreed"][:-1] + PRIOR_COUNT * good
    disputed = devices["disputed"][:-1] + PRIOR_COUNT * (1 - good)
    count = agreed + disputed
    mean = agreed / count
    # Wilson's interval keeps inside [0, 1] and is right for few comparisons too.
    centre = (mean + Z * Z / (2 * count)) / (1 + Z * Z / count)
    half = Z * np.sqrt(mean * (1 - mean) / count + Z * Z / (4 * count * count)) / (1 + Z * Z / count)
    low, high = np.minimum(centre - half, mean), np.maximum(centre + half, mean)
    return mean.astype(np.float32), low.astype(np.float32), high.astype(np.float32)


def _fade(devices: Devices, quarters: int) -> None:
    """Let quarters of an hour pass."""
    for name in ("agreed", "disputed", "turns", "taken_back"):
        devices[name] *= 0.5 ** (900 * quarters / HALF_LIFE_S)
    devices["beats"] *= np.exp(-900 * quarters / DAY_S)
    lived = devices["quarters"] + quarters * (devices["heard_s"] > 0).astype(np.int64)
    devices["quarters"] = np.minimum(lived, np.iinfo(np.uint16).max)


def _compare(devices: Devices, records: Records, fresh_us: Int64) -> None:
    before, own = records["before"], records["channel"].astype(np.int64)
    row = np.arange(len(records))
    other = 1 - own
    at, said_us = records["observed_us"], before["said_us"][row, other]
    says = before["said"][row, other]
    quiet_us = at - np.maximum(before["turn_to_us"], before["since_us"])
    passing = records["kind"] == ReadingKind.SIGHTING
    repeats = before["said"][row, own] == records["occupied"]
    resting = repeats & (records["kind"] != ReadingKind.CHANGE)
    useful = np.where(passing, ~repeats, resting) & (says >= 0)
    useful &= (quiet_us > SETTLED_US) & (at - said_us < fresh_us)
    row = row[useful]
    mine = records["device"][row].astype(np.int64)
    theirs = before["device"][row, other[row]].astype(np.int64)
    agree = says[row] == records["occupied"][row]
    count = np.where(passing[row], 1.0, REPEAT_COUNTS)
    odds = devices["weight"][theirs] - devices["weight"][mine]
    blame = 1 / (1 + np.exp(-odds))  # that it was this one, given that exactly one erred
    for who, share in ((mine, blame), (theirs, 1 - blame)):
        np.add.at(devices["agreed"], who, np.where(agree, count, count * (1 - share)).astype(np.float32))
        np.add.at(devices["disputed"], who, np.where(agree, 0, count * share).astype(np.float32))


def _count_turns(devices: Devices, records: Records) -> None:
    """Count each device's own changes, and those that it took back within minutes."""
    before, own = records["before"], records["channel"].astype(np.int64)
    row = np.arange(len(records))
    turned = (before["said"][row, own] != records["occupied"]) & (before["said"][row, own] >= 0)
    turned &= records["kind"] != ReadingKind.SIGHTING
    who, at = records["device"][turned].astype(np.int64), records["observed_us"][turned]
    short = at - before["turn_to_us"][turned] < TAKEN_BACK_US
    short &= before["turn_to_us"][turned] != NEVER
    np.add.at(devices["turns"], who, np.float32(1))
    np.add.at(devices["taken_back"], who, short.astype(np.float32))
    np.maximum.at(devices["turned_s"], who, (at // 1_000_000).astype(np.int32))


def _judge(engine: "Engine") -> None:
    """Put devices into quarantine, release them, and weigh the others."""
    devices = engine.devices[:-1]
    mean, _, high = accuracy(engine.devices, engine.is_sensor[:-1])
    compared = devices["agreed"] + devices["disputed"]
    bad = (high < BAD) & (compared >= ENOUGH)
    drifts = bad & (devices["taken_back"] > DRIFT_BAD * devices["turns"])
    stuck = _are_stuck(engine, mean)
    reason = np.select([stuck, drifts, bad], [_STUCK, _DRIFTING, _INACCURATE], default=0)
    was = devices["reason"].copy()
    stays = (was > 0) & (reason == 0) & (mean < RELEASE)
    reason = np.where(stays, was, reason)
    now_s = max(engine.learnt_us, 0) // 1_000_000
    devices["distrusted_s"] = np.where(reason == 0, 0, np.where(was > 0, devices["distrusted_s"], now_s))
    devices["reason"] = reason
    best = first_weight(engine.is_sensor[:-1])
    weight = np.minimum(_logit(np.clip(mean, 0.5, 0.999)), best)
    devices["weight"] = np.where(reason > 0, 0, weight)


def _are_stuck(engine: "Engine", mean: Float) -> Flags:
    """Bound devices that speak and do not change: against their own past, or against what others say."""
    devices = engine.devices[:-1]
    still_s = engine.learnt_us // 1_000_000 - devices["turned_s"].astype(np.int64)
    speaks = (devices["turned_s"] > 0) & (engine.is_sensor[:-1])
    per_day = devices["turns"] * np.float32(np.log(2) * DAY_S / HALF_LIFE_S)
    stuck: Flags = speaks & (still_s > STUCK_S)
    return stuck & ((per_day >= USUAL_TURNS) | (mean < RELEASE))


def _logit(share: "Float | float") -> Float:
    return np.log(share / (1 - np.asarray(share))).astype(np.float32)
