"""What devices say of themselves: that they live, their battery, and by their numbers what was lost."""

import numpy as np

from occupancy.cells import Devices, gather, scatter
from occupancy.evidence import EITHER, Evidence, Flags, Float, Int64
from parking.readings import ReadingKind


def follow(devices: Devices, evidence: Evidence) -> Flags:
    """Note these signs of life; returns whether each reading bears the number after its device's last.

    Where numbers are missing the entry keeps between which two messages. Devices whose messages bear no
    numbers (a negative boot) never follow and never miss any.
    """
    if not len(evidence):
        return np.empty(0, dtype=np.bool_)
    order = np.argsort((evidence.device << 32) + (evidence.seq & 0xFFFFFFFF))
    who, boot = evidence.device[order], evidence.boot[order]
    seq, at_s = evidence.seq[order] & 0xFFFFFFFF, evidence.observed_us[order] // 1_000_000
    entries = gather(devices, who)
    last_boot, last_seq = entries["boot"].astype(np.int64), entries["seq"].astype(np.int64)
    last_s = entries["heard_s"].astype(np.int64)
    again = np.flatnonzero(who[1:] == who[:-1]) + 1
    last_boot[again], last_seq[again], last_s[again] = boot[again - 1], seq[again - 1], at_s[again - 1]
    same = (last_boot == boot) & (boot >= 0) & (last_s > 0)
    lost = same & (seq > last_seq + 1)
    goes_on = np.zeros(len(order), dtype=np.bool_)
    goes_on[again] = True
    ends = np.append(np.flatnonzero(~goes_on)[1:], len(order)) - 1
    last = gather(entries, ends)
    newer = ~same[ends] | (seq[ends] >= last_seq[ends])
    last["boot"] = np.where(newer, boot[ends], last["boot"])
    last["seq"] = np.where(newer, seq[ends], last["seq"])
    _lose(last, lost, goes_on, ends, (last_s, at_s))
    _charge(last, entries, evidence.battery_v[order], again, ends)
    starts = np.append(0, ends[:-1] + 1)
    last["heard_s"] = np.maximum(last["heard_s"], np.maximum.reduceat(at_s, starts))
    kind = evidence.kind[order]
    beats = ((kind == ReadingKind.HEARTBEAT) | (kind == EITHER)).astype(np.float32)
    last["beats"] += np.add.reduceat(beats, starts)
    scatter(devices, who[ends], last)
    follows = np.empty(len(order), dtype=np.bool_)
    follows[order] = same & (seq == last_seq + 1)
    return follows


def _lose(last: Devices, lost: Flags, goes_on: Flags, ends: Int64, between: tuple[Int64, Int64]) -> None:
    """Note between which two messages each device lost one, if it did; `goes_on` from the row before."""
    if not lost.any():
        return
    row = np.maximum.accumulate(np.where(lost | ~goes_on, np.arange(len(lost)), 0))[ends]
    did = lost[row]
    for name, at_s in zip(("lost_from_s", "lost_to_s"), between, strict=True):
        last[name] = np.where(did, at_s[row], last[name])


def _charge(last: Devices, entries: Devices, volts: Float, again: Int64, ends: Int64) -> None:
    """Follow the voltage slowly: single readings are coarse and depend on the temperature."""
    if np.isnan(volts).all():
        return
    known, rate = _charged(entries["battery_v"].copy(), entries["battery_per_day"].copy(), volts)
    while len(again):
        # Of rows that follow one another the first goes on from the row before it.
        first = np.ones(len(again), dtype=np.bool_)
        first[1:] = again[1:] != again[:-1] + 1
        row = again[first]
        known[row], rate[row] = _charged(known[row - 1], rate[row - 1], volts[row])
        again = again[~first]
    last["battery_v"], last["battery_per_day"] = known[ends], rate[ends]


def _charged(known: Float, rate: Float, volts: Float) -> tuple[Float, Float]:
    """Voltages and their trends after one more reading each, NaN for none."""
    moved: Float = (volts - known) * np.float32(1 / 16)
    after: Float = known + moved
    trend: Float = rate + (moved * np.float32(48) - rate) * np.float32(1 / 512)
    is_new, untold = np.flatnonzero(known == 0), np.flatnonzero(np.isnan(volts))
    after[is_new], trend[is_new] = volts[is_new], 0
    after[untold], trend[untold] = known[untold], rate[untold]
    return after, trend
