"""What happens to messages on their way: lost, twice, late, out of order, held back, or never said."""

from dataclasses import replace

import numpy as np

from simulators.draws import Flags, Hashes, Ints
from simulators.events import Events, join_events
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import HOUR_MS, Scene
from simulators.faults.spells import find_spells, spell_of
from simulators.layout import Family

_LONGEST_DELAY_MS = 2 * HOUR_MS
# A gateway that is back delivers what it has kept in so many times less.
_CATCH_UP = 60


def fall_silent(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Devices that say nothing: dead sensors for days, blind cameras for hours."""
    mishaps = []
    family, faults = scene.layout.devices.family, scene.faults
    for kind, share, days in (
        (Family.GEO, faults.dead_share, faults.dead_days),
        (Family.CAMERA, faults.camera_blind_share, faults.camera_blind_hours / 24),
    ):
        device = np.flatnonzero(family == kind)
        keys = scene.layout.devices.key[device]
        found = find_spells(scene.draws, f"silent {kind}", keys, scene.day, share=share, mean_days=days)
        found = replace(found, who=device[found.who])
        silent = spell_of(found, events.device.astype(np.int64), events.publish_ms) >= 0
        events = events.pick(~silent)
        begin = np.maximum(found.from_ms, scene.day.start_ms)
        mishaps.append(
            Mishaps.of(Fault.DEAD, found.who, -1, begin, np.minimum(found.to_ms, scene.day.end_ms))
        )
    return events, mishaps


def travel(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """The way to the broker takes each device its own few seconds; some messages take much longer."""
    faults, keys = scene.faults, _keys(events, scene)
    own = faults.latency_s * (0.5 + scene.draws.uniform("latency", scene.layout.devices.key)) * 1000
    late = scene.draws.chance(faults.delay_share, "delay", *keys)
    extra = np.minimum(faults.delay_s * 1000 * scene.draws.exponential("delay by", *keys), _LONGEST_DELAY_MS)
    later = own[events.device] + np.where(late, extra, 0)
    moved = replace(events, publish_ms=events.publish_ms + later.astype(np.int64))
    return moved, [_record(events, moved, late, Fault.DELAY)]


def overtake(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Messages that arrive just after the next one of the same device."""
    order = np.lexsort((events.publish_ms, events.device))
    device, publish = events.device[order], events.publish_ms[order]
    following = np.empty(len(order), dtype=np.int64)
    following[:-1] = np.where(device[1:] == device[:-1], publish[1:] + 500, publish[:-1])
    following[-1:] = publish[-1:]
    after = np.empty(len(order), dtype=np.int64)
    after[order] = following
    chosen = scene.draws.chance(scene.faults.reorder_share, "reorder", *_keys(events, scene))
    # Only where the next message is near: nobody holds a message back for half an hour.
    chosen &= (after > events.publish_ms) & (after - events.publish_ms < 5 * 60_000)
    moved = replace(events, publish_ms=np.where(chosen, after, events.publish_ms))
    return moved, [_record(events, moved, chosen, Fault.REORDER)]


def hold_back(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Gateways that are cut off for a while, keep what their section's devices say and deliver it later."""
    layout, faults, day = scene.layout, scene.faults, scene.day
    key = layout.berths.section_key
    first = np.unique(layout.berths.section, return_index=True)[1]
    cut = scene.draws.chance(faults.backlog_share, "backlog", key[first], day.number)
    low, high = (hours * HOUR_MS for hours in faults.backlog_hours)
    begin = day.start_ms + (20 * HOUR_MS * scene.draws.uniform("backlog from", key[first], day.number))
    end = begin + low + (high - low) * scene.draws.uniform("backlog length", key[first], day.number)
    section = layout.berths.section[events.berth]
    walking = layout.devices.family[events.device] == Family.PATROL
    held = (
        cut[section] & (events.publish_ms >= begin[section]) & (events.publish_ms < end[section]) & ~walking
    )
    # All is delivered when the cut ends, in order and before what comes then.
    later = end[section] - (end[section] - events.publish_ms) / _CATCH_UP
    moved = replace(events, publish_ms=np.where(held, later.astype(np.int64), events.publish_ms))
    return moved, [_record(events, moved, held, Fault.BACKLOG)]


def lose(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Messages that never arrive."""
    lost = scene.draws.chance(scene.faults.loss_share, "loss", *_keys(events, scene))
    return events.pick(~lost), [_record(events, events, lost, Fault.LOSS)]


def repeat(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Messages that arrive twice, within a minute."""
    keys = _keys(events, scene)
    twice = scene.draws.chance(scene.faults.duplicate_share, "duplicate", *keys)
    later = 500 + scene.draws.below(59_000, "duplicate by", *keys)
    moved = replace(events, publish_ms=events.publish_ms + later)
    return join_events([events, moved.pick(twice)]), [_record(events, moved, twice, Fault.DUPLICATE)]


def _keys(events: Events, scene: Scene) -> tuple[Hashes, Ints]:
    """What a message's fate hangs on: its own key."""
    return scene.layout.devices.key[events.device], events.seq.astype(np.int64)


def _record(before: Events, after: Events, which: Flags, fault: Fault) -> Mishaps:
    """From when a message should have been there to when it was."""
    from_ms, to_ms = before.publish_ms[which], after.publish_ms[which]
    return Mishaps.of(fault, before.device[which], before.berth[which], from_ms, to_ms)
