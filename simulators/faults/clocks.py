"""Clocks that are wrong, and devices that begin to number anew."""

from dataclasses import replace

import numpy as np

from simulators.draws import Ints
from simulators.events import SEQS_PER_DAY, Events
from simulators.faults.mishaps import Fault, Mishaps
from simulators.faults.scene import HOUR_MS, Scene
from simulators.faults.spells import count_starts, find_spells, last_start, spell_of
from simulators.scenario import CLOCK_JUMPS_AHEAD_S

_RESET_TO_MS = 946_684_800_000  # 2000-01-01T00:00Z, where many clocks begin


def skew(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Clocks that run ahead or behind by a constant."""
    keys = scene.layout.devices.key
    wrong = scene.draws.chance(scene.faults.skew_share, "skew", keys)
    normal = np.clip(scene.draws.normal("skew by", keys), -6, 6)
    by = np.where(wrong, normal * scene.faults.skew_s * 1000, 0).astype(np.int64)
    return replace(events, at_ms=events.at_ms + by[events.device]), [_all_day(scene, Fault.CLOCK_SKEW, wrong)]


def jump(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Clocks that begin at 2000 again, or are an hour or eight off, until they are set right."""
    keys, faults = scene.layout.devices.key, scene.faults
    found = find_spells(
        scene.draws, "jump", keys, scene.day, share=faults.jump_share, mean_days=faults.jump_hours / 24
    )
    kind = scene.draws.uniform("jump kind", keys[found.who], found.from_ms // HOUR_MS)
    ahead = round(CLOCK_JUMPS_AHEAD_S * 1000)
    by = np.where(kind < 0.5, _RESET_TO_MS - found.from_ms, np.where(kind < 0.8, -8 * HOUR_MS, ahead))
    spell = spell_of(found, events.device.astype(np.int64), events.publish_ms)
    at = events.at_ms + np.where(spell >= 0, by[spell] if len(found) else 0, 0)
    return replace(events, at_ms=at), [
        _spells(scene, Fault.CLOCK_JUMP, found.who, found.from_ms, found.to_ms)
    ]


def restart(events: Events, scene: Scene) -> tuple[Events, list[Mishaps]]:
    """Devices that start anew, or are new: the boot grows by one and the numbers begin again."""
    keys, faults = scene.layout.devices.key, scene.faults
    boot = np.zeros(len(events), dtype=np.int64)
    anew = np.zeros(len(events), dtype=np.bool_)
    records = []
    for purpose, share, concerned in (
        ("restart", faults.restart_share, len(keys)),
        ("replaced", faults.replaced_share, scene.layout.sensors),
    ):
        boots = count_starts(scene.draws, purpose, keys, scene.day.start_ms, share=share)
        today = last_start(scene.draws, purpose, keys, scene.day, share=share)
        boots[concerned:], today[concerned:] = 0, -1
        started = (today[events.device] >= 0) & (events.publish_ms >= today[events.device])
        boot += boots[events.device] + started
        anew |= started
        again = np.flatnonzero(today >= 0)
        fault = Fault.RESTART if purpose == "restart" else Fault.REPLACED
        records.append(_spells(scene, fault, again, today[again], today[again] + 1))
    seq = events.seq - np.where(anew, scene.day.number * SEQS_PER_DAY, 0).astype(np.int32)
    return replace(events, boot=boot.astype(np.int32), seq=seq), records


def _all_day(scene: Scene, fault: Fault, which: "np.typing.NDArray[np.bool_]") -> Mishaps:
    device = np.flatnonzero(which)
    begin, end = (np.full(len(device), ms) for ms in (scene.day.start_ms, scene.day.end_ms))
    return Mishaps.of(fault, device, -1, begin, end)


def _spells(scene: Scene, fault: Fault, device: Ints, from_ms: Ints, to_ms: Ints) -> Mishaps:
    begin, end = np.maximum(from_ms, scene.day.start_ms), np.minimum(to_ms, scene.day.end_ms)
    return Mishaps.of(fault, device, -1, begin, end)
