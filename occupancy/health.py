"""How good each device is, as rows for `device_health`: what the engine has learnt, with names.

A checkup is made when the engine learns: at quarter hours of the street's own time. A row is due when a
figure of the device moved noticeably since, or its quarantine did.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from occupancy.cells import NEVER, REASON_CODE, REASONS
from occupancy.evidence import from_us, to_us
from occupancy.learning import DAY_S, accuracy
from parking.city import City
from parking.ids import BerthId, DeviceId
from parking.states import QuarantineReason

if TYPE_CHECKING:
    from occupancy.engine import Engine

# What counts as moved: a percent of accuracy, two reports, 20 mV, a tenth of the changes; a reason always.
_GRAIN: Final = {"accuracy": 0.01, "missed": 2.0, "battery_v": 0.02, "drift": 0.1, "reason": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """Health of one device as of an instant of the street's time; columns as in the table `device_health`."""

    as_of: datetime
    device_id: DeviceId
    berth_id: BerthId | None
    heard_until: datetime | None
    compared: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    beats_expected: float
    beats_missed: float
    battery_v: float | None
    battery_v_per_day: float | None
    drift: float
    quarantined_since: datetime | None
    quarantine_reason: QuarantineReason | None


class Health:
    """Watches what an engine learns of a city's devices; remembers only what was told last."""

    def __init__(self, city: City) -> None:
        self._names = [(device.device_id, device.berth_id) for device in city.devices.values()]
        beats = [device.heartbeat.total_seconds() for device in city.devices.values()]
        self._per_day = np.array([DAY_S / beat if beat > 0 else 0.0 for beat in beats])
        self._told = np.full((len(self._names), len(_GRAIN)), np.nan)
        self._told_us = np.full(len(self._names), NEVER, dtype=np.int64)

    def due(self, engine: "Engine") -> list[DeviceHealth]:
        """Checkups that the engine's last learning brought: of devices whose health moved noticeably."""
        figures = self._figures(engine)
        marks = _marks({name: figures[name] for name in _GRAIN})
        moved = (marks != self._told).any(axis=1) & (engine.devices[:-1]["heard_s"] > 0)
        rows = np.flatnonzero(moved & (self._told_us < engine.learnt_us))
        self._told[rows], self._told_us[rows] = marks[rows], engine.learnt_us
        return [self._row(engine, figures, row) for row in rows.tolist()]

    def recall(self, told: Iterable[DeviceHealth]) -> None:
        """Take these for what was told last; devices that are not ours any more are passed over."""
        index = {device_id: row for row, (device_id, _) in enumerate(self._names)}
        known = [(index[each.device_id], each) for each in told if each.device_id in index]
        if not known:
            return
        rows = [row for row, _ in known]
        columns = {
            "accuracy": [each.accuracy for _, each in known],
            "missed": [each.beats_missed for _, each in known],
            "battery_v": [each.battery_v or 0.0 for _, each in known],
            "drift": [each.drift for _, each in known],
            "reason": [REASON_CODE[each.quarantine_reason] for _, each in known],
        }
        self._told[rows] = _marks({name: np.array(column) for name, column in columns.items()})
        self._told_us[rows] = [to_us(each.as_of) for _, each in known]

    def _figures(self, engine: "Engine") -> dict[str, NDArray[Any]]:
        devices = engine.devices[:-1]
        mean, low, high = accuracy(engine.devices, engine.is_sensor[:-1])
        # Over a fading day; a device that is new, or was, has had fewer beats to miss.
        expected = self._per_day * (1 - np.exp(-devices["quarters"] * 900 / DAY_S))
        turns = devices["turns"]
        return {
            "accuracy": mean,
            "low": low,
            "high": high,
            "expected": expected,
            "missed": np.maximum(expected - devices["beats"], 0.0),
            "battery_v": devices["battery_v"],
            "drift": np.where(turns > 0, devices["taken_back"] / np.maximum(turns, 1e-6), 0.0),
            "reason": devices["reason"],
        }

    def _row(self, engine: "Engine", figures: dict[str, NDArray[Any]], row: int) -> DeviceHealth:
        device_id, berth_id = self._names[row]
        device = engine.devices[row]
        battery = float(device["battery_v"])
        reason = REASONS[int(device["reason"])]
        return DeviceHealth(
            as_of=from_us(engine.learnt_us),
            device_id=device_id,
            berth_id=berth_id,
            heard_until=_instant(int(device["heard_s"])),
            compared=float(device["agreed"] + device["disputed"]),
            accuracy=float(figures["accuracy"][row]),
            accuracy_low=float(figures["low"][row]),
            accuracy_high=float(figures["high"][row]),
            beats_expected=float(figures["expected"][row]),
            beats_missed=float(figures["missed"][row]),
            battery_v=battery or None,
            battery_v_per_day=float(device["battery_per_day"]) if battery else None,
            drift=float(figures["drift"][row]),
            quarantined_since=_instant(int(device["distrusted_s"])) if reason else None,
            quarantine_reason=reason,
        )


def _marks(figures: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """What is compared: figures in whole grains, from values as the table keeps them."""
    columns = [np.round(figures[name].astype(np.float32) / grain) for name, grain in _GRAIN.items()]
    marks: NDArray[np.float64] = np.stack(columns, axis=1).astype(np.float64)
    return marks


def _instant(seconds: int) -> datetime:
    return from_us(seconds * 1_000_000)
