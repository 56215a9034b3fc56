"""What devices say of themselves: that they live, their battery, and by their numbers what was lost."""

import numpy as np

from occupancy.cells import Devices, gather, scatter
from occupancy.evidence import Evidence, Flags, Float, Int64
from parking.readings import ReadingKind


def follow(devices: Devices, evidence: Evidence) -> Flags:
    """Note these signs of life; returns whether each reading bears the number after its device's last.

    Where numbers are missing the entry keeps between which two messages. Devices whose messages bear no
    numbers (a negative boot) never follow and never miss any.
    """
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
    entries["lost_from_s"] = np.where(lost, last_s, entries["lost_from_s"])
    entries["lost_to_s"] = np.where(lost, at_s, entries["lost_to_s"])
    newer = ~same | (seq > last_seq)
    entries["boot"] = np.where(newer, boot, entries["boot"])
    entries["seq"] = np.where(newer, seq, entries["seq"])
    entries["heard_s"] = np.maximum(entries["heard_s"], at_s)
    _hear(entries, evidence, order)
    ends = np.delete(np.arange(len(who)), again - 1)
    scatter(devices, who[ends], gather(entries, ends))
    follows = np.empty(len(order), dtype=np.bool_)
    follows[order] = same & (seq == last_seq + 1)
    return follows


def _hear(entries: Devices, evidence: Evidence, order: Int64) -> None:
    """Count regular reports, and follow the voltage."""
    entries["beats"] += evidence.kind[order] == ReadingKind.HEARTBEAT
    volts = evidence.battery_v[order]
    told = ~np.isnan(volts)
    if told.any():
        _charge(entries, told, volts)


def _charge(entries: Devices, told: Flags, volts: Float) -> None:
    """Follow the voltage slowly: single readings are coarse and depend on the temperature."""
    known, rate = entries["battery_v"].copy(), entries["battery_per_day"]
    moved = (volts - known) / 16
    np.copyto(entries["battery_v"], np.where(known == 0, volts, known + moved), where=told)
    np.copyto(rate, np.where(known == 0, 0, rate + (moved * 48 - rate) / 512), where=told)
